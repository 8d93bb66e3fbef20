"""What names name: reads nothing, gives entities, their declarations and their uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from annotator.model import Kind, Linkage, Use


class Declaration(NamedTuple):
    """One place where an entity is declared.

    A name that a macro's body spells is declared where the macro is invoked: each
    ``PyObject_HEAD`` makes another ``ob_base``.  ``start_line`` is where the whole
    declaration begins (0: not known), ``end_line`` where its extent ends.
    """

    path: str
    line: int
    col: int
    end_line: int
    is_definition: bool
    start_line: int


@dataclass(slots=True, eq=False)
class Entity:
    """A function, object, type, member, enumerator, label or macro of one unit."""

    kind: Kind
    name: str
    linkage: Linkage = Linkage.NONE
    parent: Entity | None = None
    type: object = None  # a types.Type
    text: str = ""
    value: str = ""
    number: int | None = None  # of an enumerator
    declarations: list[Declaration] = field(default_factory=list)


class Reference(NamedTuple):
    """One use, at the place where it is spelled."""

    path: str
    line: int
    col: int
    name: str
    entity: Entity
    use: Use
    function: Entity | None
