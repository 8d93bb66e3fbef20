"""The gate: the labs of the repository pass it, and what is wrong does not."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from labs.runner import gate, pages, sandbox, scaffold
from labs.runner.lessons import all_labs
from labs.runner.model import Kind, Lab, Outcome
from labs.runner.results import from_json, to_json
from tests.unit.small_lab import change, prove, write


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab of one step that is right; what the gate keeps goes to a cache of the test's own."""
    monkeypatch.setattr(gate, "cache_root", lambda: tmp_path / "cache")
    return write(tmp_path / "labs")


def test_the_labs_pass_with_mutations(release: Release, tmp_path: Path) -> None:
    """Every lab of the repository passes, every planted fault is noticed, and the file that
    the site reads says so."""
    results = gate.check_all(release=release, report=Report(), build_dir=tmp_path, mutations=True)
    assert {it.slug: (it.outcome.value, it.reason) for it in results} == {
        lab.slug: ("passed", "") for lab in all_labs()
    }
    for lab, result in zip(all_labs(), results, strict=True):
        assert [it.name for it in result.mutations] == [it.name for it in lab.mutations]
        assert all(it.caught and it.shows for it in result.mutations)
        assert [step.number for step in result.steps] == [step.number for step in lab.steps]
        assert {test.name for test in result.stock} == set(lab.stock)
        assert all(test.passed for test in result.stock)
        assert bool(result.session) is lab.played
        if lab.played:
            _was_played(lab, result.session)
    played = [lab.kind for lab in all_labs() if lab.played]
    assert played.count(Kind.EXTENSION) >= 2
    assert played.count(Kind.PATCH) >= 2
    written = json.loads((tmp_path / "labs" / "results.json").read_text())
    assert [entry["slug"] for entry in written] == [lab.slug for lab in all_labs()]
    for entry, result in zip(written, results, strict=True):
        assert {"slug", "kind", "outcome", "reason", "steps", "seconds", "cached"} <= set(entry)
        assert from_json(entry) == from_json(to_json(result))


def _was_played(lab: Lab, session: str) -> None:
    """A session goes from a failing test by hints through all steps to green."""
    commands = re.findall(r"^\$ python -m labs (\w+)", session, re.MULTILINE)
    assert commands[:4] == ["start", "test", "hint", "hint"]
    assert commands.count("test") == len(lab.steps) + 1
    assert session.count("typed in from the page") == len(lab.steps)
    assert "All steps are done." in session
    assert f"Yours is the solution up to step {len(lab.steps)}, to the letter." in session
    assert lab.kind is Kind.PATCH or "It does not build." in session


def test_results_hold_nothing_of_this_machine(release: Release, tmp_path: Path) -> None:
    """No address and no path of this machine is in a result, so that pages are the same
    everywhere."""
    gate.check_all(release=release, report=Report(), build_dir=tmp_path)
    text = (tmp_path / "labs" / "results.json").read_text()
    for word in (str(Path.home()), str(tmp_path), "/tmp/", "0x7f", "inside-cpython"):
        assert word not in text


def test_a_right_lab_is_proved_once(release: Release, mini: Path) -> None:
    """A lab that passed is not run again until something it is made from changes."""
    first = prove(release, mini)
    assert (first.outcome, first.reason, first.cached) == (Outcome.PASSED, "", False)
    assert first.interpreters == ("debug", "release")
    assert prove(release, mini).cached
    assert not prove(release, mini, mutations=True).cached
    assert prove(release, mini, mutations=True).cached
    change(mini, "tests/step_1.py", "is 42.", "is forty-two.")
    assert not prove(release, mini).cached


def test_what_a_test_has_measured(release: Release, mini: Path) -> None:
    """A figure is kept from the release interpreter, among what varies, and nowhere else."""
    change(mini, "tests/step_1.py", "42)", '42)\n    labkit.figure("a call", f"{6 * 7} ns")')
    made = prove(release, mini)
    assert (made.outcome, made.figures) == (Outcome.PASSED, (("a call", "42 ns"),))
    data = to_json(made)
    assert data.pop("measured")["figures"] == {"a call": "42 ns"}
    assert "42 ns" not in json.dumps(data)
    assert prove(release, mini).figures == made.figures


def test_a_damaged_cache_costs_time_only(release: Release, mini: Path, tmp_path: Path) -> None:
    """A kept result that cannot be read is made again."""
    prove(release, mini)
    (kept,) = (tmp_path / "cache" / "labs" / "results").glob("*.json")
    kept.write_text(kept.read_text()[:40])
    again = prove(release, mini)
    assert (again.outcome, again.cached) == (Outcome.PASSED, False)


def test_mutations_that_nobody_notices(release: Release, mini: Path) -> None:
    """A planted fault that no test sees makes the lab broken; one that crashes is seen."""
    good = prove(release, mini, mutations=True)
    assert [it.caught for it in good.mutations] == [True, True, True]
    assert "Fatal Python error: answer" in good.mutations[2].shows
    change(mini, "lab.toml", 'with = "Py_RETURN_NONE;"', 'with = "return PyLong_FromLong(6 * 7);"')
    bad = prove(release, mini, mutations=True)
    assert bad.outcome is Outcome.BROKEN
    assert "no test notices the mutation 'Py_RETURN_NONE;'" in bad.reason


