"""The index as a whole, for those who write all of it down: reads an `Index`, gives plain rows.

What a search, a graph of calls or a map of the tree needs is little of each symbol but of all of
them; making a `Symbol` of every row would take ten times as long.
"""

from __future__ import annotations

import bisect
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from annotator.index.query import Index
from annotator.model import Kind, Linkage

# What a reader can look for by name: everything but what a function has for itself.
SOUGHT = (
    Kind.FUNCTION,
    Kind.VARIABLE,
    Kind.TYPEDEF,
    Kind.STRUCT,
    Kind.UNION,
    Kind.ENUM,
    Kind.ENUMERATOR,
    Kind.MEMBER,
    Kind.MACRO,
)


class Named(NamedTuple):
    """A symbol that can be looked for."""

    id: int
    name: str
    kind: Kind
    owner: str  # of a member or an enumerator: the name that a reader knows its type by
    tag: str  # … and its tag, when that is another
    path: str
    line: int
    uses: int
    external: bool  # external linkage
    public: bool  # declared in a header that extensions may include
    record: bool  # a typedef of a struct, a union or an enum


def named(index: Index) -> Iterator[Named]:
    """Every symbol that has a name and is not local, by name, those of one name by id.

    Of several definitions of a macro or a function in one file only the first is given.
    """
    db = index.connection
    marks = ",".join("?" * len(SOUGHT))
    first = _twins(db)
    uses: Counter[int] = Counter()
    for id, count in db.execute(
        "SELECT symbol, count(*) FROM refs WHERE use NOT IN"
        " ('declaration', 'definition', 'define', 'undef') GROUP BY symbol"
    ):
        uses[first.get(id, id)] += count
    alias: dict[int, str] = {}
    for target, name in db.execute(
        "SELECT target, name FROM symbols WHERE kind = 'typedef' AND target != 0 ORDER BY id DESC"
    ):
        alias[target] = name
    public = {
        row[0]
        for row in db.execute(
            "SELECT DISTINCT p.symbol FROM places p JOIN files f ON f.id = p.file"
            " WHERE f.path LIKE 'Include/%' AND f.path NOT LIKE 'Include/internal/%'"
        )
    }
    for id, name, kind, linkage, parent, parent_name, target, path, line in db.execute(
        "SELECT s.id, s.name, s.kind, s.linkage, s.parent, s.parent_name, s.target, f.path, p.line"
        " FROM symbols s JOIN places p ON p.symbol = s.id AND p.rank = 0"
        f" JOIN files f ON f.id = p.file WHERE s.name != '' AND s.kind IN ({marks})"
        " ORDER BY s.name, s.id",
        [str(k) for k in SOUGHT],
    ):
        if id in first:
            continue
        owner = tag = ""
        if parent:
            owner = alias.get(parent, parent_name)
            tag = parent_name if parent_name != owner else ""
        yield Named(
            id,
            name,
            Kind(kind),
            owner,
            tag,
            path,
            line,
            uses[id],
            linkage == Linkage.EXTERNAL,
            id in public,
            bool(target),
        )


def _twins(db: sqlite3.Connection) -> dict[int, int]:
    """Other definitions of one thing in one file, for other configurations: id to the first's."""
    first: dict[tuple[str, str, int], int] = {}
    twins: dict[int, int] = {}
    for id, name, kind, file in db.execute(
        "SELECT s.id, s.name, s.kind, p.file FROM symbols s JOIN places p"
        " ON p.symbol = s.id AND p.rank = 0 WHERE s.kind IN ('function', 'macro', 'variable')"
        " AND s.parent = 0 ORDER BY s.id"
    ):
        kept = first.setdefault((name, kind, file), id)
        if kept != id:
            twins[id] = kept
    return twins


def definitions(index: Index) -> dict[str, int]:
    """How many functions, types, macros and variables each file defines, by path."""
    rows = index.connection.execute(
        "SELECT f.path, count(DISTINCT s.id) FROM places p JOIN symbols s ON s.id = p.symbol"
        " JOIN files f ON f.id = p.file WHERE p.is_definition AND s.name != '' AND s.kind IN"
        " ('function', 'variable', 'typedef', 'struct', 'union', 'enum', 'macro')"
        " GROUP BY f.path ORDER BY f.path"
    )
    return dict(rows)


class Edge(NamedTuple):
    """Something in the text of a function, a macro or a table that leads to a function or macro."""

    source: int  # id of the function, macro or variable in whose text it stands
    target: int
    # "call", "pointer" (the target is the member called), "address", "expand", and from a member
    # to what a table puts there "slot"
    sort: str
    line: int  # of the first


def edges(index: Index) -> list[Edge]:
    """Who calls, takes the address of, or expands whom; each pair and sort once, in order.

    A call through a pointer leads to the member that holds it, such as ``tp_dealloc``.

    What stands in the body of a macro belongs to the macro, what initialises a variable (a table
    of methods or slots) to the variable.
    """
    db = index.connection
    definitions: dict[int, list[tuple[int, int, int, str]]] = defaultdict(list)
    for row in db.execute(
        "SELECT p.file, p.line, p.end_line, s.id, s.kind FROM symbols s JOIN places p"
        " ON p.symbol = s.id WHERE p.is_definition AND s.parent = 0 AND s.kind IN"
        " ('function', 'macro', 'variable', 'struct', 'union', 'enum', 'typedef')"
        " ORDER BY p.file, p.line, p.col"
    ):
        definitions[row[0]].append(row[1:])
    first = _twins(db)
    found: dict[tuple[int, int, str], int] = {}
    for file, line, symbol, use, function in db.execute(
        "SELECT r.file, r.line, r.symbol,"
        " CASE s.kind WHEN 'member' THEN 'pointer' ELSE r.use END, r.function"
        " FROM refs r JOIN symbols s ON s.id = r.symbol"
        " WHERE (s.kind = 'function' AND r.use IN ('call', 'address'))"
        " OR (s.kind = 'macro' AND r.use = 'expand') OR (s.kind = 'member' AND r.use = 'call')"
        " ORDER BY r.file, r.line, r.col"
    ):
        source = function or _around(definitions[file], line)
        if source:
            found.setdefault((first.get(source, source), first.get(symbol, symbol), use), line)
    return [Edge(*key, line) for key, line in sorted(found.items())]


def slots(index: Index) -> list[Edge]:
    """From each member of a type's or a method's struct to the functions that tables put there.

    ``line`` is 0, since there may be many tables.
    """
    db = index.connection
    first = _twins(db)
    rows = db.execute(
        "SELECT DISTINCT c.member, c.symbol FROM cells c JOIN symbols s ON s.id = c.symbol"
        " WHERE s.kind = 'function' AND c.member != 0"
    )
    pairs = sorted({(member, first.get(symbol, symbol)) for member, symbol in rows})
    return [Edge(member, symbol, "slot", 0) for member, symbol in pairs]


def _around(definitions: list[tuple[int, int, int, str]], line: int) -> int:
    """The macro, or the variable with its initialiser, in whose text a line stands; 0 for none.

    The index does not say where an initialiser ends; nothing else can be defined in it but macros.
    """
    at = bisect.bisect_right(definitions, line, key=lambda row: row[0])
    for start, end, symbol, kind in (definitions[i] for i in range(at - 1, -1, -1)):
        if kind == Kind.MACRO:
            if start <= line <= end:
                return symbol
            continue
        return symbol if kind == Kind.VARIABLE else 0
    return 0
