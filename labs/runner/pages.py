"""What the site shows of a lab, as plain data.

Reads the labs' folders and ``build/labs/results.json``; gives frozen dataclasses of strings and
numbers, and never runs anything. For the Sphinx extension:

- `slugs()` are all labs; `page(slug)` is everything about one of them, its result included;
  `dependencies(slug)` are the files a page must be written again for.
- Fields marked *rST* are parsed in place (they use the site's roles); all others are plain text
  that has to be escaped.
- `LabPage.result` is None when this build has no result for the lab: show it as *not run*,
  never as passed. `Result.outcome` is ``passed``, ``failed``, ``broken`` or ``skipped``.
- What varies from run to run is kept in `Measured` records only; render each of them inside an
  element marked ``data-measured``.
- A chapter that is not written yet has a slug no document answers to: show
  `LabPage.chapter_title` without a link.

Both raise `UserError`: on a slug that is no lab, with the nearest candidates.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import UserError
from annotator.paths import LAB_RESULTS

from . import state
from .lessons import LABS, all_labs, checks, find_lab, step_tests
from .marks import Marked, Stage
from .model import Kind, Lab
from .patches import Patch, read_patch
from .stages import marked_files, patch_files

CONTEXT = 4  # lines shown before and after a step's place in a file


@dataclass(frozen=True, slots=True)
class LineNote:
    """A remark on a line of a listing; ``line`` counts from 1 in the listing's own text."""

    line: int
    text: str  # rST, one paragraph


@dataclass(frozen=True, slots=True)
class Listing:
    """A piece of code. ``language`` is a Pygments name (``c``, ``python``, ``diff``).

    ``first_line`` is the number of its first line in ``path``; ``highlight`` are the lines
    (from 1, in this text) that the step is about.
    """

    path: str
    language: str
    text: str
    first_line: int = 1
    highlight: tuple[int, ...] = ()
    notes: tuple[LineNote, ...] = ()


@dataclass(frozen=True, slots=True)
class TestLine:
    """A test of a step: what it says it checks, and what this build's run gave.

    ``outcome`` is that of the solution ("" when not run). ``before`` is what a reader sees as
    long as the step is not done: the outcome, and the message (preformatted text).
    """

    name: str
    says: str  # plain text
    outcome: str = ""
    before: str = ""
    before_message: str = ""


@dataclass(frozen=True, slots=True)
class StepPage:
    """One step of a lab."""

    number: int
    title: str  # rST inline
    task: str  # rST, paragraphs
    checks: str  # rST, one sentence
    hints: tuple[str, ...]  # rST, to be folded, from a nudge to nearly the code
    starter: tuple[Listing, ...]  # the places to change, as the reader finds them
    solution: tuple[Listing, ...]  # extension: the same places solved; patch: the diff
    tests: tuple[TestLine, ...]
    outcome: str  # of this step in this build; "" when not run


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure that varies from run to run: show it inside ``data-measured``."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class MutationLine:
    """A fault put into the solution on purpose, and whether the tests noticed."""

    name: str  # rST inline
    change: str  # unified diff, for folding
    caught: bool | None  # None: not run in this build
    by: tuple[str, ...]
    shows: str  # preformatted text: how it looks
    file: str  # in which it is
    caught_by: tuple[int, ...]  # the steps whose tests have to notice; empty: any


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reader is in a lab."""

    done: int  # steps
    steps: int


@dataclass(frozen=True, slots=True)
class Result:
    """This build's run of the lab."""

    outcome: str
    reason: str  # why not passed; "" when passed
    transcript: str  # preformatted text, the same from run to run
    interpreters: tuple[str, ...]  # profiles: "debug", "release"
    stock: tuple[TestLine, ...]  # patch labs: CPython's own tests
    stopped: str  # where a run was given up: "step 3, Every call can fail (failed)"; "" if not
    spared: tuple[tuple[str, str], ...]  # (examination, "test: why it takes no part")
    session: str  # preformatted text: the lab as a new reader played it; "" if it was not
    measured: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Something to read in the source browser first."""

    target: str  # what :csrc: accepts
    why: str  # rST, one sentence


@dataclass(frozen=True, slots=True)
class LabPage:
    """Everything a card, a lab's own page or the list of labs needs."""

    slug: str
    code: str  # "X1"
    kind: str  # "extension" or "patch"
    title: str
    summary: str  # rST
    chapter: str
    chapter_title: str
    minutes: int
    prerequisites: tuple[str, ...]
    reads: tuple[Link, ...]
    steps: tuple[StepPage, ...]
    starter: tuple[Listing, ...]  # extension labs: the whole starter; patch labs: empty
    solution: tuple[Listing, ...]  # extension: the whole solution; patch: all steps' diffs
    mutations: tuple[MutationLine, ...]
    stock_exceptions: tuple[tuple[str, str], ...]  # (stock test, rST reason)
    start: str  # the command that begins it
    result: Result | None


