"""Measures a program from outside: wall time, processor time and memory of all its processes."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.2  # seconds between two looks at memory


@dataclass(frozen=True, slots=True)
class Cost:
    """``wall`` and ``cpu`` (user and system, children too) in seconds, ``memory`` in bytes.

    Memory is the greatest sum over the processes alive at one moment, pages that they share
    divided among them (PSS, proc(5)); looked at five times a second.
    """

    wall: float
    cpu: float
    memory: int
    status: int


def measure(
    command: Sequence[str | Path], *, cwd: Path, log: Path, env: Mapping[str, str] | None = None
) -> Cost:
    """Run *command* to its end; what it says goes to *log*."""
    before = os.times()
    start = time.monotonic()
    with log.open("wb") as out:
        child = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        peak = [0]
        watching = threading.Thread(target=_watch, args=(child, peak), daemon=True)
        watching.start()
        status = child.wait()
    wall = time.monotonic() - start
    watching.join()
    after = os.times()
    cpu = (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
    return Cost(wall, cpu, peak[0], status)


def _watch(child: subprocess.Popen[bytes], peak: list[int]) -> None:
    while child.poll() is None:
        total, todo = 0, [child.pid]
        while todo:
            pid = todo.pop()
            total += _pss(pid)
            todo += _children(pid)
        peak[0] = max(peak[0], total)
        time.sleep(_EVERY)


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def _children(pid: int) -> list[int]:
    try:
        tasks = sorted(Path(f"/proc/{pid}/task").iterdir())
        return [int(p) for task in tasks for p in (task / "children").read_text().split()]
    except (OSError, ValueError):
        return []


def size(path: Path) -> int:
    """The bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(f.stat().st_size for f in path.rglob("*") if f.is_file() and not f.is_symlink())
