"""Notes on lines of the source: the ``annotate`` and ``notes`` directives.

Reads notes, written once below ``docs/notes/`` with the code they are on; gives them to that page
(the guided reading of the file), to every chapter that asks, and to the margin of the browser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from annotator.sphinx_ext import access
from annotator.sphinx_ext.excerpt import mention, source_lines
from annotator.sphinx_ext.references import reference
from annotator.sphinx_ext.targets import Target, find_code, resolve, whole

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read; ``prose`` is unresolved, to be copied to each page that shows it."""

    id: str
    title: str
    path: str
    first: int
    last: int
    symbol: str  # in which the code stands; "" for none
    chapters: tuple[str, ...]  # names of documents
    docname: str
    line: int
    prose: nodes.Element


class notes_here(nodes.General, nodes.Element):
    """Stands for the notes ``ids``, or for all of the file ``path``, until the page is written."""


class Annotate(SphinxDirective):
    """``.. annotate:: file:name``, with ``:anchor:``, ``:id:``, ``:title:``, ``:chapters:``."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "anchor": directives.unchanged_required,
        "id": directives.unchanged_required,
        "title": directives.unchanged_required,
        "chapters": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Find the code; keep the note; show it here."""
        opened = access.depend_on_index(self.env)
        words = self.arguments[0]
        try:
            for option in ("anchor", "id", "title"):
                if option not in self.options:
                    raise access.Miss(f"has no :{option}:")
            if not _ID.fullmatch(self.options["id"]):
                raise access.Miss(f":id: {self.options['id']!r} is not of the form some-words-2")
            if not self.content:
                raise access.Miss("has no text")
            target = resolve(opened, words)
            first, last = find_code(
                opened.text(target.path),
                self.options["anchor"],
                *whole(opened, target),
                where=words,
                what=":anchor:",
            )
            chapters = self._chapters()
        except access.Miss as miss:
            access.warn(f"annotate {words!r}: {miss}", self.get_location())
            return []
        id_ = self.options["id"]
        other = notes(self.env).get(id_)
        if other is not None and (other.docname, other.line) != (self.env.docname, self.lineno):
            access.warn(
                f"annotate {words!r}: the :id: {id_!r} is taken by {other.docname}:{other.line}",
                self.get_location(),
            )
            return []
        prose = nodes.container(classes=["note-prose"])
        prose += self.parse_content_to_nodes()
        for node in prose.findall():
            # or every note would be kept, and copied, with the whole document it stands in
            node._document = None
        note = Note(
            id_,
            self.options["title"],
            target.path,
            first,
            last,
            target.symbol.name if target.symbol else "",
            chapters,
            self.env.docname,
            self.lineno,
            prose,
        )
        notes(self.env)[id_] = note
        mention(self.env, target.path)
        here = notes_here(ids=[f"note-{id_}"], notes=[id_], guide=True)
        self.set_source_info(here)
        self.state.document.note_explicit_target(here)
        return [here]

    def _chapters(self) -> tuple[str, ...]:
        found = []
        for slug in self.options.get("chapters", "").split(","):
            if not slug.strip():
                continue
            known = chapters(self.env)
            if slug.strip() not in known:
                close = access.near(sorted(known), hint="chapters are")
                raise access.Miss(f":chapters: no chapter {slug.strip()!r}{close}")
            found.append(known[slug.strip()])
        return tuple(found)


def chapters(env: BuildEnvironment) -> dict[str, str]:
    """The chapters of the book: slug ("objects") to the document's name ("book/03-objects")."""
    out = {}
    for docname in env.found_docs:
        if match := re.fullmatch(r"book/(?:\d+-)?(.+)", docname):
            out[match[1]] = docname
    out.pop("index", None)
    return out


class Notes(SphinxDirective):
    """``.. notes:: id, id`` or ``:file: path``: notes inside a chapter."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"file": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Ask for notes, which may not have been read yet."""
        access.depend_on_index(self.env)
        ids = [i for i in re.split(r"[,\s]+", " ".join(self.arguments)) if i]
        path = self.options.get("file", "")
        if bool(ids) == bool(path):
            access.warn("notes: wants either ids or :file:", self.get_location())
            return []
        node = notes_here(notes=ids, path=path, guide=False)
        self.set_source_info(node)
        return [node]


