"""When Sphinx has to write more than the page that was edited."""

from __future__ import annotations

import pytest

from annotator.site import outline

TEXT = """\
.. _here:

A title
=======

A paragraph of two
lines: with :csrc:`PyObject`.

.. live::
   :name: block

   x = 1

Another title
-------------
A last sentence ...
"""


@pytest.mark.parametrize("change", [("two", "three"), ("last", "final"), ("PyObject", "PyLong")])
def test_prose_stays_on_its_page(change: tuple[str, str]) -> None:
    """An edited paragraph changes no other page."""
    assert outline(TEXT.replace(*change)) == outline(TEXT)


@pytest.mark.parametrize(
    "change",
    [("A title", "A name"), ("_here", "_there"), ("x = 1", "x = 2"), ("block", "rock")],
)
def test_titles_targets_and_directives_reach_further(change: tuple[str, str]) -> None:
    """What a sidebar, a reference or another chapter may show makes all pages to be written."""
    assert outline(TEXT.replace(*change)) != outline(TEXT)
