"""The gate's results as text: JSON for the site and the cache, a transcript for people.

Reads and gives `LabResult`. In the JSON everything that varies from run to run stands in
``seconds``, ``cached`` and ``measured``; all else is the same for the same inputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .lessons import checks
from .model import CheckRun, Examination, Lab, LabResult, MutationResult, Outcome, StepResult


def to_json(result: LabResult) -> dict[str, Any]:
    """The record of one lab in ``build/labs/results.json``."""
    return {
        "slug": result.slug,
        "kind": result.kind,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "interpreters": list(result.interpreters),
        "steps": [
            {
                "number": step.number,
                "title": step.title,
                "outcome": step.outcome.value,
                "before": [_test(test) for test in step.before],
                "tests": [_test(test) for test in step.tests],
            }
            for step in result.steps
        ],
        "stock": [_test(test) for test in result.stock],
        "mutations": [
            {
                "name": mutation.name,
                "caught": mutation.caught,
                "by": list(mutation.by),
                "shows": mutation.shows,
            }
            for mutation in result.mutations
        ],
        "examinations": [
            {
                "name": it.name,
                "tests": it.tests,
                "spared": list(it.spared),
                "lacking": it.lacking,
            }
            for it in result.examinations
        ],
        "transcript": result.transcript,
        "session": result.session,
        "seconds": round(result.seconds, 2),
        "cached": result.cached,
        "measured": {
            "seconds": round(result.seconds, 2),
            "parts": {label: round(took, 2) for label, took in result.parts},
            "figures": dict(result.figures),
        },
    }


def from_json(data: dict[str, Any]) -> LabResult:
    """The inverse of `to_json`."""
    return LabResult(
        slug=data["slug"],
        kind=data["kind"],
        outcome=Outcome(data["outcome"]),
        reason=data["reason"],
        steps=tuple(
            StepResult(
                number=step["number"],
                title=step["title"],
                outcome=Outcome(step["outcome"]),
                before=tuple(CheckRun(**test) for test in step["before"]),
                tests=tuple(CheckRun(**test) for test in step["tests"]),
            )
            for step in data["steps"]
        ),
        stock=tuple(CheckRun(**test) for test in data["stock"]),
        mutations=tuple(
            MutationResult(entry["name"], entry["caught"], tuple(entry["by"]), entry["shows"])
            for entry in data["mutations"]
        ),
        interpreters=tuple(data["interpreters"]),
        transcript=data["transcript"],
        seconds=data["seconds"],
        parts=tuple(data["measured"]["parts"].items()),
        figures=tuple(data["measured"]["figures"].items()),
        cached=data["cached"],
        session=data["session"],
        examinations=tuple(
            Examination(entry["name"], entry["tests"], tuple(entry["spared"]), entry["lacking"])
            for entry in data["examinations"]
        ),
    )


def not_run(lab: Lab, outcome: Outcome, reason: str) -> LabResult:
    """The result of a lab that was not run, or could not be."""
    return LabResult(
        slug=lab.slug,
        kind=lab.kind.value,
        outcome=outcome,
        reason=reason,
        steps=(),
        stock=(),
        mutations=(),
        interpreters=(),
        transcript="",
        seconds=0.0,
    )


def transcript(
    lab: Lab,
    interpreters: Iterable[str],
    steps: Iterable[StepResult],
    stock: Iterable[CheckRun] = (),
    examinations: Iterable[Examination] = (),
) -> str:
    """The run in words: what each step's tests gave before and after its work. What failed is
    there with its message; where the run was given up, it ends."""
    lines = [f"{lab.slug}, in the {' and the '.join(interpreters)} interpreter"]
    lines.append("starter: builds, and fails the tests of every step")
    for step in steps:
        if not step.before and not step.tests:
            break
        held = {check.name for check in checks(lab, step.number) if check.holds_before}
        failing = [test for test in step.before if not test.passed and test.name not in held]
        lines.append(f"step {step.number}, {step.title}")
        must = ", as they must" if step.outcome is not Outcome.BROKEN else ""
        lines.append(f"  before: {len(failing)} of {len(step.before)} tests fail{must}")
        for test in step.tests:
            lines.append(f"  {'ok  ' if test.passed else test.outcome} {test.says}")
            if not test.passed:
                lines += [f"      {line}" for line in test.message.splitlines()]
        if step.outcome is not Outcome.PASSED:
            lines.append("here the run was given up")
            break
    for test in stock:
        lines.append(f"{'ok  ' if test.passed else test.outcome} CPython's own {test.name}")
        if not test.passed:
            lines += [f"      {line}" for line in test.message.splitlines()]
    for it in examinations:
        lines.append(
            f"—    {it.name}: {it.lacking}" if it.lacking else f"ok   {it.name}: {it.tests} tests"
        )
    return "\n".join(lines) + "\n"


def _test(test: CheckRun) -> dict[str, Any]:
    return {
        "step": test.step,
        "name": test.name,
        "says": test.says,
        "outcome": test.outcome,
        "message": test.message,
    }
