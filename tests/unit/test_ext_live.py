"""Programs in a document: what they show, and what is said when they do something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.small_site import Built, Site

GOOD = """\
Good
====

Before it stands, :live:`sum.total` is known; the text is :live:`sum.word`.

.. live::
   :name: sum
   :expect: 3 <b>
   :assert: total == 3
            word.startswith("w")

   total = 1 + 2
   word = "word"
   print(total, "<b>")

.. live::
   :after: sum
   :hide-code:

   print("again", total)

.. live::
   :name: clock
   :measured:

   import time
   now = time.time_ns()
   print("now", now)

It was :measured:`clock.now` or :live:`clock.now`.

.. live::
   :raises: ZeroDivisionError

   print("first")
   1 / 0

.. live::
   :crash: SIGABRT
   :interpreter: debug

   import os
   os.abort()

.. live::

   import os, sys
   print(sorted(os.environ), os.listdir(), __name__)
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site whose programs do what it says."""
    return Site(tmp_path_factory.mktemp("good")).build(index=GOOD)


def text(markup: str) -> str:
    """What a reader sees of *markup*."""
    return re.sub(r"<[^>]*>", "", markup).replace("&lt;", "<").replace("&gt;", ">")


def test_no_warning(good: Built) -> None:
    """What is right is built in silence."""
    assert good.warnings == []


def test_code_and_output_are_one_block(good: Built) -> None:
    """The code, then what it printed, escaped."""
    block = good.body("index.html").split('<div class="live docutils container">')[1]
    assert "total = 1 + 2" in text(block)
    assert "3 <b>" in text(block)
    assert "3 &lt;b&gt;" in block


def test_values_are_text(good: Built) -> None:
    """A value stands in the sentence, before or after its block; a string without quotes."""
    seen = text(good.body("index.html"))
    assert "Before it stands, 3 is known; the text is word." in " ".join(seen.split())


def test_code_can_be_hidden_and_continued(good: Built) -> None:
    """``:after:`` runs another block first; ``:hide-code:`` shows the output alone."""
    body = good.body("index.html")
    assert "again 3" in body
    assert "&quot;again&quot;" not in body


def test_what_was_measured_is_marked(good: Built) -> None:
    """Output and values of a measured block stand in marked elements, and nowhere else."""
    body = good.body("index.html")
    marked = re.findall(r"<(?:pre|span) data-measured>(.*?)</", body, re.DOTALL)
    assert len(marked) == 3
    figures = set(re.findall(r"\d{15,}", " ".join(marked)))
    assert len(figures) == 1
    rest = re.sub(r"<(pre|span) data-measured>.*?</\1>", "", body, flags=re.DOTALL)
    assert figures.isdisjoint(re.findall(r"\d{15,}", rest))
    index = good.page("searchindex.js")
    assert not any(figure in index for figure in figures)


def test_failures_that_are_wanted_are_shown(good: Built) -> None:
    """A traceback with the program's own lines; the signal that a process died of."""
    body = text(good.body("index.html"))
    assert 'File "<live>", line 2' in body
    assert "ZeroDivisionError: division by zero" in body
    assert "[SIGABRT]" in body


def test_programs_see_nothing_of_this_machine(good: Built) -> None:
    """A scrubbed environment, an empty folder, the name of a main program."""
    names = "['HOME', 'LANG', 'LC_ALL', 'PATH', 'PYTHONHASHSEED', 'TZ']"
    seen = text(good.body("index.html")).replace("&#39;", "'")
    assert f"{names} [] __main__" in seen


BAD = """\
Bad
===

.. live::
   :expect: 4

   print(3)

.. live::
   :assert: x == 2

   x = 1

.. live::

   raise KeyError("k")

.. live::
   :raises: KeyError

   raise ValueError

.. live::

   import os
   os.abort()

.. live::
   :crash: SIGSEGV

   print("well")

.. live::

   print(object())

.. live::
   :name: b

   x = 1

:live:`b.y`

:live:`c.x`

.. live::
   :after: none

   x = 1

.. live::

   def f(:
"""
FAILURES = [
    ("4", "printed something else than :expect:\n--- expected\n+++ printed\n@@ -1 +1 @@\n-4\n+3"),
    ("9", ":assert: does not hold: x == 2"),
    ("14", "ended with KeyError"),
    ("18", "should raise KeyError, raised ValueError"),
    ("23", "died of SIGABRT"),
    ("28", "should die of SIGSEGV, ended with status 0"),
    ("33", "prints something else each time it is run"),
    ("42", ":live:`b.y`: block 'b' left no 'y'"),
    ("44", ":live:`c.x`: no live block 'c' here (nearest: b)"),
    ("46", ":after: no block 'none' above"),
    ("51", "ended with SyntaxError"),
]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site whose programs do not."""
    return Site(tmp_path_factory.mktemp("bad")).build(index=BAD)


@pytest.mark.parametrize(("line", "message"), FAILURES)
def test_failures_are_told_at_their_line(bad: Built, line: str, message: str) -> None:
    """Whatever did not come out as written is a warning with what happened."""
    assert message in bad.warning(f"index.rst:{line}")


def test_a_program_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopped, with what it started, and said."""
    monkeypatch.setattr("annotator.sphinx_ext.live.TIMEOUT", 1)
    loop = "X\n=\n\n.. live::\n\n   while True:\n       pass\n"
    said = Site(tmp_path).build(index=loop).warning("index.rst:4")
    assert "did not end within 1 seconds" in said


def test_results_are_kept(tmp_path: Path, cache: Path) -> None:
    """A program is run again only when it or its interpreter changed."""
    program = "X\n=\n\n.. live::\n   :measured:\n\n   import time\n   print(time.time_ns())\n"
    site = Site(tmp_path / "site")
    first = site.build(index=program).body("index.html")
    site.forget()
    assert site.build().body("index.html") == first
    assert len(list((cache / "live").glob("*.json"))) == 1
    changed = site.build(index=program + "   print(2)\n").body("index.html")
    assert changed != first


def test_a_damaged_result_is_made_anew(tmp_path: Path, cache: Path) -> None:
    """A file in the cache that cannot be read costs a run, nothing else."""
    site = Site(tmp_path / "site")
    first = site.build(index="X\n=\n\n.. live::\n\n   print(1)\n").body("index.html")
    for kept in (cache / "live").glob("*.json"):
        kept.write_text("{")
    site.forget()
    again = site.build()
    assert again.warnings == []
    assert again.body("index.html") == first
