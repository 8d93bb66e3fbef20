"""Proves an extension lab: builds each stage of it for every interpreter, runs the tests.

Reads a lab and the reference interpreters; gives a `LabResult`, or `MutationResult` records.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path

from annotator.reference.interpreters import Interpreter

from . import examine, extension, testing, verdict
from .model import CheckRun, Examination, Lab, LabResult, Mutation, MutationResult, Outcome
from .proof import Tell, result, stage_names
from .stages import marked_files
from .verdict import Stage, Wrong


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
        """All stages in all interpreters, what the solution has to stand besides, and the
        mutations that every build shows."""
        start = time.monotonic()
        lab, profiles = self._lab, tuple(self._interpreters)
        wanted = list(itertools.product(profiles, range(len(lab.steps) + 1)))
        stages: list[Stage] = []
        try:
            for stage in self._pool.map(lambda pair: self._stage(*pair), wanted):
                stages.append(stage)
                verdict.judge(lab, stage)
                tell(f"{len(stages)} of {len(wanted)} stages")
            tell("sanitizers and leak hunt")
            began = time.monotonic()
            examinations = self._examine()
            parts = (("sanitizers and leak hunt", time.monotonic() - began),)
        except Wrong as wrong:
            return result(lab, profiles, stages, start=start, wrong=wrong)
        return result(
            lab,
            profiles,
            stages,
            start=start,
            mutations=self.mutations(show=True, tell=tell),
            examinations=examinations,
            parts=parts,
        )

    def _examine(self) -> tuple[Examination, ...]:
        def sanitized() -> Examination:
            return examine.sanitized(self._lab, folder, self._interpreters["release"])

        def hunted() -> Examination:
            scratch, out = folder / "scratch", folder / "out"
            built = extension.build(self._lab, folder, out, debug, scratch=scratch)
            if not built.ok:
                raise Wrong(Outcome.BROKEN, f"the solution does not build:\n{built.said}")
            return examine.hunted(self._lab, folder, out, debug)

        debug = self._interpreters["debug"]
        folder = self._work / "examined"
        folder.mkdir(parents=True)
        for name, text in self._texts(len(self._lab.steps)).items():
            (folder / name).write_text(text, encoding="utf-8")
        futures = [self._pool.submit(it) for it in (sanitized, hunted)]
        return tuple(future.result() for future in futures)

    def _texts(self, solved: int) -> dict[str, str]:
        return {file.name: file.stage(solved).text for file in self._files}

    def mutations(self, *, show: bool, tell: Tell) -> tuple[MutationResult, ...]:
        """Those mutations whose ``show`` is as asked, in every interpreter until one notices."""
        wanted = [mutation for mutation in self._lab.mutations if mutation.show is show]
        results: list[MutationResult] = []
        for made in self._pool.map(self._mutation, wanted):
            results.append(made)
            tell(f"mutation {len(results)} of {len(wanted)}")
        return tuple(results)

    def _mutation(self, mutation: Mutation) -> MutationResult:
        texts = self._texts(len(self._lab.steps))
        if mutation.file not in texts:
            raise Wrong(Outcome.BROKEN, f"mutation {mutation.name!r}: no file {mutation.file!r}")
        texts[mutation.file] = verdict.mutated(texts[mutation.file], mutation)
        noticed = verdict.mutant(mutation, ())
        for profile in self._interpreters:
            number = self._lab.mutations.index(mutation)
            folder = self._work / f"mutation-{number}-{profile}"
            reports = self._build_and_test(
                texts,
                profile,
                folder,
                self._steps_of(mutation),
                what=f"mutation {mutation.name!r}",
                backtraces=mutation.show,
            )
            noticed = verdict.mutant(mutation, itertools.chain(*reports.values()))
            if noticed.caught:
                break
        return noticed

    def _steps_of(self, mutation: Mutation) -> Iterable[int]:
        return mutation.caught_by or [step.number for step in self._lab.steps]

    def _stage(self, profile: str, solved: int) -> Stage:
        start = time.monotonic()
        reports = self._build_and_test(
            self._texts(solved),
            profile,
            self._work / f"{profile}-{solved}",
            verdict.steps_to_try(self._lab, solved),
            what=stage_names(len(self._lab.steps))[solved],
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
        backtraces: bool = False,
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
                backtraces=backtraces,
            )
            for step in steps
        }
        shutil.rmtree(folder, ignore_errors=True)
        return reports