@pytest.mark.parametrize(
    ("name", "old", "new", "outcome", "reason"),
    [
        ("mini.c", "//|     Py_RETURN_NONE;", "//|     return PyLong_FromLong(42);", "broken",
         "with nothing done, step 1 passes already in the debug interpreter"),
        ("mini.c", "PyLong_FromLong(42)", "PyLong_FromLong(41)", "failed",
         "the result:\n  expected 42\n  got      41"),
        ("mini.c", "return PyLong_FromLong(42);", "return PyLong_FromLong(42)", "failed",
         "mini.c:8:31: error: expected ‘;’"),
        ("mini.c", "return PyLong_FromLong(42);", "int unused;\n    return PyLong_FromLong(n);",
         "failed", "‘n’ undeclared"),
        ("mini.c", "return PyLong_FromLong(42);", 'abort();\n    return NULL;', "failed",
         "test_answer is crashed in the debug interpreter"),
        ("mini.c", "//: end 1", "//: end 2", "broken", "mini.c:12: end 2 closes step 1"),
        ("tests/step_1.py", '    """The answer is 42."""\n', "", "broken", "does not say"),
        ("lab.toml", '"a", "b", "c"', '"a", "b", ""', "broken", "step 1 has 3 hints"),
        ("lab.toml", "minutes = 1", "minutes = 1\nmore = 2", "broken", "unknown key 'more'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    release: Release, mini: Path, name: str, old: str, new: str, outcome: str, reason: str
) -> None:
    """A lab that is not right is a result with a reason, and is never kept as passed."""
    change(mini, name, old, new)
    for _ in range(2):
        result = prove(release, mini)
        assert (result.outcome.value, result.cached) == (outcome, False)
        assert reason in result.reason
    shown = mini.parent.parent.parent / "build" / "labs" / "results.json"
    assert json.loads(shown.read_text())[0]["outcome"] == outcome


def test_a_test_that_hangs(release: Release, mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solution that loops is stopped and reported as that; the build goes on."""
    monkeypatch.setattr(sandbox, "TEST", replace(sandbox.TEST, seconds=2))
    change(mini, "mini.c", "return PyLong_FromLong(42);", "while (name) {}\n    return NULL;")
    result = prove(release, mini)
    assert result.outcome is Outcome.FAILED
    assert "test_answer is timeout in the debug interpreter" in result.reason


def test_only_some(release: Release, mini: Path) -> None:
    """Proving one lab leaves the others' results in the file."""
    build = mini.parent.parent.parent / "build"
    (build / "labs").mkdir(parents=True)
    file = build / "labs" / "results.json"
    file.write_text(json.dumps([{"slug": "01-other", "outcome": "passed"}]))
    gate.check_all(
        release=release,
        report=Report.quiet(),
        build_dir=build,
        only=["09-mini"],
        root=mini.parent.parent,
    )
    assert [it["slug"] for it in json.loads(file.read_text())] == ["01-other", "09-mini"]


def test_skeletons(release: Release, mini: Path, tmp_path: Path) -> None:
    """What ``labs new`` writes passes the whole gate, mutations included, in both kinds."""
    root = mini.parent.parent
    shutil.rmtree(mini)
    slugs = ["07-try-it", "08-try-that"]
    for kind, slug in zip(("extension", "patch"), slugs, strict=True):
        scaffold.new(kind, slug, root)
    results = gate.check_all(
        release=release, report=Report.quiet(), build_dir=tmp_path, mutations=True, root=root
    )
    assert [(it.slug, it.outcome, it.reason) for it in results] == [
        (slug, Outcome.PASSED, "") for slug in slugs
    ]
    assert all(len(it.mutations) == 3 for it in results)


def test_pages(release: Release, mini: Path, tmp_path: Path) -> None:
    """A page holds the starter, the solution, the tests and how they looked before; without a
    result it says that there is none."""
    root, results = mini.parent.parent, tmp_path / "build" / "labs" / "results.json"
    before = pages.page("09-mini", results=results, root=root)
    assert before.result is None
    assert before.steps[0].tests[0].outcome == ""
    prove(release, mini)
    page = pages.page("09-mini", results=results, root=root)
    assert page.result is not None
    assert (page.code, page.result.outcome, page.result.interpreters) == (
        "X9", "passed", ("debug", "release"),
    )  # fmt: skip
    (step,) = page.steps
    (starter,), (solution,) = step.starter, step.solution
    assert "Py_RETURN_NONE" in starter.text
    highlit = [solution.text.splitlines()[line - 1].strip() for line in solution.highlight]
    assert highlit == ["return PyLong_FromLong(42);"]
    assert (step.tests[0].says, step.tests[0].outcome, step.tests[0].before) == (
        "The answer is 42.", "passed", "failed",
    )  # fmt: skip
    assert step.tests[0].before_message == "the result:\n  expected 42\n  got      None"
    assert page.mutations[0].caught is None
    assert set(pages.dependencies("09-mini", results=results, root=root)) == {
        mini / "lab.toml", mini / "mini.c", mini / "tests" / "step_1.py", results,
    }  # fmt: skip


def test_pages_of_the_labs() -> None:
    """Every lab has a page; a slug that is none gets candidates."""
    assert pages.slugs() == tuple(lab.slug for lab in all_labs())
    for slug in pages.slugs():
        page = pages.page(slug, results=Path("/nonexistent"))
        assert all(step.starter and step.solution and step.tests for step in page.steps)
    patch = pages.page("04-binary-op-add-list", results=Path("/nonexistent"))
    assert patch.steps[0].solution[0].language == "diff"
    assert patch.steps[0].starter[0].path == "Python/bytecodes.c"
    with pytest.raises(UserError, match="no lab"):
        pages.page("99-nothing")
