"""Links into the source tree: the ``csrc`` role, and names of the C domain without a document.

Reads the index; gives references whose address is completed when their page is written, since the
same note is shown on several pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from annotator.model import Kind
from annotator.pages.addresses import file_address, relative
from annotator.pages.links import describe
from annotator.sphinx_ext import access
from annotator.sphinx_ext.excerpt import mention_name
from annotator.sphinx_ext.targets import Target, resolve

if TYPE_CHECKING:
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

_EXPLICIT = re.compile(r"(.+?)\s*<([^<>]+)>$", re.DOTALL)


def reference(target: Target, label: nodes.Node) -> nodes.reference:
    """A link to *target* that shows *label*; its address is relative to the site's root."""
    address = file_address(target.path) + (f"#L{target.line}" if target.line else "")
    place = f"{target.path}:{target.line}" if target.line else target.path
    title = f"{describe(target.symbol)}\n{place}" if target.symbol else place
    return nodes.reference("", "", label, internal=True, site_address=address, reftitle=title)


class CSource(SphinxRole):
    """``:csrc:`words```, ``:csrc:`title <words>```: see `annotator.sphinx_ext.targets`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Resolve the words; a miss is a warning and shows them without a link."""
        text = self.text
        explicit = _EXPLICIT.match(text)
        title, words = (explicit[1], explicit[2]) if explicit else ("", text)
        opened = access.depend_on_index(self.env)
        try:
            target = resolve(opened, words.strip())
        except access.Miss as miss:
            access.warn(f":csrc:`{text}`: {miss}", self.get_location())
            return [nodes.literal(text, text)], []
        if target.symbol:
            mention_name(self.env, target.path, target.symbol.name)
        if title:
            label: nodes.TextElement = nodes.inline(title, title)
        else:
            label = nodes.literal(target.label, target.label, classes=["csrc"])
        return [reference(target, label)], []


def _complete(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    complete(doctree, str(app.builder.get_target_uri(docname)))


def complete(tree: nodes.Node, page: str) -> None:
    """Complete the references in *tree* for the page at the address *page*."""
    for node in tree.findall(nodes.reference):
        if "site_address" in node:
            node["refuri"] = relative(node["site_address"], page)


# The roles of the C domain, and what they may mean here.
_ROLES: dict[str, tuple[Kind, ...] | None] = {
    "func": (Kind.FUNCTION, Kind.MACRO),
    "macro": (Kind.MACRO,),
    "struct": (Kind.STRUCT,),
    "union": (Kind.UNION,),
    "enum": (Kind.ENUM,),
    "enumerator": (Kind.ENUMERATOR,),
    "type": (Kind.TYPEDEF, Kind.STRUCT, Kind.UNION, Kind.ENUM),
    "member": (Kind.MEMBER,),
    "data": (Kind.VARIABLE, Kind.MACRO),
    "var": (Kind.VARIABLE, Kind.MACRO),
    "identifier": None,
    "expr": None,
    "texpr": None,
}


def _c_reference(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.reference | None:
    """Where the C domain knows nothing, the source tree may."""
    if node.get("refdomain") != "c" or node.get("reftype") not in _ROLES:
        return None
    name = node["reftarget"].strip().removesuffix("()")
    try:
        target = resolve(access.index(app.config), name)
    except access.Miss:
        return None
    kinds = _ROLES[node["reftype"]]
    if target.symbol is None or (kinds and target.symbol.kind not in kinds):
        found = access.index(app.config).named(name, kinds=kinds) if kinds else []
        if not found:
            return None
        place = found[0].place
        target = Target(place.path, place.line, place.end_line, found[0], name)
    link = reference(target, contnode)
    page = app.builder.get_target_uri(node.get("refdoc", env.docname))
    link["refuri"] = relative(link["site_address"], page)
    return link


def _warn_missing(app: Sphinx, domain: object, node: pending_xref) -> bool | None:
    """Say which names are near a missing one of the C domain; those of types only by name."""
    if node.get("refdomain") != "c" or node.get("reftype") not in _ROLES:
        return None
    try:
        resolve(access.index(app.config), node["reftarget"])
        message = f"c:{node['reftype']}: {node['reftarget']!r} is something else in the source"
    except access.Miss as miss:
        message = f"c:{node['reftype']}: {miss}"
    access.warn(message, node)
    return True


def setup(app: Sphinx) -> None:
    """Register the role and what completes links."""
    app.add_role("csrc", CSource())
    app.connect("doctree-resolved", _complete)
    app.connect("missing-reference", _c_reference)
    app.connect("warn-missing-reference", _warn_missing)
