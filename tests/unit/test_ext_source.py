"""Links, excerpts, notes and layouts in a document: what works, and what a miss says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from annotator.pages.escape import strip
from tests.unit.small_site import Built, Site

GOOD = """\
Good
====

:csrc:`area`, :csrc:`Objects/shape.c:half`, :csrc:`Include/shape.h`, :csrc:`point.y`,
:csrc:`Point.x`, :csrc:`the loop <Objects/shape.c#for (int i = 0;>`; :c:func:`other`,
:c:struct:`point`, :c:macro:`ORIGIN_X`, :c:type:`Point`.

.. excerpt:: Objects/shape.c:half
   :caption: Half of *n*

.. excerpt:: Objects/shape.c:area
   :from: for (int i = 0; i < scale; i++) {
   :to: }  return
   :highlight: sum += half(scale);

.. excerpt:: point

.. layout:: point
   :title: A point

.. notes:: half-rounds

.. toctree::

   notes/Objects/shape.c
   book/01-shapes
"""
NOTES = """\
Guide
=====

.. annotate:: Objects/shape.c:half
   :anchor: return n / 2;
   :id: half-rounds
   :title: Which way
   :chapters: shapes

   Towards zero, and :csrc:`area` knows; see :ref:`chapter`.

.. annotate:: Include/shape.h
   :anchor: char tag;
   :id: point-tag
   :title: A hole behind it

   Three bytes are lost.
"""
CHAPTER = """\
.. _chapter:

Shapes
======

