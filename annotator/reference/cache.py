"""Files and folders that are whole or not there, and that one process at a time makes.

Gives `locked`, `write_whole`, `remove` and `Manifest` to everything that keeps something in
the cache or under ``build/``.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.progress import Report


@contextlib.contextmanager
def locked(path: Path, *, report: Report, what: str) -> Iterator[int]:
    """Holds the lock on ``path``, a file or a folder, during the block; gives its descriptor.

    The lock belongs to every process that inherited the descriptor: it falls when the last
    of them has ended (flock(2)), however they ended.
    """
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report.say(f"another process is at work on {what}; waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)  # never LOCK_UN: a child that still runs must keep it


@contextlib.contextmanager
def disk_errors(place: Path) -> Iterator[None]:
    """Turns a full, read-only or forbidden disk into a `UserError`."""
    try:
        yield
    except OSError as error:
        reasons = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "your quota on this disk is used up",
            errno.EFBIG: "a file there may not grow any larger",
            errno.EROFS: "the disk is read-only",
            errno.EACCES: "you may not write there",
            errno.EPERM: "you may not write there",
        }
        if error.errno not in reasons:
            raise
        raise UserError(
            f"cannot write: {reasons[error.errno]}",
            where=str(place),
            todo="Make room there (the cache needs 1 GB), or choose another place for the cache:\n"
            "XDG_CACHE_HOME=/some/folder make html",
        ) from None


def write_whole(path: Path, text: str | bytes) -> None:
    """Writes a file under another name and renames it: readers see the old or the new one."""
    data = text.encode() if isinstance(text, str) else text
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with disk_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def remove(path: Path) -> None:
    """Removes a file or folder; it is gone under its own name before its contents go.

    A process killed half-way leaves a ``….trash`` folder that the next `remove` clears.
    """
    if not path.parent.is_dir():
        return
    for trash in path.parent.glob(f"{path.name}.*.trash"):
        _rmtree(trash)
    if path.is_dir() and not path.is_symlink():
        trash = path.with_name(f"{path.name}.{os.getpid()}.trash")
        path.rename(trash)
        _rmtree(trash)
    else:
        path.unlink(missing_ok=True)


def _rmtree(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():  # folders without write permission
        for folder, _, _ in os.walk(path):
            with contextlib.suppress(OSError):
                Path(folder).chmod(0o755)
        shutil.rmtree(path)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a finished folder holds: size and time of change of each file.

    Written last, into the folder itself; a folder without one was never finished, and one
    that differs from it was damaged or edited.
    """

    key: str
    files: dict[str, tuple[int, int]]  # relative path: (size in bytes, mtime in ns)

    NAME = ".complete.json"

    @classmethod
    def of(cls, root: Path, key: str, files: Iterable[str]) -> Manifest:
        """The manifest of ``files`` (relative to ``root``) as they are now."""
        return cls(key, {name: _stamp(root / name) for name in sorted(files)})

    def write(self, root: Path) -> None:
        """Declares ``root`` finished."""
        write_whole(root / self.NAME, json.dumps({"key": self.key, "files": self.files}))

    @classmethod
    def holds(cls, root: Path, key: str) -> bool:
        """Whether ``root`` was finished for ``key`` and is still what it was then."""
        try:
            kept = json.loads((root / cls.NAME).read_bytes())
            return bool(
                kept["key"] == key
                and all(_stamp(root / name) == tuple(was) for name, was in kept["files"].items())
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False


def _stamp(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_size, status.st_mtime_ns
