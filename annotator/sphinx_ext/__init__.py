"""The Sphinx extension: reads documents, the index and interpreters, gives the site.

The only package that imports Sphinx and docutils.  Each module holds one family of roles and
directives and a ``setup`` of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    from annotator.sphinx_ext import (
        access,
        book_names,
        boxes,
        browser,
        c_api,
        compare,
        epub,
        excerpt,
        heap,
        lab_map,
        labs,
        layout,
        live,
        measured,
        notes,
        programs,
        references,
        restart,
        search_index,
        trace,
        truth,
    )

    for module in (
        access,
        restart,
        measured,
        references,
        excerpt,
        notes,
        programs,
        live,
        heap,
        compare,
        layout,
        lab_map,
        labs,
        boxes,
        browser,
        c_api,
        search_index,
        book_names,
        trace,
        truth,
        epub,
    ):
        module.setup(app)
    return {
        "version": access.FORMAT,
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
