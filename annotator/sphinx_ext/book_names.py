"""What the search by name finds of the prose: reads titles and terms, gives ``search/book``.

Chapters and their sections, terms of the glossary, labs, notes on the source, and the pages
beside the book.  Written after every build, since any document may have changed; it is small.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder

from annotator.pages.addresses import file_address
from annotator.pages.shard import Shards
from annotator.sphinx_ext.notes import notes

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# By the folder of the document: the letter of its title, and of what stands below it.
_SORTS = {
    "book": ("h", "s"),
    "labs": ("l", "s"),
    "notes": ("r", ""),
    "developing": ("r", ""),
    "reference": ("r", ""),
}
_GENERATED = "reference/python/"


def entries(env: BuildEnvironment) -> Iterator[tuple[str, str, str, str]]:
    """(sort, title, address from the site's root, where it stands), by document and place."""
    for docname in sorted(env.found_docs):
        if docname.startswith(_GENERATED) or docname not in env.titles:
            continue
        title = env.titles[docname].astext()
        whole, part = _SORTS.get(posixpath.dirname(docname).partition("/")[0], ("r", ""))
        yield whole, title, f"{docname}.html", ""
        if not part:
            continue
        for link in env.tocs[docname].findall(nodes.reference):
            anchor = link.get("anchorname", "")
            if anchor and link.get("refuri") == docname:
                yield part, link.astext(), f"{docname}.html{anchor}", title
    objects = env.domaindata["std"]["objects"]
    for (sort, name), (docname, anchor) in sorted(objects.items()):
        if sort == "term":
            yield "g", name, f"{docname}.html#{anchor}", "glossary"
    for note in sorted(notes(env).values(), key=lambda note: (note.path, note.first, note.id)):
        where = f"{note.path}:{note.first}"
        yield "n", note.title, f"{file_address(note.path)}#note-{note.id}", where


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and isinstance(app.builder, StandaloneHTMLBuilder):
        rows = [[*entry] for entry in entries(app.env)]
        for row in rows:
            row[1] = re.sub(r"\s+", " ", row[1]).strip()
        Shards(Path(app.outdir)).write("search/book", rows)


def setup(app: Sphinx) -> None:
    """Write the list when the pages are there."""
    app.connect("build-finished", _write)
