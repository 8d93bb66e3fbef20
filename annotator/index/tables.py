"""Constant tables that name functions: reads the cells of an index, gives rows.

``PyMethodDef`` arrays, slot tables, static type objects, dispatch tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from annotator.index.query import Index
from annotator.model import Kind, Symbol

# Slots of heap types are numbers in the table: Include/typeslots.h names them.
_SLOT = re.compile(r"#define Py_(\w+) (\d+)$")
SLOT_HEADER = "Include/typeslots.h"
_SLOT_RECORDS = ("PyType_Slot",)


@dataclass(frozen=True, slots=True)
class Cell:
    """One element of a row: a member (or index) and the symbol, string or number it holds."""

    index: int
    member: Symbol | None
    symbol: Symbol | None
    value: str | int | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of the table ``owner``, which stands at ``path:line``; ``record`` names its struct."""

    owner: Symbol
    record: str
    path: str
    line: int
    cells: tuple[Cell, ...]

    def at(self, member: str) -> Cell | None:
        """The cell of a member."""
        return next((c for c in self.cells if c.member and c.member.name == member), None)

    def cell(self, index: int) -> Cell | None:
        """The cell at a position, from 0."""
        return next((c for c in self.cells if c.index == index), None)


class Tables:
    """The tables of an index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._slots: dict[int, str] | None = None

    def slots(self) -> dict[int, str]:
        """The names of slots by their numbers: 65 is ``tp_new``."""
        if self._slots is None:
            self._slots = {}
            for s in self.index.symbols_in(SLOT_HEADER, (Kind.MACRO,)):
                if found := _SLOT.match(s.declaration):
                    self._slots[int(found[2])] = found[1]
        return self._slots

    def of(self, owner: int) -> list[TableRow]:
        """The rows of one table."""
        return self._rows("owner = ?", owner)

    def all(self, record: str) -> list[TableRow]:
        """All rows that are structs of this name."""
        return self._rows("record = ?", record)

    def naming(self, symbol: int) -> list[TableRow]:
        """The rows that hold a function or object."""
        numbers = self.index.rows("SELECT DISTINCT row FROM cells WHERE symbol = ?", symbol)
        return [row for (n,) in numbers for row in self._rows("row = ?", n)]

    def holding(self, member: int) -> list[tuple[TableRow, Cell]]:
        """What tables hold in a member: rows with the cell that names a function."""
        numbers = self.index.rows(
            "SELECT DISTINCT row FROM cells WHERE member = ? AND symbol != 0", member
        )
        found = [row for (n,) in numbers for row in self._rows("row = ?", n)]
        return [
            (row, c)
            for row in found
            for c in row.cells
            if c.member and c.member.id == member and c.symbol and c.symbol.kind is Kind.FUNCTION
        ]

    def slot_member(self, row: TableRow) -> Symbol | None:
        """The member of a type object that a ``PyType_Slot`` row fills."""
        number = row.cell(0)
        if row.record not in _SLOT_RECORDS or number is None or not isinstance(number.value, int):
            return None
        name = self.slots().get(number.value, "")
        members = self.index.named(name, kinds=(Kind.MEMBER,)) if name else []
        return members[0] if members else None

    def _rows(self, where: str, value: int | str) -> list[TableRow]:
        raw = self.index.rows(
            "SELECT row, owner, record, file, line, cell, member, symbol, value FROM cells"
            f" WHERE {where} ORDER BY row, cell",
            value,
        )
        ids = {i for r in raw for i in (r[1], r[6], r[7]) if i}
        symbols = self.index.symbols(ids)
        grouped: dict[int, list[tuple[int, int, str, int, int, int, int, int, str | int | None]]]
        grouped = {}
        for r in raw:
            grouped.setdefault(r[0], []).append(r)
        return [_row(self.index, symbols, rows) for rows in grouped.values()]


def _row(index: Index, symbols: dict[int, Symbol], rows: Iterable[tuple[object, ...]]) -> TableRow:
    cells: list[Cell] = []
    first: tuple[object, ...] | None = None
    for r in rows:
        first = first or r
        _, _, _, _, _, at, member, symbol, value = r
        assert isinstance(at, int)
        assert isinstance(member, int)
        assert isinstance(symbol, int)
        assert value is None or isinstance(value, (int, str))
        cells.append(Cell(at, symbols.get(member), symbols.get(symbol), value))
    assert first is not None
    _, owner, record, file, line, *_ = first
    assert isinstance(owner, int)
    assert isinstance(file, int)
    assert isinstance(line, int)
    return TableRow(symbols[owner], str(record), index.path_of(file), line, tuple(cells))
