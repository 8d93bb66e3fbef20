"""The search index after an edit: reads what Sphinx indexed last time, gives back what it forgets.

Sphinx builds the search index of the documents that it writes and takes those of the others from
the ``searchindex.js`` of the last run, all but their entries of the general index: a search for
a function's name would find it only in the chapter edited last.  So these entries are kept
beside the doctrees.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_NAME = "index-entries.json"


def _complete(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    builder = app.builder
    if isinstance(builder, StandaloneHTMLBuilder) and builder.indexer is not None:
        file = Path(app.doctreedir) / _NAME
        # A private attribute; `make soak` tells when another Sphinx keeps them elsewhere.
        entries = builder.indexer._index_entries
        known = json.loads(file.read_bytes()) if file.exists() else {}
        known |= entries
        entries.clear()
        for document in sorted(app.env.found_docs & known.keys()):  # the order of a full build
            entries[document] = [tuple(entry) for entry in known[document]]
        file.write_text(json.dumps(entries))
    return iter(())


def setup(app: Sphinx) -> None:
    """Runs when all documents are written and the search index is not."""
    app.connect("html-collect-pages", _complete)
