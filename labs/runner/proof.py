"""What the proofs of both kinds of lab have in common.

Reads a lab; gives the checks that need no build, the files a result depends on, and the result
of a run, be it whole or given up half-way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import patchtree
from .lessons import step_tests
from .model import CheckRun, Examination, Kind, Lab, LabResult, MutationResult, Outcome
from .results import transcript
from .stages import marked_files, patch_files, stray_files
from .verdict import Stage, Wrong, step_results

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


def inputs(lab: Lab) -> list[Path]:
    """The files that a lab's result depends on, in a fixed order."""
    files = [path for path in lab.folder.rglob("*") if path.is_file()]
    assert all(step_tests(lab, step.number) in files for step in lab.steps)
    return sorted(path for path in files if "__pycache__" not in path.parts)


def stage_names(last: int) -> list[str]:
    """What the stages of a lab of ``last`` steps are called, the starter first."""
    return ["starter", *(f"step {number}" for number in range(1, last + 1))]


def result(
    lab: Lab,
    profiles: Sequence[str],
    stages: Sequence[Stage],
    *,
    start: float,
    wrong: Wrong | None = None,
    stock: tuple[CheckRun, ...] = (),
    mutations: tuple[MutationResult, ...] = (),
    examinations: tuple[Examination, ...] = (),
    parts: tuple[tuple[str, float], ...] = (),
) -> LabResult:
    """What a run that began at ``start`` (monotonic seconds) came to: passed, or what was
    ``wrong`` and all that is known until there. Steps are shown as in the first of
    ``profiles``, or in the one where a step went wrong."""
    shown = profiles[0]
    if wrong and stages:
        shown = stages[-1].interpreter
    steps = step_results(lab, [it for it in stages if it.interpreter == shown], wrong)
    took: dict[str, float] = {}
    for stage in stages:
        name = stage_names(len(lab.steps))[stage.solved]
        took[name] = took.get(name, 0.0) + stage.seconds
    fast = "debug" if lab.kind is Kind.PATCH else "release"
    whole = [it for it in stages if (it.solved, it.interpreter) == (len(lab.steps), fast)]
    tests = [test for it in whole for ran in it.reports.values() for test in ran]
    return LabResult(
        slug=lab.slug,
        kind=lab.kind.value,
        outcome=wrong.outcome if wrong else Outcome.PASSED,
        reason=wrong.reason if wrong else "",
        steps=steps if stages else (),
        stock=stock,
        mutations=mutations,
        interpreters=tuple(profiles),
        transcript=transcript(lab, profiles, steps, stock, examinations) if stages else "",
        seconds=time.monotonic() - start,
        parts=(*took.items(), *parts),
        figures=tuple(it for test in tests for it in test.figures),
        examinations=examinations,
    )
