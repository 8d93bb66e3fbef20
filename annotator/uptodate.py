"""Whether what was built is still what would be built.

Reads the repository's own files, and the folders that the stages wrote; gives digests of the
first and remembers the second in ``build/stamps.json``.  A time of change only spares reading
a file again; what decides is its contents.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from annotator.reference.cache import write_whole

_IGNORED = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")


class Digests:
    """Digests of files, kept with size and time of change in ``store``."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[str, tuple[int, int, str]] = {}
        self._dirty = False
        # Not there or damaged: every file is read.
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            self._known = {
                path: (size, mtime, digest)
                for path, (size, mtime, digest) in json.loads(store.read_bytes()).items()
            }

    def of(self, *roots: Path, base: Path) -> dict[str, str]:
        """The digest of each file at or below ``roots``, by its path relative to ``base``."""
        found: dict[str, str] = {}
        for file in _files(roots):
            try:
                found[file.relative_to(base).as_posix()] = self._digest(file)
            except FileNotFoundError:
                continue  # an editor's swap file, gone again
        return dict(sorted(found.items()))

    def save(self) -> None:
        """Keeps what was learnt for the next run."""
        if self._dirty:
            write_whole(self._store, json.dumps(self._known))
            self._dirty = False

    def _digest(self, file: Path) -> str:
        status = file.stat()
        known = self._known.get(str(file))
        if known and known[:2] == (status.st_size, status.st_mtime_ns):
            return known[2]
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        self._known[str(file)] = (status.st_size, status.st_mtime_ns, digest)
        self._dirty = True
        return digest


class Stamps:
    """For each stage: the key it was last finished for, and the files it left."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._stamps: dict[str, dict[str, object]] = {}
        with contextlib.suppress(OSError, ValueError):
            stamps = json.loads(store.read_bytes())
            self._stamps = stamps if isinstance(stamps, dict) else {}

    def key(self, stage: str) -> str:
        """The key that ``stage`` was last finished for, "" when it never was."""
        try:
            return str(self._stamps[stage]["key"])
        except (KeyError, TypeError):
            return ""

    def fresh(self, stage: str, key: str, *outputs: Path) -> bool:
        """Whether ``stage`` was finished for ``key`` and its ``outputs`` are as it left them."""
        return (
            self.key(stage) == key
            and self._stamps[stage].get("outputs") == _left(outputs)
            and all(output.exists() for output in outputs)
        )

    def finished(self, stage: str, key: str, *outputs: Path) -> None:
        """Notes that ``stage`` is done."""
        self._stamps[stage] = {"key": key, "outputs": _left(outputs)}
        write_whole(self._store, json.dumps(self._stamps))

    def forget(self, stage: str) -> None:
        """From here on ``stage`` is in work; killed now, it is not finished."""
        if self._stamps.pop(stage, None) is not None:
            write_whole(self._store, json.dumps(self._stamps))


def combined(*parts: object) -> str:
    """One key from many parts (strings, numbers, lists and dictionaries of them)."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def program(name: str) -> str:
    """What identifies a program without running it: path, size and time of change."""
    path = shutil.which(name)
    if path is None:
        return f"{name}: none"
    status = Path(path).stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _files(roots: Iterable[Path]) -> Iterator[Path]:
    for root in roots:
        if root.is_file():
            yield root
            continue
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if name not in _IGNORED)
            for name in sorted(names):
                if not name.endswith((".pyc", ".swp", "~")):
                    yield Path(folder) / name


def _left(outputs: Iterable[Path]) -> str:
    """A digest of names, sizes and times of change of all files of ``outputs``."""
    digest = hashlib.sha256()
    for output in outputs:
        for file in _files([output]):
            status = file.lstat()
            digest.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
