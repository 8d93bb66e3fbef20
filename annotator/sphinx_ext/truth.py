"""The prose held against the release: reads every document of the book, warns of what is not so.

Words set as code must exist (``true_names``), figures must be computed (``true_numbers``).  What is
not of this release is marked with the role ``foreign``, what is the author's choice with ``given``.
Counts what was checked, for the page that shows it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.running.program import TIMEOUT, Program, run
from annotator.sphinx_ext import (
    access,
    boxes,
    compare,
    excerpt,
    heap,
    layout,
    measured,
    notes,
    trace,
)
from annotator.sphinx_ext.layout import headers
from annotator.sphinx_ext.programs import release_interpreter
from annotator.sphinx_ext.true_names import RESOLVER, Asked, Names
from annotator.sphinx_ext.true_numbers import figures

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_NAMED = ("book/", "notes/", "labs/", "glossary")  # documents whose code must exist
_COUNTED = ("book/", "notes/")  # documents whose figures must be computed
_WORD = re.compile(r"[A-Za-z_]\w*")
_FREE = ("book/index", "book/how-to-read", "labs/authors")


class Foreign(SphinxRole):
    """``:foreign:`LOAD_FAST_BORROW```: code that is not of this release."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Set it as code, unchecked."""
        return [nodes.literal(self.text, self.text, classes=["foreign"])], []


class Given(SphinxRole):
    """``:given:`1,000```: a figure that this CPython could not contradict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Set it as it is."""
        return [nodes.inline(self.text, self.text, classes=["given"])], []


class truth_counts(nodes.General, nodes.Element):
    """Stands for the table of what was checked, until every document was read."""


class TruthCounts(SphinxDirective):
    """``.. truth-counts::``: what this build checked, document by document."""

    def run(self) -> list[nodes.Node]:
        """Leave a mark."""
        return [truth_counts()]


def _counts(env: BuildEnvironment) -> dict[str, dict[str, int]]:
    if not hasattr(env, "annotator_truth"):
        env.annotator_truth = {}
    return cast("dict[str, dict[str, int]]", env.annotator_truth)


def _read(app: Sphinx, doctree: nodes.document) -> None:
    """Check a document that was just read."""
    env = app.env
    docname = env.docname
    if not docname.startswith(_NAMED):
        return
    asked = Asked()
    if docname not in _FREE:
        roots = [doctree, *notes.written_in(env, doctree)]
        _check_names(app, roots, docname, asked)
        if docname.startswith(_COUNTED):
            _check_figures(roots, asked)
    _count_blocks(doctree, asked)
    _counts(env)[docname] = dict(sorted(asked.counts.items()))


def _check_names(app: Sphinx, roots: list[nodes.Element], docname: str, asked: Asked) -> None:
    opened = access.depend_on_index(app.env)
    own = _own(roots, docname)
    if docname.startswith("notes/"):
        # What stands in the file that the notes are about: its locals, labels, macros.
        path = docname.removeprefix("notes/")
        if opened.file(path) is not None:
            own |= set(_WORD.findall(opened.text(path).decode("utf-8", "replace")))
    names = Names(opened, headers(app.config).source, own)
    for node in (one for root in roots for one in root.findall(nodes.literal)):
        if _excused(node) or "csrc" in node["classes"]:
            continue
        wrong = names.wrong(node.astext().strip(), asked, node)
        if wrong:
            access.warn(
                f"``{node.astext()}``: {wrong}; if it is not of this release: :foreign:", node
            )
    if asked.dotted:
        python, key = release_interpreter(app.env)
        program = Program(f"NAMES = {sorted(asked.dotted)!r}\n{RESOLVER}")
        try:
            result = run(program, python, key, measured=False, timeout=TIMEOUT)
        except UserError as error:
            access.warn(f"names of Python: {error}", docname)
            return
        asked.counts["Python names"] = len(asked.dotted)
        if not result.given:
            access.warn(f"names of Python: {result.stderr or result.signal}", docname)
            return
        for name in result.given[-1]:
            for node in asked.dotted[name]:
                bare = name.startswith("?.")
                what = "neither the source nor Python has it" if bare else "Python has no such name"
                access.warn(
                    f"``{name.removeprefix('?.')}``: {what}; "
                    "if it is not of this release: :foreign:",
                    node,
                )


def _own(roots: list[nodes.Element], docname: str) -> frozenset[str]:
    """The names that a document's own code, or its lab's, brings along."""
    texts = [node.astext() for root in roots for node in root.findall(nodes.literal_block)]
    if docname.startswith("labs/"):
        slug = docname.removeprefix("labs/")
        for folder in sorted((REPOSITORY / "labs").glob(f"*/{slug}")):
            texts += [slug, *(_text(path) for path in sorted(folder.rglob("*")))]
            texts += [path.name for path in folder.rglob("*")]
        texts += [_text(path) for path in sorted((REPOSITORY / "labs/runner").rglob("*.py"))]
        texts += [path.name for path in (REPOSITORY / "labs/runner").rglob("*.py")]
    found = set()
    for one in texts:
        found.update(_WORD.findall(one))
        found.update(re.findall(r"[\w-]+\.\w+", one))
    return frozenset(found)


