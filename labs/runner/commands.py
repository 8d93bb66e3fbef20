"""The commands for readers: start, build, test, hint, diff, solution, status, reset.

Reads the parsed command line and the reader's folder; prints, and gives an exit status.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.cache import remove
from annotator.reference.progress import Report
from annotator.reference.releases import Release

from . import state
from .lessons import find_lab
from .model import Kind, Lab, Step
from .pages import page
from .show import paint, plain, status, step_task, tests, wrapped
from .workspace import TREE, Workspace


def run(args: argparse.Namespace, release: Release) -> int:
    """Runs the command that ``args`` names."""
    if args.command == "start":
        return _start(args, release)
    if args.command == "status" and not args.slug and len(begun := _begun(args.into)) > 1:
        for folder in begun:
            progress = state.load(folder)
            print(status(find_lab(progress.slug), progress))
        return 0
    folder = _folder(args)
    progress = state.load(folder)
    lab = find_lab(progress.slug)
    work = Workspace(lab, folder, release, jobs=args.jobs, report=Report())
    with state.alone(folder):
        match args.command:
            case "build":
                return 0 if _build(work) else 1
            case "test":
                return _test(args, work, progress)
            case "hint":
                return _hint(_step(args, lab, progress), folder, progress, again=args.again)
            case "diff":
                return _diff(args, work, progress)
            case "solution":
                return _solution(_step(args, lab, progress), lab)
            case "status":
                print(status(lab, progress))
                return 0
            case "reset":
                return _reset(args, work, progress)
    raise AssertionError(args.command)


def _start(args: argparse.Namespace, release: Release) -> int:
    lab = find_lab(args.slug)
    folder = args.into / lab.slug
    work = Workspace(lab, folder, release, jobs=args.jobs, report=Report())
    work.start(args.from_step)
    what = f"{folder / TREE}/" if lab.kind is Kind.PATCH else str(folder / lab.sources[0])
    print(f"{paint(f'{lab.code}  {plain(lab.title)}', 'strong')}\n{wrapped(lab.summary)}\n")
    print(step_task(lab.steps[args.from_step - 1]))
    print(f"\nWork in {what}, then: python -m labs test {lab.slug}")
    return 0


def _folder(args: argparse.Namespace) -> Path:
    """The work folder: of the lab named, the one we stand in, or the only one there is."""
    into: Path = args.into
    if args.slug:
        folder = into / find_lab(args.slug).slug
        if not folder.is_dir():
            raise UserError(
                "was not begun here",
                where=str(folder),
                todo=f"python -m labs start {folder.name} begins it.",
            )
        return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / state.NAME).exists():
            return folder
    begun = _begun(into)
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise UserError(
            f"which lab? You have begun {', '.join(folder.name for folder in begun)}",
            todo=f"python -m labs {args.command} {begun[0].name}",
        )
    raise UserError("no lab was begun", where=str(into), todo="python -m labs list shows them.")


def _begun(into: Path) -> list[Path]:
    return sorted(file.parent for file in into.glob(f"*/{state.NAME}"))


def _build(work: Workspace) -> bool:
    report = Report()
    lines = 0

    def on_line(line: bytes) -> None:
        nonlocal lines
        lines += 1
        report.step(lines, 0, line[:60].decode("utf-8", "replace"))

    with report.stage("build"):
        made = work.build(on_line)
    if made.said:
        print(made.said)
    if not made.ok:
        print(f"{paint('It does not build.', 'bad')} Everything make said: {made.log}")
    return made.ok


def _test(args: argparse.Namespace, work: Workspace, progress: state.Progress) -> int:
    lab = work.lab
    if not _build(work):
        return 1
    wanted = [_step(args, lab, progress)] if args.step else list(lab.steps)
    failing: Step | None = None
    for step in wanted:
        reports = work.test(step.number)
        at = progress.steps[step.number]
        known = at.done  # what was done and still holds needs no more than a line
        at.passed, at.tests = sum(report.passed for report in reports), len(reports)
        at.done = at.passed == at.tests
        state.save(work.folder, progress)
        print(tests(step, reports, brief=known and at.done and not args.step))
        if not at.done:
            failing = failing or step
            if not args.all:
                break
    if failing is None:
        if progress.done == len(lab.steps):
            print(paint("All steps are done.", "good"), "Stretch goals are on the lab's page.")
        return 0
    left = len(lab.steps) - failing.number
    print(f"\n{step_task(failing)}")
    more = f" ({left} more after it)" if left else ""
    print(f"\nYou are at step {failing.number}{more}. Stuck? python -m labs hint {lab.slug}")
    return 1


def _hint(step: Step, folder: Path, progress: state.Progress, *, again: bool) -> int:
    at = progress.steps[step.number]
    first = at.hints
    if at.hints == len(step.hints) or (again and at.hints):
        first = 0
    else:
        at.hints += 1
        state.save(folder, progress)
    for number, hint in enumerate(step.hints[first : at.hints], start=first + 1):
        print(paint(f"Step {step.number}, hint {number} of {len(step.hints)}", "hint"))
        print(wrapped(hint))
    if at.hints == len(step.hints):
        print("That was the last one; `python -m labs solution` shows how it is done.")
    return 0


def _diff(args: argparse.Namespace, work: Workspace, progress: state.Progress) -> int:
    step = _step(args, work.lab, progress)
    text = work.diff(step.number)
    if not text:
        print(f"Yours is the solution up to step {step.number}, to the letter.")
    for line in text.splitlines():
        kind = {"+": "good", "-": "bad", "@": "hint"}.get(line[:1])
        print(paint(line, kind) if kind else line)
    return 0


def _solution(step: Step, lab: Lab) -> int:
    shown = page(lab.slug).steps[step.number - 1]
    print(paint(f"Step {step.number}: {plain(step.title)}", "strong"))
    for listing in shown.solution:
        print(paint(f"\n{listing.path}", "hint"))
        print(listing.text, end="")
        for note in listing.notes:
            line = listing.text.splitlines()[note.line - 1].strip()
            print(f"{paint(line, 'dim')}\n{wrapped(note.text)}")
    return 0


def _reset(args: argparse.Namespace, work: Workspace, progress: state.Progress) -> int:
    if not args.yes:
        if not sys.stdin.isatty():
            raise UserError("this throws your work away", todo="Say --yes if you mean it.")
        answer = input(f"Throw away everything in {work.folder}? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was changed.")
            return 0
    remove(work.folder)
    work.start(progress.from_step)
    print(f"{work.folder} is as it was at the start.")
    return 0


def _step(args: argparse.Namespace, lab: Lab, progress: state.Progress) -> Step:
    number = args.step or min(progress.current, len(lab.steps))
    if not 1 <= number <= len(lab.steps):
        raise UserError(f"{lab.slug} has steps 1 to {len(lab.steps)}, not {number}")
    return lab.steps[number - 1]