.. notes::
   :file: Objects/shape.c
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site without a mistake; its notes stand in a file with a dot in its name."""
    folder = Site(tmp_path_factory.mktemp("site"))
    path = folder.docs / "notes" / "Objects" / "shape.c.rst"
    path.parent.mkdir(parents=True)
    path.write_text(NOTES)
    return folder.build(index=GOOD, **{"book__01-shapes": CHAPTER})


def test_no_warning(site: Built) -> None:
    """What is right is built in silence."""
    assert site.warnings == []


def test_names_become_links(site: Built) -> None:
    """Each way to name a thing leads to its line in the browser."""
    body = site.body("index.html")
    for words, where in {
        "area": "Objects/shape.c.html#L10",
        "half": "Objects/shape.c.html#L4",
        "Include/shape.h": "Include/shape.h.html",
        "point.y": "Include/shape.h.html#L7",
        "Point.x": "Include/shape.h.html#L5",
        "the loop": "Objects/shape.c.html#L13",
        "other()": "Objects/other.c.html#L5",
        "point": "Include/shape.h.html#L4",
        "ORIGIN_X": "Include/shape.h.html#L10",
        "Point": "Include/shape.h.html#L9",
    }.items():
        links = re.findall(rf'href="browse/{re.escape(where)}"[^>]*>(.*?)</a>', body)
        assert words in [re.sub(r"<[^>]*>", "", link) for link in links], (words, links)


def excerpts(body: str) -> list[str]:
    """The excerpts of a page."""
    return re.findall(r'<figure class="excerpt".*?</figure>', body, re.DOTALL)


def code(markup: str) -> str:
    """The source that an excerpt shows."""
    return strip(markup.replace('<pre class="s">', "<pre class=s>")).decode()


def test_excerpts_show_the_source(site: Built) -> None:
    """A whole function with its type, a span, a struct; with links and marked lines."""
    whole, span, struct = excerpts(site.body("index.html"))
    assert code(whole).startswith("static int\nhalf(int n)\n{")
    assert code(whole).endswith("}\n")
    assert "Half of <em>n</em>" in whole
    assert code(span).startswith("    for (int i")
    assert code(span).endswith("    }\n    return sum + other();\n")
    assert re.findall(r"<a href=\S+ class=h>(\d+)</a>", span) == ["14"]
    assert "href=browse/Objects/shape.c.html#L4" in span
    assert code(struct) == "struct point {\n    int x;\n    char tag;\n    long y;\n};\n"


def test_layout_is_drawn(site: Built) -> None:
    """Offsets, sizes and the hole, in the picture and in its twin."""
    body = site.body("index.html")
    picture, _, table = body.partition('<svg class="layout"')[2].partition("</svg>")
    assert "tag" in picture
    assert "3 unused bytes" in picture
    rows = re.findall(r"<tr.*?><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td>", table)
    cells = [tuple(re.sub("<.*?>", "", cell) for cell in row) for row in rows]
    assert cells == [("0", "4", "x"), ("4", "1", "tag"), ("5", "3", "unused"), ("8", "8", "y")]


def test_small_structs_are_shown_to_the_last_byte(tmp_path: Path) -> None:
    """The members of its members stand in the picture, by the names that C has for them."""
    built = Site(tmp_path).build(index="X\n=\n\n.. layout:: line\n")
    assert built.warnings == []
    cells = re.findall(r"<code>([\w.]+)</code>", built.body("index.html"))
    assert [c for c in cells if c in ("from.x", "from.tag", "from.y", "to")] == [
        "from.x",
        "from.tag",
        "from.y",
        "to",
    ]


def test_notes_are_shown_wherever_they_are_asked_for(site: Built) -> None:
    """In the guide, in a chapter by file, elsewhere by id, with links that fit each page."""
    guide = site.body("notes/Objects/shape.c.html")
    assert 'id="note-half-rounds"' in guide
    assert 'href="../../browse/Objects/shape.c.html#L10"' in guide
    assert '<a class="reference internal" href="../../book/01-shapes.html"' in guide
    chapter = site.body("book/01-shapes.html")
    assert "Which way" in chapter
    assert "A hole" not in chapter
    assert 'href="../browse/Objects/shape.c.html#L10"' in chapter
    assert 'href="browse/Objects/shape.c.html#L10"' in site.body("index.html")


def test_notes_stand_in_the_margin(site: Built) -> None:
    """The browser's page has the note, its links, and who explains the file."""
    page = site.page("browse/Objects/shape.c.html")
    note = page.partition('id="note-half-rounds"')[2].partition("</aside>")[0]
    assert "Towards zero" in note
    assert 'href="#L10"' in note or 'href="shape.c.html#L10"' in note
    assert 'href="../../book/01-shapes.html#chapter"' in note
    assert 'In the book: <a href="../../book/01-shapes.html">Shapes</a>' in note
    assert 'class="mention chapter" href="../../book/01-shapes.html"' in page


