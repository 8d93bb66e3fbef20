"""Ask the index: reads ``index.sqlite``, gives symbols, uses, layouts and files.

Everything downstream (pages, the Sphinx extension, the command line) knows the source only
through this class.
"""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from annotator.errors import UserError
from annotator.index.relations import Counterpart
from annotator.index.schema import VERSION
from annotator.model import (
    CONFIGS,
    FileInfo,
    Kind,
    Layout,
    Linkage,
    MemberLayout,
    Place,
    Ref,
    Symbol,
    Use,
    gaps,
)
from annotator.source.tree import Tree

# Of several things with one name a reader most likely means the first of these.
_ORDER = {
    Kind.FUNCTION: 0,
    Kind.TYPEDEF: 1,
    Kind.STRUCT: 2,
    Kind.UNION: 2,
    Kind.ENUM: 2,
    Kind.MACRO: 3,
    Kind.VARIABLE: 4,
    Kind.ENUMERATOR: 4,
    Kind.MEMBER: 5,
    Kind.INSTRUCTION: 0,
    Kind.MICRO_OP: 1,
    Kind.FAMILY: 2,
    Kind.RULE: 5,
    Kind.NODE: 5,
    Kind.LABEL: 6,
    Kind.PARAMETER: 7,
    Kind.LOCAL: 7,
}
_CHUNK = 500


