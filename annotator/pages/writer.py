"""Writes the browser: reads the index, notes and the site's shell, gives files below ``browse/``.

The page of the tree's root, ``browse/index.html``, is a document of the site and not written here.
Only pages whose content changed are written, each in one step (to ``.part``, then renamed);
pages of files that left the index are removed.  What a page was made from is kept as a digest in a
manifest outside the site, so that nothing needs to be rendered to see that nothing changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.pages import addresses
from annotator.pages.code import Source
from annotator.pages.escape import text
from annotator.pages.file_page import MarginNote, Mention, Page, file_page
from annotator.pages.folder_page import folder_page, folders

if TYPE_CHECKING:
    from annotator.index.query import Index

# Stand-ins in the shell, of characters that occur nowhere else.
TITLE, CRUMBS, BODY = "\ue000title\ue001", "\ue000crumbs\ue001", "\ue000body\ue001"

Shell = Callable[[int], str]  # how many folders deep a page lies -> the page around it


@dataclass(frozen=True, slots=True)
class Margin:
    """What the book says about files, by path."""

    notes: Mapping[str, Sequence[MarginNote]] = field(default_factory=dict)
    mentions: Mapping[str, Sequence[Mention]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many pages were written, left as they were, and removed."""

    written: int
    kept: int
    removed: int


def write_pages(
    index: Index,
    site: Path,
    *,
    shell: Shell,
    margin: Margin,
    manifest: Path,
    say: Callable[[int, int, str], None] = lambda done, total, label: None,
) -> Outcome:
    """Bring ``site/browse`` up to date.

    *manifest* is a file of ours outside the site; when it is missing or damaged, every page is
    written.  *say* is told how far it is: pages done, pages in all, the page in hand.
    """
    known = {info.path: info for info in index.files()}
    tree = folders(known.values())
    old = _read(manifest)
    new: dict[str, str] = {}
    code = _code_digest()
    shells: dict[int, tuple[str, str]] = {}
    written = 0
    total = len(known) + len(tree) - 1

    def put(address: str, content: object, make: Callable[[], Page]) -> None:
        nonlocal written
        depth = address.count("/")
        if depth not in shells:
            around = shell(depth)
            shells[depth] = (around, _digest(around))
        key = _digest([code, index.fingerprint, shells[depth][1], content])
        new[address] = key
        target = site / address
        say(len(new), total, address)
        if old.get(address) == key and target.is_file():
            return
        page = make()
        _write(target, _fill(shells[depth][0], page).encode("utf-8"))
        written += 1

    for path, info in known.items():
        notes = margin.notes.get(path, ())
        mentions = margin.mentions.get(path, ())
        put(
            addresses.file_address(path),
            [repr(notes), repr(mentions)],
            lambda path=path, info=info, notes=notes, mentions=mentions: file_page(
                Source.of(index, path, known), info, notes=notes, mentions=mentions
            ),
        )
    counts = {path: len(notes) for path, notes in margin.notes.items()}
    for path, folder in tree.items():
        if not path:  # the root's page is a document of the site
            continue
        below = {p: n for p, n in counts.items() if p.startswith(f"{path}/" if path else "")}
        put(
            addresses.folder_address(path),
            sorted(below.items()),
            lambda folder=folder: folder_page(folder, tree, counts),
        )
    removed = _remove_stale(site, new)
    _write(manifest, json.dumps(new, indent=0, sort_keys=True).encode())
    return Outcome(written, len(new) - written, removed)


def _fill(shell: str, page: Page) -> str:
    return (
        shell.replace(TITLE, text(page.title)).replace(CRUMBS, page.crumbs).replace(BODY, page.body)
    )


def _remove_stale(site: Path, current: Mapping[str, str]) -> int:
    removed = 0
    for file in sorted((site / addresses.ROOT).rglob("*.html")):
        address = file.relative_to(site).as_posix()
        if address not in current and address != addresses.folder_address(""):
            file.unlink()
            removed += 1
    return removed


def _read(manifest: Path) -> dict[str, str]:
    try:
        data = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    os.replace(part, path)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _code_digest() -> str:
    """Changes when what makes pages changes: the modules of this package."""
    total = hashlib.sha256()
    for module in sorted(Path(__file__).parent.glob("*.py")):
        total.update(module.read_bytes())
    return total.hexdigest()
