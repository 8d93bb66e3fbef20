"""Python names that tables in the source give: reads an index, gives names and C functions.

A type's methods, attributes and slots hang on its ``PyTypeObject`` or its ``PyType_Spec``; a
module's functions on its ``PyModuleDef``.  Which dunder stands for which slot is a table of
``Objects/typeobject.c`` itself, ``slotdefs``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from annotator.index.query import Index
from annotator.index.tables import TableRow, Tables
from annotator.model import Kind, Symbol

_UNHASHABLE = "PyObject_HashNotImplemented"  # stands for __hash__ = None


@dataclass(frozen=True, slots=True)
class TableName:
    """``python`` is implemented by ``function``, says ``table``; role "function", "get", "set"."""

    python: str
    kind: str
    role: str
    function: Symbol
    table: Symbol


def names(index: Index) -> list[TableName]:
    """All names that tables give, by name; of two with the same name the first in the tree."""
    reader = _Reader(Tables(index))
    found: dict[tuple[str, str], TableName] = {}
    for name in reader.names():
        found.setdefault((name.python, name.role), name)
    return sorted(found.values(), key=lambda n: (n.python, n.role))


class _Reader:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.dunders = list(_slot_definitions(tables))

    def names(self) -> Iterator[TableName]:
        for row in self.tables.all("_typeobject"):
            name = row.at("tp_name")
            if name is not None and isinstance(name.value, str):
                yield from self._type(name.value, row.owner, self._static(row))
        for row in self.tables.all("PyType_Spec"):
            name, slots = row.cell(0), row.at("slots")
            if name is not None and isinstance(name.value, str) and slots and slots.symbol:
                held = self._heap(slots.symbol)
                yield from self._type(name.value, row.owner, held)
        for row in self.tables.all("PyModuleDef"):
            name, methods = row.at("m_name"), row.at("m_methods")
            if name is not None and isinstance(name.value, str) and methods and methods.symbol:
                yield from self._methods(name.value, methods.symbol, "function")

    def _static(self, row: TableRow) -> dict[str, Symbol]:
        """The slots of a static type object, those of its tables of slots included."""
        held: dict[str, Symbol] = {}
        for c in row.cells:
            if c.member is None or c.symbol is None:
                continue
            held[c.member.name] = c.symbol
            if c.member.name.startswith("tp_as_"):
                for inner in self.tables.of(c.symbol.id):
                    for cell in inner.cells:
                        if cell.member is not None and cell.symbol is not None:
                            held[cell.member.name] = cell.symbol
        return held

    def _heap(self, slots: Symbol) -> dict[str, Symbol]:
        held: dict[str, Symbol] = {}
        names = self.tables.slots()
        for row in self.tables.of(slots.id):
            number, value = row.cell(0), row.cell(1)
            if number and isinstance(number.value, int) and value and value.symbol:
                held[names.get(number.value, "")] = value.symbol
        return held

    def _type(self, name: str, owner: Symbol, held: dict[str, Symbol]) -> Iterator[TableName]:
        name = name.removeprefix("builtins.")
        if "tp_methods" in held:
            yield from self._methods(name, held["tp_methods"], "method")
        if "tp_getset" in held:
            yield from self._getsets(name, held["tp_getset"])
        if (new := held.get("tp_new")) and new.kind is Kind.FUNCTION:
            yield TableName(f"{name}.__new__", "slot", "function", new, owner)
        done: set[str] = set()
        for dunder, slot in self.dunders:
            function = held.get(slot)
            if function is None or dunder in done or function.kind is not Kind.FUNCTION:
                continue
            done.add(dunder)
            if not (dunder == "__hash__" and function.name == _UNHASHABLE):
                yield TableName(f"{name}.{dunder}", "slot", "function", function, owner)

    def _methods(self, name: str, table: Symbol, kind: str) -> Iterator[TableName]:
        prefix = "" if name == "builtins" else f"{name}."
        for row in self.tables.of(table.id):
            spelled, function = row.at("ml_name"), row.at("ml_meth")
            if spelled and isinstance(spelled.value, str) and function and function.symbol:
                python = f"{prefix}{spelled.value}"
                yield TableName(python, kind, "function", function.symbol, table)

    def _getsets(self, name: str, table: Symbol) -> Iterator[TableName]:
        for row in self.tables.of(table.id):
            spelled = row.at("name")
            for role in ("get", "set"):
                function = row.at(role)
                if spelled and isinstance(spelled.value, str) and function and function.symbol:
                    python = f"{name}.{spelled.value}"
                    yield TableName(python, "getset", role, function.symbol, table)


def _slot_definitions(tables: Tables) -> Iterator[tuple[str, str]]:
    """(``__len__``, ``sq_length``) …, those with a wrapper, in the order in which they count."""
    for row in tables.all("wrapperbase"):
        name, slot, wrapper = row.at("name"), row.at("offset"), row.at("wrapper")
        if wrapper is None or wrapper.symbol is None:
            continue  # nothing that Python could call
        if name and isinstance(name.value, str) and slot and slot.symbol:
            yield name.value, slot.symbol.name
