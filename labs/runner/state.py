"""A reader's progress in one lab: ``progress.toml`` in the lab's work folder.

Reads and writes a file that a person can read; gives `Progress`. What matters more than the
file is the folder: a file that is gone or damaged costs the counts, never the work.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.cache import disk_errors, write_whole

NAME = "progress.toml"
_HEAD = """\
# Where you stand in this lab. Written by `python -m labs`; yours to read.
"""


@dataclass(slots=True)
class StepState:
    """One step: whether its tests passed last time, how many did, how many hints were taken."""

    done: bool = False
    passed: int = 0
    tests: int = 0
    hints: int = 0


@dataclass(slots=True)
class Progress:
    """A reader's state in one lab. ``steps`` holds every step of the lab, from 1."""

    slug: str
    release: str
    started: str  # ISO date
    from_step: int = 1
    steps: dict[int, StepState] = field(default_factory=dict)

    @property
    def current(self) -> int:
        """The first step that is not done; one past the last when all are."""
        return next(
            (number for number, state in sorted(self.steps.items()) if not state.done),
            len(self.steps) + 1,
        )

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(state.done for state in self.steps.values())


def begin(slug: str, release: str, steps: int, from_step: int) -> Progress:
    """The state of a lab that was just started; steps before ``from_step`` count as done."""
    progress = Progress(slug, release, datetime.date.today().isoformat(), from_step)
    progress.steps = {n: StepState(done=n < from_step) for n in range(1, steps + 1)}
    return progress


def load(folder: Path) -> Progress:
    """The state in ``folder``. Raises `UserError` when it is no lab's folder or is damaged."""
    file = folder / NAME
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        progress = Progress(
            str(data["lab"]), str(data["release"]), str(data["started"]), int(data["from-step"])
        )
        for number, step in data["steps"].items():
            progress.steps[int(number)] = StepState(
                bool(step["done"]), int(step["passed"]), int(step["tests"]), int(step["hints"])
            )
    except FileNotFoundError:
        raise UserError(
            "no lab was started here",
            where=str(folder),
            todo="python -m labs start SLUG begins one.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"this file is damaged ({error!r})",
            where=str(file),
            todo="Delete it and run `python -m labs start` again: your work is kept.",
        ) from None
    return progress


def save(folder: Path, progress: Progress) -> None:
    """Writes the state whole or not at all."""
    lines = [
        _HEAD,
        f'lab = "{progress.slug}"',
        f'release = "{progress.release}"',
        f'started = "{progress.started}"',
        f"from-step = {progress.from_step}",
    ]
    for number, step in sorted(progress.steps.items()):
        lines += [
            "",
            f"[steps.{number}]",
            f"done = {str(step.done).lower()}",
            f"passed = {step.passed}",
            f"tests = {step.tests}",
            f"hints = {step.hints}",
        ]
    write_whole(folder / NAME, "\n".join(lines) + "\n")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder during the block. Raises `UserError` when another command has it."""
    with disk_errors(folder), (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                "another labs command is at work in this folder",
                where=str(folder),
                todo="Wait for it, or end it.",
            ) from None
        yield
