"""The ``layout`` directive: reads a struct's layout from the index, gives its picture and table.

Every offset and size is checked against the compiler, with the headers of the reference
interpreter; a difference is a warning with both numbers.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from annotator.errors import UserError
from annotator.model import Kind, Layout, MemberLayout
from annotator.pages.addresses import Linker
from annotator.pages.escape import text
from annotator.pages.struct_picture import picture, table
from annotator.sphinx_ext import access
from annotator.sphinx_ext.excerpt import mention
from annotator.sphinx_ext.probe import Headers, check

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from annotator.index.query import Index


_SMALL = 64  # bytes: a struct of which every byte is shown, with the members of its members


class struct_layout(nodes.General, nodes.Element):
    """``layout`` of the struct, its ``title``, and where it is defined: ``path``, ``line``."""


class StructLayout(SphinxDirective):
    """``.. layout:: _object`` with ``:title:``."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        "title": directives.unchanged_required,
        "name": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Find the layout, ask the compiler, draw."""
        opened = access.depend_on_index(self.env)
        name = self.arguments[0]
        layout = opened.layout(name)
        if layout is None:
            close = access.near(opened.nearest(name))
            access.warn(f"layout {name!r}: no layout of this name{close}", self.get_location())
            return []
        if layout.size <= _SMALL:
            layout = expanded(opened, layout)
        kinds = (Kind.STRUCT, Kind.UNION, Kind.TYPEDEF)
        found = opened.named(layout.name, kinds=kinds) or opened.named(name, kinds=kinds)
        if not found:
            access.warn(f"layout {name!r}: its definition is not in the index", self.get_location())
            return []
        symbol = found[0]
        spelled = layout.name if symbol.kind is Kind.TYPEDEF else f"{symbol.kind} {layout.name}"
        try:
            wrong = check(layout, spelled, symbol.place.path, headers(self.config))
        except UserError as error:
            access.warn(f"layout {name!r}: {error}", self.get_location())
            return []
        if wrong:
            access.warn(f"layout {name!r}: {'; '.join(wrong)}", self.get_location())
        mention(self.env, symbol.place.path)
        node = struct_layout(
            layout=layout,
            title=self.options.get("title", spelled),
            path=symbol.place.path,
            line=symbol.place.line,
        )
        self.set_source_info(node)
        self.add_name(node)
        return [node]


def expanded(opened: Index, layout: Layout) -> Layout:
    """The layout with the members of its members, down to what is no struct.

    Their names are as C spells them from outside: ``ob_base.ob_refcnt``.
    """
    members: list[MemberLayout] = []
    holes = list(layout.holes)
    for member in layout.members:
        inner = None if member.bit_offset >= 0 else opened.layout(_tag(member.type))
        if inner is None or inner.size != member.size or not inner.members:
            members.append(member)
            continue
        inner = expanded(opened, inner)
        holes += [(member.offset + offset, size) for offset, size in inner.holes]
        members += [
            replace(one, name=f"{member.name}.{one.name}", offset=member.offset + one.offset)
            for one in inner.members
        ]
    return replace(layout, members=tuple(members), holes=tuple(sorted(holes)))


def _tag(spelled: str) -> str:
    """What a type is looked up by; nothing for pointers and arrays, which match no name."""
    return re.sub(r"^(const |volatile |struct |union )+", "", spelled)


def headers(config: Config) -> Headers:
    """The headers of the release interpreter."""
    override = config.annotator_headers
    if override:
        source = Path(override[0])
        digest = hashlib.sha256()
        for header in sorted(source.rglob("*.h")):
            digest.update(header.read_bytes())
        return Headers(source, Path(override[1]), digest.hexdigest())
    from annotator.reference.interpreters import ensure
    from annotator.reference.progress import Report
    from annotator.reference.releases import selected

    try:
        found = ensure("release", selected(), report=Report.quiet())
    except UserError as error:
        raise ExtensionError(str(error)) from None
    return Headers(found.source, found.build, found.key)


def _visit(self: Any, node: struct_layout) -> None:
    layout = node["layout"]
    base = access.page_of(node, self.builder)
    linker = Linker(base)
    opened = access.index(self.config)
    symbols = opened.symbols([m.symbol for m in layout.members if m.symbol])

    def href(member: MemberLayout) -> str:
        symbol = symbols.get(member.symbol)
        return linker(symbol.place.path, symbol.place.line) if symbol else ""

    ids = f' id="{node["ids"][0]}"' if node["ids"] else ""
    holes = sum(size for _, size in layout.holes)
    facts = f"{layout.size} bytes, aligned to {layout.align}" + (
        f", {holes} unused" if holes else ""
    )
    self.body.append(
        f'<figure class="struct"{ids}><figcaption>'
        f'<a href="{linker(node["path"], node["line"])}"><b>{text(node["title"])}</b></a>'
        f" <small>{facts}</small></figcaption>"
        f'<div class="layout-scroll" tabindex="0">{picture(layout, title=node["title"])}</div>'
        f'<details class="twin"><summary>The same as a table</summary>{table(layout, href=href)}'
        "</details></figure>\n"
    )
    raise nodes.SkipNode


def _skip(self: Any, node: struct_layout) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node, the directive and the setting."""
    # source tree and build folder instead of the reference interpreter's (for tests)
    app.add_config_value("annotator_headers", (), "env", types=frozenset({tuple, list}))
    app.add_node(struct_layout, html=(_visit, None), text=(_skip, None))
    app.add_directive("layout", StructLayout)
