"""Figures that vary from run to run: gives nodes whose text stands in ``data-measured`` elements.

Their text is an attribute, not text of the document, so that it does not enter the search index:
outside such elements two builds are the same byte for byte.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class measured_inline(nodes.Inline, nodes.Element):
    """``value``: text that was measured."""


class measured_block(nodes.General, nodes.Element):
    """``value``: output that was measured; ``label`` says what it is."""


def _visit_inline(self: Any, node: measured_inline) -> None:
    self.body.append(f"<span data-measured>{html.escape(node['value'], quote=False)}</span>")
    raise nodes.SkipNode


def _visit_block(self: Any, node: measured_block) -> None:
    text = html.escape(node["value"], quote=False)
    self.body.append(
        '<div class="live-output measured highlight notranslate">'
        f"<pre data-measured>{text}</pre></div>\n"
    )
    raise nodes.SkipNode


def _no_text(self: Any, node: nodes.Element) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the nodes."""
    app.add_node(measured_inline, html=(_visit_inline, None), text=(_no_text, None))
    app.add_node(measured_block, html=(_visit_block, None), text=(_no_text, None))
