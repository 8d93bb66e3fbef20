"""Proves one lab: builds each stage of it, runs the tests, and lets `verdict` judge.

Reads a lab and the reference interpreters; gives a `LabResult`, or `MutationResult` records.
Extension labs are proved in a scratch folder against every interpreter given, patch labs in a
clone of the base tree, one step upon the other.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path

from annotator.reference.interpreters import Interpreter

from . import extension, patchtree, sandbox, testing, verdict
from .lessons import step_tests
from .model import CheckRun, Kind, Lab, LabResult, Mutation, MutationResult, Outcome
from .patches import apply_patch, read_patch
from .results import transcript
from .stages import marked_files, patch_files, stray_files
from .verdict import Stage, Wrong

Tell = Callable[[str], None]


def look_over(lab: Lab) -> None:
    """The checks that need no build: markers paired, patches complete, no stray file, every
    mutation named in words of its own. Raises `UserError` or `Wrong`."""
    if lab.kind is Kind.EXTENSION:
        marked_files(lab)
    else:
        patch_files(lab)
    if stray := stray_files(lab):
        raise Wrong(Outcome.BROKEN, f"{stray[0].relative_to(lab.folder)} belongs to nothing here")
    for target in lab.regen:
        if target not in patchtree.REGEN:
            raise Wrong(Outcome.BROKEN, f"unknown regen target {target!r}")
    names = [mutation.name for mutation in lab.mutations]
    if len(set(names)) < max(3, len(names)):
        raise Wrong(Outcome.BROKEN, "fewer than three mutations of different names")


class ExtensionProof:
    """Proves an extension lab; ``work`` is a folder of its own, emptied at the end."""

    def __init__(
        self,
        lab: Lab,
        interpreters: Mapping[str, Interpreter],
        *,
        work: Path,
        pool: Executor,
    ) -> None:
        self._lab = lab
        self._files = marked_files(lab)
        self._interpreters = interpreters
        self._work = work
        self._pool = pool

    def run(self, *, tell: Tell) -> LabResult:
        """All stages in all interpreters, and the mutations that every build shows."""
        start = time.monotonic()
        lab, last = self._lab, len(self._lab.steps)
        wanted = list(itertools.product(self._interpreters, range(last + 1)))
        stages = []
        for done, stage in enumerate(
            self._pool.map(lambda pair: self._stage(*pair), wanted), start=1
        ):
            verdict.judge(lab, stage)
            stages.append(stage)
            tell(f"{done} of {len(wanted)} stages")
        first = next(iter(self._interpreters))
        steps = verdict.step_results(lab, [it for it in stages if it.interpreter == first])
        shown = self.mutations(show=True, tell=tell)
        return LabResult(
            slug=lab.slug,
            kind=lab.kind.value,
            outcome=Outcome.PASSED,
            reason="",
            steps=steps,
            stock=(),
            mutations=shown,
            interpreters=tuple(self._interpreters),
            transcript=transcript(lab, self._interpreters, steps, ()),
            seconds=time.monotonic() - start,
            parts=tuple(
                (name, sum(it.seconds for it in stages if it.solved == solved))
                for solved, name in enumerate(_stage_names(last))
            ),
        )

    def mutations(self, *, show: bool, tell: Tell) -> tuple[MutationResult, ...]:
        """Those mutations whose ``show`` is as asked, in every interpreter until one notices."""
        wanted = [mutation for mutation in self._lab.mutations if mutation.show is show]
        results = []
        for result in self._pool.map(self._mutation, wanted):
            results.append(result)
            tell(f"mutation {len(results)} of {len(wanted)}")
        return tuple(results)

    def _mutation(self, mutation: Mutation) -> MutationResult:
        texts = {file.name: file.stage(len(self._lab.steps)).text for file in self._files}
        if mutation.file not in texts:
            raise Wrong(Outcome.BROKEN, f"mutation {mutation.name!r}: no file {mutation.file!r}")
        texts[mutation.file] = verdict.mutated(texts[mutation.file], mutation)
        result = verdict.mutant(mutation, ())
        for profile in self._interpreters:
            number = self._lab.mutations.index(mutation)
            folder = self._work / f"mutation-{number}-{profile}"
            reports = self._build_and_test(
                texts, profile, folder, self._steps_of(mutation), what=f"mutation {mutation.name!r}"
            )
            result = verdict.mutant(mutation, itertools.chain(*reports.values()))
            if result.caught:
                break
        return result

    def _steps_of(self, mutation: Mutation) -> Iterable[int]:
        return mutation.caught_by or [step.number for step in self._lab.steps]

    def _stage(self, profile: str, solved: int) -> Stage:
        start = time.monotonic()
        texts = {file.name: file.stage(solved).text for file in self._files}
        reports = self._build_and_test(
            texts,
            profile,
            self._work / f"{profile}-{solved}",
            verdict.steps_to_try(self._lab, solved),
            what=_stage_names(len(self._lab.steps))[solved],
            strict=solved == len(self._lab.steps),
        )
        return Stage(solved, profile, reports, time.monotonic() - start)

    def _build_and_test(
        self,
        texts: Mapping[str, str],
        profile: str,
        folder: Path,
        steps: Iterable[int],
        *,
        what: str,
        strict: bool = False,
    ) -> dict[int, tuple[CheckRun, ...]]:
        interpreter = self._interpreters[profile]
        scratch, out = folder / "scratch", folder / "out"
        folder.mkdir(parents=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        built = extension.build(self._lab, folder, out, interpreter, scratch=scratch, strict=strict)
        if not built.ok:
            raise Wrong(
                Outcome.FAILED if strict else Outcome.BROKEN,
                f"{what} does not build for the {profile} interpreter:\n{built.said}",
            )
        reports = {
            step: testing.run_step(
                self._lab,
                step,
                interpreter.python,
                build=out,
                scratch=scratch,
                pycache=testing.pycache(interpreter),
                hide=(interpreter.source, interpreter.build),
            )
            for step in steps
        }
        shutil.rmtree(folder, ignore_errors=True)
        return reports


class PatchProof:
    """Proves a patch lab in ``tree``, a clone of the base that it may change."""

    def __init__(
        self,
        lab: Lab,
        interpreter: Interpreter,
        tree: Path,
        *,
        jobs: int,
        logs: Path,
        pool: Executor,
    ) -> None:
        self._lab = lab
        self._interpreter = interpreter
        self._tree = tree
        self._scratch = tree / ".labs" / "scratch"
        self._jobs = jobs
        self._log = logs / f"{lab.slug}.log"
        self._pool = pool
        self._patches = [read_patch(file) for file in patch_files(lab)]
        self._applied = 0

    def run(self, *, tell: Tell) -> LabResult:
        """Step upon step, then CPython's own tests and the mutations that every build shows."""
        start = time.monotonic()
        lab, last = self._lab, len(self._lab.steps)
        stages = []
        for solved in range(last + 1):
            tell(_stage_names(last)[solved])
            began = time.monotonic()
            self._solve(solved)
            stage = Stage(
                solved,
                self._interpreter.profile,
                self._test(verdict.steps_to_try(lab, solved)),
                time.monotonic() - began,
            )
            verdict.judge(lab, stage)
            stages.append(stage)
        steps = verdict.step_results(lab, stages)
        tell("CPython's own tests")
        began = time.monotonic()
        stock = self._stock()
        took = time.monotonic() - began
        shown = self.mutations(show=True, tell=tell)
        profiles = (self._interpreter.profile,)
        parts = [(name, stages[solved].seconds) for solved, name in enumerate(_stage_names(last))]
        return LabResult(
            slug=lab.slug,
            kind=lab.kind.value,
            outcome=Outcome.PASSED,
            reason="",
            steps=steps,
            stock=stock,
            mutations=shown,
            interpreters=profiles,
            transcript=transcript(lab, profiles, steps, stock),
            seconds=time.monotonic() - start,
            parts=(*parts, ("CPython's own tests", took)),
        )

    def mutations(self, *, show: bool, tell: Tell) -> tuple[MutationResult, ...]:
        """Those mutations whose ``show`` is as asked, each upon the solution."""
        wanted = [mutation for mutation in self._lab.mutations if mutation.show is show]
        if not wanted:
            return ()
        if self._applied < len(self._patches):
            for solved in range(self._applied + 1, len(self._patches) + 1):
                self._apply(solved)
        results: dict[str, MutationResult] = {}
        # One file after the other: going from one mutation to the next is one build then.
        for mutation in sorted(wanted, key=lambda mutation: mutation.file):
            tell(f"mutation {len(results) + 1} of {len(wanted)}")
            results[mutation.name] = self._mutation(mutation)
        return tuple(results[mutation.name] for mutation in wanted)

    def _mutation(self, mutation: Mutation) -> MutationResult:
        file = self._tree / mutation.file
        if not file.exists():
            raise Wrong(Outcome.BROKEN, f"mutation {mutation.name!r}: no file {mutation.file!r}")
        solution = file.read_text(encoding="utf-8")
        file.write_text(verdict.mutated(solution, mutation), encoding="utf-8")
        try:
            self._build(f"mutation {mutation.name!r}")
            steps = mutation.caught_by or [step.number for step in self._lab.steps]
            return verdict.mutant(mutation, itertools.chain(*self._test(steps).values()))
        finally:
            file.write_text(solution, encoding="utf-8")

    def _solve(self, solved: int) -> None:
        if solved:
            self._apply(solved)
            self._build(_stage_names(len(self._lab.steps))[solved])

    def _apply(self, solved: int) -> None:
        apply_patch(self._patches[solved - 1], self._tree)
        self._applied = solved

    def _build(self, what: str) -> None:
        made = patchtree.build(
            self._tree, self._lab.regen, jobs=self._jobs, scratch=self._scratch, log=self._log
        )
        if not made.ok:
            raise Wrong(Outcome.BROKEN, f"{what} does not build ({self._log}):\n{made.said}")

    def _test(self, steps: Iterable[int]) -> dict[int, tuple[CheckRun, ...]]:
        def test(step: int) -> tuple[CheckRun, ...]:
            return testing.run_step(
                self._lab,
                step,
                self._tree / "python",
                build=self._tree,
                scratch=self._scratch / f"step-{step}",
                pycache=None,
                hide=(self._tree,),
            )

        wanted = list(steps)
        return dict(zip(wanted, self._pool.map(test, wanted), strict=True))

    def _stock(self) -> tuple[CheckRun, ...]:
        def test(name: str) -> CheckRun:
            return stock_test(self._tree, name, scratch=self._scratch / name)

        reports = tuple(self._pool.map(test, self._lab.stock))
        for report in reports:
            if not report.passed:
                raise Wrong(
                    Outcome.FAILED,
                    f"the solution does not pass CPython's {report.name}:\n{report.message}",
                )
        return reports


