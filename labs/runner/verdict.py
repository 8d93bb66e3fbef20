"""What the runs of a lab's stages add up to: the rules of the gate, and nothing else.

Reads test reports; gives `StepResult` records, or a `Wrong` that says which rule is broken:
the starter fails every step, a solved step passes, the next one does not yet, and every single
test fails before its step unless it says why it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .lessons import checks
from .model import CheckRun, Lab, Mutation, MutationResult, Outcome, StepResult


class Wrong(Exception):
    """A lab is not right. FAILED: the solution's code; BROKEN: the lab cannot be judged;
    SKIPPED: it is not for this release. ``step`` is the one it is about, 0 if none."""

    def __init__(self, outcome: Outcome, reason: str, *, step: int = 0) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.step = step


@dataclass(slots=True)
class Stage:
    """One stage as it ran: ``solved`` steps solved, and the reports of the steps tried."""

    solved: int
    interpreter: str
    reports: Mapping[int, Sequence[CheckRun]] = field(default_factory=dict)
    seconds: float = 0.0


def steps_to_try(lab: Lab, solved: int) -> range:
    """The steps whose tests are run on a stage: all of them on the starter, else the solved
    ones and the next."""
    last = len(lab.steps)
    return range(1, (last if solved == 0 else min(solved + 1, last)) + 1)


def judge(lab: Lab, stage: Stage) -> None:
    """Raises `Wrong` when the stage breaks a rule."""
    where = f"in the {stage.interpreter} interpreter"
    for step, reports in stage.reports.items():
        failing = [report for report in reports if not report.passed]
        if step <= stage.solved:
            if failing:
                first = failing[0]
                raise Wrong(
                    Outcome.FAILED,
                    f"with steps 1 to {stage.solved} solved, step {step}'s {first.name} is "
                    f"{first.outcome} {where}:\n{first.message}",
                    step=step,
                )
            continue
        if not failing:
            done = f"steps 1 to {stage.solved} solved" if stage.solved else "nothing done"
            raise Wrong(
                Outcome.BROKEN, f"with {done}, step {step} passes already {where}", step=step
            )
        if step == stage.solved + 1:
            _judge_before(lab, step, reports, where)


def _judge_before(lab: Lab, step: int, reports: Iterable[CheckRun], where: str) -> None:
    held = {check.name for check in checks(lab, step) if check.holds_before}
    for report in reports:
        if report.passed and report.name not in held:
            raise Wrong(
                Outcome.BROKEN,
                f"step {step}'s {report.name} passes before the step is done {where}, "
                "and does not say why (labkit.holds_before)",
                step=step,
            )
        if not report.passed and report.name in held:
            raise Wrong(
                Outcome.BROKEN,
                f"step {step}'s {report.name} should hold before the step is done, "
                f"but is {report.outcome} {where}:\n{report.message}",
                step=step,
            )


def step_results(
    lab: Lab, stages: Iterable[Stage], wrong: Wrong | None = None
) -> tuple[StepResult, ...]:
    """One result per step, from the stages of one interpreter.

    When the run was given up because of ``wrong``, the stages are those until then: a step that
    was not reached is SKIPPED and has no tests.
    """
    by_solved = {stage.solved: stage for stage in stages}
    reached = max(by_solved, default=-1)
    results = []
    for step in lab.steps:
        before = by_solved.get(step.number - 1)
        tests = by_solved[reached].reports.get(step.number, ()) if reached >= step.number else ()
        outcome = Outcome.PASSED if tests else Outcome.SKIPPED
        if wrong and step.number == wrong.step:
            outcome = wrong.outcome
        elif any(not test.passed for test in tests):
            outcome = Outcome.FAILED
        results.append(
            StepResult(
                number=step.number,
                title=step.title,
                outcome=outcome,
                before=tuple(before.reports.get(step.number, ())) if before else (),
                tests=tuple(tests),
            )
        )
    return tuple(results)


def mutant(mutation: Mutation, reports: Iterable[CheckRun]) -> MutationResult:
    """Whether the tests noticed a mutation, in the steps that have to."""
    failing = [
        report
        for report in reports
        if not report.passed
        and report.outcome != "not run"
        and (not mutation.caught_by or report.step in mutation.caught_by)
    ]
    return MutationResult(
        name=mutation.name,
        caught=bool(failing),
        by=tuple(f"step {report.step}: {report.name}" for report in failing),
        shows=failing[0].message if failing else "",
    )


def mutated(text: str, mutation: Mutation) -> str:
    """The text with the mutation in it. Raises `Wrong` unless it fits exactly once."""
    count = text.count(mutation.old)
    if count != 1:
        raise Wrong(
            Outcome.BROKEN,
            f"mutation {mutation.name!r} does not fit: its text stands {count} times in "
            f"{mutation.file}",
        )
    return text.replace(mutation.old, mutation.new)
