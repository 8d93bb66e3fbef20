"""Ties the C reference to the source: reads what breathe described, adds the place and the comment.

Doxygen reads declarations; where a thing is defined, and what CPython's authors wrote above it,
the index knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from annotator.model import Kind
from annotator.sphinx_ext import access
from annotator.sphinx_ext.references import reference
from annotator.sphinx_ext.targets import Target

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_KINDS = {
    "function": (Kind.FUNCTION, Kind.MACRO),
    "struct": (Kind.STRUCT, Kind.TYPEDEF),
    "union": (Kind.UNION, Kind.TYPEDEF),
    "type": (Kind.TYPEDEF,),
    "macro": (Kind.MACRO,),
}


def _tie(app: Sphinx, doctree: nodes.document) -> None:
    """Add to each description of a C object, members excepted, what the index knows."""
    described = [
        desc
        for desc in doctree.findall(addnodes.desc)
        if desc.get("domain") == "c" and desc.get("objtype") in _KINDS
    ]
    if not described:
        return
    opened = access.depend_on_index(app.env)
    _tidy(doctree)
    for desc in described:
        name = next((n.astext() for n in desc.findall(addnodes.desc_name)), "")
        content = next((c for c in desc if isinstance(c, addnodes.desc_content)), None)
        found = opened.named(name, kinds=_KINDS[desc["objtype"]])
        if content is None or not found:
            continue
        symbol = found[0]
        place = symbol.place
        where = f"{place.path}:{place.line}"
        target = Target(place.path, place.line, place.line, symbol)
        line = nodes.paragraph(classes=["c-place"])
        line += reference(target, nodes.literal(where, where))
        content.insert(0, line)
        if symbol.doc and len(content) == 1:
            content.insert(1, nodes.paragraph("", symbol.doc, classes=["c-comment"]))


def _tidy(doctree: nodes.document) -> None:
    """Take out what breathe adds for C++: headings of sections, and members without a name."""
    for heading in list(doctree.findall(nodes.rubric)):
        if "breathe-sectiondef-title" in heading["classes"]:
            heading.parent.remove(heading)
    for member in list(doctree.findall(addnodes.desc)):
        name = next((n.astext() for n in member.findall(addnodes.desc_name)), "")
        if member.get("objtype") == "member" and ("@" in name or "[anonymous]" in name):
            member.parent.remove(member)


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("doctree-read", _tie)
