"""Objects drawn from a run: the ``heap`` directive.

Reads Python whose steps end in lines ``#: caption``; gives the code of each step with a picture
of what its names refer to at that moment in the reference interpreter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from annotator.errors import UserError
from annotator.pages import heap_picture
from annotator.pages.escape import text
from annotator.running.program import TIMEOUT, Program, run
from annotator.sphinx_ext import access
from annotator.sphinx_ext.programs import (
    Ran,
    add_block,
    assertions,
    check,
    code_before,
    code_block,
    frame,
    interpreter_of,
    profile,
    structs,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_STEP = re.compile(r"^#: ?(.*)$")


class heap_figure(nodes.General, nodes.Element):
    """One picture: its ``svg``, its ``twin`` and its ``caption`` as a child."""


class Heap(SphinxDirective):
    """``.. heap::`` with ``:names:``, ``:boxed:``, ``:depth:``, ``:views:`` and live's options."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "name": directives.unchanged_required,
        "after": directives.unchanged_required,
        "names": directives.unchanged_required,  # what to start from; default: all new names
        "boxed": directives.unchanged_required,  # types that get a box of their own, as int
        "depth": directives.positive_int,
        "structs": directives.unchanged_required,
        "views": directives.unchanged_required,  # name of a live block that calls inside.view
        "interpreter": profile,
        "assert": directives.unchanged_required,
        "hide-code": directives.flag,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Run all steps as one program; show each with its picture."""
        name = self.options.get("name", "")
        label = f"heap {name!r}" if name else "heap"
        try:
            steps = self._steps()
            before = code_before(self.env, self.options.get("after", ""))
            views = code_before(self.env, self.options.get("views", ""))
            code = before + self._program(steps, views)
            python, key = interpreter_of(self)
            program = Program(code, assertions(self.options), structs(self))
            result = run(program, python, key, measured=False, timeout=TIMEOUT)
            check(self.options, result)
            if len(result.given) != len(steps):
                raise access.Miss("ended before its last step")
            shown = "".join(piece for piece, _ in steps)
            if name:
                add_block(self.env, name, Ran(before + shown, result, measured=False))
            return [self._show(steps, result.given)]
        except (access.Miss, UserError) as error:
            access.warn(f"{label}: {error}", self.get_location())
            return []

    def _steps(self) -> list[tuple[str, str]]:
        """Pieces of code, each with the caption of the picture that follows it."""
        steps: list[tuple[str, str]] = []
        piece: list[str] = []
        for line in self.content:
            found = _STEP.match(line)
            if found:
                steps.append(("\n".join(piece).strip("\n") + "\n", found[1]))
                piece = []
            else:
                piece.append(line)
        if "".join(piece).strip():
            if steps:
                raise access.Miss("the last step has no line '#: caption'")
            steps.append(("\n".join(piece).strip("\n") + "\n", ""))
        if not steps:
            raise access.Miss("has no code")
        return steps

    def _program(self, steps: list[tuple[str, str]], views: str) -> str:
        names = self.options.get("names", "").replace(",", " ").split()
        boxed = tuple(self.options.get("boxed", "").replace(",", " ").split())
        depth = self.options.get("depth", 4)
        code = [
            "import inside as _inside, inside.heap as _heap\n",
            views,
            "_known = set(globals()) | {'_known'}\n",
        ]
        for piece, _ in steps:
            wanted = (
                f"{{n: globals()[n] for n in {names!r} if n in globals()}}"
                if names
                else "{n: v for n, v in globals().items() if n not in _known and n[0] != '_'"
                " and not isinstance(v, (type, type(_heap), type(_heap.snapshot)))}"
            )
            code.append(piece)
            code.append(f"_heap.snapshot({wanted}, boxed={boxed!r}, depth={depth})\n")
        return "".join(code)

    def _show(self, steps: list[tuple[str, str]], given: list[Any]) -> nodes.Element:
        box = frame(self, "heap-steps")
        for (piece, caption), snapshot in zip(steps, given, strict=True):
            if "hide-code" not in self.options and piece.strip():
                box += code_block(piece)
            title = re.sub(r"[`*]|<[^>]*>", "", caption) or "objects and references"
            figure = heap_figure(
                svg=heap_picture.picture(snapshot, title=title), twin=heap_picture.words(snapshot)
            )
            if caption:
                children, _ = self.parse_inline(caption)
                figure += nodes.inline("", "", *children)
            box += figure
        return box


def _visit(self: Any, node: heap_figure) -> None:
    self.body.append(
        f'<figure class="heap"><div class="layout-scroll" tabindex="0">{node["svg"]}</div>'
        f'<details class="twin"><summary>{text("The same in words")}</summary>{node["twin"]}'
        "</details><figcaption>"
    )


def _depart(self: Any, node: heap_figure) -> None:
    self.body.append("</figcaption></figure>\n")


def _ignore(self: Any, node: nodes.Element) -> None:
    return None


def setup(app: Sphinx) -> None:
    """Register the node and the directive."""
    app.add_node(heap_figure, html=(_visit, _depart), text=(_ignore, _ignore))
    app.add_directive("heap", Heap)