def slugs(root: Path = LABS) -> tuple[str, ...]:
    """The slugs of all labs, extension labs first."""
    return tuple(lab.slug for lab in all_labs(root))


def page(slug: str, *, results: Path = LAB_RESULTS, root: Path = LABS) -> LabPage:
    """Everything the site shows of lab ``slug``; ``results`` is the gate's file."""
    lab = find_lab(slug, root)
    ran = _result(results, lab.slug)
    if lab.kind is Kind.EXTENSION:
        steps, starter, solution = _extension(lab, ran)
    else:
        steps, starter, solution = _patch(lab, ran)
    return LabPage(
        slug=lab.slug,
        code=lab.code,
        kind=lab.kind.value,
        title=lab.title,
        summary=lab.summary,
        chapter=lab.chapter,
        chapter_title=lab.chapter_title,
        minutes=lab.minutes,
        prerequisites=lab.prerequisites,
        reads=tuple(Link(read.target, read.why) for read in lab.reads),
        steps=steps,
        starter=starter,
        solution=solution,
        mutations=_mutations(lab, ran),
        stock_exceptions=tuple((entry.test, entry.reason) for entry in lab.stock_exceptions),
        start=f"python -m labs start {lab.slug}",
        result=_run(ran),
    )


def dependencies(slug: str, *, results: Path = LAB_RESULTS, root: Path = LABS) -> tuple[Path, ...]:
    """The files that the lab's page is made from, for ``env.note_dependency``."""
    lab = find_lab(slug, root)
    files = [lab.folder / "lab.toml", *(step_tests(lab, step.number) for step in lab.steps)]
    if lab.kind is Kind.EXTENSION:
        files += [lab.folder / name for name in lab.sources]
    else:
        files += patch_files(lab)
    return (*files, results)


def progress(folder: Path) -> dict[str, Progress]:
    """How far the reader is, by slug: from the state files in ``folder``. One that is damaged is
    left out; the lab tool says so when it is used."""
    found = {}
    for file in sorted(folder.glob(f"*/{state.NAME}")):
        with contextlib.suppress(UserError):
            mine = state.load(file.parent)
            found[mine.slug] = Progress(mine.done, len(mine.steps))
    return found


def _extension(
    lab: Lab, ran: dict[str, Any] | None
) -> tuple[tuple[StepPage, ...], tuple[Listing, ...], tuple[Listing, ...]]:
    files = marked_files(lab)
    last = len(lab.steps)
    steps = []
    for step in lab.steps:
        before = [_windows(file, file.stage(step.number - 1), step.number) for file in files]
        after = [_windows(file, file.stage(step.number), step.number) for file in files]
        steps.append(_step(lab, step.number, ran, sum(before, ()), sum(after, ())))
    starter = tuple(_whole(file, file.stage(0)) for file in files)
    solution = tuple(_whole(file, file.stage(last)) for file in files)
    return tuple(steps), starter, solution


def _patch(
    lab: Lab, ran: dict[str, Any] | None
) -> tuple[tuple[StepPage, ...], tuple[Listing, ...], tuple[Listing, ...]]:
    steps: list[StepPage] = []
    diffs: list[Listing] = []
    for step, file in zip(lab.steps, patch_files(lab), strict=True):
        patch = read_patch(file)
        diff = tuple(_diff(patch))
        steps.append(_step(lab, step.number, ran, tuple(_old_side(patch)), diff))
        diffs += diff
    return tuple(steps), (), tuple(diffs)


def _step(
    lab: Lab,
    number: int,
    ran: dict[str, Any] | None,
    starter: tuple[Listing, ...],
    solution: tuple[Listing, ...],
) -> StepPage:
    step = lab.steps[number - 1]
    run: dict[str, Any] = {}
    for entry in (ran or {}).get("steps", ()):
        if entry["number"] == number:
            run = entry
    before = {test["name"]: test for test in run.get("before", ())}
    tests = {test["name"]: test for test in run.get("tests", ())}
    lines = tuple(
        TestLine(
            name=check.name,
            says=check.says,
            outcome=tests.get(check.name, {}).get("outcome", ""),
            before=before.get(check.name, {}).get("outcome", ""),
            before_message=before.get(check.name, {}).get("message", ""),
        )
        for check in checks(lab, number)
    )
    return StepPage(
        number=number,
        title=step.title,
        task=step.task,
        checks=step.checks,
        hints=step.hints,
        starter=starter,
        solution=solution,
        tests=lines,
        outcome=run.get("outcome", ""),
    )


def _language(path: str) -> str:
    return {".py": "python", ".c": "c", ".h": "c"}.get(Path(path).suffix, "text")


