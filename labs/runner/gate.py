"""The authors' gate: proves every lab both ways, and writes down what came of it.

Reads ``labs/``, the reference interpreters and the cache; writes ``build/labs/results.json``.
What is proved once stays proved as long as nothing it depends on changes: the lab's files, the
runner's, the interpreters. Only what passed is kept in the cache. Several labs are proved at
once, as many as cores and memory allow.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import BUILD, cache_root
from annotator.reference import interpreters
from annotator.reference.cache import remove, write_whole
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report, elapsed
from annotator.reference.releases import Release

from . import extension, folders, patchtree, play, sandbox
from .lessons import LABS, lab_folders, read_lab
from .model import Kind, Lab, LabResult, MutationResult, Outcome
from .proof import Tell, inputs, look_over
from .prove_extension import ExtensionProof
from .prove_patch import PatchProof
from .results import from_json, not_run, to_json
from .verdict import Wrong

PROFILES = ("debug", "release")  # in the order in which they are tried and shown
_LANES = 4  # labs at once at most; inside a lab compilers and tests run beside each other too
_NEEDS = 1 << 30  # bytes of free memory that one more lab at once calls for
_OF_READERS = frozenset(
    (
        "cli.py",
        "commands.py",
        "explain.py",
        "pages.py",
        "scaffold.py",
        "show.py",
        "state.py",
        "workspace.py",
    )
)


def check_all(
    *,
    release: Release,
    report: Report,
    build_dir: Path = BUILD,
    jobs: int | None = None,
    mutations: bool = False,
    only: Iterable[str] | None = None,
    root: Path = LABS,
) -> list[LabResult]:
    """Proves the labs (those with slugs in ``only``, or all) against ``release``.

    With ``mutations`` the faults planted in the solutions have to be noticed too. Writes the
    results to ``build_dir/labs/results.json`` (those of other labs stay as they are) and gives
    them. A lab that is not right is a result; only what stops the gate itself raises
    `UserError`.
    """
    chosen = None if only is None else set(only)
    folders = [it for it in lab_folders(root) if chosen is None or it.name in chosen]
    file = build_dir / "labs" / "results.json"
    known = _known(file)
    gate = _Gate(release, report, build_dir, jobs or os.cpu_count() or 1)
    looked = [gate.look(folder, mutations=mutations) for folder in folders]
    proved = gate.prove([it for it in looked if isinstance(it, _Task)], known)
    results = [proved[it.lab.slug] if isinstance(it, _Task) else it for it in looked]
    entries = {result.slug: to_json(result) for result in results}
    if chosen is not None:
        entries = known | entries
    write_whole(file, json.dumps(list(entries.values()), indent=1))
    return results


@dataclass(frozen=True, slots=True)
class _Task:
    """A lab that has to be run; what of its two results is known already."""

    lab: Lab
    mutations: bool  # whether all of them are wanted
    proved: Path  # where the result of the stages is kept
    tried: Path  # where that of the mutations that not every build shows is kept
    result: LabResult | None
    planted: LabResult | None


class _Gate:
    """What the labs of one run share: interpreters, the base tree, the progress shown."""

    def __init__(self, release: Release, report: Report, build_dir: Path, jobs: int) -> None:
        self._release = release
        self._report = report
        self._jobs = jobs
        self._logs = build_dir / "logs"
        self._cache = cache_root() / "labs"
        self._interpreters = {
            profile: interpreters.ensure(profile, release, report=report) for profile in PROFILES
        }
        files = sorted(Path(__file__).parent.rglob("*.py"))
        self._runner = _digest(path for path in files if path.name not in _OF_READERS)
        self._whole = _digest(files)  # a lab that is played through depends on the commands too

    def look(self, folder: Path, *, mutations: bool) -> LabResult | _Task:
        """One lab: its result, if it needs no run to be known; else what there is to do."""
        try:
            lab = read_lab(folder)
        except UserError as error:
            return LabResult(
                folder.name, folder.parent.name, Outcome.BROKEN, str(error), (), (), (), (), "", 0.0
            )
        try:
            look_over(lab)
        except Wrong as wrong:
            return not_run(lab, wrong.outcome, wrong.reason)
        except UserError as error:
            return not_run(lab, Outcome.BROKEN, str(error))
        proved, tried = self._files(lab)
        result = _read(proved)
        planted = _read(tried) if mutations else None
        if result and (planted or not mutations):
            return _with(lab, replace(result, cached=True), planted)
        return _Task(lab, mutations, proved, tried, result, planted)

    def prove(
        self, tasks: list[_Task], known: dict[str, dict[str, object]]
    ) -> dict[str, LabResult]:
        """Runs the labs, several at once, those that take longest first."""
        if not tasks:
            return {}
        if not shutil.which(extension.COMPILER):
            raise UserError("there is no C compiler", todo="sudo apt-get install -y gcc")
        if any(task.lab.kind is Kind.PATCH for task in tasks):
            patchtree.base(self._interpreters["debug"], jobs=self._jobs, report=self._report)

        def cost(task: _Task) -> tuple[bool, float]:
            took = known.get(task.lab.slug, {}).get("seconds", 0.0)
            return task.lab.kind is Kind.PATCH, took if isinstance(took, float) else 0.0

        lanes = max(1, min(len(tasks), self._jobs, _LANES, _free_memory() // _NEEDS))
        jobs = self._jobs if lanes == 1 else max(2, self._jobs // lanes)
        results: dict[str, LabResult] = {}
        lock = threading.Lock()

        def run(task: _Task) -> None:
            def tell(text: str) -> None:
                self._report.step(len(results), len(tasks), f"{task.lab.slug}: {text}")

            start = time.monotonic()
            result = self._run(task, jobs=jobs, tell=tell)
            with lock:
                results[task.lab.slug] = result
                took = elapsed(time.monotonic() - start)
                self._report.say(f"{result.outcome.value} {task.lab.slug}: {took}")
                self._report.step(len(results), len(tasks), "labs")

        order = sorted(tasks, key=cost, reverse=True)
        with ThreadPoolExecutor(lanes) as pool, sandbox.stoppable():
            for future in as_completed([pool.submit(run, task) for task in order]):
                future.result()
        return results

    def _run(self, task: _Task, *, jobs: int, tell: Tell) -> LabResult:
        try:
            result, planted = self._both(task, jobs=jobs, tell=tell)
        except Wrong as wrong:
            return not_run(task.lab, wrong.outcome, wrong.reason)
        except UserError as error:
            return not_run(task.lab, Outcome.BROKEN, str(error))
        for file, made in ((task.proved, result), (task.tried, planted)):
            if made and made.outcome is Outcome.PASSED and not file.exists():
                write_whole(file, json.dumps(to_json(made), indent=1))
        return _with(task.lab, replace(result, cached=False), planted)

    def _both(self, task: _Task, *, jobs: int, tell: Tell) -> tuple[LabResult, LabResult | None]:
        """What of the two is not there yet: the stages, the mutations."""

        def both(proof: ExtensionProof | PatchProof) -> tuple[LabResult, LabResult | None]:
            made = task.result or proof.run(tell=tell)
            if made.outcome is Outcome.PASSED and (reason := _all_caught(made.mutations)):
                made = replace(made, outcome=Outcome.BROKEN, reason=reason)
            if lab.played and made.outcome is Outcome.PASSED and not made.session:
                made = self._played(lab, made, tell)
            if made.outcome is not Outcome.PASSED or not task.mutations or task.planted:
                return made, task.planted
            start = time.monotonic()
            caught = proof.mutations(show=False, tell=tell)
            if reason := _all_caught(caught):
                made = replace(made, outcome=Outcome.BROKEN, reason=reason)
            rest = replace(
                not_run(task.lab, made.outcome, reason),
                mutations=caught,
                seconds=time.monotonic() - start,
            )
            return made, rest

        lab = task.lab
        # The pool is left first: nothing may still be at work in a folder that is removed.
        if lab.kind is Kind.EXTENSION:
            with (
                folders.own(self._cache / "work") as work,
                ThreadPoolExecutor(jobs) as pool,
            ):
                return both(ExtensionProof(lab, self._interpreters, work=work, pool=pool))
        debug = self._interpreters["debug"]
        base = patchtree.base(debug, jobs=jobs, report=Report.quiet())
        self._logs.mkdir(parents=True, exist_ok=True)
        with patchtree.borrowed(base) as tree, ThreadPoolExecutor(jobs) as pool:
            return both(
                PatchProof(
                    lab, debug, tree, release=self._release, jobs=jobs, logs=self._logs, pool=pool
                )
            )

    def _played(self, lab: Lab, result: LabResult, tell: Tell) -> LabResult:
        start = time.monotonic()
        with folders.own(self._cache / "work") as folder:
            try:
                said = play.play(
                    lab,
                    folder=folder / "reader",
                    root=lab.folder.parent.parent,
                    release=self._release.version,
                    hide=[p for it in self._used(lab) for p in (it.source, it.build)],
                    tell=tell,
                )
            except Wrong as wrong:
                return replace(result, outcome=wrong.outcome, reason=wrong.reason)
        took = time.monotonic() - start
        return replace(
            result,
            session=said,
            seconds=result.seconds + took,
            parts=(*result.parts, ("played as a new reader", took)),
        )

    def _files(self, lab: Lab) -> tuple[Path, Path]:
        runner = self._whole if lab.played else self._runner
        key = _digest(inputs(lab), runner, *(it.key for it in self._used(lab)))[:24]
        folder = self._cache / "results"
        return folder / f"{lab.slug}-{key}.json", folder / f"{lab.slug}-{key}-mutations.json"

    def _used(self, lab: Lab) -> list[Interpreter]:
        if lab.kind is Kind.PATCH:
            return [self._interpreters["debug"]]
        return list(self._interpreters.values())


def _with(lab: Lab, result: LabResult, planted: LabResult | None) -> LabResult:
    """``result`` with the mutations of ``planted`` as well, in the lab's order."""
    if not planted:
        return result
    order = {mutation.name: n for n, mutation in enumerate(lab.mutations)}
    both = sorted((*result.mutations, *planted.mutations), key=lambda it: order[it.name])
    return replace(result, mutations=tuple(both))


def _all_caught(mutations: Iterable[MutationResult]) -> str:
    """Why a lab is broken whose mutations came out so; "" when all were noticed."""
    missed = [mutation.name for mutation in mutations if not mutation.caught]
    return f"no test notices the mutation {missed[0]!r}" if missed else ""


def _free_memory() -> int:
    """Bytes that programs can have without others losing theirs."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return int(next(it for it in lines if it.startswith("MemAvailable")).split()[1]) * 1024
    return _NEEDS


def _digest(files: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.parent.name}/{file.name}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for text in more:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def _read(file: Path) -> LabResult | None:
    """A kept result; None when there is none, or it cannot be read (then it goes)."""
    try:
        return from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        remove(file)
        return None


def _known(file: Path) -> dict[str, dict[str, object]]:
    """The results of the last run, by slug; of a damaged file none."""
    try:
        return {str(it["slug"]): it for it in json.loads(file.read_text(encoding="utf-8"))}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
