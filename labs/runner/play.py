"""Plays a lab through as a new reader does: with the commands, and with nothing but its page.

Reads what the page shows; gives the transcript of a session, from `start` to all steps done:
the tests before anything is written, a hint, a typing error, and each step's solution typed in
from the page. A session that does not end well means that the page does not suffice.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from annotator.paths import REPOSITORY
from annotator.reference.run import clean_environment

from .model import Kind, Lab, Outcome
from .pages import LabPage, Listing, StepPage, page
from .testing import plain
from .verdict import Wrong
from .workspace import TREE

_TIMEOUT = 900.0  # seconds for one command


def play(
    lab: Lab,
    *,
    folder: Path,
    root: Path,
    release: str,
    hide: Sequence[Path],
    tell: Callable[[str], None],
) -> str:
    """The transcript of a session in ``folder``, which must not exist yet.

    ``root`` is the folder of all labs; ``hide`` are the folders whose paths are cut from what
    is said (a compiler names the headers that it reads). Raises `Wrong` when a command does not
    do what the page promises.
    """
    shown = page(lab.slug, root=root, results=folder / "none")
    session = _Session(lab, folder, release, hide)
    last = len(lab.steps)
    session.types("start", lab.slug)
    session.types("test", ends=1, with_="You are at step 1")
    session.types("hint", with_="hint 1 of 3")
    session.types("hint", with_="hint 2 of 3")
    for step in shown.steps:
        tell(f"played, step {step.number}")
        if step.number == 1 and lab.kind is Kind.EXTENSION:
            _slip(session, shown, step)
        session.remark(f"The solution of step {step.number}, typed in from the page.")
        _type_in(session, lab, step)
        if step.number < last:
            session.types("test", ends=1, with_=f"You are at step {step.number + 1}")
    session.types("test", with_="All steps are done.")
    session.types("diff", with_="to the letter")
    session.types("status", with_=f"{last}  ")
    return session.transcript()


class _Session:
    """A terminal, and what was typed and said there."""

    def __init__(self, lab: Lab, folder: Path, release: str, hide: Sequence[Path]) -> None:
        self._lab = lab
        self._hidden = [folder, *hide]
        self._folder = folder
        self._release = release
        self._said: list[str] = []
        folder.mkdir(parents=True)

    @property
    def work(self) -> Path:
        """Where the reader's files are."""
        mine = self._folder / "my-labs" / self._lab.slug
        return mine / TREE if self._lab.kind is Kind.PATCH else mine

    def remark(self, text: str) -> None:
        """A line of the transcript that says what the reader did elsewhere."""
        self._said.append(f"# {text}\n")

    def types(self, *words: str, ends: int = 0, with_: str = "") -> None:
        """A command, which has to end with status ``ends`` and to say ``with_``."""
        done = subprocess.run(
            [sys.executable, "-m", "labs", *words],
            cwd=self._folder,
            env=clean_environment(
                PYTHONPATH=str(REPOSITORY), CPYTHON=self._release, COLUMNS="96", NO_COLOR="1"
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
        )
        said = plain(done.stdout, self._hidden)
        command = f"python -m labs {' '.join(words)}"
        self._said.append(f"$ {command}\n{said}")
        if done.returncode != ends or with_ not in said:
            failed = plain(done.stderr[-2000:], self._hidden)
            raise Wrong(
                Outcome.BROKEN,
                f"played as a new reader, `{command}` ended with status {done.returncode} and "
                f"should with {ends}, saying {with_!r}:\n{said}{failed}",
            )

    def transcript(self) -> str:
        """All of it."""
        return "\n".join(self._said)


def _type_in(session: _Session, lab: Lab, step: StepPage) -> None:
    if lab.kind is Kind.EXTENSION:
        for before, after in _pairs(step):
            _replace(session.work / before.path, before.text, after.text, step)
        return
    for listing in step.solution:
        file = session.work / listing.path
        for section, old, new in _hunks(listing.text):
            if not old:
                file.write_text(new, encoding="utf-8")
            else:
                _replace(file, old, new, step, after=section)


def _pairs(step: StepPage) -> list[tuple[Listing, Listing]]:
    """The places of a step, as the page shows them before and after."""
    if [it.path for it in step.starter] != [it.path for it in step.solution]:
        raise _not_enough(step, "its places and those of its solution are not the same")
    return list(zip(step.starter, step.solution, strict=True))


def _slip(session: _Session, lab: LabPage, step: StepPage) -> None:
    """Types the first line of the solution that ends with a semicolon without it, and builds."""
    for before, after in _pairs(step):
        lines = after.text.splitlines(keepends=True)
        for number in after.highlight:
            if lines[number - 1].endswith(";\n"):
                lines[number - 1] = lines[number - 1][:-2] + "\n"
                file = session.work / before.path
                good = file.read_text(encoding="utf-8")
                _replace(file, before.text, "".join(lines), step)
                session.remark("A line of step 1, with a slip: the semicolon is missing.")
                session.types("build", lab.slug, ends=1, with_="It does not build.")
                file.write_text(good, encoding="utf-8")
                return


def _hunks(diff: str) -> list[tuple[str, str, str]]:
    """The hunks of a diff as the page shows it: the section's name, old text, new text."""
    found = []
    for part in re.split(r"^@@ ?(.*?) ?@@\n", diff, flags=re.MULTILINE)[1:]:
        found.append(part)
    hunks = []
    for section, body in zip(found[::2], found[1::2], strict=True):
        lines = body.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        hunks.append((section, old, new))
    return hunks


def _replace(file: Path, old: str, new: str, step: StepPage, after: str = "") -> None:
    text = file.read_text(encoding="utf-8")
    start = max(text.find(after), 0) if after else 0
    if text.count(old, start) != 1 and text.count(old) != 1:
        found = text.count(old)
        raise _not_enough(step, f"the code before it stands {found} times in {file.name}")
    at = text.index(old) if text.count(old) == 1 else text.index(old, start)
    file.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")


def _not_enough(step: StepPage, why: str) -> Wrong:
    return Wrong(
        Outcome.BROKEN,
        f"played as a new reader: the page does not suffice for step {step.number}: {why}",
        step=step.number,
    )
