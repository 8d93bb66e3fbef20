"""What a solution has to stand besides its tests, and what is shown of a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.reference.interpreters import Interpreter
from annotator.reference.releases import Release
from labs.runner import crash, gate, testing
from labs.runner.lessons import read_lab
from labs.runner.model import Outcome
from labs.runner.sandbox import isolated
from tests.unit.small_lab import change, prove, write

SOLUTION = "return PyLong_FromLong(42);"


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab of one step that is right; what the gate keeps goes to a cache of the test's own."""
    monkeypatch.setattr(gate, "cache_root", lambda: tmp_path / "cache")
    return write(tmp_path / "labs")


def test_an_interpreter_under_change_compiles_nothing_beside_the_source(
    mini: Path, release_interpreter: Interpreter, tmp_path: Path
) -> None:
    """With another's magic number what it compiles would kill all others: it gets a copy."""
    change(mini, "tests/step_1.py", 'labkit.fresh("mini").answer()', "labkit.__file__")
    scratch = tmp_path / "scratch"
    (said,) = testing.run_step(
        read_lab(mini), 1, release_interpreter.python, build=tmp_path, scratch=scratch, pycache=None
    )
    assert "inside/labkit.py" in said.message
    assert list((scratch / "inside" / "__pycache__").glob("labkit.*.pyc"))
    assert not list(testing.INSIDE.glob("__pycache__/labkit.cpython-313*.pyc"))


def test_a_right_solution_stands_all(release: Release, mini: Path) -> None:
    """The result says under what the tests of the solution ran, and how many of them."""
    result = prove(release, mini)
    assert [(it.name.split()[0], it.tests, it.lacking) for it in result.examinations] == [
        ("AddressSanitizer", 1, ""),
        ("Leak", 1, ""),
    ]
    assert "ok   Leak hunt: 1 tests" in result.transcript


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (
            "long *one = PyMem_Calloc(1, sizeof(long));\n"
            "    volatile long next = one[strlen(name) - 5];\n    (void)next;\n"
            "    PyMem_Free(one);\n    return PyLong_FromLong(42);",
            "heap-buffer-overflow",
        ),
        (
            "long *one = PyMem_Calloc(1, sizeof(long));\n    PyMem_Free(one);\n"
            "    volatile long gone = *(volatile long *)one;\n    (void)gone;\n"
            "    return PyLong_FromLong(42);",
            "heap-use-after-free",
        ),
        (
            "volatile int big = 2147483647;\n    volatile int more = big + 1;\n    (void)more;\n"
            "    return PyLong_FromLong(42);",
            "signed integer overflow",
        ),
    ],
)
def test_sanitizers(release: Release, mini: Path, code: str, reason: str) -> None:
    """What the tests of the lab let pass, the sanitizers do not."""
    change(mini, "mini.c", SOLUTION, code)
    result = prove(release, mini)
    assert result.outcome is Outcome.FAILED
    assert reason in result.reason
    assert "mini.c:" in result.reason


def test_leaks(release: Release, mini: Path) -> None:
    """A solution that loses a reference a call is found, unless its test says why it may."""
    change(mini, "mini.c", SOLUTION, f"PyList_New(0);\n    {SOLUTION}")
    result = prove(release, mini)
    assert result.outcome is Outcome.FAILED
    assert "Leak hunt: step 1's test_answer is failed" in result.reason
    assert "expected no references left behind" in result.reason
    change(
        mini,
        "tests/step_1.py",
        "def test_answer",
        '@labkit.not_hunted("it is meant to leak")\ndef test_answer',
    )
    result = prove(release, mini)
    assert (result.outcome, result.examinations[1].tests) == (Outcome.PASSED, 0)
    assert result.examinations[1].spared == ("test_answer: it is meant to leak",)


def test_what_failed_is_shown_up_to_there(release: Release, mini: Path) -> None:
    """A solution that fails leaves the steps, the failing test's message and the transcript."""
    change(mini, "mini.c", "(42)", "(41)")
    result = prove(release, mini)
    (step,) = result.steps
    assert (step.outcome, step.tests[0].outcome) == (Outcome.FAILED, "failed")
    assert step.before[0].outcome == "failed"
    assert "      got      41\nhere the run was given up\n" in result.transcript


def test_c_frames(tmp_path: Path, debug_interpreter: Interpreter) -> None:
    """The C frames of a crash lead from the function that died to the evaluation loop."""
    found = crash.backtrace(
        [debug_interpreter.python, "-c", "import os; os.abort()"], scratch=tmp_path, env={}
    )
    if isolated():
        assert found[:2] == ("os_abort_impl", "os_abort")
        assert found[-1] == "_PyEval_EvalFrameDefault"


def test_frames_of_what_gdb_says() -> None:
    """How a process kills itself is left out; a place in a file is kept, an address is not."""
    said = (
        "#0  __pthread_kill_implementation (threadid=..., signo=...) at ./nptl/pthread_kill.c:44\n"
        "#1  0x00007ffff7d30fb2 in __GI_raise (sig=...) at ../sysdeps/posix/raise.c:26\n"
        "#2  0x00007ffff7fb9150 in answer (module=..., args=...) at mini.c:9\n"
        "#3  0x0000555555729866 in cfunction_vectorcall_NOARGS ()\n"
        "#4  0x000055555585c28a in _PyEval_EvalFrameDefault ()\n"
        "#5  0x000055555585c28a in main ()\n"
    )
    assert crash.frames(said) == (
        "answer (mini.c:9)",
        "cfunction_vectorcall_NOARGS",
        "_PyEval_EvalFrameDefault",
    )