class Index:
    """A read-only view of the index."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        meta = dict(db.execute("SELECT key, value FROM meta"))
        self.release: str = meta["release"]
        self.fingerprint: str = meta["fingerprint"]
        self.source = Path(meta["source"])
        # The configurations that were indexed, by name; a bit of ``configs`` each, as in CONFIGS.
        self.configs = tuple(meta.get("configs", CONFIGS[0]).split())
        build = meta.get("build", "")
        self._tree = Tree(self.source, Path(build) if build else None)
        self._paths: dict[int, str] = dict(db.execute("SELECT id, path FROM files"))
        self._file_ids = {path: i for i, path in self._paths.items()}
        self._symbols: dict[int, Symbol] = {}
        self._names: list[str] | None = None

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open the index at *path*.  Raises ``UserError`` when it cannot be used."""
        if not path.is_file():
            raise UserError("there is no index yet", where=str(path), todo="run: make html")
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            row = db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        except sqlite3.DatabaseError:
            row = None
        if row is None or row[0] != str(VERSION):
            db.close()
            raise UserError(
                "the index is damaged or of another version",
                where=str(path),
                todo="remove it and run: make html",
            )
        return cls(db)

    def close(self) -> None:
        """Release the database."""
        self._db.close()

    @property
    def connection(self) -> sqlite3.Connection:
        """The database, for the modules of this package that write down the whole of it."""
        return self._db

    def rows(self, sql: str, *values: int | str) -> list[Any]:
        """Rows of the database, for the other modules of this room."""
        return self._db.execute(sql, values).fetchall()

    def path_of(self, file: int) -> str:
        """The path of a file by its number in the database."""
        return self._paths[file]

    def file_id(self, path: str) -> int:
        """The number of a file in the database; 0 for none."""
        return self._file_ids.get(path, 0)

    # -- files -------------------------------------------------------------------------------

    def files(self) -> list[FileInfo]:
        """All files of the index, by path."""
        rows = self._db.execute(
            "SELECT path, lines, size, role, configs, live FROM files ORDER BY path"
        )
        return [_file_info(row) for row in rows]

    def file(self, path: str) -> FileInfo | None:
        """One file, by its path in the tree."""
        row = self._db.execute(
            "SELECT path, lines, size, role, configs, live FROM files WHERE path = ?", (path,)
        ).fetchone()
        return _file_info(row) if row is not None else None

    def digests(self) -> dict[str, str]:
        """By path a digest of a file, of all that the index says of it, and of its links' targets.

        The same digest: nothing that a page of the file shows has changed, whatever else has.
        """
        return dict(self._db.execute("SELECT path, digest FROM files ORDER BY path"))

    def dead(self, path: str) -> list[tuple[int, int]]:
        """The lines of a file that no configuration compiles, as ranges (first, last).

        Empty for a file that none reaches: what is not C, or never included.
        """
        info = self.file(path)
        if info is None or not info.live:
            return []
        compiled = sorted(lines for ranges in info.live.values() for lines in ranges)
        return gaps(compiled, info.lines)

    def text(self, path: str) -> bytes:
        """The source of a file, as on disk.  Raises ``UserError`` when there is none."""
        found = self._tree.file(path)
        if found is None:
            near = self.nearest_files(path)
            raise UserError(
                f"there is no file {path!r} in CPython {self.release}",
                todo="near: " + ", ".join(near) if near else "",
            )
        return found.read_bytes()

    def includes(self, path: str) -> list[tuple[int, int, int, str]]:
        """The #include lines of a file that lead into the tree: (line, col, length, target)."""
        rows = self._db.execute(
            "SELECT line, col, length, target FROM includes WHERE file = ? ORDER BY line, col",
            (self._file_ids.get(path, 0),),
        )
        return [(line, col, n, self._paths[t]) for line, col, n, t in rows]

    def counterparts(self, path: str, *, line: int = 0) -> list[Counterpart]:
        """What belongs to places of a file in generated or generating files, by place.

        With *line* only those of that line.
        """
        rows = self._db.execute(
            "SELECT line, col, other_file, other_line, other_col, relation FROM counterparts"
            " WHERE file = ? AND (? = 0 OR line = ?) ORDER BY line, col, other_file, other_line",
            (self._file_ids.get(path, 0), line, line),
        )
        return [
            Counterpart(path, line, col, Place(self._paths[f], there, column), relation)
            for line, col, f, there, column, relation in rows
        ]

    def counterparts_of(self, symbol: Symbol) -> list[Counterpart]:
        """What belongs to a symbol's definition, and to its other places."""
        found: dict[tuple[str, int, int], Counterpart] = {}
        for place in symbol.places:
            for c in self.counterparts(place.path, line=place.line):
                if c.col == place.col:
                    found.setdefault((c.place.path, c.place.line, c.place.col), c)
        return list(found.values())

    # -- symbols -----------------------------------------------------------------------------

    def symbol(self, id: int) -> Symbol:
        """The symbol with this id; KeyError if there is none."""
        return self.symbols([id])[id]

    def symbols(self, ids: Iterable[int]) -> dict[int, Symbol]:
        """Many symbols at once."""
        wanted = set(ids)
        missing = sorted(wanted - self._symbols.keys())
        for at in range(0, len(missing), _CHUNK):
            chunk = missing[at : at + _CHUNK]
            marks = ",".join("?" * len(chunk))
            places: dict[int, list[Place]] = {i: [] for i in chunk}
            for symbol, file, line, col, end, definition in self._db.execute(
                "SELECT symbol, file, line, col, end_line, is_definition FROM places"
                f" WHERE symbol IN ({marks}) ORDER BY symbol, rank",
                chunk,
            ):
                place = Place(self._paths[file], line, col, end, bool(definition))
                places[symbol].append(place)
            for row in self._db.execute(
                "SELECT id, name, kind, declaration, doc, linkage, parent, parent_name, value,"
                f" configs FROM symbols WHERE id IN ({marks})",
                chunk,
            ):
                id, name, kind, declaration, doc, linkage, parent, parent_name, value, cfg = row
                self._symbols[id] = Symbol(
                    id,
                    name,
                    Kind(kind),
                    tuple(places[id]),
                    declaration,
                    doc,
                    Linkage(linkage),
                    parent,
                    parent_name,
                    value,
                    cfg,
                )
        return {i: self._symbols[i] for i in wanted if i in self._symbols}

    def named(
        self, name: str, *, kinds: Collection[Kind] | None = None, path: str | None = None
    ) -> list[Symbol]:
        """The symbols of this name, the likeliest first; with *path* those with a place there."""
        ids = [r[0] for r in self._db.execute("SELECT id FROM symbols WHERE name = ?", (name,))]
        found = [
            s
            for s in self.symbols(ids).values()
            if (kinds is None or s.kind in kinds)
            and (path is None or any(p.path == path for p in s.places))
        ]
        return sorted(found, key=_likeliest)

    def alternatives(self, symbol: Symbol) -> list[Symbol]:
        """The other definitions of a macro in the file that defines it, for other platforms."""
        if symbol.kind is not Kind.MACRO:
            return []
        same = self.named(symbol.name, kinds=(Kind.MACRO,), path=symbol.place.path)
        return [s for s in same if s.id != symbol.id]

    def member(self, record: str, name: str) -> Symbol | None:
        """The member *name* of a struct or union, given by its tag or by a typedef of it."""
        for owner in self._records(record):
            stack = [owner]
            while stack:
                parent = stack.pop()
                rows = self._db.execute(
                    "SELECT id, name, kind FROM symbols WHERE parent = ? ORDER BY id", (parent,)
                ).fetchall()
                for id, found, kind in rows:
                    if found == name and kind == Kind.MEMBER:
                        return self.symbol(id)
                # Anonymous members belong to their own struct, declared inside this one.
                stack.extend(self._anonymous(parent))
        return None

    def _records(self, name: str) -> list[int]:
        rows = self._db.execute(
            "SELECT id, kind, target FROM symbols WHERE name = ? AND"
            " kind IN ('struct', 'union', 'typedef')",
            (name,),
        ).fetchall()
        return [i if kind != Kind.TYPEDEF else target for i, kind, target in rows if i]

    def _anonymous(self, record: int) -> Iterator[int]:
        """Unnamed structs and unions that stand between the braces of *record*."""
        if record <= 0:
            return
        place = self.symbol(record).place if record in self.symbols([record]) else None
        if place is None or not place.end_line:
            return
        for row in self._db.execute(
            "SELECT s.id FROM symbols s JOIN places p ON p.symbol = s.id AND p.rank = 0"
            " WHERE s.name = '' AND s.kind IN ('struct', 'union') AND p.file = ?"
            " AND p.line BETWEEN ? AND ? AND s.id != ?",
            (self._file_ids[place.path], place.line, place.end_line, record),
        ):
            yield row[0]

    def symbols_in(self, path: str, kinds: Collection[Kind] | None = None) -> list[Symbol]:
        """The symbols with a place in a file, in the order of those places."""
        rows = self._db.execute(
            "SELECT symbol FROM places WHERE file = ? ORDER BY line, col",
            (self._file_ids.get(path, 0),),
        )
        ids = list(dict.fromkeys(r[0] for r in rows))
        found = self.symbols(ids)
        return [found[i] for i in ids if kinds is None or found[i].kind in kinds]

    def all_symbols(self) -> Iterator[Symbol]:
        """Every symbol, by id."""
        ids = [r[0] for r in self._db.execute("SELECT id FROM symbols ORDER BY id")]
        for at in range(0, len(ids), _CHUNK):
            chunk = ids[at : at + _CHUNK]
            found = self.symbols(chunk)
            yield from (found[i] for i in chunk)

    # -- uses --------------------------------------------------------------------------------

    def refs_in(self, path: str) -> list[Ref]:
        """All uses in a file, by place; several can share one (in the body of a macro)."""
        return self._refs("r.file = ?", (self._file_ids.get(path, 0),))

    def refs_between(self, path: str, first: int, last: int) -> list[Ref]:
        """The uses on some lines of a file, by place."""
        file = self._file_ids.get(path, 0)
        return self._refs("r.file = ? AND r.line BETWEEN ? AND ?", (file, first, last))

    def uses(self, symbol_id: int) -> list[Ref]:
        """All uses of a symbol, by place."""
        return self._refs("r.symbol = ?", (symbol_id,))

    def all_refs(self) -> Iterator[Ref]:
        """Every use, file by file."""
        for path in sorted(self._file_ids):
            yield from self.refs_in(path)

    def _refs(self, where: str, values: tuple[int, ...]) -> list[Ref]:
        rows = self._db.execute(
            "SELECT r.file, r.line, r.col, r.length, s.name, s.kind, r.use, r.symbol,"
            f" r.function, r.configs FROM refs r JOIN symbols s ON s.id = r.symbol WHERE {where}"
            " ORDER BY r.file, r.line, r.col, r.symbol, r.use",
            values,
        )
        return [
            Ref(self._paths[f], line, col, n, name, Kind(kind), Use(use), symbol, fn, configs)
            for f, line, col, n, name, kind, use, symbol, fn, configs in rows
        ]

    def use_counts(self, symbol_ids: Iterable[int]) -> dict[int, dict[Use, int]]:
        """How many uses of each sort the symbols have."""
        result: dict[int, dict[Use, int]] = {i: {} for i in symbol_ids}
        ids = sorted(result)
        for at in range(0, len(ids), _CHUNK):
            chunk = ids[at : at + _CHUNK]
            marks = ",".join("?" * len(chunk))
            for symbol, use, n in self._db.execute(
                f"SELECT symbol, use, count(*) FROM refs WHERE symbol IN ({marks})"
                " GROUP BY symbol, use ORDER BY symbol, use",
                chunk,
            ):
                result[symbol][Use(use)] = n
        return result

    # -- layouts -----------------------------------------------------------------------------

    def layout(self, struct_name: str, *, config: int = 0) -> Layout | None:
        """How a struct or union lies in memory, by its tag or by a typedef of it."""
        direct = [s.id for s in self.named(struct_name)]
        for id in [*direct, *self._records(struct_name)]:
            row = self._db.execute(
                "SELECT size, align, members FROM layouts WHERE symbol = ? AND config = ?",
                (id, config),
            ).fetchone()
            if row is not None:
                return _layout(struct_name, row)
        return None

    def layouts(self, *, config: int = 0) -> Iterator[tuple[Symbol, Layout]]:
        """Every layout that is known, with the struct or typedef it belongs to."""
        rows = self._db.execute(
            "SELECT symbol, size, align, members FROM layouts WHERE config = ? ORDER BY symbol",
            (config,),
        ).fetchall()
        for id, *row in rows:
            symbol = self.symbol(id)
            yield symbol, _layout(symbol.name, tuple(row))

    def outline(self, path: str) -> list[tuple[int, int, Kind, str]]:
        """What a file defines at its top level: (line, last line, kind, name), by place."""
        rows = self._db.execute(
            "SELECT p.line, p.end_line, s.kind, s.name FROM places p JOIN symbols s"
            " ON s.id = p.symbol WHERE p.file = ? AND p.is_definition AND s.name != ''"
            " AND s.kind IN ('function', 'variable', 'typedef', 'struct', 'union', 'enum', 'macro')"
            " ORDER BY p.line, p.col",
            (self._file_ids.get(path, 0),),
        )
        return [(line, end, Kind(kind), name) for line, end, kind, name in rows]

    def configurations(self) -> list[int]:
        """Which combinations of configurations uses are compiled in, as bits of `CONFIGS`."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT configs FROM refs")]

    # -- near misses, state ------------------------------------------------------------------

    def names(self) -> list[str]:
        """Every name that is not a function's own, once, in order."""
        if self._names is None:
            self._names = [
                r[0]
                for r in self._db.execute(
                    "SELECT DISTINCT name FROM symbols WHERE name != '' AND"
                    " kind NOT IN ('local', 'parameter', 'label') ORDER BY name"
                )
            ]
        return self._names

    def nearest(self, name: str, n: int = 5) -> list[str]:
        """Names that are spelled almost like *name*, for messages."""
        folded: dict[str, str] = {}
        for one in self.names():
            folded.setdefault(one.lower(), one)
        close = difflib.get_close_matches(name.lower(), folded, n=n, cutoff=0.75)
        return [folded[c] for c in close]

    def nearest_files(self, path: str, n: int = 5) -> list[str]:
        """Files that are spelled almost like *path*, or are called the same elsewhere."""
        base = path.rsplit("/", 1)[-1]
        same = [p for p in sorted(self._file_ids) if p.rsplit("/", 1)[-1] == base]
        close = difflib.get_close_matches(path, sorted(self._file_ids), n=n, cutoff=0.6)
        return list(dict.fromkeys([*same, *close]))[:n]

    def units(self, *, config: int = 0) -> list[tuple[str, bool]]:
        """Each unit and whether it was parsed without loss."""
        rows = self._db.execute(
            "SELECT path, parsed FROM units WHERE config = ? ORDER BY path", (config,)
        )
        return [(path, bool(parsed)) for path, parsed in rows]

    def diagnostics(self, *, config: int = 0) -> list[tuple[str, str, str, int, int]]:
        """What could not be understood: (kind, message, path, line, col)."""
        rows = self._db.execute(
            "SELECT kind, message, path, line, col FROM diagnostics WHERE config = ?"
            " ORDER BY path, line, col, message",
            (config,),
        )
        return list(rows)

    def counts(self) -> dict[str, int]:
        """How many rows the main tables have."""
        return {
            table: self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("refs", "symbols", "files", "layouts", "includes")
        }


