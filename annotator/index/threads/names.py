"""From Python names to C functions: reads tables and live objects, writes the names of an index.

Two sources that must agree.  What is callable is what the running interpreter shows; its C
function is what the tables of the source say, checked against the pointer in the live
object.  Where only one of them knows, or they differ, the table ``names`` says so.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from annotator.index.query import Index
from annotator.index.threads import live_names, table_names
from annotator.index.threads.live_names import LiveName
from annotator.index.threads.table_names import TableName
from annotator.model import Kind, Symbol
from annotator.reference.interpreters import Interpreter

AGREE, RUNNING, TABLE, DIFFER = "agree", "running", "table", "differ"


@dataclass(frozen=True, slots=True)
class _Name:
    python: str
    kind: str
    role: str
    symbol: int
    impl: int
    table: int
    source: str
    other: int  # where the sources differ: what the table says


def write(db: sqlite3.Connection, index: Index, interpreter: Interpreter) -> None:
    """Fill the table ``names``."""
    live, failed = live_names.names(index, interpreter)
    tables = {(n.python, n.role): n for n in table_names.names(index)}
    finder = _Finder(index)
    rows: dict[tuple[str, str], _Name] = {}
    for one in live:
        said = tables.pop((one.python, one.role), None)
        rows[one.python, one.role] = _joined(one, said, finder)
    for (python, role), said in tables.items():
        impl = finder.implementation(said.function)
        rows[python, role] = _Name(
            python, said.kind, role, said.function.id, impl, said.table.id, TABLE, 0
        )
    db.executemany(
        "INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (n.python, n.kind, n.role, n.symbol, n.impl, n.table, n.source, n.other)
            for _, n in sorted(rows.items())
        ),
    )
    for module, reason in sorted(failed.items()):
        db.execute(
            "INSERT INTO diagnostics VALUES (0, 'names', ?, '', 0, 0)",
            (f"{module} cannot be imported: {reason}",),
        )


def _joined(one: LiveName, said: TableName | None, finder: _Finder) -> _Name:
    found = finder.live(one)
    impl = finder.implementation(found) if found is not None else 0
    id = found.id if found is not None else 0
    if said is None:
        return _Name(one.python, one.kind, one.role, id, impl, 0, RUNNING, 0)
    if found is not None and said.function.id == found.id:
        return _Name(one.python, one.kind, one.role, id, impl, said.table.id, AGREE, 0)
    other = said.function.id
    if found is None:
        return _Name(one.python, one.kind, one.role, other, impl, said.table.id, TABLE, 0)
    return _Name(one.python, one.kind, one.role, id, impl, said.table.id, DIFFER, other)


class _Finder:
    """Finds symbols by name and file."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._named: dict[str, list[Symbol]] = {}

    def named(self, name: str) -> list[Symbol]:
        if name not in self._named:
            kinds = (Kind.FUNCTION, Kind.VARIABLE)
            self._named[name] = self.index.named(name, kinds=kinds) if name else []
        return self._named[name]

    def live(self, one: LiveName) -> Symbol | None:
        """The function or object that DWARF or the symbol table named."""
        found = [s for s in self.named(one.name) if s.place.is_definition]
        if one.path:
            found = [s for s in found if any(p.path == one.path for p in s.places)]
        return found[0] if len(found) == 1 or (found and one.path) else None

    def implementation(self, function: Symbol) -> int:
        """The ``_impl`` that a parser of Argument Clinic calls; 0 for none."""
        folder, clinic, _ = function.place.path.rpartition("/clinic/")
        if not clinic:
            return 0
        for s in self.named(f"{function.name}_impl"):
            where = s.place.path
            if where.startswith(f"{folder}/") and s.place.is_definition:
                return s.id
        return 0
