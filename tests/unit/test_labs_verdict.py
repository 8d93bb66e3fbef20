"""The rules of the gate, on made-up runs of the first lab."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labs.runner import verdict
from labs.runner.lessons import checks, find_lab
from labs.runner.model import CheckRun, Lab, Mutation, Outcome
from labs.runner.verdict import Stage, Wrong


@pytest.fixture(scope="module")
def lab() -> Lab:
    """The first lab."""
    return find_lab("01-module")


def reports(lab: Lab, step: int, outcome: str, held: str = "passed") -> list[CheckRun]:
    """All tests of a step with one outcome; those that hold before with another."""
    return [
        CheckRun(
            step, check.name, check.says, held if check.holds_before else outcome, "how it looks"
        )
        for check in checks(lab, step)
    ]


def stage(lab: Lab, solved: int) -> Stage:
    """A stage as it should be."""
    return Stage(
        solved,
        "debug",
        {
            step: reports(lab, step, "passed" if step <= solved else "failed")
            for step in verdict.steps_to_try(lab, solved)
        },
    )


def test_a_right_lab(lab: Lab) -> None:
    """Every stage as it should be breaks no rule, and gives a result for each step."""
    stages = [stage(lab, solved) for solved in range(len(lab.steps) + 1)]
    for it in stages:
        verdict.judge(lab, it)
    steps = verdict.step_results(lab, stages)
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    assert all(test.passed for step in steps for test in step.tests)
    assert all(not test.passed for test in steps[1].before)


def test_what_is_tried(lab: Lab) -> None:
    """The starter is tried with every step's tests, stage k with those up to k + 1."""
    assert list(verdict.steps_to_try(lab, 0)) == [1, 2, 3, 4, 5]
    assert list(verdict.steps_to_try(lab, 2)) == [1, 2, 3]
    assert list(verdict.steps_to_try(lab, 5)) == [1, 2, 3, 4, 5]


def test_a_starter_that_passes(lab: Lab) -> None:
    """A starter that passes some step's tests makes the lab broken."""
    wrong = stage(lab, 0)
    wrong.reports = {**wrong.reports, 4: reports(lab, 4, "passed")}
    with pytest.raises(Wrong, match="with nothing done, step 4 passes already") as caught:
        verdict.judge(lab, wrong)
    assert caught.value.outcome is Outcome.BROKEN


def test_a_test_that_needs_no_work(lab: Lab) -> None:
    """One test that passes before its step, and does not say why, makes the lab broken."""
    wrong = stage(lab, 1)
    first, *rest = reports(lab, 2, "failed")
    wrong.reports = {**wrong.reports, 2: [replace(first, outcome="passed"), *rest]}
    with pytest.raises(Wrong, match=f"{first.name} passes before the step is done") as caught:
        verdict.judge(lab, wrong)
    assert caught.value.outcome is Outcome.BROKEN


def test_a_promise_that_is_not_kept(lab: Lab) -> None:
    """A test that should hold before the step, and does not, makes the lab broken."""
    wrong = stage(lab, 2)
    wrong.reports = {**wrong.reports, 3: reports(lab, 3, "failed", held="error")}
    with pytest.raises(Wrong, match="test_bad_arguments should hold before"):
        verdict.judge(lab, wrong)


@pytest.mark.parametrize("outcome", ["failed", "crashed", "timeout", "not run"])
def test_a_solution_that_fails(lab: Lab, outcome: str) -> None:
    """A solved step whose tests do anything but pass is a failure, with the message."""
    wrong = stage(lab, 3)
    wrong.reports = {**wrong.reports, 2: reports(lab, 2, outcome)}
    with pytest.raises(Wrong, match=f"is {outcome} in the debug interpreter") as caught:
        verdict.judge(lab, wrong)
    assert caught.value.outcome is Outcome.FAILED
    assert "how it looks" in caught.value.reason


def test_mutations(lab: Lab) -> None:
    """A mutation is noticed by a failing test of the steps it names; by no other, by no test
    that was not run."""
    mutation = Mutation("m", "tally.c", "a", "b", caught_by=(2,))
    noticed = verdict.mutant(mutation, reports(lab, 2, "crashed"))
    assert noticed.caught
    assert noticed.by[0].startswith("step 2: test_")
    assert noticed.shows == "how it looks"
    assert not verdict.mutant(mutation, reports(lab, 3, "failed")).caught
    assert not verdict.mutant(mutation, reports(lab, 2, "not run")).caught
    assert not verdict.mutant(mutation, reports(lab, 2, "passed")).caught


def test_a_mutation_fits_once() -> None:
    """The text that a mutation replaces stands in the solution exactly once."""
    mutation = Mutation("m", "x.c", "old", "new")
    assert verdict.mutated("an old text", mutation) == "an new text"
    for text in ("nothing", "old and old"):
        with pytest.raises(Wrong, match="does not fit"):
            verdict.mutated(text, mutation)
