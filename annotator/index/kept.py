"""Facts that are kept: reads and writes ``facts/`` in the user's cache.

Chunks of facts and scans of files stand under digests of their content.  A unit stands under
a key of how it is compiled, with the digests of the files that it was read from: it holds as
long as they are what they were.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from annotator.meaning.facts import Facts, UnitFacts, digest
from annotator.paths import cache_root
from annotator.source.scan import Scan
from annotator.source.tree import Tree


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """A unit's facts, and the files of the tree that they were made from, with digests."""

    facts: UnitFacts
    files: Mapping[str, str]


class Contents:
    """Digests of the files of a tree, each read once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known: dict[str, str] = {}

    def __getitem__(self, path: str) -> str:
        """The digest of a file; "" when there is none."""
        known = self._known.get(path)
        if known is None:
            file = self._tree.file(path)
            known = self._known[path] = digest(file.read_bytes()) if file is not None else ""
        return known


def folder() -> Path:
    """Where facts are kept."""
    return cache_root() / "facts"


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


# -- chunks -----------------------------------------------------------------------------------

_sound: set[str] = set()  # chunks that were read or written and are what they are called


def _chunk_path(name: str) -> Path:
    return folder() / "chunks" / name[:2] / name


def keep_chunk(name: str, data: bytes) -> None:
    """Keep dumped facts, whose digest is *name*."""
    if name not in _sound:
        _write(_chunk_path(name), data)
        _sound.add(name)


def has_chunk(name: str) -> bool:
    """Whether a chunk is there and undamaged."""
    if name not in _sound:
        try:
            if digest(_chunk_path(name).read_bytes()) != name:
                return False
        except OSError:
            return False
        _sound.add(name)
    return True


def load_chunk(name: str) -> Facts:
    """The facts of a chunk that is there."""
    return Facts.load(_chunk_path(name).read_bytes())


# -- units ------------------------------------------------------------------------------------


def keep_unit(key: str, unit: KeptUnit) -> None:
    """Keep a unit; its chunks are kept already."""
    facts = unit.facts
    said = {
        "path": facts.path,
        "parsed": facts.parsed,
        "chunks": facts.chunks,
        "files": dict(sorted(unit.files.items())),
    }
    _write(folder() / "units" / key, json.dumps(said).encode())


def load_unit(key: str, contents: Contents) -> KeptUnit | None:
    """The unit of this key, if it is there and its files are what they were."""
    try:
        said = json.loads((folder() / "units" / key).read_bytes())
        facts = UnitFacts(said["path"], said["parsed"], tuple(said["chunks"]))
        unit = KeptUnit(facts, dict(said["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    same = all(contents[path] == was for path, was in unit.files.items())
    return unit if same else None


# -- scans ------------------------------------------------------------------------------------


def _scan_path(key: str) -> Path:
    return folder() / "scans" / key[:2] / key


def keep_scan(key: str, scan: Scan) -> None:
    """Keep a scan."""
    data = scan.dump()
    _write(_scan_path(key), hashlib.sha256(data).digest() + data)


def load_scan(key: str) -> Scan | None:
    """A scan; None when it is not there or damaged."""
    try:
        whole = _scan_path(key).read_bytes()
        if hashlib.sha256(whole[32:]).digest() == whole[:32]:
            return Scan.load(whole[32:])
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return None
