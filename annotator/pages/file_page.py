"""The page of one source file: reads a `Source`, its notes and who explains it, gives HTML.

The source stands in chunks, each a column of line numbers and a ``<pre class=s>``; a browser
lays out only those that are on the screen (CSS ``content-visibility``).  Joined, the text of the
``pre`` elements is the file.  Notes stand between chunks, behind the line they explain; the
style sheet floats them into the margin where there is one.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from annotator.model import FileInfo
from annotator.pages.addresses import Linker, file_address, folder_address, relative
from annotator.pages.code import Href, Source
from annotator.pages.escape import text
from annotator.pages.outline import Entry, outline_of

CHUNK = 120  # lines, about; small enough to lay out in a frame


@dataclass(frozen=True, slots=True)
class MarginNote:
    """A note as a page shows it; ``html`` is its prose, rendered for that page's address.

    ``chapters`` holds titles and addresses (from the site's root) of where it is told at length.
    """

    id: str
    title: str
    first: int
    last: int
    html: str
    chapters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A page that explains or uses a file: ``kind`` "chapter", "lab", "guide"."""

    kind: str
    title: str
    address: str  # from the site's root


@dataclass(frozen=True, slots=True)
class Page:
    """What goes into the site's shell."""

    address: str
    title: str
    crumbs: str
    body: str


def file_page(
    source: Source,
    info: FileInfo,
    *,
    notes: Sequence[MarginNote] = (),
    mentions: Sequence[Mention] = (),
    outline: Sequence[Entry] = (),
) -> Page:
    """The page of a file; *notes* in any order, each within the file; *outline* by line."""
    address = file_address(source.path)
    href = Linker(address, here=source.path)
    notes = sorted(notes, key=lambda note: (note.last, note.first, note.id))
    body = (
        outline_of(outline)
        + "<div class=view>\n"
        + _heading(source, info, notes, mentions, address, bool(outline))
        + "<div class=tools><span class=where></span></div>\n"
        + f'<div id=source class="src{" noted" if notes else ""}" data-path="{text(source.path)}"'
        + f" style=--digits:{len(str(max(source.count, 1)))}>\n"
        + "".join(_chunks(source, notes, href, address))
        + "</div>\n</div>\n"
    )
    return Page(address, source.path, crumbs(source.path, address), body)


def crumbs(path: str, address: str) -> str:
    """The way from the root of the tree to *path*, each folder a link."""
    parts = path.split("/") if path else []
    home = relative(folder_address(""), address)
    out = [f'<a href="{home}">source</a>']
    for i, part in enumerate(parts, 1):
        if i == len(parts):
            out.append(f"<b aria-current=page>{text(part)}</b>")
        else:
            folder = relative(folder_address("/".join(parts[:i])), address)
            out.append(f'<a href="{folder}">{text(part)}</a>')
    return "<span class=sep>/</span>".join(out)


def _heading(
    source: Source,
    info: FileInfo,
    notes: Sequence[MarginNote],
    mentions: Sequence[Mention],
    address: str,
    outlined: bool,
) -> str:
    folder, name = posixpath.split(source.path)
    prefix = f"<span>{text(folder)}/</span>" if folder else ""
    facts = [f"{source.count:,} lines", f"{len(source.data):,} bytes", _ROLES.get(info.role, "")]
    if notes:
        facts.append(f"{len(notes)} note{'s' if len(notes) > 1 else ''}")
    out = [
        f"<div class=file-head><h1>{prefix}<wbr>{text(name)}</h1>\n"
        f"<p class=facts>{' · '.join(filter(None, facts))}</p>\n"
    ]
    if outlined:
        out.append("<button class=outline-open popovertarget=outline>In this file</button>\n")
    if mentions:
        told = ", ".join(
            f'<a class="mention {m.kind}" href="{relative(m.address, address)}">{text(m.title)}</a>'
            for m in mentions
        )
        out.append(f"<p class=explained>Explained in {told}</p>\n")
    out.append("</div>\n")
    return "".join(out)


_ROLES = {
    "unit": "compiled on its own",
    "header": "header",
    "included": "included by another file",
    "other": "no C that is compiled",
}


def _chunks(source: Source, notes: Sequence[MarginNote], href: Href, address: str) -> list[str]:
    out: list[str] = []
    noted = {line for note in notes for line in range(note.first, note.last + 1)}
    first, waiting = 1, list(notes)
    for last in _cuts(source, {note.last for note in notes}):
        out.append(_chunk(source, first, last, noted, href))
        while waiting and waiting[0].last <= last:
            out.append(_note(waiting.pop(0), address))
        first = last + 1
    return out


def _cuts(source: Source, wanted: set[int]) -> list[int]:
    """Last lines of the chunks: every one in *wanted*, otherwise at blank lines."""
    out: list[int] = []
    first = 1
    starts, data, count = source.lines.starts, source.data, source.count
    for line in range(1, count + 1):
        size = line - first + 1
        blank = data[starts[line - 1] : starts[line - 1] + 2] in (b"\n", b"\r\n", b"}\n")
        if (
            line in wanted
            or line == count
            or (size >= CHUNK and blank and count - line > CHUNK // 4)
            or size >= 2 * CHUNK
        ):
            out.append(line)
            first = line + 1
    return out


def _chunk(source: Source, first: int, last: int, noted: set[int], href: Href) -> str:
    numbers = "".join(
        f"<a id=L{n} href=#L{n}{' class=n' if n in noted else ''}>{n}</a>"
        for n in range(first, last + 1)
    )
    code = source.html(first, last, href=href)
    # An HTML parser drops a newline directly behind <pre>.
    guard = "\n" if code.startswith("\n") else ""
    return (
        f"<div class=c style=--n:{last - first + 1}><div class=g>{numbers}</div>"
        f"<pre class=s>{guard}{code}</pre></div>\n"
    )


def _note(note: MarginNote, address: str) -> str:
    where = f"Line {note.first}" if note.first == note.last else f"Lines {note.first}–{note.last}"
    told = ""
    if note.chapters:
        links = ", ".join(
            f'<a href="{relative(target, address)}">{text(title)}</a>'
            for title, target in note.chapters
        )
        told = f"<p class=told>In the book: {links}</p>"
    return (
        f'<aside class=note id="note-{text(note.id)}" data-lines={note.first}-{note.last}'
        f' aria-label="Note on line {note.first}">'
        f'<p class=where><a href="#L{note.first}">{where}</a></p>'
        f"<h2>{text(note.title)}</h2>\n{note.html}{told}</aside>\n"
    )
