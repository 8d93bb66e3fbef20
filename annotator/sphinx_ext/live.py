"""Python that the build runs: the ``live`` directive, and the roles ``live`` and ``measured``.

Reads Python and what it is expected to do; gives the code with what it printed in the reference
interpreter.  What did not come out as expected is a warning.
"""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole

from annotator.errors import UserError
from annotator.running.program import TIMEOUT, Program, Result, run
from annotator.sphinx_ext import access
from annotator.sphinx_ext.boxes import fold
from annotator.sphinx_ext.measured import measured_block, measured_inline
from annotator.sphinx_ext.programs import (
    Ran,
    add_block,
    assertions,
    blocks,
    check,
    code_before,
    code_block,
    frame,
    interpreter_of,
    literal,
    own_output,
    profile,
    structs,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class live_value(nodes.Inline, nodes.Element):
    """Stands for ``words`` (block.variable) until the whole document was read."""


class Live(SphinxDirective):
    """``.. live::``: see the options; each block is a program of its own."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "name": directives.unchanged_required,
        "after": directives.unchanged_required,  # names of blocks whose code runs first, unseen
        "expect": directives.unchanged,
        "assert": directives.unchanged_required,  # one expression a line
        "interpreter": profile,
        "structs": directives.unchanged_required,  # C structs that inside shall know
        "measured": directives.flag,
        "hide-code": directives.flag,
        "fold-code": directives.flag,  # for programs that matter less than what they print
        "raises": directives.unchanged_required,
        "crash": directives.unchanged_required,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Run the block and show it."""
        code = "\n".join(self.content).rstrip() + "\n"
        name = self.options.get("name", "")
        label = f"live {name!r}" if name else "live"
        measured = "measured" in self.options
        try:
            before = code_before(self.env, self.options.get("after", ""))
            python, key = interpreter_of(self)
            program = Program(before + code, assertions(self.options), structs(self))
            result = own_output(run(program, python, key, measured=measured, timeout=TIMEOUT))
            check(self.options, result)
            if name:
                add_block(self.env, name, Ran(before + code, result, measured))
        except (access.Miss, UserError) as error:
            access.warn(f"{label}: {error}", self.get_location())
            return []
        shown = self._show(code, result, measured)
        return [shown] if shown.children else []

    def _show(self, code: str, result: Result, measured: bool) -> nodes.Element:
        box = frame(self)
        if "hide-code" not in self.options:
            block = code_block(code)
            if "fold-code" in self.options:
                folded = fold(summary="The program", classes=["live-fold"])
                folded += block
                box += folded
            else:
                box += block
        shown = result.stdout
        if "raises" in self.options or "crash" in self.options:
            shown += result.stderr
        if result.signal:
            shown += f"[{result.signal}]\n"
        if shown.strip():
            if measured:
                box += measured_block(value=shown.rstrip("\n"))
            else:
                output = literal(shown, "text")
                output["classes"].append("live-output")
                box += output
        if "debug" in self.options.get("interpreter", ""):
            box["classes"].append("debug")
        return box


class Value(SphinxRole):
    """``:live:`block.variable```: the value that a block of this document left."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The block may stand further down: leave a mark."""
        node = live_value(words=self.text, role=self.name)
        self.set_source_info(node)
        return [node], []


class Values(SphinxTransform):
    """Puts values where the roles ask for them, when a document was read."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Replace every `live_value`."""
        known = blocks(self.env)
        for node in list(self.document.findall(live_value)):
            try:
                value = self._value(node, known)
            except access.Miss as miss:
                access.warn(f":{node['role']}:`{node['words']}`: {miss}", node)
                value = nodes.literal(node["words"], node["words"])
            node.replace_self(value)
        self.env.temp_data.pop("annotator-live", None)

    def _value(self, node: live_value, known: dict[str, Ran]) -> nodes.Element | nodes.Text:
        block, dot, name = node["words"].rpartition(".")
        if not dot:
            raise access.Miss("wants block.variable")
        if block not in known:
            raise access.Miss(f"no live block {block!r} here{access.near(sorted(known))}")
        result, measured = known[block].result, known[block].measured
        if name not in result.values:
            close = difflib.get_close_matches(name, result.values, 5, 0.3)
            why = "" if measured else "; one whose value varies from run to run needs :measured:"
            raise access.Miss(f"block {block!r} left no {name!r}{access.near(close)}{why}")
        value = result.values[name]
        try:
            shown = ast.literal_eval(value)
            if isinstance(shown, str):
                value = shown
        except (ValueError, SyntaxError, MemoryError):
            pass
        if measured or node["role"] == "measured":
            return measured_inline(value=value)
        return nodes.inline(value, value, classes=["live-value"])


def setup(app: Sphinx) -> None:
    """Register directives, roles, settings."""
    app.add_node(live_value)
    app.add_directive("live", Live)
    app.add_role("live", Value())
    app.add_role("measured", Value())
    app.add_transform(Values)
