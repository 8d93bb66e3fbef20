"""Write the merged program as a database: reads a `Program`, gives ``index.sqlite``.

Ids follow the order of the places, so that the same source gives the same database.
"""

from __future__ import annotations

import bisect
import json
import sqlite3
from pathlib import Path

from annotator.index.merge import Merged, Program
from annotator.index.schema import INDEXES, SCHEMA, VERSION
from annotator.index.uses import UseTable
from annotator.model import Kind, Use
from annotator.source.scan import Scan


def write(program: Program, scans: dict[str, Scan], out: Path, *, meta: dict[str, str]) -> None:
    """Write *out* anew, with the files that have a scan; it appears when it is complete."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    part.unlink(missing_ok=True)
    with sqlite3.connect(part, isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        _Writer(program, scans, db).write(meta)
        for statement in INDEXES.split(";"):
            db.execute(statement)
        db.execute("COMMIT")
    db.close()
    part.replace(out)


# (no definition?, path, line, col, end_line, start_line): definitions sort first
_Row = tuple[bool, str, int, int, int, int]


class _Writer:
    def __init__(self, program: Program, scans: dict[str, Scan], db: sqlite3.Connection) -> None:
        self.program = program
        self.scans = scans
        self.db = db

    def write(self, meta: dict[str, str]) -> None:
        program, db = self.program, self.db
        program.tags_by_name()
        for path, scan in sorted(self.scans.items()):
            program.add_macros(path, scan)
        program.link_macros()
        rows = sorted({**meta, "schema": str(VERSION)}.items())
        db.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        files = self._files()
        ids = self._symbols(files)
        self._refs(files, ids)
        self._includes(files)
        db.executemany(
            "INSERT OR IGNORE INTO layouts VALUES (?, ?, ?, ?, ?)",
            sorted(
                (ids[program.root(symbol)], config, size, align, json.dumps(members))
                for (symbol, config), (size, align, members) in program.layouts.items()
                if program.root(symbol) in ids
            ),
        )
        db.executemany(
            "INSERT INTO diagnostics VALUES (?, ?, ?, ?, ?, ?)",
            sorted(set(program.diagnostics)),
        )
        db.executemany("INSERT INTO units VALUES (?, ?, ?)", sorted(program.units))

    def _files(self) -> dict[str, int]:
        program = self.program
        ids: dict[str, int] = {}
        rows = []
        live: dict[str, dict[str, list[tuple[int, int]]]] = {}
        for (config, path), lines in sorted(program.live.items()):
            live.setdefault(path, {})[str(config)] = _ranges(lines)
        for path, scan in sorted(self.scans.items()):
            ids[path] = len(ids) + 1
            mine = live.get(path, {})
            configs = sum(1 << int(c) for c in mine)
            role = program.roles[path]
            rows.append((ids[path], path, scan.lines, scan.size, role, configs, json.dumps(mine)))
        self.db.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        return ids

    def _symbols(self, files: dict[str, int]) -> dict[int, int]:
        program = self.program
        ordered: list[tuple[tuple[object, ...], int, Merged, list[_Row]]] = []
        for root, s in program.symbols():
            places = sorted(
                (not definition, path, line, col, end, start)
                for (path, line, col), (end, definition, start) in s.places.items()
                if path in files
            )
            if places:
                first = places[0]
                key = (first[1], first[2], first[3], s.kind.value, s.name, root)
                ordered.append((key, root, s, places))
        ordered.sort(key=lambda item: item[0])
        ids = {root: i for i, (_, root, _, _) in enumerate(ordered, 1)}
        symbol_rows, place_rows = [], []
        for _, root, s, places in ordered:
            parent = program.root(s.parent) if s.parent >= 0 else -1
            target = program.root(s.target) if s.target >= 0 else -1
            parent_name = ""
            if parent in ids:
                merged = program._symbols[parent]
                parent_name = merged.name if merged is not None else ""
            symbol_rows.append(
                (
                    ids[root],
                    s.name,
                    s.kind.value,
                    s.linkage.value,
                    ids.get(parent, 0),
                    parent_name,
                    s.text,
                    self._doc(s, places),
                    s.value,
                    ids.get(target, 0),
                    s.configs,
                )
            )
            for rank, (bare, path, line, col, end, _) in enumerate(places):
                place_rows.append((ids[root], rank, files[path], line, col, end, int(not bare)))
        self.db.executemany(
            "INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", symbol_rows
        )
        self.db.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?)", place_rows)
        return ids

    def _doc(self, s: Merged, places: list[_Row]) -> str:
        """The first doc comment, the definition's before the declarations'."""
        if s.kind in (Kind.LOCAL, Kind.PARAMETER, Kind.LABEL):
            return ""
        for _, path, line, _, _, start in places:
            if found := self.scans[path].comment(start or line, line):
                return found
        return ""

    def _refs(self, files: dict[str, int], ids: dict[int, int]) -> None:
        program = self.program
        uses = program.uses.renumber(lambda symbol: ids.get(program.root(symbol), 0))
        self._bodies(files, ids, uses)
        # A macro that is tested where it is not defined still leads to where it could be.
        macros: dict[str, int] = {}
        for root, s in program.symbols():
            if s.kind is Kind.MACRO and root in ids:
                macros[s.name] = min(macros.get(s.name, ids[root]), ids[root])
        for (path, line, col, name, use), configs in program.named.items():
            if name in macros:
                length = len(name.encode())
                uses.add_named(
                    path, line, col, macros[name], Use(use), length=length, configs=configs
                )
        functions = _functions(program, ids)
        self.db.executemany(
            "INSERT INTO refs VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    files[r.path],
                    r.line,
                    r.col,
                    r.length,
                    r.symbol,
                    r.use.value,
                    _innermost(functions.get(r.path, []), r.line)
                    if r.use is Use.EXPAND
                    else max(r.function, 0),
                    r.configs,
                )
                for r in uses
                if r.path in files
            ),
        )

    def _bodies(self, files: dict[str, int], ids: dict[int, int], uses: UseTable) -> None:
        """Link the macros named in the replacement lists of macros, by name."""
        by_name: dict[str, list[tuple[str, int]]] = {}
        for root, s in self.program.symbols():
            if s.kind is Kind.MACRO and root in ids:
                by_name.setdefault(s.name, []).append((min(s.places)[0], ids[root]))
        for path, scan in self.scans.items():
            for *_, names in scan.macros:
                for name, line, col, length in names:
                    found = by_name.get(name)
                    if found is not None:
                        symbol = min(found, key=lambda f: (f[0] != path, f))[1]
                        uses.add_named(
                            path, line, col, symbol, Use.EXPAND, length=length, configs=0
                        )

    def _includes(self, files: dict[str, int]) -> None:
        """What the preprocessor followed, and guarded headers that it did not open again."""
        rows: dict[tuple[int, int, int], tuple[int, int]] = {}
        by_spelling: dict[str, str] = {}
        spelled = {
            (path, line): spelling
            for path, scan in self.scans.items()
            for line, _, _, spelling in scan.includes
        }
        for (path, line, col, length), target in self.program.includes.items():
            if path in files and target in files:
                rows[files[path], line, files[target]] = (col, length)
                by_spelling.setdefault(spelled.get((path, line), ""), target)
        followed = {(file, line) for file, line, _ in rows}
        for path, file in files.items():
            for line, col, length, spelling in self.scans[path].includes:
                if (file, line) in followed:
                    continue
                near = "/".join([*path.split("/")[:-1], spelling])
                leads_to = near if near in files else by_spelling.get(spelling)
                if leads_to is not None:
                    rows[file, line, files[leads_to]] = (col, length)
        self.db.executemany(
            "INSERT INTO includes VALUES (?, ?, ?, ?, ?)",
            sorted((f, line, col, n, t) for (f, line, t), (col, n) in rows.items()),
        )


def _functions(program: Program, ids: dict[int, int]) -> dict[str, list[tuple[int, int, int]]]:
    """Per file the extents of functions: (first line, last line, id)."""
    spans: dict[str, list[tuple[int, int, int]]] = {}
    for root, s in program.symbols():
        if s.kind is Kind.FUNCTION and root in ids:
            for (path, line, _), (end, definition, start) in s.places.items():
                if definition and end:
                    spans.setdefault(path, []).append((min(start, line), end, ids[root]))
    for found in spans.values():
        found.sort()
    return spans


def _innermost(spans: list[tuple[int, int, int]], line: int) -> int:
    """The function that holds a line, 0 for none; functions do not nest."""
    at = bisect.bisect_right(spans, (line, 1 << 60, 0)) - 1
    return spans[at][2] if at >= 0 and spans[at][0] <= line <= spans[at][1] else 0


def _ranges(lines: set[int]) -> list[tuple[int, int]]:
    """Adjacent lines as (first, last) pairs."""
    result: list[tuple[int, int]] = []
    for line in sorted(lines):
        if result and result[-1][1] == line - 1:
            result[-1] = (result[-1][0], line)
        else:
            result.append((line, line))
    return result
