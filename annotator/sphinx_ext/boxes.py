"""The standing parts of a chapter: reads ``question``, ``answer``, ``later``, ``why-not``,
``break-it`` and ``use-it``, gives titled boxes and answers that open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from annotator.pages.escape import text
from annotator.sphinx_ext import access

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class fold(nodes.General, nodes.Element):
    """Content that opens on a click: a ``<details>`` element with ``summary``."""


class box(nodes.General, nodes.Element):
    """A titled box: ``kind`` gives its class, ``label`` what kind of box it is."""


def _visit_fold(self: Any, node: fold) -> None:
    classes = " ".join(["fold", *node["classes"]])
    self.body.append(f'<details class="{classes}"><summary>{text(node["summary"])}</summary>\n')


def _depart_fold(self: Any, node: fold) -> None:
    self.body.append("</details>\n")


def _visit_box(self: Any, node: box) -> None:
    self.body.append(
        f'<aside class="box {node["kind"]}"><p class="box-label">{text(node["label"])}</p>\n'
    )


def _depart_box(self: Any, node: box) -> None:
    self.body.append("</aside>\n")


def _ignore(self: Any, node: nodes.Element) -> None:
    return None


class _Box(SphinxDirective):
    """A box with a title, which is the directive's argument."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    kind = ""
    label = ""
    wants_title = False

    def run(self) -> list[nodes.Node]:
        """Give the box; one without text is a warning."""
        if not self.content:
            access.warn(f"{self.name}: has no text", self.get_location())
            return []
        label = self.label
        if "%s" in label:
            if not self.arguments:
                access.warn(f"{self.name}: wants an argument", self.get_location())
                return []
            label = label % self.arguments[0]
        out = box(kind=self.kind, label=label)
        if self.arguments and "%s" not in self.label:
            children, messages = self.parse_inline(self.arguments[0])
            out += nodes.paragraph("", "", *children, classes=["box-title"])
            out += messages
        elif self.wants_title:
            access.warn(f"{self.name}: wants a title", self.get_location())
        out += self.parse_content_to_nodes()
        return [out]


class Later(_Box):
    """``.. later:: 3.14``: what changed since; the build does not check it."""

    kind = "later"
    label = "In %s and later — not checked by this build"


class WhyNot(_Box):
    """``.. why-not:: title``: the road not taken."""

    kind = "why-not"
    label = "Why not …?"
    wants_title = True


class BreakIt(_Box):
    """``.. break-it:: title``: damage done on purpose, and how to read it."""

    kind = "break-it"
    label = "Break it"
    wants_title = True


class UseIt(_Box):
    """``.. use-it:: title``: how a working programmer profits."""

    kind = "use-it"
    label = "Use it"
    wants_title = True


class Question(_Box):
    """``.. question::`` a self-check; its ``answer`` follows, or stands in it."""

    kind = "question"
    label = "Question"


class Answer(SphinxDirective):
    """``.. answer::`` hidden until it is asked for."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Give the folded answer."""
        if not self.content:
            access.warn("answer: has no text", self.get_location())
            return []
        out = fold(summary="Answer", classes=["answer"])
        out += self.parse_content_to_nodes()
        return [out]


def setup(app: Sphinx) -> None:
    """Register nodes and directives."""
    app.add_node(fold, html=(_visit_fold, _depart_fold), text=(_ignore, _ignore))
    app.add_node(box, html=(_visit_box, _depart_box), text=(_ignore, _ignore))
    for name, directive in {
        "later": Later,
        "why-not": WhyNot,
        "break-it": BreakIt,
        "use-it": UseIt,
        "question": Question,
        "answer": Answer,
    }.items():
        app.add_directive(name, directive)
