"""Folders to work in that do not outlive their process, even one that is killed outright.

Gives `own`. Beside each folder lies a lock that its process holds; one that nobody holds belongs to
a process that is no more, and goes with its folder when the next one is asked for.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def own(home: Path) -> Iterator[Path]:
    """A new folder below ``home`` for the time of the block."""
    home.mkdir(parents=True, exist_ok=True)
    for old in home.glob("*.lock"):
        with contextlib.suppress(BlockingIOError, FileNotFoundError), old.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(old.with_suffix(""), ignore_errors=True)
            old.unlink(missing_ok=True)
    mine = home / f"{os.getpid()}-{os.urandom(4).hex()}"
    with mine.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            mine.mkdir()
            yield mine
        finally:
            shutil.rmtree(mine, ignore_errors=True)
            mine.with_suffix(".lock").unlink(missing_ok=True)