class ShowNotes(SphinxPostTransform):
    """Puts copies of the notes where they are asked for, before references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Replace every `notes_here`."""
        for here in list(self.document.findall(notes_here)):
            here.replace_self([self._show(note, here) for note in self._wanted(here)])

    def _wanted(self, here: notes_here) -> list[Note]:
        known = notes(self.env)
        if here.get("path"):
            found = [note for note in known.values() if note.path == here["path"]]
            if not found:
                paths = sorted({note.path for note in known.values()})
                access.warn(
                    f"notes: none on {here['path']!r}{access.near(paths, hint='there are on')}",
                    here,
                )
            return sorted(found, key=lambda note: (note.first, note.last, note.id))
        out = []
        for id_ in here["notes"]:
            if id_ in known:
                out.append(known[id_])
            else:
                import difflib

                close = difflib.get_close_matches(id_, known, 5, 0.3)
                access.warn(f"notes: no note {id_!r}{access.near(close)}", here)
        return out

    def _show(self, note: Note, here: notes_here) -> nodes.Element:
        guide = here["guide"]
        box = nodes.container(classes=["book-note", "guided" if guide else "cited"])
        if guide:
            box["ids"] = list(here["ids"])
        where = f"{note.path}:{note.first}"
        target = Target(note.path, note.first, note.last)
        title = nodes.paragraph(classes=["note-title"])
        title += nodes.strong(note.title, note.title)
        title += reference(target, nodes.inline(where, where, classes=["where"]))
        box += title
        box += source_lines(
            path=note.path,
            first=note.first,
            last=note.last,
            marked=[],
            name=note.symbol,
            bare=True,
        )
        box += prose(note, self.env.docname)
        told = [name for name in note.chapters if name != self.env.docname]
        if told:
            line = nodes.paragraph("", "In the book: ", classes=["told"])
            for i, docname in enumerate(told):
                if i:
                    line += nodes.Text(", ")
                line += document_link(self.env, docname)
            box += line
        return box


def document_link(env: BuildEnvironment, docname: str) -> nodes.reference:
    """A link to a document of the site, with its title."""
    title = env.titles[docname].astext() if docname in env.titles else docname
    return nodes.reference(
        "", "", nodes.inline(title, title), internal=True, site_address=f"{docname}.html"
    )


def prose(note: Note, docname: str) -> nodes.Element:
    """A copy of a note's text whose references are resolved for the document *docname*."""
    from sphinx import addnodes

    # Not copy.deepcopy, which would follow the nodes to their document and copy all of it.
    tree = note.prose.deepcopy()
    for pending in tree.findall(addnodes.pending_xref):
        pending["refdoc"] = docname
    for element in tree.findall(nodes.Element):
        element["ids"] = []  # an id belongs to one page only
    return tree


def notes(env: BuildEnvironment) -> dict[str, Note]:
    """All notes by id."""
    if not hasattr(env, "annotator_notes"):
        env.annotator_notes = {}
    return cast("dict[str, Note]", env.annotator_notes)


def written_in(env: BuildEnvironment, doctree: nodes.document) -> list[nodes.Element]:
    """The text of the notes that a document writes; its tree holds only their places."""
    known = notes(env)
    return [
        known[id_].prose
        for here in doctree.findall(notes_here)
        if here["guide"]
        for id_ in here["notes"]
        if id_ in known
    ]


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    known = notes(env)
    for id_ in [note.id for note in known.values() if note.docname == docname]:
        del known[id_]
    asked(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    known = notes(env)
    for note in notes(other).values():
        if note.docname not in docnames:
            continue
        twin = known.get(note.id)
        if twin is not None and twin.docname != note.docname:
            access.warn(
                f"annotate: the :id: {note.id!r} is taken by {twin.docname}:{twin.line}",
                (note.docname, note.line),
            )
        known[note.id] = note
    for docname in docnames & asked(other).keys():
        asked(env)[docname] = asked(other)[docname]


def _dependents(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Documents that show a note which is new, gone or changed are written again."""
    before: dict[str, str] = getattr(env, "annotator_digests", {})
    now = {note.id: _digest(note) for note in notes(env).values()}
    env.annotator_digests = now
    changed = {id_ for id_ in before.keys() | now.keys() if before.get(id_) != now.get(id_)}
    if not changed:
        return []
    files = {note.path for note in notes(env).values()}
    return sorted(name for name, wanted in asked(env).items() if wanted & (changed | files))


def asked(env: BuildEnvironment) -> dict[str, set[str]]:
    """Which notes each document shows, by id, or by file when it shows all of a file."""
    if not hasattr(env, "annotator_asked"):
        env.annotator_asked = {}
    return cast("dict[str, set[str]]", env.annotator_asked)


def _remember(app: Sphinx, doctree: nodes.document) -> None:
    wanted: set[str] = set()
    for here in doctree.findall(notes_here):
        wanted.update(here["notes"], filter(None, [here.get("path")]))
    if wanted:
        asked(app.env)[app.env.docname] = wanted


def _digest(note: Note) -> str:
    return (
        f"{note.title}|{note.path}|{note.first}|{note.last}|{note.chapters}|{note.prose.pformat()}"
    )


def setup(app: Sphinx) -> None:
    """Register the directives and what keeps notes."""
    app.add_node(notes_here)
    app.add_directive("annotate", Annotate)
    app.add_directive("notes", Notes)
    app.add_post_transform(ShowNotes)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("doctree-read", _remember)
    app.connect("env-updated", _dependents)
