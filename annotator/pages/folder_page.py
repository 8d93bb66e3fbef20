"""Pages of folders: reads the list of files and what they are, gives HTML.

Where to begin, a map, and a table with sizes and a line on each file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from annotator.index.whole import definitions
from annotator.model import FileInfo
from annotator.pages.about import About
from annotator.pages.addresses import file_address, folder_address, relative
from annotator.pages.escape import text
from annotator.pages.file_page import Page, crumbs
from annotator.pages.tree_map import cells_of, tree_map

if TYPE_CHECKING:
    from annotator.index.query import Index


@dataclass(slots=True)
class Folder:
    """A folder of the tree with what lies directly in it; sizes are of all that lies below."""

    path: str
    folders: list[str] = field(default_factory=list)
    files: list[FileInfo] = field(default_factory=list)
    lines: int = 0
    count: int = 0


def folders(files: Iterable[FileInfo]) -> dict[str, Folder]:
    """Every folder that holds a file of the index, by path; ``""`` is the root."""
    out: dict[str, Folder] = {"": Folder("")}
    for info in sorted(files, key=lambda f: f.path):
        parent = posixpath.dirname(info.path)
        _ensure(out, parent).files.append(info)
        while True:
            out[parent].lines += info.lines
            out[parent].count += 1
            if not parent:
                break
            parent = posixpath.dirname(parent)
    return out


def _ensure(known: dict[str, Folder], path: str) -> Folder:
    if path not in known:
        known[path] = Folder(path)
        _ensure(known, posixpath.dirname(path)).folders.append(path)
    return known[path]


@dataclass(frozen=True, slots=True)
class Guide:
    """What the pages of folders tell: the tree, and what is known of its files by path."""

    folders: Mapping[str, Folder]
    about: About = field(default_factory=About)
    names: Mapping[str, int] = field(default_factory=dict)  # how many a file defines
    notes: Mapping[str, int] = field(default_factory=dict)
    told: frozenset[str] = frozenset()  # files that the book explains
    lines: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (path, name) of starts

    @classmethod
    def of(cls, index: Index, about: About, notes: Mapping[str, int], told: Iterable[str]) -> Guide:
        """Ask the index for what is missing."""
        lines = {}
        for starts in about.starts.values():
            for start in starts:
                found = index.named(start.name, path=start.path) if start.name else []
                place = next((p for s in found for p in s.places if p.path == start.path), None)
                lines[start.path, start.name] = place.line if place else 0
        tree = folders(index.files())
        return cls(tree, about, definitions(index), notes, frozenset({*told, *notes}), lines)

    def of_folder(self, path: str) -> list[object]:
        """All that the page of a folder says, for telling whether it has changed."""
        below = f"{path}/" if path else ""
        return [
            self.about.folders,
            [(s.path, s.name, s.why) for s in self.about.starts.get(path, ())],
            sorted((p, t) for p, t in self.about.files.items() if p.startswith(below)),
            sorted((p, n) for p, n in self.notes.items() if p.startswith(below)),
            sorted(p for p in self.told if p.startswith(below)),
        ]


def folder_page(path: str, guide: Guide) -> Page:
    """The page of a folder that is not the root."""
    folder, address = guide.folders[path], folder_address(path)
    about = guide.about.folder(path)
    names = sum(n for file, n in guide.names.items() if file.startswith(f"{path}/"))
    body = (
        f"<div class=file-head><h1>{text(path)}/</h1>\n"
        f"<p class=facts>{_files(folder.count)} · {folder.lines:,} lines · "
        f"{names:,} names defined</p>\n"
        f"{f'<p>{text(about)}</p>' if about else ''}</div>\n"
        f"<div class=folder>{starts(path, guide, address)}"
        f"{folder_map(path, guide, address)}"
        f"{listing(path, guide, address)}</div>\n"
    )
    return Page(address, f"{path}/", crumbs(path, address), body)


def starts(path: str, guide: Guide, address: str) -> str:
    """Where to begin in a folder, with links relative to *address*; "" when nobody said."""
    rows = []
    for start in guide.about.starts.get(path, ()):
        line = guide.lines.get((start.path, start.name), 0)
        target = relative(file_address(start.path), address) + (f"#L{line}" if line else "")
        shown = start.name or posixpath.relpath(start.path, path or ".")
        rows.append(f'<li><a href="{target}"><code>{text(shown)}</code></a> – {text(start.why)}')
    if not rows:
        return ""
    joined = "\n".join(rows)
    return f"<section class=starts><h2>Where to begin</h2>\n<ul>{joined}</ul></section>\n"


def folder_map(path: str, guide: Guide, address: str) -> str:
    """The map of what lies in a folder; "" when it holds too little to make one."""
    if guide.folders[path].count < 4:
        return ""
    plain = {
        p: (f.folders, [(info.path, info.lines) for info in f.files])
        for p, f in guide.folders.items()
    }
    name = f"{path}/" if path else "the source"
    return (
        "<figure class=tree-map-box>"
        + tree_map(
            cells_of(path, plain, guide.told, depth=1 if path else 2),
            base=address,
            label=f"Map of {name}: area is lines; the table below says the same",
        )
        + "<figcaption>Area is lines of source.  <span class=told>Marked</span> is what the book, "
        "the notes or the labs explain.</figcaption></figure>\n"
    )


def listing(path: str, guide: Guide, address: str) -> str:
    """A table of what lies in a folder, with links relative to *address*."""
    rows = []
    folder, known = guide.folders[path], guide.folders
    most = max([known[p].lines for p in folder.folders] + [f.lines for f in folder.files] + [1])
    for child in sorted(folder.folders):
        names = sum(n for file, n in guide.names.items() if file.startswith(f"{child}/"))
        about = guide.about.folder(child)
        remark = _files(known[child].count) + (f" · {text(about)}" if about else "")
        link = f'<a href="{relative(folder_address(child), address)}">'
        link += f"{text(posixpath.basename(child))}/</a>"
        rows.append(_row("dir", link, known[child].lines, most, names, remark))
    for info in folder.files:
        link = f'<a href="{relative(file_address(info.path), address)}">'
        link += f"{text(posixpath.basename(info.path))}</a>"
        remark = text(guide.about.file(info.path))
        if count := guide.notes.get(info.path, 0):
            remark += f" <span class=noted>{count} note{'s' if count > 1 else ''}</span>"
        elif info.path in guide.told:
            remark += " <span class=noted>in the book</span>"
        rows.append(_row("file", link, info.lines, most, guide.names.get(info.path, 0), remark))
    return (
        "<table class=listing><thead><tr><th scope=col>Name<th scope=col class=num>Lines"
        "<th scope=col class=count>Names<th scope=col>What it is</thead>\n<tbody>\n"
        + "".join(rows)
        + "</tbody></table>\n"
    )


def _row(kind: str, link: str, lines: int, most: int, names: int, remark: str) -> str:
    share = max(1, round(100 * lines / most))
    return (
        f"<tr class={kind}><th scope=row>{link}</th>"
        f"<td class=num style=--share:{share}%>{lines:,}</td>"
        f"<td class=count>{f'{names:,}' if names else ''}</td><td>{remark.strip()}</td></tr>\n"
    )


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