def _whole(file: Marked, stage: Stage) -> Listing:
    notes = tuple(LineNote(note.line, note.text) for note in stage.notes)
    return Listing(file.name, _language(file.name), stage.text, notes=notes)


def _windows(file: Marked, stage: Stage, step: int) -> tuple[Listing, ...]:
    """The places of ``step`` in a stage, with some lines around; near ones are joined."""
    lines = stage.text.splitlines()
    spans = [span for span in stage.spans if span.step == step]
    windows: list[tuple[int, int, list[int]]] = []
    for span in spans:
        first, last = max(1, span.first - CONTEXT), min(len(lines), span.last + CONTEXT)
        while first < span.first and lines[first - 1].lstrip().startswith("*"):
            first += 1  # not from the middle of a comment
        own = list(range(span.first, span.last + 1))
        if windows and first <= windows[-1][1] + 1:
            windows[-1] = (windows[-1][0], max(last, windows[-1][1]), windows[-1][2] + own)
        else:
            windows.append((first, last, own))
    return tuple(
        Listing(
            path=file.name,
            language=_language(file.name),
            text="".join(f"{line}\n" for line in lines[first - 1 : last]),
            first_line=first,
            highlight=tuple(line - first + 1 for line in own),
            notes=tuple(
                LineNote(note.line - first + 1, note.text)
                for note in stage.notes
                if note.step == step and first <= note.line <= last
            ),
        )
        for first, last, own in windows
    )


def _old_side(patch: Patch) -> list[Listing]:
    listings = []
    for file in patch.files:
        for hunk in file.hunks:
            gone = [n for n, line in enumerate(_kept(hunk.lines), start=1) if line[0] == "-"]
            listings.append(
                Listing(
                    path=file.path,
                    language=_language(file.path),
                    text="".join(f"{line}\n" for line in hunk.old),
                    first_line=hunk.start,
                    highlight=tuple(gone),
                )
            )
    return listings


def _kept(lines: tuple[str, ...]) -> list[str]:
    return [line for line in lines if line[0] != "+"]


def _diff(patch: Patch) -> list[Listing]:
    listings = []
    for file in patch.files:
        text = [f"--- {file.path}\n", f"+++ {file.path}\n"]
        for hunk in file.hunks:
            text.append(f"@@ {hunk.section} @@\n" if hunk.section else "@@ @@\n")
            text += [f"{line}\n" for line in hunk.lines]
        listings.append(Listing(file.path, "diff", "".join(text)))
    return listings


def _mutations(lab: Lab, ran: dict[str, Any] | None) -> tuple[MutationLine, ...]:
    runs = {entry["name"]: entry for entry in (ran or {}).get("mutations", ())}
    lines = []
    for mutation in lab.mutations:
        run = runs.get(mutation.name, {})
        change = [f"--- {mutation.file}", f"+++ {mutation.file}"]
        change += [f"-{line}" for line in mutation.old.strip("\n").splitlines()]
        change += [f"+{line}" for line in mutation.new.strip("\n").splitlines()]
        lines.append(
            MutationLine(
                name=mutation.name,
                change="\n".join(change) + "\n",
                caught=run.get("caught"),
                by=tuple(run.get("by", ())),
                shows=run.get("shows", ""),
                file=mutation.file,
                caught_by=mutation.caught_by,
            )
        )
    return tuple(lines)


def _result(results: Path, slug: str) -> dict[str, Any] | None:
    try:
        entries = json.loads(results.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError(
            f"the labs' results cannot be read ({error})",
            where=str(results),
            todo="Delete the file; the next build writes it again.",
        ) from None
    return next((entry for entry in entries if entry["slug"] == slug), None)


def _run(ran: dict[str, Any] | None) -> Result | None:
    if ran is None:
        return None
    measured = ran.get("measured", {})
    figures = [Measured("whole run", f"{measured.get('seconds', 0):.1f} s")]
    figures += [
        Measured(label, f"{took:.1f} s") for label, took in measured.get("parts", {}).items()
    ]
    figures += [Measured(label, text) for label, text in measured.get("figures", {}).items()]
    return Result(
        outcome=ran["outcome"],
        reason=ran["reason"],
        transcript=ran.get("transcript", ""),
        interpreters=tuple(ran.get("interpreters", ())),
        stock=tuple(
            TestLine(name=test["name"], says=test["says"], outcome=test["outcome"])
            for test in ran.get("stock", ())
        ),
        stopped=next(
            (
                f"step {step['number']}, {step['title']} ({step['outcome']})"
                for step in ran.get("steps", ())
                if step["outcome"] not in ("passed", "skipped")
            ),
            "",
        ),
        spared=tuple(
            (it["name"], test) for it in ran.get("examinations", ()) for test in it["spared"]
        ),
        session=ran.get("session", ""),
        measured=tuple(figures),
    )