def stock_test(tree: Path, name: str, *, scratch: Path) -> CheckRun:
    """Runs one of CPython's own tests in ``tree``; one that skips itself has not passed."""
    ended = sandbox.run(
        [tree / "python", "-X", "faulthandler", "-m", "test", name],
        limits=sandbox.STOCK,
        scratch=scratch,
        cwd=scratch,
    )
    outcome, message = "passed", ""
    if not ended.ok:
        outcome = "failed" if ended.end is sandbox.End.EXIT else ended.end.value
        tail = "\n".join(ended.output.strip().splitlines()[-25:])
        message = testing.plain(f"{name} was {ended.why}\n{tail}", [tree, scratch])
    elif "1 test skipped" in ended.output or "1 test OK" not in ended.output:
        outcome, message = "skipped", "it skipped itself, so it has shown nothing"
    return CheckRun(0, name, f"CPython's own {name}", outcome, message)


def inputs(lab: Lab) -> list[Path]:
    """The files that a lab's result depends on, in a fixed order."""
    files = [path for path in lab.folder.rglob("*") if path.is_file()]
    assert all(step_tests(lab, step.number) in files for step in lab.steps)
    return sorted(path for path in files if "__pycache__" not in path.parts)


def _stage_names(last: int) -> list[str]:
    return ["starter", *(f"step {number}" for number in range(1, last + 1))]
