"""Names as plain lists, for who reads without scripts: reads the index, gives a page.

The files of each folder, Python's names, the instructions, and what the public headers declare;
the search of names (``search.js``) knows all the others.
"""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterable

from annotator.index.dialects import BYTECODES, instructions, python_names
from annotator.index.query import Index
from annotator.index.whole import named
from annotator.model import Kind
from annotator.pages.addresses import Linker
from annotator.pages.escape import text
from annotator.pages.file_page import Page, crumbs
from annotator.pages.shard import shown
from annotator.pages.text_page import NAMES

_LISTED = (Kind.FUNCTION, Kind.VARIABLE, Kind.TYPEDEF, Kind.MACRO)

Entry = tuple[str, str, int]  # name, path, line


def names_page(index: Index) -> Page:
    """The page."""
    href = Linker(NAMES)
    files = index.files()
    known = {info.path for info in files}
    sections: list[tuple[str, str, str]] = [("files", "Files", _files(files_of(known), href))]
    python = [
        (n.python, n.path, n.line)
        for n in python_names(index)
        if n.path in known and "/_test" not in n.path
    ]
    sections.append(("python", "Python’s names", _entries(python, href)))
    codes = [
        (i.name, BYTECODES, i.line) for i in instructions(index) if i.sort in ("inst", "macro")
    ]
    if codes:
        sections.append(("instructions", "Instructions of the bytecode", _entries(codes, href)))
    public = sorted(
        {
            (s.name, s.path, s.line)
            for s in named(index)
            if s.public and s.kind in _LISTED and not s.name.startswith("_")
        }
    )
    for initial, group in itertools.groupby(public, key=lambda entry: entry[0][0].upper()):
        name = f"The public headers: {initial}"
        sections.append((f"c-{initial}", name, _entries(group, href)))
    contents = " · ".join(f"<a href=#{id_}>{text(name)}</a>" for id_, name, _ in sections)
    body = (
        "<div class=file-head><h1>Names and files</h1>\n<p>Plain lists, for reading without "
        f"scripts.  With them, <kbd class=ic-key>/</kbd> finds every name.</p>\n<p>{contents}</p>"
        "</div>\n"
        + "".join(f"<h2 id={id_}>{text(name)}</h2>\n{lists}" for id_, name, lists in sections)
    )
    where = "<span class=sep>/</span><b aria-current=page>names</b>"
    return Page(
        NAMES, "Names and files", crumbs("", NAMES) + where, f"<div class=names>{body}</div>"
    )


def files_of(paths: Iterable[str]) -> dict[str, list[str]]:
    """The paths by their folder, both in order."""
    out: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda p: (posixpath.dirname(p), p)):
        out.setdefault(posixpath.dirname(path), []).append(path)
    return out


def _files(folders: dict[str, list[str]], href: Linker) -> str:
    out = []
    for folder, paths in folders.items():
        links = "\n".join(
            f'<li><a href="{href(path)}">{text(posixpath.basename(path))}</a>' for path in paths
        )
        out.append(f"<h3>{text(folder or 'the root')}</h3>\n<ul>{links}</ul>\n")
    return "".join(out)


def _entries(entries: Iterable[Entry], href: Linker) -> str:
    rows = "\n".join(
        f'<li><a href="{href(path, line)}">{text(shown(name))}</a>'
        for name, path, line in sorted(set(entries))
    )
    return f"<ul>{rows}</ul>\n"
