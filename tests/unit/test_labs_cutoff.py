"""A changed header reaches the objects that it concerns, and no others."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from labs.runner import cutoff, explain

MAKEFILE = """\
OBJECTS = Python/one.o Python/two.o Python/none.o
all: $(OBJECTS)
%.o: %.c
\tgcc -IInclude -MMD -MP -c -o $@ $<
Python/none.o: Python/none.c
\tgcc -IInclude -MMD -MP -c \\
\t\t-DLIKE='"CPython: over several lines"' \\
\t\t-o $@ $<
-include $(OBJECTS:.o=.d)
"""
HEADER = """\
#define ONE 1
#define TWO(x) \\
    (x + 2)
typedef int number;
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree, built and surveyed: three units include one header."""
    for folder in ("Include", "Objects", "Python", "Modules", "Parser", "Programs"):
        (tmp_path / folder).mkdir()
    for name in ("Makefile.pre", "config.status", "configure", "pyconfig.h"):
        (tmp_path / name).write_text("")
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "Include" / "ids.h").write_text(HEADER)
    for name, body in (("one", "ONE"), ("two", "TWO(1)"), ("none", "0")):
        code = f'#include "ids.h"\nnumber {name}(number later) {{ return {body} + later; }}\n'
        (tmp_path / "Python" / f"{name}.c").write_text(code)
    make(tmp_path)
    cutoff.survey(tmp_path, ["make"], jobs=2, step=lambda done, total: None)
    return tmp_path


def make(tree: Path) -> str:
    """Builds the tree; gives what make did."""
    return subprocess.run(["make"], cwd=tree, capture_output=True, text=True, check=True).stdout


def rewrite(tree: Path, old: str, new: str) -> None:
    """Changes the header, as a generator would."""
    header = tree / "Include" / "ids.h"
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))
    # make compares times; the next change must be later than the objects.
    newest = max(path.stat().st_mtime_ns for path in (tree / "Python").iterdir())
    os.utime(header, ns=(newest + 10**9, newest + 10**9))


def test_a_macro_reaches_its_users(tree: Path) -> None:
    """A macro with a new value removes the objects that use it; make builds only those."""
    rewrite(tree, "(x + 2)", "(x + 22)")
    assert cutoff.settle(tree) == ["Python/two.o"]
    did = make(tree)
    assert "two.c" in did
    assert "one.c" not in did
    assert "none.c" not in did


def test_more_than_macros_reaches_all(tree: Path) -> None:
    """A changed type removes every object that includes the header."""
    rewrite(tree, "typedef int number", "typedef long number")
    assert cutoff.settle(tree) == ["Python/none.o", "Python/one.o", "Python/two.o"]


def test_a_new_macro_reaches_who_holds_its_name(tree: Path) -> None:
    """A name that becomes a macro concerns the units in which it stands."""
    rewrite(tree, "#define ONE 1", "#define ONE 1\n#define none nothing")
    assert cutoff.settle(tree) == ["Python/none.o"]


def test_an_unknown_new_macro_reaches_nobody(tree: Path) -> None:
    """A macro that nobody uses yet costs nothing."""
    rewrite(tree, "#define ONE 1", "#define ONE 1\n#define THREE 3")
    assert cutoff.settle(tree) == []
    assert "gcc" not in make(tree)


def test_nothing_changed(tree: Path) -> None:
    """With nothing changed nothing is removed; nor in a tree that was never surveyed."""
    assert cutoff.settle(tree) == []
    assert cutoff.settle(tree / "Python") == []


def test_two_changes_after_each_other(tree: Path) -> None:
    """After a build the headers as they are then are what the next change is measured by."""
    rewrite(tree, "ONE 1", "ONE 11")
    assert cutoff.settle(tree) == ["Python/one.o"]
    make(tree)
    cutoff.remember(tree)
    assert cutoff.settle(tree) == []
    rewrite(tree, "ONE 11", "ONE 1")
    assert cutoff.settle(tree) == ["Python/one.o"]


def test_a_build_that_failed_is_settled_again(tree: Path) -> None:
    """When the build after it fails, what was removed is still missing, and stays to be built."""
    rewrite(tree, "ONE 1", "ONE 11")
    cutoff.settle(tree)
    rewrite(tree, "(x + 2)", "(x + 22)")
    assert "Python/two.o" in cutoff.settle(tree)
    did = make(tree)
    assert "one.c" in did
    assert "two.c" in did


def test_errors_in_generated_code_are_led_back(tmp_path: Path) -> None:
    """An error in a generated file names the line of ``bytecodes.c`` that it comes from."""
    (tmp_path / "Python").mkdir()
    (tmp_path / "Python" / "bytecodes.c").write_text("inst(A) {\n    res = f(rigth);\n}\n")
    (tmp_path / "Python" / "generated_cases.c.h").write_text(
        "// a\n// b\n        res = f(rigth);\n"
    )
    said = "Python/generated_cases.c.h:3:17: error: 'rigth' undeclared"
    assert explain.explain(said, tmp_path).startswith("Python/bytecodes.c:2: ")
    assert explain.explain("KeyError: 'rigth'", tmp_path).startswith("Python/bytecodes.c:2: no op")
    assert explain.explain("x.c:1: error", tmp_path) == "x.c:1: error"
