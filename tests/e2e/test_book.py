"""What every chapter of the book has, counted in the doctrees from which its pages were written."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docutils import nodes

from annotator.paths import REPOSITORY
from annotator.sphinx_ext.boxes import box
from annotator.sphinx_ext.compare import comparison
from annotator.sphinx_ext.excerpt import source_lines
from annotator.sphinx_ext.heap import heap_figure
from annotator.sphinx_ext.layout import struct_layout
from annotator.sphinx_ext.measured import measured_inline
from annotator.sphinx_ext.notes import notes_here
from annotator.sphinx_ext.trace import trace_stages

CHAPTERS = sorted(path.stem for path in (REPOSITORY / "docs/book").glob("[0-9]*.rst"))
PICTURES = (heap_figure, struct_layout, trace_stages)
DISCUSSION = re.compile(r"PEP \d+|gh-\d+|bpo-\d+")
OPENING = 6  # paragraphs: the question of a chapter stands in one of the first

# Chapters that lack a point, each with its reason.
WITHOUT_LAB = {
    "08-str": "no lab looks into strings yet",
}
WITHOUT_NOTE = {
    "01-build": "Python/bltinmodule.c and Modules/main.c have no guided reading yet",
    "11-parser": "the parser has no guided reading yet",
}


@pytest.fixture(scope="module", params=CHAPTERS)
def chapter(request: pytest.FixtureRequest, site: Path) -> tuple[str, nodes.document]:
    """The name of a chapter and its doctree, from the build that wrote the site."""
    name = str(request.param)
    path = site.parent / "doctrees/book" / f"{name}.doctree"
    document = pickle.loads(path.read_bytes())
    assert isinstance(document, nodes.document)
    return name, document


def _boxes(tree: nodes.Node, kind: str) -> list[box]:
    return [found for found in tree.findall(box) if found["kind"] == kind]


def _of_class(tree: nodes.Node, name: str) -> list[nodes.Element]:
    return [found for found in tree.findall(nodes.Element) if name in found.get("classes", ())]


def _effects(tree: nodes.Node) -> int:
    """How many comparisons, computed and measured values, and outputs stand in it."""
    measured = [*tree.findall(comparison), *tree.findall(measured_inline)]
    return len(measured) + len(_of_class(tree, "live-value")) + len(_of_class(tree, "live-output"))


def _section(found: nodes.Element) -> nodes.Element:
    """The section that a node stands in."""
    above: nodes.Element = found
    while not isinstance(above, nodes.section):
        assert above.parent is not None
        above = above.parent
    return above


def _paragraphs(document: nodes.document) -> Iterator[str]:
    return (found.astext() for found in document.findall(nodes.paragraph))


def test_opens_with_a_question_and_measures(chapter: tuple[str, nodes.document]) -> None:
    """Near its beginning a chapter asks a question; something in it is measured or computed."""
    _, document = chapter
    opening = [text for text, _ in zip(_paragraphs(document), range(OPENING), strict=False)]
    assert any("?" in text for text in opening), opening
    assert _effects(document)


def test_draws_from_a_run(chapter: tuple[str, nodes.document]) -> None:
    """At least one picture is drawn by the build."""
    _, document = chapter
    assert any(True for kind in PICTURES for _ in document.findall(kind))


def test_shows_the_source(chapter: tuple[str, nodes.document]) -> None:
    """At least three excerpts of the pinned source are shown."""
    _, document = chapter
    assert len(list(document.findall(source_lines))) >= 3


def test_breaks_something(chapter: tuple[str, nodes.document]) -> None:
    """Each box that breaks something runs what it breaks and shows what came of it."""
    _, document = chapter
    broken = _boxes(document, "break-it")
    assert broken
    assert all(_of_class(found, "live") for found in broken)


def test_names_a_road_not_taken(chapter: tuple[str, nodes.document]) -> None:
    """At least one design note names the PEP or the issue in which it was discussed."""
    _, document = chapter
    assert any(DISCUSSION.search(found.astext()) for found in _boxes(document, "why-not"))


def test_says_what_came_later(chapter: tuple[str, nodes.document]) -> None:
    """A box tells what has changed in later releases."""
    _, document = chapter
    assert _boxes(document, "later")


def test_is_of_use(chapter: tuple[str, nodes.document]) -> None:
    """The advice of a chapter stands beside a measured or computed effect, in its section."""
    _, document = chapter
    advice = _boxes(document, "use-it")
    assert advice
    assert any(_effects(_section(found)) for found in advice)


def test_asks_and_answers(chapter: tuple[str, nodes.document]) -> None:
    """There are three to five questions, and each is followed by its answer."""
    _, document = chapter
    questions = _boxes(document, "question")
    assert 3 <= len(questions) <= 5
    for question in questions:
        answer = question.next_node(nodes.Element, descend=False, siblings=True)
        assert answer is not None
        assert "answer" in answer.get("classes", ()), question.astext()


def test_leads_to_labs_and_notes(chapter: tuple[str, nodes.document]) -> None:
    """A card of a lab and a cited note stand in each chapter that is not excepted, with reason."""
    name, document = chapter
    assert bool(_of_class(document, "lab-card")) != (name in WITHOUT_LAB)
    assert any(True for _ in document.findall(notes_here)) != (name in WITHOUT_NOTE)