BAD = """\
Bad
===

:csrc:`aera`

:csrc:`Objects/shape.h`

:csrc:`Objects/shape.c:hlaf`

:csrc:`Objects/shape.c#return`

:csrc:`Objects/shape.c#for (int j = 0; j < scale; j++) {`

:csrc:`point.z`

:csrc:`half`

:c:func:`aera`

.. excerpt:: Objects/shape.c:area
   :from: nothing of the kind

.. layout:: piont

.. notes:: cc

.. annotate:: Objects/shape.c:half
   :anchor: return n * 2;
   :id: a
   :title: A

   Text.

.. annotate:: Objects/shape.c:half
   :anchor: return n / 2;
   :id: b
   :title: B
   :chapters: nowhere

   Text.

.. annotate:: Objects/shape.c:half
   :anchor: return n / 2;
   :id: c
   :title: C

   Text.

.. annotate:: Objects/shape.c:half
   :anchor: return n / 2;
   :id: c
   :title: C again

   Text.
"""
MISSES = [
    ("4", "no name 'aera' in the index (nearest: area"),
    ("6", "no file 'Objects/shape.h' in the index (nearest: Include/shape.h"),
    ("8", "no 'hlaf' in Objects/shape.c (nearest: half"),
    ("10", "'return' stands 2 times in Objects/shape.c: lines 6, 16"),
    ("12", "does not stand in Objects/shape.c (nearest: 'for (int i = 0; i < scale; i++) {'"),
    ("14", "'point' has no member 'z' (nearest: "),
    ("16", "'half' is ambiguous (say one of: Objects/other.c:half, Objects/shape.c:half)"),
    ("18", "c:func: no name 'aera' in the index (nearest: area"),
    ("20", "excerpt 'Objects/shape.c:area': :from: 'nothing of the kind' does not stand in"),
    ("23", "layout 'piont': no layout of this name (nearest: Point"),
    ("25", "notes: no note 'cc' (nearest: c)"),
    ("27", "annotate 'Objects/shape.c:half': :anchor: 'return n * 2;' does not stand in"),
    ("34", ":chapters: no chapter 'nowhere'"),
    ("49", "the :id: 'c' is taken by index:42"),
]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site of mistakes."""
    return Site(tmp_path_factory.mktemp("bad")).build(index=BAD)


@pytest.mark.parametrize(("line", "message"), MISSES)
def test_a_miss_says_where_and_what_is_near(bad: Built, line: str, message: str) -> None:
    """Every miss is a warning at its line, with the candidates."""
    assert message in bad.warning(f"index.rst:{line}")


def test_every_mistake_is_told_once(bad: Built) -> None:
    """No more warnings than mistakes."""
    assert len(bad.warnings) == len(MISSES), bad.warnings


def test_a_layout_that_the_compiler_denies(tmp_path: Path) -> None:
    """When the probe's headers say something else, the warning has both numbers."""
    site = Site(tmp_path)
    header = tmp_path / "tree" / "Include" / "shape.h"
    header.write_text(header.read_text().replace("char tag;", "long tag;"))
    said = site.build(index="X\n=\n\n.. layout:: point\n").warning("index.rst:4")
    assert "offsetof tag: the index says 4, the compiler 8" in said


def test_a_new_index_is_noticed(tmp_path: Path) -> None:
    """A page with an excerpt is made again when the source changed, and others are not."""
    site = Site(tmp_path)
    first = site.build(
        index="X\n=\n\n.. excerpt:: Objects/shape.c:half\n\n.. toctree::\n\n   y\n",
        y="Y\n=\n",
    )
    assert "rounds towards zero" in first.page("index.html")
    untouched = (first.pages / "y.html").stat().st_mtime_ns
    shape = (tmp_path / "tree/Objects/shape.c").read_text().replace("towards", "away from")
    site.make_index(**{"Objects/shape.c": shape})
    again = site.build()
    assert "rounds away from zero" in again.page("index.html")
    assert "rounds away from zero" in again.page("browse/Objects/shape.c.html")
    assert (first.pages / "y.html").stat().st_mtime_ns == untouched


def test_a_changed_note_reaches_the_chapter(tmp_path: Path) -> None:
    """A chapter is written again when a note that it shows is."""
    site = Site(tmp_path)
    guide = NOTES.replace("   :chapters: shapes\n", "").replace("; see :ref:`chapter`", "")
    front = "X\n=\n\n.. notes:: half-rounds\n\n.. toctree::\n\n   guide\n"
    assert "Towards zero" in site.build(index=front, guide=guide).page("index.html")
    changed = site.build(guide=guide.replace("Towards zero", "Downwards"))
    assert changed.warnings == []
    assert "Downwards" in changed.page("index.html")
    assert "Downwards" in changed.page("browse/Objects/shape.c.html")


def test_after_a_kill_all_is_made_again(tmp_path: Path) -> None:
    """A half-written page that a killed build left is not taken for finished."""
    site = Site(tmp_path)
    page = site.build(index="X\n=\n\nText.\n").pages / "index.html"
    whole = page.read_bytes()
    page.write_bytes(whole[:100])
    (tmp_path / "doctrees" / "unfinished").touch()
    site.build()
    assert page.read_bytes() == whole
    assert not (tmp_path / "doctrees" / "unfinished").exists()
