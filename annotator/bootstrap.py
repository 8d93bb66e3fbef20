"""Makes ``.venv`` hold exactly the pinned packages.

Reads ``.pins.txt``; gives a finished ``.venv``, or stops with what to do.  Run by the
system's Python (``python3 -m annotator.bootstrap``), hence on the standard library alone.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import venv
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import BUILD, REPOSITORY
from annotator.reference import systools
from annotator.reference.cache import disk_errors, locked, remove, write_whole
from annotator.reference.progress import Report
from annotator.reference.run import run

PINS = REPOSITORY / ".pins.txt"
VENV = REPOSITORY / ".venv"
_DONE = ".complete"  # in .venv, written last: the key that it was made for


def ensure(
    *,
    target: Path = VENV,
    pins: Path = PINS,
    logs: Path = BUILD / "logs",
    report: Report,
) -> bool:
    """Makes ``target`` unless it is finished for these pins and this Python.

    Says whether it had to.  An environment that is unfinished, damaged or made for other
    pins is removed and made anew.  Raises `UserError` when that fails.
    """
    key = wanted_key(pins)
    if _finished(target, key):
        return False
    # Two makes at once: the lock is on the folder that both stand in, as build/ may go away.
    with locked(target.parent, report=report, what="this repository") as hold:
        if _finished(target, key):
            return False
        with report.stage("Python environment"), disk_errors(target.parent):
            _make(target, pins, logs, hold=hold, report=report)
            write_whole(target / _DONE, key)
        return True


def wanted_key(pins: Path = PINS) -> str:
    """Changes with the pinned packages and with the Python below them."""
    try:
        text = pins.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(pins)) from None
    below = f"{sys.version}\n{sys.base_prefix}\n"
    return hashlib.sha256(below.encode() + text).hexdigest()


def _finished(target: Path, key: str) -> bool:
    try:
        return (target / _DONE).read_text() == key and (target / "bin" / "python").exists()
    except OSError:
        return False


def _make(target: Path, pins: Path, logs: Path, *, hold: int, report: Report) -> None:
    _require_venv(logs, report)
    remove(target)
    with report.stage("create .venv"):
        # An interpreter that is itself in an environment must not become the base.
        venv.EnvBuilder(symlinks=True).create(target)
        python = target / "bin" / "python"
        run(
            [python, "-I", "-m", "ensurepip", "--default-pip"],
            what="putting pip into .venv",
            log=logs / "ensurepip.log",
            timeout=300,
        )
    wanted = [line for line in pins.read_text().splitlines() if line and line[0] != "#"]
    seen = 0

    def count(line: str) -> None:
        nonlocal seen
        if line.startswith("Collecting "):
            seen += 1
            report.step(seen, len(wanted), line.removeprefix("Collecting "))

    with report.stage(f"install {len(wanted)} packages"):
        run(
            # The pins are complete, so there is nothing to resolve.
            [python, "-I", "-m", "pip", "install", "--no-deps", "--no-input", "-r", pins],
            what="installing the pinned packages",
            log=logs / "pip.log",
            timeout=1800,
            on_line=count,
            hold=hold,
            todo="This step needs the network once (or a package index that pip is configured "
            "for).",
        )


def _require_venv(logs: Path, report: Report) -> None:
    """Debian packs ``ensurepip`` apart from Python."""
    if importlib.util.find_spec("ensurepip") is not None:
        return
    name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    systools.install([name], log=logs / "apt.log", report=report)
    importlib.invalidate_caches()
    if importlib.util.find_spec("ensurepip") is None:
        raise UserError(
            f"{sys.executable} cannot create environments (ensurepip is missing)",
            todo=f"On Debian or Ubuntu, type:\n  {systools.apt_line([name])}",
        )


if __name__ == "__main__":
    try:
        ensure(report=Report())
    except UserError as problem:
        sys.exit(f"error: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