def _likeliest(s: Symbol) -> tuple[object, ...]:
    """Sorts what the default configuration has before what only others have."""
    return (_ORDER.get(s.kind, 9), not s.configs & 1, not s.place.is_definition, s.id)


def _file_info(row: tuple[str, int, int, str, int, str]) -> FileInfo:
    path, lines, size, role, configs, live = row
    ranges = {CONFIGS[int(k)]: tuple((a, b) for a, b in v) for k, v in json.loads(live).items()}
    return FileInfo(path, lines, size, role, configs, ranges)


def _layout(name: str, row: tuple[int, int, str]) -> Layout:
    """With the holes: bytes that no member covers, padding at the end included."""
    size, align, data = row
    members = tuple(MemberLayout(*m) for m in json.loads(data))
    covered = bytearray(size)
    for m in members:
        if m.bit_size:
            first = m.offset + m.bit_offset // 8
            last = m.offset + (m.bit_offset + m.bit_size - 1) // 8
        else:
            first, last = m.offset, m.offset + m.size - 1
        for i in range(first, min(last + 1, size)):
            covered[i] = 1
    holes: list[tuple[int, int]] = []
    for i, used in enumerate(covered):
        if not used:
            if holes and holes[-1][0] + holes[-1][1] == i:
                holes[-1] = (holes[-1][0], holes[-1][1] + 1)
            else:
                holes.append((i, 1))
    return Layout(name, size, align, members, tuple(holes))
