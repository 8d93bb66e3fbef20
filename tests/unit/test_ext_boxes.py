"""Titled boxes and hidden answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.small_site import Built, Site

GOOD = """\
Good
====

.. question::

   Who?

.. answer::

   *Nobody* <b>.

.. later:: 3.14

   It changes.

.. why-not:: Another ``way``

   Because.

.. break-it:: The count

   Do not.

.. use-it:: At work

   Do.
"""
BAD = """\
Bad
===

.. later::

   Text.

.. why-not:: Title

.. break-it::

   Text.

.. answer::
"""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A page with each of them."""
    return Site(tmp_path_factory.mktemp("good")).build(index=GOOD)


def test_boxes_have_their_labels_and_titles(good: Built) -> None:
    """Each kind says what it is; a box on later releases says that it is not checked."""
    assert good.warnings == []
    body = good.body("index.html")
    for kind in ("question", "later", "why-not", "break-it", "use-it"):
        assert f'<aside class="box {kind}">' in body
    assert "In 3.14 and later — not checked by this build" in body
    assert ">way</span>" in body


def test_answers_are_folded(good: Built) -> None:
    """An answer is there without JavaScript, and closed."""
    body = good.body("index.html")
    answer = body.partition("<details")[2].partition("</details>")[0]
    assert "<summary>Answer</summary>" in answer
    assert "<em>Nobody</em> &lt;b&gt;." in answer
    assert "open" not in answer.partition(">")[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("4", "later: wants an argument"),
        ("8", "why-not: has no text"),
        ("10", "break-it: wants a title"),
        ("14", "answer: has no text"),
    ],
)
def test_incomplete_boxes(tmp_path: Path, line: str, message: str) -> None:
    """A box that lacks something says so at its line."""
    assert message in Site(tmp_path).build(index=BAD).warning(f"index.rst:{line}")
