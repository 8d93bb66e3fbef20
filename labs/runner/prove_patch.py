"""Proves a patch lab, one step upon the other, in a clone of the base tree.

Reads a lab and the debug interpreter's tree; gives a `LabResult`, or `MutationResult` records.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.interpreters import Interpreter
from annotator.reference.releases import Release, default_version

from . import patchtree, sandbox, testing, verdict
from .model import CheckRun, Lab, LabResult, Mutation, MutationResult, Outcome
from .patches import apply_patch, patched, read_patch
from .proof import Tell, result, stage_names
from .stages import patch_files
from .verdict import Stage, Wrong


class PatchProof:
    """Proves a patch lab in ``tree``, a clone of the base that it may change."""

    def __init__(
        self,
        lab: Lab,
        interpreter: Interpreter,
        tree: Path,
        *,
        release: Release,
        jobs: int,
        logs: Path,
        pool: Executor,
    ) -> None:
        self._lab = lab
        self._interpreter = interpreter
        self._tree = tree
        self._release = release
        self._scratch = tree / ".labs" / "scratch"
        self._jobs = jobs
        self._log = logs / f"{lab.slug}.log"
        self._pool = pool
        self._patches = [read_patch(file) for file in patch_files(lab)]
        self._applied = 0

    def run(self, *, tell: Tell) -> LabResult:
        """Step upon step, then CPython's own tests and the mutations that every build shows."""
        start = time.monotonic()
        lab, profiles = self._lab, (self._interpreter.profile,)
        names = stage_names(len(lab.steps))
        stages: list[Stage] = []
        stock: list[CheckRun] = []
        try:
            self._fits()
            for solved, name in enumerate(names):
                tell(name)
                stages.append(self._stage(solved))
                verdict.judge(lab, stages[-1])
            tell("CPython's own tests")
            began = time.monotonic()
            self._stock(stock)
            parts = (("CPython's own tests", time.monotonic() - began),)
        except Wrong as wrong:
            return result(lab, profiles, stages, start=start, wrong=wrong, stock=tuple(stock))
        return result(
            lab,
            profiles,
            stages,
            start=start,
            stock=tuple(stock),
            mutations=self.mutations(show=True, tell=tell),
            parts=parts,
        )

    def _fits(self) -> None:
        """Tries all patches before anything is built."""
        for step in self._lab.steps:
            try:
                patched(self._patches[: step.number], self._tree)
            except UserError as error:
                if self._release.version == default_version():
                    raise Wrong(Outcome.BROKEN, str(error), step=step.number) from None
                raise Wrong(
                    Outcome.SKIPPED,
                    f"written for CPython {default_version()}; the patch of step {step.number} "
                    f"does not fit {self._release.version}:\n{error}",
                ) from None

    def _stage(self, solved: int) -> Stage:
        began = time.monotonic()
        self._solve(solved)
        reports = self._test(verdict.steps_to_try(self._lab, solved))
        return Stage(solved, self._interpreter.profile, reports, time.monotonic() - began)

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
            made = self._make()
            if not made.ok and mutation.breaks_build:
                return MutationResult(mutation.name, True, ("the build",), made.said)
            self._judge(made, f"mutation {mutation.name!r}")
            steps = mutation.caught_by or [step.number for step in self._lab.steps]
            reports = self._test(steps, backtraces=mutation.show)
            return verdict.mutant(mutation, itertools.chain(*reports.values()))
        finally:
            file.write_text(solution, encoding="utf-8")

    def _solve(self, solved: int) -> None:
        if solved:
            self._apply(solved)
            self._judge(self._make(), stage_names(len(self._lab.steps))[solved])

    def _apply(self, solved: int) -> None:
        apply_patch(self._patches[solved - 1], self._tree)
        self._applied = solved

    def _make(self) -> patchtree.Make:
        made = patchtree.build(
            self._tree, self._lab.regen, jobs=self._jobs, scratch=self._scratch, log=self._log
        )
        said = testing.plain(made.said, [self._tree, self._scratch])
        return replace(made, said=said)

    def _judge(self, made: patchtree.Make, what: str) -> None:
        if not made.ok:
            raise Wrong(Outcome.BROKEN, f"{what} does not build ({self._log}):\n{made.said}")

    def _test(
        self, steps: Iterable[int], *, backtraces: bool = False
    ) -> dict[int, tuple[CheckRun, ...]]:
        def test(step: int) -> tuple[CheckRun, ...]:
            return testing.run_step(
                self._lab,
                step,
                self._tree / "python",
                build=self._tree,
                scratch=self._scratch / f"step-{step}",
                pycache=None,
                hide=(self._tree,),
                backtraces=backtraces,
            )

        wanted = list(steps)
        return dict(zip(wanted, self._pool.map(test, wanted), strict=True))

    def _stock(self, reports: list[CheckRun]) -> None:
        def test(name: str) -> CheckRun:
            return stock_test(self._tree, name, scratch=self._scratch / name)

        reports += self._pool.map(test, self._lab.stock)
        for report in reports:
            if not report.passed:
                raise Wrong(
                    Outcome.FAILED,
                    f"the solution does not pass CPython's {report.name}:\n{report.message}",
                )


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
