"""Tables of functions: reads initialisers, gives what each row of a table holds.

CPython says which C function implements a Python name in constant tables: arrays of
``PyMethodDef`` and ``PyType_Slot``, static type objects, dispatch tables.  A row is one
brace-enclosed list for a struct, or for an array of pointers (C11 6.7.9).  Only rows that
name a function, an object or a member are kept.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from annotator.meaning.constants import integer
from annotator.meaning.entities import Entity
from annotator.meaning.types import UNKNOWN, Array, Field, Record, Type
from annotator.model import Kind

_LONGEST = 200  # characters of a string that is kept; documentation is longer
_NAMED = (Kind.FUNCTION, Kind.VARIABLE, Kind.LOCAL)


@dataclass(frozen=True, slots=True)
class Cell:
    """One element of a row: the member it initialises (or its index), and what it holds.

    ``value`` is a function or object (possibly its address), the member that an
    ``offsetof`` names, a string, or a number.
    """

    member: Entity | None
    index: int
    value: Entity | str | int


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table *owner*; ``record`` is the struct's name, empty in plain arrays."""

    owner: Entity
    record: str
    path: str
    line: int
    col: int
    cells: tuple[Cell, ...] = field(default=())


class Reader:
    """Reads initialisers with a resolver's eyes; records no use."""

    def __init__(
        self,
        find: Callable[[str], Entity | None],
        constant: Callable[[Any], int | None],
        type_of: Callable[[Any], Type],
        place: Callable[[Any], tuple[str, int, int]],
    ) -> None:
        self._find = find
        self._constant = constant
        self._type_of = type_of
        self._place = place

    def rows(self, owner: Entity, node: Any, type: Type) -> Iterator[Row]:
        """The rows in the initialiser *node* of *owner*, an object of *type*."""
        if node.__class__.__name__ != "InitList":
            return
        found = type.resolved()
        cells: list[Cell] = []
        for member, index, inner, value in self._elements(node, found):
            if value.__class__.__name__ == "InitList":
                yield from self.rows(owner, value, inner)
                continue
            held = self._value(value)
            if held is not None:
                cells.append(Cell(member.entity if member else None, index, held))
        if not any(isinstance(c.value, Entity) for c in cells):
            return
        where = first_token(node)
        path, line, col = self._place(where) if where is not None else ("", 0, 0)
        yield Row(owner, _record_name(type), path, line, col, tuple(cells))

    def _elements(self, node: Any, type: Type) -> Iterator[tuple[Field | None, int, Type, Any]]:
        """Each element with the member or the index that it initialises (C11 6.7.9 p17)."""
        members: list[Field] = []
        if isinstance(type, Record):
            members = [f for f in type.fields or () if f.name or f.bits < 0]
        position = 0
        for one in node.exprs:
            value: Any = one
            inner: Type = UNKNOWN
            member: Field | None = None
            if one.__class__.__name__ == "NamedInitializer":
                value = one.expr
                first = one.name[0]
                if isinstance(type, Record):
                    member, inner, position = self._designated(one.name, type, members, position)
                else:
                    number = self._constant(first.expr if hasattr(first, "expr") else first)
                    position = number if number is not None else position
            elif isinstance(type, Record) and position < len(members):
                member, inner = members[position], members[position].type
            if isinstance(type, Array):
                inner = type.of
            yield member, position, inner, value
            position += 1

    def _designated(
        self, names: list[Any], type: Record, members: list[Field], position: int
    ) -> tuple[Field | None, Type, int]:
        """The member that ``.a.b`` leads to, its type, and the position of ``a``."""
        found: Field | None = None
        inner: Type = type
        for step, name in enumerate(names):
            record = inner.resolved()
            if name.__class__.__name__ != "ID" or not isinstance(record, Record):
                return None, UNKNOWN, position
            found = record.member(name.name)
            if found is None:
                return None, UNKNOWN, position
            if not step and found in members:
                position = members.index(found)
            inner = found.type
        return found, inner, position

    def _value(self, node: Any) -> Entity | str | int | None:
        kind = node.__class__.__name__
        if kind == "Cast":
            return self._value(node.expr)
        if kind == "ID":
            entity = self._find(node.name)
            if entity is not None and entity.kind in _NAMED:
                return entity
            return entity.number if entity is not None else None
        if kind == "UnaryOp" and node.op == "&":
            return self._value(node.expr) if node.expr.__class__.__name__ == "ID" else None
        if kind == "Constant":
            if node.type == "string":
                text = _text(node.value)
                return text if text is not None and len(text) <= _LONGEST else None
            return _small(integer(node.value))
        if kind == "FuncCall":
            return self._offsetof(node)
        if kind in ("BinaryOp", "UnaryOp"):
            return _small(self._constant(node))
        return None

    def _offsetof(self, node: Any) -> Entity | None:
        if getattr(node.name, "name", "") not in ("offsetof", "__builtin_offsetof"):
            return None
        of, designator = node.args.exprs
        record = self._type_of(of).resolved()
        names: list[str] = []
        while designator.__class__.__name__ == "StructRef":
            names.append(designator.field.name)
            designator = designator.name
        if designator.__class__.__name__ != "ID":
            return None
        found: Field | None = None
        for name in (designator.name, *reversed(names)):
            if not isinstance(record, Record):
                return None
            found = record.member(name)
            if found is None:
                return None
            record = found.type.resolved()
        return found.entity if found is not None else None


def _record_name(type: Type) -> str:
    """The typedef's or tag's name of a struct; empty for what is none."""
    found = type.resolved()
    if not isinstance(found, Record):
        return ""
    return found.entity.name or getattr(getattr(type, "entity", None), "name", "")


def first_token(node: Any) -> Any:
    """The token with which the first expression in *node* begins, or None."""
    stack = [node]
    while stack:
        one = stack.pop()
        name = one.__class__.__name__
        if name in ("ID", "Constant") and one.coord is not None:
            return one.coord
        children = [c for _, c in one.children()] if name != "Cast" else [one.expr]
        stack.extend(reversed(children))
    return None


def _small(number: int | None) -> int | None:
    """A number that a database can hold."""
    return number if number is not None and -(2**63) <= number < 2**63 else None


def _text(spelling: str) -> str | None:
    """The text of a string literal; None for what is not plain."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"', spelling, re.S)
    try:
        return "".join(str(ast.literal_eval(f'"{p}"')) for p in parts)
    except (SyntaxError, ValueError):
        return None
