"""The lab tool as a reader meets it: a lab played through, and what goes wrong on the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.paths import REPOSITORY
from annotator.reference.interpreters import Interpreter
from labs.runner import sandbox, state
from labs.runner.lessons import find_lab
from labs.runner.stages import marked_files


class Reader:
    """Somebody with a folder and a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def types(self, *words: str, expect: int = 0) -> str:
        """Runs a command of the lab tool; gives all it said, after checking its exit status."""
        done = subprocess.run(
            [sys.executable, "-m", "labs", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == expect, done.stdout
        return done.stdout


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """A reader in an empty folder."""
    return Reader(tmp_path)


@pytest.mark.usefixtures("debug_interpreter")
def test_an_extension_lab_from_start_to_green(reader: Reader) -> None:
    """The first lab played through: fail, take a hint, make a typing error, solve step by step."""
    assert "not begun" in reader.types("list")
    assert "Step 1: Two phases" in reader.types("start", "x1")
    file = reader.folder / "my-labs" / "01-module" / "tally.c"
    (marked,) = marked_files(find_lab("01-module"))
    assert file.read_text() == marked.stage(0).text

    said = reader.types("test", expect=1)
    assert "Step 1: Two phases  1 of 3" in said
    assert "the second load gave the first module again" in said
    assert "hint 1 of 3" in reader.types("hint")
    said = reader.types("hint")
    assert "hint 2 of 3" in said
    assert "hint 1 of 3" not in said
    assert "hint 1 of 3" in reader.types("hint", "--again")
    assert "+static PyModuleDef_Slot tally_slots[] = {" in reader.types("diff")

    file.write_text(marked.stage(1).text.replace("return sum;", "return sun;"))
    said = reader.types("test", expect=1)
    assert "‘sun’ undeclared" in said
    assert "return sun;" in said
    assert "It does not build." in said

    for solved in range(1, 5):
        file.write_text(marked.stage(solved).text)
        said = reader.types("test", expect=1)
        assert f"You are at step {solved + 1}" in said
        if solved == 2:  # the debug interpreter stops at a result with an exception set
            assert "returned a result with an exception set" in said
            if shutil.which("gdb") and sandbox.isolated():
                assert "in C, innermost first:" in said
                assert "_PyEval_EvalFrameDefault" in said
    assert "Step 4: A type" in reader.types("solution", "--step", "4")
    file.write_text(marked.stage(5).text)
    assert "All steps are done." in reader.types("test")
    assert "to the letter" in reader.types("diff")
    assert "■■■■■" in reader.types("list")
    said = reader.types("status")
    assert "1  Two phases: done, 2 of 3 hints" in said

    assert "throws your work away" in reader.types("reset", expect=2)
    assert file.read_text() == marked.stage(5).text
    reader.types("reset", "--yes")
    assert file.read_text() == marked.stage(0).text
    assert "□□□□□ 0 of 5" in reader.types("list")


@pytest.mark.usefixtures("debug_interpreter")
def test_starting_in_the_middle(reader: Reader) -> None:
    """``--from-step 4`` gives the lab with three steps solved, and their tests pass."""
    reader.types("start", "01-module", "--from-step", "4", "--into", "here")
    (marked,) = marked_files(find_lab("01-module"))
    folder = reader.folder / "here" / "01-module"
    assert (folder / "tally.c").read_text() == marked.stage(3).text
    assert state.load(folder).current == 4
    said = reader.types("test", "--into", "here", expect=1)
    assert "Step 3: Every call can fail  8 of 8" in said
    assert "You are at step 4" in said


def test_a_patch_lab_is_begun(reader: Reader, debug_interpreter: Interpreter) -> None:
    """A patch lab begins with a whole tree that is built; a mistake is led back to its line."""
    reader.types("start", "p4")
    tree = reader.folder / "my-labs" / "04-binary-op-add-list" / "cpython"
    assert (tree / "python").exists()
    said = reader.types("test", expect=1)
    assert "Step 1: Give the instruction a name  1 of 3" in said
    said = subprocess.run(
        [tree / "python", "-c", "import os; print(os.__file__)"], capture_output=True, text=True
    ).stdout
    assert said.strip() == str(tree / "Lib" / "os.py")  # its own library, not the reference's

    source = tree / "Python" / "bytecodes.c"
    pristine = (debug_interpreter.source / "Python" / "bytecodes.c").read_text()
    assert source.read_text() == pristine
    source.write_text(pristine.replace("+ _BINARY_OP_ADD_UNICODE;", "+ _BINARY_OP_ADD_UNIKODE;"))
    said = reader.types("build", expect=1)
    line = pristine[: pristine.index("+ _BINARY_OP_ADD_UNICODE;")].count("\n") + 1
    assert f"Python/bytecodes.c:{line}: no op or macro is called '_BINARY_OP_ADD_UNIKODE'" in said
    assert (debug_interpreter.source / "Python" / "bytecodes.c").read_text() == pristine


@pytest.mark.usefixtures("debug_interpreter")
def test_what_a_reader_gets_wrong(reader: Reader) -> None:
    """Each wrong command ends with status 2 and a line that says what to do."""
    assert "there is no lab 'nothing'" in reader.types("start", "nothing", expect=2)
    assert "no lab was begun" in reader.types("test", expect=2)
    assert "was not begun here" in reader.types("hint", "x1", expect=2)
    assert "steps 1 to 5, not 9" in reader.types("start", "x1", "--from-step", "9", expect=2)
    reader.types("start", "x1")
    assert "is there already" in reader.types("start", "x1", expect=2)
    assert "steps 1 to 5, not 7" in reader.types("hint", "--step", "7", expect=2)
    folder = reader.folder / "my-labs" / "01-module"
    with state.alone(folder):
        assert "another labs command is at work" in reader.types("test", expect=2)
    reader.types("start", "x2")
    both = reader.types("status")
    assert "X1  " in both
    assert "X2  " in both
    assert "which lab?" in reader.types("hint", expect=2)
    (folder / "progress.toml").write_text("lab =")
    assert "this file is damaged" in reader.types("test", "x1", expect=2)
    (folder / "tally.c").write_text("mine")
    (folder / "progress.toml").unlink()
    reader.types("start", "x1")  # takes the folder over
    assert (folder / "tally.c").read_text() == "mine"
    assert "which lab?" in reader.types("check", expect=2)


@pytest.mark.usefixtures("debug_interpreter")
def test_a_folder_that_cannot_be_written(reader: Reader) -> None:
    """A work folder that cannot be made is an error that names it; nothing is left behind."""
    (reader.folder / "my-labs").write_text("a file in the way")
    said = reader.types("start", "x1", expect=2)
    assert "my-labs" in said
    assert "Traceback" not in said
