"""Source as HTML: reads bytes, colours and links of a file, gives markup of any of its lines."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.pages.colour import Colour, colours
from annotator.pages.escape import escape
from annotator.pages.links import Link, links
from annotator.source.lex import Lines, tokens

if TYPE_CHECKING:
    from annotator.index.query import Index

Href = Callable[[str, int], str]


@dataclass(frozen=True, slots=True)
class Source:
    """A file ready to be shown; ``count`` is its number of lines."""

    path: str
    data: bytes
    lines: Lines
    colours: list[Colour]
    links: list[Link]

    @classmethod
    def of(cls, index: Index, path: str, pages: Mapping[str, object]) -> Source:
        """Read *path* from the index; only files in *pages* are linked to."""
        data = index.text(path)
        lines = Lines(data)
        shades = colours(data, tokens(data)) if path.endswith((".c", ".h")) else []
        return cls(path, data, lines, shades, links(index, path, lines, pages))

    @property
    def count(self) -> int:
        """Lines of the file; a last one without a newline counts."""
        return len(self.lines) - (not self.data or self.data.endswith(b"\n"))

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The byte offsets of the lines *first* to *last*, newline included."""
        starts = self.lines.starts
        end = starts[last] if last < len(starts) else len(self.data)
        return starts[first - 1], end

    def html(self, first: int, last: int, *, href: Href) -> str:
        """Markup of the lines *first* to *last*; elements begin and end within it."""
        start, end = self.span(first, last)
        out: list[str] = []
        place = start
        begin = bisect_left(self.colours, start, key=lambda c: c.end)
        for colour in self.colours[begin:]:
            if colour.start >= end:
                break
            a, b = max(colour.start, start), min(colour.end, end)
            if a >= b:
                continue
            self._linked(place, a, href, out)
            out.append(f"<{colour.tag}>")
            self._linked(a, b, href, out)
            out.append(f"</{colour.tag}>")
            place = b
        self._linked(place, end, href, out)
        return "".join(out)

    def _linked(self, start: int, end: int, href: Href, out: list[str]) -> None:
        """Append the markup of ``data[start:end]``, with the links that lie within it."""
        if start >= end:
            return
        data = self.data
        i = bisect_left(self.links, start, key=lambda link: link.start)
        while i < len(self.links) and (link := self.links[i]).end <= end:
            i += 1
            if link.start < start:  # covered by a link before it
                continue
            if start < link.start:
                out.append(escape(data[start : link.start]))
            tag = "a" if link.path else "dfn" if link.defines else "span"
            kind = " class=d" if link.path and link.defines else ""
            target = f" href={href(link.path, link.line)}" if link.path else ""
            out.append(f"<{tag}{kind}{target}>")
            out.append(escape(data[link.start : link.end]))
            out.append(f"</{tag}>")
            start = link.end
        out.append(escape(data[start:end]))