def _text(path: Path) -> str:
    if not path.is_file() or path.suffix not in {".c", ".h", ".py", ".patch", ".toml", ".md"}:
        return ""
    return path.read_text("utf-8", "replace")


def _excused(node: nodes.Node) -> bool:
    """Whether a piece of text speaks of another release, or was marked as given."""
    at: Any = node
    while at is not None:
        if isinstance(at, boxes.box) and at["kind"] == "later":
            return True
        if isinstance(at, nodes.Element) and any("lab" in c for c in at.get("classes", [])):
            return True  # a lab's card: what it says comes from the lab
        if isinstance(at, nodes.Element) and {"foreign", "given", "live-value"} & set(
            at.get("classes", [])
        ):
            return True
        at = at.parent
    return False


def _check_figures(roots: list[nodes.Element], asked: Asked) -> None:
    for node in (one for root in roots for one in root.findall(nodes.paragraph)):
        if _excused(node):
            continue
        sentence = "".join(_prose(child) for child in node.children)
        for figure in figures(sentence):
            access.warn(
                f"the figure {figure!r} in “{_around(sentence, figure)}” is computed by nothing: "
                "take it from a block (:live:, :measured:), or say that it is :given:",
                node,
            )
        if sentence.strip():
            asked.count("sentences")


def _prose(node: nodes.Node) -> str:
    """The text of a part of a paragraph, with nothing for what is computed, code or a link."""
    if isinstance(node, nodes.Text):
        return str(node)
    if isinstance(node, (nodes.literal, nodes.reference, nodes.math, measured.measured_inline)):
        return "x"
    if isinstance(node, (nodes.superscript, nodes.subscript)):
        return " "
    if isinstance(node, nodes.inline) and {"given", "live-value", "xref"} & set(node["classes"]):
        return "x"
    if type(node).__name__ in ("pending_xref", "download_reference"):
        return "x"
    return "".join(_prose(child) for child in node.children)


def _around(sentence: str, figure: str) -> str:
    at = sentence.find(figure)
    return " ".join(sentence[max(0, at - 25) : at + len(figure) + 25].split())


def _count_blocks(doctree: nodes.document, asked: Asked) -> None:
    kinds = {
        "excerpts": (excerpt.source_lines,),
        "pictures": (heap.heap_figure, layout.struct_layout),
        "traces": (trace.trace_stages,),
        "comparisons": (compare.comparison,),
    }
    for kind, classes in kinds.items():
        found = sum(1 for node in doctree.findall(lambda n, c=classes: isinstance(n, c)))
        if found:
            asked.counts[kind] = found
    for node in doctree.findall(nodes.container):
        if "live" in node["classes"]:
            asked.count("programs")
    for node in doctree.findall(nodes.literal):
        if "csrc" in node["classes"]:
            asked.count("links")
    computed = sum(1 for node in doctree.findall(measured.measured_inline)) + sum(
        1 for node in doctree.findall(nodes.inline) if "live-value" in node["classes"]
    )
    if computed:
        asked.counts["figures"] = computed


_COLUMNS = {
    "names": "C names",
    "links": "links into the source",
    "excerpts": "excerpts",
    "programs": "programs run",
    "pictures": "pictures",
    "figures": "figures computed",
    "Python names": "Python names",
    "sentences": "paragraphs searched for figures",
}


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for mark in list(doctree.findall(truth_counts)):
        mark.replace_self(_table(app.env))


def _table(env: BuildEnvironment) -> nodes.table:
    rows = [(name, counts) for name, counts in sorted(_counts(env).items()) if counts]
    group = nodes.tgroup(cols=len(_COLUMNS) + 1)
    for _ in range(len(_COLUMNS) + 1):
        group += nodes.colspec(colwidth=1)
    head = nodes.thead()
    head += _row(["document", *_COLUMNS.values()])
    group += head
    body = nodes.tbody()
    total = {key: sum(counts.get(key, 0) for _, counts in rows) for key in _COLUMNS}
    body += _row(["all", *(f"{total[key]:,}" for key in _COLUMNS)])
    for name, counts in rows:
        body += _row([name, *(f"{counts.get(key, 0):,}" for key in _COLUMNS)])
    group += body
    table = nodes.table(classes=["truth-counts"])
    table += group
    return table


def _row(cells: list[str]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        entry += nodes.paragraph(cell, cell)
        row += entry
    return row


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _counts(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    for docname in docnames & _counts(other).keys():
        _counts(env)[docname] = _counts(other)[docname]


def _updated(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The page of counts says something else when any document changed."""
    now = repr(sorted(_counts(env).items()))
    before = getattr(env, "annotator_truth_shown", "")
    env.annotator_truth_shown = now
    page = "reference/truth"
    return [page] if now != before and page in env.all_docs else []


def setup(app: Sphinx) -> None:
    """Register roles, the directive and the checks."""
    app.add_role("foreign", Foreign())
    app.add_role("given", Given())
    app.add_node(truth_counts)
    app.add_directive("truth-counts", TruthCounts)
    app.connect("doctree-read", _read)
    app.connect("doctree-resolved", _resolve)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _updated)
