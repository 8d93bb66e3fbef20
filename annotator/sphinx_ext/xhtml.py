"""HTML as browsers read it becomes XHTML as readers of EPUB want it; reads and gives text.

Scripts go, links that lead nowhere become plain text, no id is there twice, pictures have
their namespace.  Nothing here knows of Sphinx or of this book.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

_VOID = set(re.findall(r"\w+", "area base br col embed hr img input link meta source track wbr"))
_DROPPED = {"script", "input", "template", "noscript"}
_AS_TEXT = {"button": "span", "label": "span"}  # they do nothing without a script
_CASED = {
    name.lower(): name
    for name in re.findall(
        r"\w+",
        "viewBox preserveAspectRatio markerWidth markerHeight markerUnits refX refY textLength "
        "lengthAdjust gradientUnits gradientTransform patternUnits patternTransform clipPathUnits "
        "linearGradient radialGradient clipPath textPath foreignObject",
    )
}
_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.:-]*\Z")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SVG = "http://www.w3.org/2000/svg"

Leads = Callable[[str], bool]


class _Writer(HTMLParser):
    """Writes again what it reads."""

    def __init__(self, leads: Leads) -> None:
        super().__init__(convert_charrefs=True)
        self.leads = leads
        self.out: list[str] = []
        self.ids: set[str] = set()
        self._open: list[tuple[str, str]] = []  # as read, as written; "" when not written
        self._silent = 0
        self._drawing = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        void = tag in _VOID
        if self._silent or tag in _DROPPED:
            if not void:
                self._silent += 1
            return
        self._start(tag, attrs, empty=void)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._silent and tag not in _DROPPED:
            self._start(tag, attrs, empty=True)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent -= tag not in _VOID
            return
        if tag in _VOID or tag not in [read for read, _ in self._open]:
            return
        while self._open:
            read, written = self._open.pop()
            if written:
                self.out.append(f"</{written}>")
            self._drawing -= read == "svg"
            if read == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.out.append(html.escape(_NOT_XML.sub("\ufffd", data), quote=False))

    def _start(self, tag: str, attrs: list[tuple[str, str | None]], *, empty: bool) -> None:
        kept = self._attributes(tag, attrs)
        written = _AS_TEXT.get(tag, tag)
        if tag == "a" and "href" not in kept:
            written = "g" if self._drawing else "span"
        if tag == "svg":
            kept.setdefault("xmlns", _SVG)
            self._drawing += not empty
        if self._drawing:
            written = _CASED.get(written, written)
        inside = "".join(
            f' {name}="{html.escape(_NOT_XML.sub("", value))}"' for name, value in kept.items()
        )
        self.out.append(f"<{written}{inside}{' /' if empty else ''}>")
        if not empty:
            self._open.append((tag, written))

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for read, value in attrs:
            name = _CASED.get(read, read) if self._drawing or tag == "svg" else read
            if not _ATTRIBUTE.match(name) or name.startswith("on") or name in kept:
                continue
            text = name if value is None else value
            if name == "id":
                if text in self.ids or not text:
                    continue
                self.ids.add(text)
            if name in ("href", "xlink:href") and tag == "a" and not self.leads(text):
                continue
            if name in ("title", "rel", "target") and not text:
                continue
            if tag in _AS_TEXT and name in ("type", "for", "disabled"):
                continue
            kept[name] = text
        if tag == "a" and "href" not in kept:
            for name in ("target", "rel", "download"):
                kept.pop(name, None)
        return kept


def rewritten(page: str, leads: Leads) -> str:
    """*page* as XHTML; of its links only those for whose address *leads* says yes."""
    writer = _Writer(leads)
    writer.feed(page)
    writer.close()
    while writer._open:
        writer.handle_endtag(writer._open[-1][0])
    body = "".join(writer.out).lstrip()
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n{body.rstrip()}\n'


def ids(page: str) -> set[str]:
    """What a fragment can name in *page*."""
    writer = _Writer(lambda _: True)
    writer.feed(page)
    writer.close()
    return writer.ids


def target(page: str, href: str) -> tuple[str, str] | None:
    """File and fragment to which *href* on *page* leads; `None` when it leads out of the book."""
    said = urlsplit(href)
    if said.scheme or said.netloc:
        return None
    path = unquote(said.path)
    where = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
    return where, unquote(said.fragment)
