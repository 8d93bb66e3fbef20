"""Write the merged program as a database: reads a `Program`, gives ``index.sqlite``.

Ids follow the order of the places, so that the same source gives the same database.
"""

from __future__ import annotations

import bisect
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from annotator.index.by_name import Candidate, Candidates
from annotator.index.merge import Merged, Program
from annotator.index.schema import INDEXES, SCHEMA, VERSION
from annotator.index.uses import FileUses, place
from annotator.meaning.facts import USE_CODE
from annotator.model import Kind, Use, gaps
from annotator.source.names import Around, Names
from annotator.source.scan import Scan


def write(
    program: Program,
    scans: dict[str, Scan],
    out: Path,
    *,
    meta: dict[str, str],
    then: Callable[[sqlite3.Connection], None] = lambda db: None,
) -> None:
    """Write *out* anew, with the files that have a scan; it appears when it is complete.

    *then* may add to the tables before it does.
    """
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
        counted = _counts(db)
        then(db)
        _retell(db, counted)
        db.execute("COMMIT")
    db.close()
    part.replace(out)


def _counts(db: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """How many uses and counterparts each file has, by its number."""
    found: dict[int, tuple[int, int]] = {}
    uses = dict(db.execute("SELECT file, count(*) FROM refs GROUP BY file"))
    pairs = dict(db.execute("SELECT file, count(*) FROM counterparts GROUP BY file"))
    for file in {*uses, *pairs}:
        found[file] = (uses.get(file, 0), pairs.get(file, 0))
    return found


def _retell(db: sqlite3.Connection, before: dict[int, tuple[int, int]]) -> None:
    """Let what was added to files since *before* count in their digests."""
    for file, counts in sorted(_counts(db).items()):
        if before.get(file, (0, 0)) == counts:
            continue
        told = hashlib.blake2b(digest_size=16)
        told.update(
            db.execute("SELECT digest FROM files WHERE id = ?", (file,)).fetchone()[0].encode()
        )
        for query in (_USES, _PAIRS):
            for row in db.execute(query, (file,)):
                told.update(repr(row).encode())
        db.execute("UPDATE files SET digest = ? WHERE id = ?", (told.hexdigest(), file))


_USES = (
    "SELECT r.line, r.col, r.use, r.configs, s.name, s.kind, s.declaration, f.path, p.line, p.col"
    " FROM refs r JOIN symbols s ON s.id = r.symbol"
    " JOIN places p ON p.symbol = s.id AND p.rank = 0 JOIN files f ON f.id = p.file"
    " WHERE r.file = ? ORDER BY r.line, r.col, r.use, f.path, p.line, p.col, s.name"
)
_PAIRS = (
    "SELECT c.line, c.col, c.relation, f.path, c.other_line, c.other_col FROM counterparts c"
    " JOIN files f ON f.id = c.other_file WHERE c.file = ?"
    " ORDER BY c.line, c.col, f.path, c.other_line, c.other_col, c.relation"
)

# (no definition?, path, line, col, end_line, start_line): definitions sort first
_Row = tuple[bool, str, int, int, int, int]


class _Writer:
    def __init__(self, program: Program, scans: dict[str, Scan], db: sqlite3.Connection) -> None:
        self.program = program
        self.scans = scans
        self.db = db
        # For the digests of files: what is said of each besides its uses, and of each symbol.
        self._about: dict[str, bytes] = {}
        self._symbol_digests: dict[int, bytes] = {}
        self.dead: dict[str, list[tuple[int, int]]] = {}  # lines that no configuration compiles

    def write(self, meta: dict[str, str]) -> None:
        program, db = self.program, self.db
        program.tags_by_name()
        for path, scan in sorted(self.scans.items()):
            program.add_macros(path, scan)
        rows = sorted({**meta, "schema": str(VERSION)}.items())
        db.executemany("INSERT INTO meta VALUES (?, ?)", rows)
        files = self._files()
        ids = self._symbols(files)
        self._refs(files, ids)
        self._includes(files)
        self._tables(files, ids)
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
            if mine:
                compiled = sorted(lines for ranges in mine.values() for lines in ranges)
                self.dead[path] = gaps(compiled, scan.lines)
            configs = sum(1 << int(c) for c in mine)
            role = program.roles[path]
            row = (path, scan.lines, scan.size, role, configs, json.dumps(mine))
            rows.append((ids[path], *row, ""))
            self._about[path] = repr((row, scan.text, sorted(scan.includes))).encode()
        self.db.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
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
            told = repr((symbol_rows[-1][1:4], symbol_rows[-1][5:9], places))
            self._symbol_digests[ids[root]] = hashlib.blake2b(
                told.encode("utf-8", "surrogatepass"), digest_size=8
            ).digest()
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
        candidates = Candidates(_candidates(program, ids))
        functions = _extents(program, ids, Kind.FUNCTION)
        macros = _extents(program, ids, Kind.MACRO)
        uses = program.uses(ids)
        for path, number in files.items():
            mine = uses.pop(path, None) or FileUses()
            spans = functions.get(path, [])
            bodies = macros.get(path, [])
            self._by_name(path, mine, candidates, spans)

            rows = []
            told = hashlib.blake2b(self._about[path], digest_size=16)
            for line, col, length, symbol, use, configs in mine:
                inside = _innermost(bodies, line) or _innermost(spans, line)
                around = inside if inside != symbol else 0
                rows.append((number, line, col, length, symbol, use, around, configs))
                told.update(b"%d %d %s %d" % (line, col, use.encode(), configs))
                told.update(self._symbol_digests[symbol])
            self.db.executemany("INSERT INTO refs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self.db.execute("UPDATE files SET digest = ? WHERE id = ?", (told.hexdigest(), number))

    def _by_name(
        self, path: str, uses: FileUses, candidates: Candidates, spans: list[_Span]
    ) -> None:
        """Link what no compiler looked at: undefined macros, their bodies, dead branches."""
        scan = self.scans[path]
        resolved = uses.places()
        for name, line, col in [*(m[:3] for m in scan.macros), *scan.undefs]:
            if place(line, col) not in resolved and (id := candidates.at(name, path, line)):
                uses.add(line, col, id, USE_CODE[Use.DEFINE], len(name.encode()), 0)
        for (line, col, name, use), configs in self.program.named.get(path, {}).items():
            # A macro that is tested where it is not defined still leads to where it could be.
            if id := candidates.best(name, Around.TEST, path):
                uses.add(line, col, id, use, len(name.encode()), configs)
        resolved = uses.places()
        for *_, names in scan.macros:
            for name, line, col, length, around in names:
                if place(line, col) not in resolved and (
                    id := candidates.best(name, Around(around), path)
                ):
                    said = USE_CODE[candidates.use(id, Around(around))]
                    uses.add(line, col, id, said, length, 0)
        names_in_branches = Names.load(scan.names)
        for first, last in self.dead.get(path, []):
            for line, col, name, beside in names_in_branches.between(first, last):
                if place(line, col) in resolved:
                    continue
                function = _innermost(spans, line)
                if id := candidates.best(name, beside, path, function):
                    said = USE_CODE[candidates.use(id, beside)]
                    uses.add(line, col, id, said, len(name.encode()), 0)

    def _tables(self, files: dict[str, int], ids: dict[int, int]) -> None:
        """The rows of constant tables, a line for each cell."""

        def known(symbol: int) -> int:
            return ids.get(self.program.root(symbol), 0) if symbol >= 0 else 0

        rows = []
        for (owner, record, path, line, col, _), cells in self.program.tables.items():
            if path in files and known(owner):
                rows.append((known(owner), files[path], line, col, record, cells))
        rows.sort(key=lambda row: row[:5])
        self.db.executemany(
            "INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (owner, n, record, file, line, col, cell, known(member), known(symbol), value)
                for n, (owner, file, line, col, record, cells) in enumerate(rows)
                for member, cell, symbol, value in cells
            ),
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


def _candidates(program: Program, ids: dict[int, int]) -> Iterator[tuple[str, Candidate]]:
    for root, s in program.symbols():
        if root in ids:
            _, path, line = min((not d, p, n) for (p, n, _), (_, d, _) in s.places.items())
            inside = ids.get(program.root(s.parent), 0) if s.parent >= 0 else 0
            yield s.name, Candidate(ids[root], s.kind, s.linkage, path, line, inside)


_Span = tuple[int, int, int]  # first line, last line, id of what stands there


def _extents(program: Program, ids: dict[int, int], kind: Kind) -> dict[str, list[_Span]]:
    """Per file the extents of its functions, or of its macros."""
    spans: dict[str, list[_Span]] = {}
    for root, s in program.symbols():
        if s.kind is kind and root in ids:
            for (path, line, _), (end, definition, start) in s.places.items():
                if definition and end:
                    spans.setdefault(path, []).append((min(start, line), end, ids[root]))
    for found in spans.values():
        found.sort()
    return spans


def _innermost(spans: list[tuple[int, int, int]], line: int) -> int:
    """What holds a line, 0 for nothing; functions do not nest, nor do macros."""
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
