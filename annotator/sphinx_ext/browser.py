"""The browser in the site: the shell of its pages, its margin, and the list of the root's page.

Reads the index and what documents say of files; has `annotator.pages.writer` write ``browse/``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util import logging
from sphinx.util.display import progress_message
from sphinx.util.docutils import SphinxDirective, new_document

from annotator.pages.about import About, read_about
from annotator.pages.addresses import file_address
from annotator.pages.file_page import MarginNote, Mention
from annotator.pages.folder_page import folder_map, listing, starts
from annotator.pages.writer import BODY, CRUMBS, TITLE, Margin, guide_of, write_pages
from annotator.sphinx_ext import access
from annotator.sphinx_ext.excerpt import mentions, named
from annotator.sphinx_ext.notes import Note, asked, notes, prose
from annotator.sphinx_ext.references import complete

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_log = logging.getLogger(__name__)
SECTIONS = [
    ("Book", "book/index"),
    ("Source", "browse/index"),
    ("Labs", "labs/index"),
    ("Reference", "reference/index"),
]


def _write(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Write the pages; none is left for Sphinx to render."""
    builder = app.builder
    if isinstance(builder, StandaloneHTMLBuilder):
        with progress_message("writing pages of the source"):
            outcome = write_pages(
                functools.partial(access.index, app.config),
                Path(app.outdir),
                shell=_Shell(builder),
                margin=Margin(_margin_notes(app), _mentions(app.env), *_named(app.env)),
                manifest=Path(app.doctreedir) / "browse.json",
                about=_about(app),
            )
        _log.info(
            "source pages: %d written, %d as they were, %d removed",
            outcome.written,
            outcome.kept,
            outcome.removed,
        )
    return iter(())


class _Shell:
    """Renders the page around a browser's page, with stand-ins for what differs."""

    def __init__(self, builder: StandaloneHTMLBuilder) -> None:
        self.builder = builder

    def __call__(self, depth: int) -> str:
        """The page of a file that lies *depth* folders deep in the site."""
        name = "/".join(["browse"] * depth + ["shell"])
        out = Path(self.builder.doctreedir) / f"shell-{depth}.html"
        context = {
            "title": TITLE,
            "browse_crumbs": CRUMBS,
            "browse_body": BODY,
            "browse_sections": SECTIONS,
        }
        self.builder.handle_page(name, context, "browse.html", outfilename=out)
        return out.read_text(encoding="utf-8")


def _margin_notes(app: Sphinx) -> dict[str, list[MarginNote]]:
    out: dict[str, list[MarginNote]] = {}
    for note in sorted(notes(app.env).values(), key=lambda note: note.id):
        out.setdefault(note.path, []).append(
            MarginNote(
                note.id,
                note.title,
                note.first,
                note.last,
                _render(app, note),
                tuple((_title(app.env, name), f"{name}.html") for name in note.chapters),
            )
        )
    return out


def _render(app: Sphinx, note: Note) -> str:
    """The HTML of a note's text, for the page of its file."""
    builder = app.builder
    assert isinstance(builder, StandaloneHTMLBuilder)
    name = file_address(note.path).removesuffix(".html")
    tree = prose(note, name)
    document = new_document(note.docname)
    document.settings.env = app.env  # where transforms look for it
    document += tree
    for pending in document.findall(addnodes.pending_xref):
        pending["refwarn"] = False  # the note's own page has warned
    app.env.resolve_references(document, name, builder)
    complete(document, file_address(note.path))
    before = builder.current_docname
    builder.current_docname = name
    try:
        parts = builder.render_partial(tree.deepcopy())
    finally:
        builder.current_docname = before
    return str(parts["fragment"])


def _about(app: Sphinx) -> About:
    return read_about(Path(app.srcdir) / "browse" / "files.toml")


def _title(env: BuildEnvironment, docname: str) -> str:
    return env.titles[docname].astext() if docname in env.titles else docname


def _mentions(env: BuildEnvironment) -> dict[str, list[Mention]]:
    """Who tells of each file: by an excerpt, a struct, or a note."""
    shown = {docname: set(files) for docname, files in mentions(env).items()}
    known = notes(env)
    for docname, wanted in asked(env).items():
        files = {known[word].path if word in known else word for word in wanted}
        shown.setdefault(docname, set()).update(files)
    for note in known.values():
        for docname in note.chapters:
            shown.setdefault(docname, set()).add(note.path)
    out: dict[str, list[Mention]] = {}
    for docname, files in shown.items():
        kind = _KINDS.get(docname.partition("/")[0], "page")
        if kind == "page":  # the front page and the like show code, and explain none
            continue
        title = "the guided reading" if kind == "guide" else _title(env, docname)
        for path in files:
            out.setdefault(path, []).append(Mention(kind, title, f"{docname}.html"))
    order = list(_KINDS.values())
    for found in out.values():
        found.sort(key=lambda m: (order.index(m.kind), m.address))
    return out


def _named(
    env: BuildEnvironment,
) -> tuple[list[tuple[str, str]], dict[str, dict[str, list[int]]]]:
    """Pages (title, address), and which of them tell of what: numbers by path and name."""
    told = {
        docname: found
        for docname, found in sorted(named(env).items())
        if _KINDS.get(docname.partition("/")[0]) in ("chapter", "lab")
    }
    pages = [(_title(env, docname), f"{docname}.html") for docname in told]
    out: dict[str, dict[str, list[int]]] = {}
    for number, found in enumerate(told.values()):
        for path, name in sorted(found):
            out.setdefault(path, {}).setdefault(name, []).append(number)
    return pages, out


_KINDS = {"book": "chapter", "notes": "guide", "labs": "lab"}


class file_list(nodes.General, nodes.Element):
    """Stands for the table of what lies at the root of the tree."""


class SourceTree(SphinxDirective):
    """``.. source-tree::``: the folders at the root of the source tree, with sizes."""

    def run(self) -> list[nodes.Node]:
        """Give the table."""
        access.depend_on_index(self.env)
        return [file_list()]


class SourceFacts(SphinxDirective):
    """``.. source-facts::``: how much there is to read, in a line."""

    def run(self) -> list[nodes.Node]:
        """Count what the index holds."""
        opened = access.depend_on_index(self.env)
        known = opened.files()
        lines = sum(info.lines for info in known)
        links = opened.counts()["refs"]
        words = (
            f"CPython {opened.release} · {len(known):,} files · {lines:,} lines · "
            f"{links:,} uses of names resolved"
        )
        return [nodes.paragraph("", words, classes=["source-facts"])]


def _visit(self: Any, node: file_list) -> None:
    env = self.builder.env
    counts: dict[str, list[MarginNote]] = {}
    for note in notes(env).values():
        counts.setdefault(note.path, []).append(
            MarginNote(note.id, note.title, note.first, note.last, "")
        )
    guide = guide_of(
        access.index(self.config), Margin(counts, _mentions(env)), _about(self.builder.app)
    )
    address = access.page_of(node, self.builder)
    for part in (starts, folder_map, listing):
        self.body.append(part("", guide, address))
    raise nodes.SkipNode


def _skip(self: Any, node: file_list) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the directive, the style sheets and the writer."""
    app.add_node(file_list, html=(_visit, None), text=(_skip, None))
    app.add_directive("source-tree", SourceTree)
    app.add_directive("source-facts", SourceFacts)
    app.connect("html-collect-pages", _write)
