"""Bytes of a source file as HTML text, and back: reads bytes, gives markup that loses none.

A C file is bytes; an HTML page is characters, and its parser changes some of them
(carriage returns become newlines, NUL becomes U+FFFD).  `escape` writes every byte so that
`strip` finds it again and a browser's ``textContent`` shows it, bar the bytes that are no
character at all: those stand in ``<span data-byte=ff>``.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_PLAIN = re.compile(rb"[\t\n\f\x20-\x7e]*")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;"})
# What an HTML parser would alter or a page must not obey: controls, carriage returns, what
# turns the direction of text (the "Trojan Source" characters), and bytes that are not UTF-8,
# which the decoder hands over as lone surrogates (PEP 383).
_SPECIAL = re.compile(
    "[\x00-\x08\x0b\x0d-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    "\ufffe\uffff\udc80-\udcff]"
)
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def escape(data: bytes) -> str:
    """HTML text for *data*; `strip` is its inverse."""
    if _PLAIN.fullmatch(data):
        return data.decode("ascii").translate(_MARKUP)
    text = data.decode("utf-8", "surrogateescape").translate(_MARKUP)
    return _SPECIAL.sub(_special, text)


def _special(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if char == "\r":
        return "&#13;"
    if 0xDC80 <= code <= 0xDCFF:
        return f"<span data-byte={code - 0xDC00:02x}>\ufffd</span>"
    if code < 0x80:
        picture = chr(0x2421) if code == 0x7F else chr(0x2400 + code)
        return f"<span data-byte={code:02x}>{picture}</span>"
    if code < 0xA0 or 0xFDD0 <= code <= 0xFDEF or code >= 0xFFFE:
        return "".join(f"<span data-byte={b:02x}>\ufffd</span>" for b in char.encode())
    return f'<bdi title="U+{code:04X}">{char}</bdi>'


def attribute(text: str) -> str:
    """*text* for a double-quoted attribute; what no reader should meet unseen is shown as such.

    Used for titles, where nothing needs to be read back: invalid bytes become U+FFFD and
    direction controls their code point in brackets.
    """
    text = text.translate(_ATTRIBUTE)
    return _SPECIAL.sub(
        lambda m: (
            "\ufffd"
            if ord(m.group()) >= 0xDC00 or ord(m.group()) < 0xA0
            else f"[U+{ord(m.group()):04X}]"
        ),
        text,
    )


def text(value: str) -> str:
    """*value* as element content that nothing is read back from (headings, paths)."""
    return attribute(value)


class _Stripper(HTMLParser):
    """Collects what stands in ``<pre class=s>``; follows the HTML parser's rule for ``<pre>``."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[bytes] = []
        self.inside = False
        self.fresh = False  # directly behind <pre>, where one newline does not count
        self.byte: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "pre" and values.get("class") == "s":
            self.inside = self.fresh = True
        elif self.inside:
            self.fresh = False
            self.byte = values.get("data-byte")
            if self.byte is not None:
                self.out.append(bytes.fromhex(self.byte))

    def handle_endtag(self, tag: str) -> None:
        self.byte = None
        if tag == "pre":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if not self.inside or self.byte is not None:
            return
        if self.fresh:
            data = data.removeprefix("\n")
        self.fresh = False
        self.out.append(data.encode("utf-8"))


def strip(page: str) -> bytes:
    """The source that a page shows: the text of its ``<pre class=s>`` elements, joined.

    The inverse of what `annotator.pages.file_page` writes.
    """
    parser = _Stripper()
    parser.feed(page)
    parser.close()
    return b"".join(parser.out)
