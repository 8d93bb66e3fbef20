"""Writes the browser: reads the index, notes and the site's shell, gives its pages and their data.

The page of the tree's root, ``browse/index.html``, is a document of the site and not written here.
Only pages whose content changed are written, each in one step (to ``.part``, then renamed);
pages of files that left the index are removed.  What a page was made from is kept as a digest in a
manifest outside the site, so that nothing needs to be rendered to see that nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.model import FileInfo
from annotator.pages import addresses
from annotator.pages.about import About
from annotator.pages.code import Source
from annotator.pages.data import CATALOGUE, write_data
from annotator.pages.escape import text
from annotator.pages.file_page import MarginNote, Mention, Page, file_page
from annotator.pages.folder_page import Guide, folder_page
from annotator.pages.graph_page import graph_page
from annotator.pages.names_page import names_page
from annotator.pages.shard import Shards
from annotator.pages.text_page import NAMES, text_page
from annotator.pages.wide_data import WIDE, write_wide_data
from annotator.reference.cache import disk_errors, write_whole

if TYPE_CHECKING:
    from annotator.index.query import Index

# Stand-ins in the shell, of characters that occur nowhere else.
TITLE, CRUMBS, BODY = "\ue000title\ue001", "\ue000crumbs\ue001", "\ue000body\ue001"

Shell = Callable[[int], str]  # how many folders deep a page lies -> the page around it

# These stand among the paths for the data of the pages' scripts.
_DATA, _WIDE = "", "*"
_FEW = 12  # pages for which starting other processes does not pay


@dataclass(frozen=True, slots=True)
class Margin:
    """What the book says about files, by path."""

    notes: Mapping[str, Sequence[MarginNote]] = field(default_factory=dict)
    mentions: Mapping[str, Sequence[Mention]] = field(default_factory=dict)
    pages: Sequence[tuple[str, str]] = ()  # (title, address) of those that ``named`` counts
    named: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    # which pages tell of what: by path and name


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many pages were written, left as they were, and removed."""

    written: int
    kept: int
    removed: int


@dataclass(frozen=True, slots=True)
class _Work:
    """What it takes to write a file's page; handed to each process once."""

    open_index: Callable[[], Index]
    site: Path
    shells: Mapping[int, str]
    margin: Margin
    known: Mapping[str, FileInfo]
    texts: Mapping[str, str]  # what files are


def write_pages(
    open_index: Callable[[], Index],
    site: Path,
    *,
    shell: Shell,
    margin: Margin,
    manifest: Path,
    about: About | None = None,
    say: Callable[[int, int, str], None] = lambda done, total, label: None,
) -> Outcome:
    """Bring ``site/browse`` up to date.

    *open_index* is called once in each process that writes.  *manifest* is a file of ours outside
    the site; when it is missing or damaged, every page is written.  *say* is told how far it
    is: pages done, pages in all, the page in hand.  Raises `UserError` when the disk is full.
    """
    index = open_index()
    known = {info.path: info for info in index.files()}
    guide = guide_of(index, margin, about or About())
    files = {addresses.file_address(path): path for path in known}
    rooms = {addresses.folder_address(path): path for path in guide.folders if path}
    # pages of which there is one; what they show does not depend on the book
    tools: dict[str, Callable[[], Page]] = {
        text_page().address: text_page,
        graph_page().address: graph_page,
        NAMES: lambda: names_page(index),
    }
    shells = {depth: shell(depth) for depth in {a.count("/") for a in (*files, *rooms, *tools)}}

    digests = index.digests()
    contents: dict[str, object] = {}
    for address, path in files.items():
        said = [repr(margin.notes.get(path)), repr(margin.mentions.get(path))]
        contents[address] = [digests[path], *said]
    for address, path in rooms.items():
        contents[address] = [index.fingerprint, guide.of_folder(path)]
    contents.update(dict.fromkeys(tools, index.fingerprint))
    basis = [_code_digest(), index.release, sorted(known)]
    wrappers = {depth: _digest(around) for depth, around in shells.items()}
    new = {a: _digest([*basis, wrappers[a.count("/")], content]) for a, content in contents.items()}
    old = _read(manifest)
    stale = [a for a in new if old.get(a) != new[a] or not (site / a).is_file()]

    texts = guide.about.all_files(list(known))
    whole = [*basis, index.fingerprint]
    data, wide = _digest(whole), _digest([*whole, texts])
    with disk_errors(site):
        work = _Work(open_index, site, shells, margin, known, texts)
        paths = [files[a] for a in stale if a in files]
        if old.get(CATALOGUE) != data or not (site / CATALOGUE).is_file():
            paths.insert(0, _DATA)
        if old.get(WIDE) != wide or not (site / WIDE).is_file():
            paths.insert(0, _WIDE)
        for done, path in enumerate(_each(work, paths), 1):
            say(done, len(stale), path)
        for address in stale:
            if address in rooms or address in tools:
                make = tools.get(address)
                page = make() if make else folder_page(rooms[address], guide)
                write_whole(site / address, _fill(shells[address.count("/")], page))
        Shards(site).write("notes", _told(margin))
        removed = _remove_stale(site, new)
        shards = {CATALOGUE: data, WIDE: wide}
        write_whole(manifest, json.dumps({**new, **shards}, indent=0, sort_keys=True))
    return Outcome(len(stale), len(new) - len(stale), removed)


