"""How the lab tool speaks: colours where there is a terminal, plain text elsewhere.

Reads results and state; gives lines of text. Nothing here decides anything.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence

from .model import CheckRun, Lab, Step
from .state import Progress

_ROLE = re.compile(r":[a-z:]+:`([^`]*)`")
_CODES = {"good": "32", "bad": "31", "dim": "2", "strong": "1", "hint": "33"}


def paint(text: str, kind: str) -> str:
    """``text`` in the colour for ``kind`` when standard output is a terminal."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{_CODES[kind]}m{text}\x1b[0m"


def plain(rst: str) -> str:
    """reStructuredText of ``lab.toml`` for a terminal: roles and quotes go, the text stays."""

    def target(match: re.Match[str]) -> str:
        text = match[1]
        return text.split(" <")[0] if text.endswith(">") else text

    return _ROLE.sub(target, rst).replace("``", "").replace("*", "")


def wrapped(rst: str, indent: str = "  ") -> str:
    """Paragraphs of ``lab.toml``, filled to the width of the terminal."""
    width = min(shutil.get_terminal_size().columns, 96)
    return "\n\n".join(
        textwrap.fill(
            plain(paragraph),
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
        for paragraph in rst.split("\n\n")
    )


def step_task(step: Step) -> str:
    """What there is to do in a step."""
    return f"{paint(f'Step {step.number}: {plain(step.title)}', 'strong')}\n{wrapped(step.task)}"


def tests(step: Step, reports: Sequence[CheckRun], *, brief: bool) -> str:
    """The tests of one step: those that passed in a line each (if not ``brief``), the others with
    their reason."""
    good = sum(report.passed for report in reports)
    kind = "good" if good == len(reports) else "bad"
    title = f"Step {step.number}: {plain(step.title)}"
    lines = [f"{paint(title, 'strong')}  {paint(f'{good} of {len(reports)}', kind)}"]
    for report in reports:
        if report.passed and brief:
            continue
        if report.passed:
            lines.append(f"  {paint('ok', 'good')}    {plain(report.says)}")
            lines += [f"          {label}: {text}" for label, text in report.figures]
            continue
        word = {"failed": "fails", "error": "error", "not run": "—"}.get(
            report.outcome, report.outcome
        )
        lines.append(f"  {paint(word, 'bad')}  {plain(report.says)}")
        lines += [f"          {line}" for line in report.message.splitlines()]
    return "\n".join(lines)


def table(labs: Sequence[Lab], states: dict[str, Progress]) -> str:
    """All labs, what each needs and takes, and how far the reader is in it."""
    codes = {lab.slug: lab.code for lab in labs}
    wide = max([len(lab.slug) for lab in labs], default=0)
    head = f"{'':4} {'lab':{wide}}  {'time':>7}  {'after':8}  you"
    lines = [paint(head, "dim")]
    for lab in labs:
        needs = " ".join(codes.get(slug, slug) for slug in lab.prerequisites)
        lines.append(
            f"{lab.code:4} {lab.slug:{wide}}  {lab.minutes:3} min  {needs:8}  "
            + _bar(states.get(lab.slug))
        )
        lines.append(f"     {paint(plain(lab.title), 'dim')}")
    return "\n".join(lines)


def _bar(progress: Progress | None) -> str:
    if progress is None:
        return paint("not begun", "dim")
    steps = [progress.steps[number] for number in sorted(progress.steps)]
    bar = "".join("■" if step.done else "□" for step in steps)
    kind = "good" if progress.done == len(steps) else "hint"
    return f"{paint(bar, kind)} {progress.done} of {len(steps)}"


def status(lab: Lab, progress: Progress) -> str:
    """Where the reader stands in one lab."""
    lines = [paint(f"{lab.code}  {plain(lab.title)}", "strong")]
    for step in lab.steps:
        at = progress.steps[step.number]
        word = paint("done", "good") if at.done else f"{at.passed} of {at.tests or '?'}"
        hints = f", {at.hints} of {len(step.hints)} hints" if at.hints else ""
        lines.append(f"  {step.number}  {plain(step.title)}: {word}{hints}")
    return "\n".join(lines)
