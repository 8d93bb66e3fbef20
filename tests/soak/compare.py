"""Compares two built sites byte by byte, all that is marked as measured apart.

Reads two folders; gives the differences as lines for people.  An element that carries
``data-measured`` is left out, from its ``<`` to the ``>`` of its end tag, and nothing else is.
"""

from __future__ import annotations

import difflib
import html.parser
import sys
from pathlib import Path

MARK = "data-measured"

# Elements without an end tag (HTML Living Standard, 13.1.2).
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
    | {"source", "track", "wbr"}
)


class _Measured(html.parser.HTMLParser):
    """Finds the spans of marked elements, as offsets into the text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.spans: list[tuple[int, int]] = []
        self._text = text
        self._starts = [0]
        for line in text.split("\n"):  # the parser's idea of a line
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._open: list[str] = []  # names of the open elements within a marked one
        self._begin = 0
        self.feed(text)
        self.close()
        if self._open:
            raise ValueError(f"an element with {MARK} is never closed: {self._open}")

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._open:
            if tag not in _VOID:
                self._open.append(tag)
        elif any(name == MARK for name, _ in attrs):
            self._begin = self._offset()
            if tag in _VOID:
                self.spans.append((self._begin, self._text.index(">", self._begin) + 1))
            else:
                self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # <path/> of an SVG; of an HTML element the slash means nothing.
        if not self._open and any(name == MARK for name, _ in attrs):
            begin = self._offset()
            self.spans.append((begin, self._text.index(">", begin) + 1))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open.pop() != tag:
            pass  # end tags that HTML lets one leave out: </p>, </li>, </td>
        if not self._open:
            self.spans.append((self._begin, self._text.index(">", self._offset()) + 1))


def without_measured(text: str) -> str:
    """``text`` with each marked element replaced by one fixed word."""
    if MARK not in text:
        return text
    parts: list[str] = []
    last = 0
    for begin, end in _Measured(text).spans:
        parts += [text[last:begin], "<measured>"]
        last = end
    return "".join([*parts, text[last:]])


def differences(first: Path, second: Path) -> list[str]:
    """What differs between two sites; an empty list when nothing does."""
    names = [
        {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        for root in (first, second)
    ]
    found = [f"only in {first}: {name}" for name in sorted(names[0] - names[1])]
    found += [f"only in {second}: {name}" for name in sorted(names[1] - names[0])]
    for name in sorted(names[0] & names[1]):
        before, after = (first / name).read_bytes(), (second / name).read_bytes()
        if before == after:
            continue
        if name.endswith(".html"):
            texts = [without_measured(data.decode()) for data in (before, after)]
            if texts[0] == texts[1]:
                continue
            found.append(f"differs: {name}")
            found += _context(*texts)
        else:
            found.append(f"differs: {name} ({len(before)} and {len(after)} bytes)")
    return found


def _context(before: str, after: str, lines: int = 8) -> list[str]:
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [f"  {line[:160]}" for line in list(diff)[2 : 2 + lines]]


if __name__ == "__main__":
    said = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(said) or "the same")
    sys.exit(bool(said))
