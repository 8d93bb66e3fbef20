"""Adds to an index that is written: reads and writes its database, by name and place.

The passes of this room run on the tables of ``index.sqlite`` before it appears.  Symbols
that they add come after all others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from annotator.model import Kind, Linkage, Use
from annotator.source.lex import Lines
from annotator.source.tree import Tree

# Of several things with one name these are meant first, where nothing but the name is known.
_BY_NAME = ("function", "typedef", "macro", "enumerator", "variable", "struct", "union", "enum")


class Spot(NamedTuple):
    """A place in a file: its number in the index, line and column from 1."""

    file: int
    line: int
    col: int


class Row(NamedTuple):
    """A use as the table has it."""

    line: int
    col: int
    length: int
    symbol: int
    use: str
    configs: int


@dataclass(frozen=True, slots=True)
class Text:
    """A file of the tree."""

    number: int
    path: str
    data: bytes
    lines: Lines


@dataclass(slots=True)
class Store:
    """An index under construction, and the tree that it is about."""

    db: sqlite3.Connection
    tree: Tree
    _files: dict[str, int] = field(default_factory=dict)
    _texts: dict[str, Text | None] = field(default_factory=dict)
    _by_name: dict[str, int] | None = None
    _next: int = 0
    _defined: dict[tuple[str, str], list[tuple[str, Spot]]] | None = None

    def __post_init__(self) -> None:
        self._files = dict(self.db.execute("SELECT path, id FROM files"))
        self._next = self.db.execute("SELECT coalesce(max(id), 0) FROM symbols").fetchone()[0] + 1

    def text(self, path: str) -> Text | None:
        """A file that the index knows; None when it does not."""
        if path not in self._texts:
            found = self.tree.file(path) if path in self._files else None
            data = found.read_bytes() if found is not None else b""
            self._texts[path] = (
                Text(self._files[path], path, data, Lines(data)) if found is not None else None
            )
        return self._texts[path]

    def paths(self) -> list[str]:
        """All files of the index, in order."""
        return sorted(self._files)

    def rows(self, file: int) -> list[Row]:
        """The uses in a file, by place."""
        return [
            Row(*r)
            for r in self.db.execute(
                "SELECT line, col, length, symbol, use, configs FROM refs WHERE file = ?", (file,)
            )
        ]

    def symbols(self, ids: Iterable[int]) -> dict[int, tuple[str, str, Spot]]:
        """Name, kind and first place of symbols, by id."""
        found: dict[int, tuple[str, str, Spot]] = {}
        wanted = sorted(set(ids))
        for at in range(0, len(wanted), 500):
            chunk = wanted[at : at + 500]
            marks = ",".join("?" * len(chunk))
            for id, name, kind, file, line, col in self.db.execute(
                "SELECT s.id, s.name, s.kind, p.file, p.line, p.col FROM symbols s JOIN places p"
                f" ON p.symbol = s.id AND p.rank = 0 WHERE s.id IN ({marks})",
                chunk,
            ):
                found[id] = (name, kind, Spot(file, line, col))
        return found

    def named(self, name: str) -> int:
        """The file-scope symbol that *name* most likely means; 0 for none."""
        if self._by_name is None:
            ranked: dict[str, tuple[tuple[int, ...], int]] = {}
            marks = ",".join("?" * len(_BY_NAME))
            for id, found, kind, linkage, header in self.db.execute(
                "SELECT s.id, s.name, s.kind, s.linkage, f.role = 'header' FROM symbols s"
                " JOIN places p ON p.symbol = s.id AND p.rank = 0 JOIN files f ON f.id = p.file"
                f" WHERE s.kind IN ({marks}) AND s.name != ''",
                _BY_NAME,
            ):
                # A static function of some unit says nothing of the same name elsewhere.
                if header or linkage == Linkage.EXTERNAL.value:
                    key = (_BY_NAME.index(kind), id)
                    if found not in ranked or key < ranked[found][0]:
                        ranked[found] = (key, id)
            self._by_name = {found: id for found, (_, id) in ranked.items()}
        return self._by_name.get(name, 0)

    def definitions(self, name: str, kind: str, path: str = "") -> list[Spot]:
        """Where file-scope things of this name and kind are defined, in *path* if it is given."""
        if self._defined is None:
            self._defined = {}
            for found, what, there, *spot in self.db.execute(
                "SELECT s.name, s.kind, f.path, p.file, p.line, p.col FROM symbols s"
                " CROSS JOIN places p ON p.symbol = s.id CROSS JOIN files f ON f.id = p.file"
                " WHERE s.kind IN ('function', 'enumerator', 'struct', 'enum', 'union')"
                " AND p.is_definition ORDER BY s.id, p.rank"
            ):
                self._defined.setdefault((found, what), []).append((there, Spot(*spot)))
        found_here = self._defined.get((name, kind), ())
        return [spot for there, spot in found_here if path in ("", there)]

    def add_symbol(
        self,
        kind: Kind,
        name: str,
        spot: Spot,
        *,
        end_line: int = 0,
        declaration: str = "",
        doc: str = "",
        parent: int = 0,
        parent_name: str = "",
        value: str = "",
        others: Iterable[Spot] = (),
    ) -> int:
        """A new symbol with its definition at *spot* and declarations at *others*; its id."""
        id, self._next = self._next, self._next + 1
        self.db.execute(
            "INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
            (id, name, kind.value, "none", parent, parent_name, declaration, doc, value),
        )
        self.db.execute(
            "INSERT INTO places VALUES (?, 0, ?, ?, ?, ?, 1)", (id, *spot, end_line or spot.line)
        )
        length = len(name.encode())
        self.add_ref(spot, length, id, Use.DEFINITION)
        for rank, other in enumerate(dict.fromkeys(others), 1):
            self.db.execute("INSERT INTO places VALUES (?, ?, ?, ?, ?, 0, 0)", (id, rank, *other))
            self.add_ref(other, length, id, Use.DECLARATION)
        return id

    def add_ref(
        self,
        spot: Spot,
        length: int,
        symbol: int,
        use: Use | str,
        *,
        function: int = 0,
        configs: int = 0,
    ) -> None:
        """A use; what is known of the same one stays."""
        self.db.execute(
            "INSERT OR IGNORE INTO refs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*spot, length, symbol, str(use), function, configs),
        )

    def pair(self, one: Spot, other: Spot, there: str, here: str) -> None:
        """Two places that belong together: *there* says what *other* is to *one*, *here* back."""
        if one != other:
            self.db.executemany(
                "INSERT OR IGNORE INTO counterparts VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*one, *other, there), (*other, *one, here)],
            )
