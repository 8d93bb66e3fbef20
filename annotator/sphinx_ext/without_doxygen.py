"""Stands in for breathe when Doxygen did not run: its directives say so instead of failing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class _Absent(Directive):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "members": directives.unchanged,
        "no-link": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """A line in place of the description."""
        name = self.arguments[0]
        line = nodes.paragraph(classes=["absent"])
        line += nodes.literal(name, name)
        line += nodes.Text(
            ": left out of this build, because Doxygen was not there to describe it."
        )
        return [line]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the stand-ins."""
    for kind in ("struct", "typedef", "function", "define", "enum", "union", "variable"):
        app.add_directive(f"doxygen{kind}", _Absent)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
