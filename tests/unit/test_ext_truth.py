"""The prose held against the release: what is not so is said, at its line, with what is near."""

from __future__ import annotations

import re

import pytest

from annotator.index.query import Index
from annotator.paths import REPOSITORY
from annotator.reference.acquire import source_tree
from annotator.reference.progress import Report
from annotator.reference.releases import selected
from annotator.sphinx_ext.true_names import Asked, Names
from annotator.sphinx_ext.true_numbers import figures
from tests.unit.small_site import Site

GOOD = """\
Book
====

``area`` of ``Include/shape.h`` and ``shape.h`` is in C, ``sys.getrefcount`` and ``len`` in Python.
It takes :given:`42` bytes in Python 3.13, since C11, on 64-bit machines; :foreign:`PyFoo_Bar` is
not ours, and neither is ``own_name``.  See chapter 7.

.. live::
   :name: block

   own_name = 17

It is :live:`block.own_name` and :measured:`block.own_name`.

.. later:: 3.14

   There is ``PyNew_Thing``, 30 times faster.
"""
INDEX = "I\n=\n\n.. toctree::\n   :glob:\n\n   book/*\n   reference/*\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A small site; its tree has no library, and Python is the one that runs the tests."""
    small = Site(tmp_path_factory.mktemp("truth"))
    small.write(index=INDEX, reference__truth="Truth\n=====\n\n.. truth-counts::\n")
    return small


def test_what_is_true_passes(small: Site) -> None:
    """Names that exist, figures that are computed, and what is marked: no warning; all counted."""
    built = small.build(book__one=GOOD)
    assert built.warnings == []
    table = re.sub(r"<[^>]+>", " ", built.body("reference/truth.html"))
    row = re.search(r"book/one\s+([\d\s]+)", table)
    assert row is not None
    numbers = [int(n) for n in row[1].split()]
    assert numbers[3] == 1, "programs"
    assert numbers[5] == 2, "figures"
    assert numbers[6] == 1, "Python names"


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("Call ``PyDict_Git``.", "no PyDict_Git in the source"),
        ("Read ``tp_nonesuch``.", "``tp_nonesuch``: neither the source nor Python has it"),
        ("See ``Include/shap.h``.", "no such file in the tree (nearest: shape.h"),
        ("See ``shap.h``.", "no file of this name (nearest: shape.h"),
        ("Use ``sys.getrefcont``.", "``sys.getrefcont``: Python has no such name"),
        ("Use ``no_such_thing()``.", "neither the source nor Python has it"),
        ("Say ``NO_SUCH_OPCODE``.", "neither the source nor Python has it"),
        ("Give ``--with-pydebg``.", "configure knows no --with-pydebg"),
        ("Give ``-X importtim``.", "knows no -X importtim"),
        ("Set ``PYTHONMALLOCS``.", "no environment variable PYTHONMALLOCS"),
        ("Run ``python -m nonesuch``.", "no module nonesuch"),
        ("It takes 56 bytes.", "the figure '56'"),
        ("It is 3.5 times faster.", "the figure '3.5'"),
        ("It is forty per cent slower.", "the figure 'forty per cent'"),
    ],
)
def test_what_is_not_so_is_said(small: Site, prose: str, said: str) -> None:
    """Each gate fails the build at the line of the sentence."""
    built = small.build(book__one=f"B\n=\n\n{prose}\n")
    assert said in built.warning("book/one.rst:4")


@pytest.mark.parametrize(
    ("word", "wrong"),
    [
        ("-X importtime", ""),
        ("-X import", "the interpreter knows no -X import"),
        ("PYTHONHASHSEED", ""),
        ("PYTHONHASH", "no environment variable PYTHONHASH"),
        ("--with-pydebug", ""),
        ("--with-py", "configure knows no --with-py"),
        ("python -m dis", ""),
        ("Objects/dictobject.c", ""),
        ("tp_dealloc", ""),
        ("BINARY_OP_ADD_INT", ""),
        ("test_iadd", ""),
    ],
)
def test_words_against_the_release(index: Index, word: str, wrong: str) -> None:
    """A part of a name that exists is not a name that exists; in the pinned release itself."""
    tree = source_tree(selected(), report=Report.quiet())
    assert Names(index, tree, frozenset()).wrong(word, Asked(), None) == wrong


@pytest.mark.parametrize(
    ("prose", "said"),
    [
        ("It calls ``PyDict_Git``.", "no PyDict_Git in the source"),
        ("It takes 32 bytes.", "the figure '32'"),
        ("The name ``SHAPE_H`` and ``area`` stand there; :given:`32` bytes.", ""),
    ],
)
def test_notes_are_checked_as_well(small: Site, prose: str, said: str) -> None:
    """What a note says of its line is held against the release like a chapter."""
    note = (
        "Notes\n=====\n\n.. annotate:: Include/shape.h\n   :anchor: #define SHAPE_H\n"
        f"   :id: a-note\n   :title: A note\n\n   {prose}\n"
    )
    built = small.build(book__one=GOOD, notes__Include__shape_h=note)
    found = [w for w in built.warnings if "toctree" not in w]
    assert len(found) == bool(said), found
    assert all(said in one and "notes/Include/shape_h.rst" in one for one in found)


def test_many_wrong_names_are_all_said(small: Site) -> None:
    """However long the list of what does not exist, none is passed over."""
    names = [f"sys.no_such_name_{n:03}" for n in range(300)]
    built = small.build(book__one="B\n=\n\n" + "\n\n".join(f"``{name}``" for name in names) + "\n")
    assert [name for name in names if not any(name in w for w in built.warnings)] == []


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("In Python 3.13.5, since 2019, PEP 683 and C11 6.7.2.1, on x86-64.", []),
        ("Step 3 of chapter 12 and 64 bits of a 32-bit word; 0, 1 or 2.", []),
        ("It took 1,024 bytes, 12.5 ns and 0.5 s.", ["1,024", "12.5", "0.5"]),
        ("gh-12345 is not 12345, int8_t not 8.", ["12345", "8"]),
    ],
)
def test_figures(sentence: str, found: list[str]) -> None:
    """A version, a clause or a year is a name; what is left is a figure."""
    assert figures(sentence) == found


def test_the_page_on_writing_names_every_word() -> None:
    """Each role and directive of the extension is explained to authors."""
    page = (REPOSITORY / "docs/developing/writing.rst").read_text("utf-8")
    internal = {"truth-counts", "source-tree", "source-facts"}
    for module in sorted((REPOSITORY / "annotator/sphinx_ext").glob("*.py")):
        source = module.read_text("utf-8")
        for kind, name in re.findall(r"app\.add_(directive|role)\(\"([\w-]+)\"", source):
            spelled = f"``:{name}:``" if kind == "role" else f"``{name}``"
            if name not in internal:
                assert spelled in page, f"{module.name} has the {kind} {name}"