def guide_of(index: Index, margin: Margin, about: About) -> Guide:
    """What pages of folders say, the root's as well."""
    counts = {path: len(notes) for path, notes in margin.notes.items()}
    return Guide.of(index, about, counts, margin.mentions)


def _each(work: _Work, paths: list[str]) -> Iterator[str]:
    """Write the pages of *paths*, in several processes when they are many; gives each when done."""
    processes = min(len(os.sched_getaffinity(0)), 8)
    if len(paths) < _FEW or processes < 2:
        _begin(work)
        yield from map(_write_file, paths)
        return
    # The largest first, so that no process is left with one at the end.
    order = sorted(paths, key=lambda path: -work.known[path].size if path in work.known else -1e9)
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, _begin, (work,)) as pool:
        yield from pool.imap_unordered(_write_file, order)


_in_hand: tuple[_Work, Index]  # of this process


def _begin(work: _Work) -> None:
    global _in_hand
    _in_hand = (work, work.open_index())


def _write_file(path: str) -> str:
    work, index = _in_hand
    if path == _DATA:
        write_data(index, work.site)
        return path
    if path == _WIDE:
        write_wide_data(index, Shards(work.site), work.texts)
        return path
    page = file_page(
        Source.of(index, path, work.known),
        work.known[path],
        notes=work.margin.notes.get(path, ()),
        mentions=work.margin.mentions.get(path, ()),
        outline=index.outline(path),
    )
    write_whole(work.site / page.address, _fill(work.shells[page.address.count("/")], page))
    return path


def _fill(shell: str, page: Page) -> str:
    return (
        shell.replace(TITLE, text(page.title)).replace(CRUMBS, page.crumbs).replace(BODY, page.body)
    )


def _told(margin: Margin) -> dict[str, object]:
    """What the book says, for cards: ``notes`` are [first, last, id, title] by path."""
    return {
        "notes": {
            path: [[note.first, note.last, note.id, note.title] for note in notes]
            for path, notes in sorted(margin.notes.items())
        },
        "pages": [list(page) for page in margin.pages],
        "named": {
            path: dict(sorted(found.items())) for path, found in sorted(margin.named.items())
        },
    }


def _remove_stale(site: Path, current: Iterable[str]) -> int:
    keep = {*current, addresses.folder_address("")}
    removed = 0
    for file in sorted((site / addresses.ROOT).rglob("*.html")):
        if file.relative_to(site).as_posix() not in keep:
            file.unlink()
            removed += 1
    return removed


def _read(manifest: Path) -> dict[str, str]:
    try:
        data = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _code_digest() -> str:
    """Changes when what makes pages changes: the modules of this package, and a few."""
    here = Path(__file__).parent
    total = hashlib.sha256()
    others = ("source/lex.py", "index/rows.py", "index/whole.py", "index/dialects.py")
    for module in (*sorted(here.glob("*.py")), *(here.parent / name for name in others)):
        total.update(module.read_bytes())
    return total.hexdigest()
