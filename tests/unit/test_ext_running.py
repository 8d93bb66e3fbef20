"""Pictures, traces and timings in a document: what they show, and what is said on a miss."""

from __future__ import annotations

import re

import pytest

from tests.unit.small_site import Built, Site

GOOD = """\
Good
====

.. heap::
   :name: shared
   :caption: Two names, one list
   :assert: a is b

   a = [1, "<b>", None]
   b = a
   #: Both names refer to *one* list.
   pair = (a, a)
   #: A tuple adds two references.

.. trace::
   :show: all
   :contains: before BINARY_OP
             adaptive BINARY_OP_ADD_INT
             tokens PLUS
   :lacks: code NOP
   :mark: BINARY_OP_ADD_INT
   :warm: a = 1; b = 2

   a = 3
   b = 4
   x = a + b

.. trace::
   :function: f
   :show: code adaptive
   :warm: f([1, 2])

   def f(items):
       return items[0]

.. compare::
   :name: test
   :order: set < list
   :setup: items = list(range(2000)); seen = set(items)

   list: 1999 in items
   set: 1999 in seen

It was :measured:`test.list/set` times, :measured:`test.list`.

.. live::
   :structs: point
   :expect: 16

   import inside
   print(inside.sizeof("point"))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A small site whose programs run in the release interpreter."""
    site = Site(tmp_path_factory.mktemp("running"))
    site.settings["annotator_interpreters"] = {}
    return site


@pytest.fixture(scope="module")
def good(site: Site) -> Built:
    """The good page, built."""
    return site.build(index=GOOD)


def test_nothing_is_missed(good: Built) -> None:
    """All that the good page expects holds."""
    assert good.warnings == []


def test_a_heap_shows_each_step(good: Built) -> None:
    """Two pictures of the list that two names share; the tuple adds two references."""
    body = good.body("index.html")
    figures = re.findall(r'<figure class="heap">.*?</figure>', body, re.DOTALL)
    assert len(figures) == 2
    first, second = (re.sub(r"<[^>]*>|&#160;", " ", figure) for figure in figures)
    assert "object 1: list, refs 2" in first
    assert "object 1: list, refs 4" in second
    assert "object 2: tuple, refs 1" in second
    assert "&lt;b&gt;" in figures[0]
    assert "<b>'" not in figures[0]


def test_a_heap_draws_in_the_pages_colours(good: Built) -> None:
    """No colour of graphviz, no address, no script is left in the SVG."""
    svg = re.findall(r"<svg.*?</svg>", good.body("index.html"), re.DOTALL)
    assert len(svg) == 2
    for one in svg:
        assert not re.search(r'fill="#|stroke="#|0x|<script|xlink|<!--', one)
        assert 'role="img" aria-label="' in one


def test_a_trace_shows_every_stage(good: Built) -> None:
    """From tokens to the adapted instructions, in order."""
    body = good.body("index.html")
    stages = re.findall(r'<section class="stage (\w+)">', body)
    assert stages[:7] == ["tokens", "ast", "symtable", "before", "flow", "code", "adaptive"]
    assert stages[7:] == ["code", "adaptive"]
    assert "BINARY_SUBSCR_LIST_INT" in body
    assert "<span class=marked>BINARY_OP_ADD_INT</span>" in body


def test_a_comparison_is_measured(good: Built) -> None:
    """Each figure stands in an element that is marked as measured."""
    body = good.body("index.html")
    table = re.search(r'<table class="comparison">.*?</table>', body, re.DOTALL)
    assert table is not None
    left = re.sub(r"<(\w+)[^>]*data-measured>.*?</\1>", "", table.group(), flags=re.DOTALL)
    assert "1999 in seen" in left
    assert not re.search(r"\d\s*(ns|µs|ms)", left)
    assert re.search(r"It was <span data-measured>[\d.,]+</span> times", body)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (".. heap::\n\n   a = 1 / 0\n   #: x\n", "ZeroDivisionError"),
        (".. heap::\n\n   a = 1\n   #: x\n   b = 2\n", "no line '#: caption'"),
        (".. heap::\n   :assert: a == 2\n\n   a = 1\n   #: x\n", "a == 2"),
        (".. trace::\n   :contains: code BINARY_ADD\n\n   x = a + b\n", "BINARY_OP"),
        (".. trace::\n   :show: byte\n\n   x = a + b\n", "knows no stage 'byte'"),
        (".. trace::\n   :lacks: code RESUME\n\n   x = a + b\n", "has 'RESUME'"),
        (".. trace::\n\n   x = = 1\n", "SyntaxError"),
        (".. trace::\n   :function: g\n\n   def f(): pass\n", "no function 'g'"),
        (".. compare::\n   :order: b < a\n\n   a: pass\n   b: sum(range(9999))\n", "faster"),
        (".. compare::\n   :order: c < a\n\n   a: pass\n   b: 1\n", "names 'c'"),
        (".. compare::\n\n   a pass\n   b: 1\n", "label: statement"),
        (".. compare::\n\n   a: pass\n   b: boo\n", "NameError"),
        (".. live::\n   :structs: pont\n\n   pass\n", "Point"),
    ],
)
def test_a_miss_is_said(site: Site, block: str, said: str) -> None:
    """What does not hold is a warning at its line, with what is near."""
    built = site.build(index="T\n=\n\n" + block)
    assert said in built.warning("index.rst:4"), built.warnings
