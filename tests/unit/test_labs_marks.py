"""The marked solution: stages, their places, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import UserError
from labs.runner.marks import Marked, Span

C = """\
int before;
//: step 1
//: todo Write the first
//: todo thing.
//: why  It has to be
//: why  an int.
int one;
//: step 3
//: todo And this.
int three;
//: end 3
//: instead
//| int stub;
//: end 1
    //: step 2
    int two;
    //: instead
    //|     int two_starter;
    //: instead after 1
    //|     int two_after_one;
    //: end 2
int after;
"""


def marked(text: str = C, name: str = "lab.c") -> Marked:
    """The parsed text."""
    return Marked(text, name=name)


def test_stages() -> None:
    """Each stage shows the solved regions, the stubs of the others, and their todo comments."""
    assert marked().stage(0).text.splitlines() == [
        "int before;",
        "/* STEP 1: Write the first thing. */",
        "int stub;",
        "    int two_starter;",
        "int after;",
    ]
    assert marked().stage(1).text.splitlines() == [
        "int before;",
        "int one;",
        "/* STEP 3: And this. */",
        "    int two_after_one;",
        "int after;",
    ]
    assert marked().stage(3).text.splitlines() == [
        "int before;",
        "int one;",
        "int three;",
        "    int two;",
        "int after;",
    ]


def test_places_and_notes() -> None:
    """A stage knows which lines belong to which step, and the remark's line."""
    solution = marked().stage(3)
    assert solution.spans == (Span(1, 2, 3), Span(3, 3, 3), Span(2, 4, 4))
    assert [(note.line, note.step, note.text) for note in solution.notes] == [
        (2, 1, "It has to be an int.")
    ]
    assert marked().stage(0).notes == ()
    assert marked().steps == {1, 2, 3}


def test_long_todo_is_wrapped_inside_a_comment() -> None:
    """A long todo becomes a C comment of several lines, each within the width."""
    words = " ".join(["word"] * 60)
    text = marked(f"    //: step 1\n    //: todo {words}\n    x;\n    //: end 1\n").stage(0).text
    lines = text.splitlines()
    assert lines[0].startswith("    /* STEP 1: word")
    assert all(line.startswith("     * ") for line in lines[1:])
    assert text.endswith("*/\n")
    assert max(map(len, lines)) <= 92
    assert text.count("word") == 60


def test_python_files() -> None:
    """In Python the markers and the todo are ``#`` comments."""
    text = "#: step 1\n#: todo Do it.\nx = 1\n#: instead\n#| x = 0\n#: end 1\n"
    assert marked(text, "lab.py").stage(0).text == "# STEP 1: Do it.\nx = 0\n"
    assert marked(text, "lab.py").stage(1).text == "x = 1\n"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("//: step 1\nx;\n", 1, "step 1 has no end"),
        ("//: step 1\n//: end 2\n", 2, "end 2 closes step 1"),
        ("//: step 2\n//: step 1\n//: end 1\n//: end 2\n", 2, "step 1 stands inside step 2"),
        ("//: end 1\n", 1, "outside a step"),
        ("//| x;\n", 1, "without 'instead'"),
        ("//: step 1\n//: instead\nx;\n//: end 1\n", 3, "only instead lines"),
        ("//: step 1\n//: instead after 1\n//: end 1\n", 2, "can never be shown"),
        ("//: step 1\n//: because\n//: end 1\n", 2, "unknown marker 'because'"),
        ("//: step one\n", 1, "a step's number was expected"),
        ("//:\n", 1, "no marker"),
    ],
)
def test_wrong_markers(text: str, line: int, what: str) -> None:
    """A marker that does not fit is an error that names file and line."""
    with pytest.raises(UserError, match=what) as caught:
        marked(text)
    assert caught.value.where == f"lab.c:{line}"


def test_other_files_have_no_markers() -> None:
    """A file of an unknown kind is refused rather than taken as it is."""
    with pytest.raises(UserError, match="no markers are defined"):
        marked("x", "lab.txt")


LINES = st.lists(st.from_regex(r"[a-z]{1,8};", fullmatch=True), max_size=3)


@st.composite
def regions(draw: st.DrawFn, low: int = 1) -> tuple[list[str], int]:
    """A random marked text, and its highest step."""
    out, top = draw(LINES), low - 1
    for _ in range(draw(st.integers(0, 2))):
        step = draw(st.integers(low, low + 2))
        inner, deepest = draw(regions(step + 1)) if draw(st.booleans()) and low < 6 else ([], step)
        out += [f"//: step {step}", *draw(LINES), *inner]
        if draw(st.booleans()):
            out += ["//: instead", *(f"//| old {line}" for line in draw(LINES))]
        out += [f"//: end {step}", *draw(LINES)]
        top = max(top, step, deepest)
    return out, top


@given(regions())
def test_solution_is_the_text_without_markers(made: tuple[list[str], int]) -> None:
    """With everything solved, what is left is every line that is no marker, in its order."""
    lines, top = made
    text = "".join(f"{line}\n" for line in lines)
    stage = Marked(text, name="x.c").stage(top)
    assert stage.text.splitlines() == [line for line in lines if not line.startswith("//")]


@given(regions())
def test_no_stage_shows_a_marker(made: tuple[list[str], int]) -> None:
    """No stage holds a marker, and each span lies within its text."""
    lines, top = made
    marks = Marked("".join(f"{line}\n" for line in lines), name="x.c")
    for solved in range(top + 1):
        stage = marks.stage(solved)
        assert "//:" not in stage.text
        assert "//|" not in stage.text
        count = len(stage.text.splitlines())
        for span in stage.spans:
            assert 1 <= span.first <= span.last + 1 <= count + 1
            if span.step > solved:
                shown = stage.text.splitlines()[span.first - 1 : span.last]
                assert all(line.startswith("old ") for line in shown)
