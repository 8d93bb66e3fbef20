"""The tables of an index, row by row: reads an ``Index``, for those who write all of it down."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from annotator.index.query import Index
from annotator.model import CONFIGS, Kind


def files(index: Index) -> Iterator[tuple[int, str, dict[str, list[list[int]]]]]:
    """(number, path, live ranges by the name of the configuration), by path."""
    rows = index.connection.execute("SELECT id, path, live FROM files ORDER BY path").fetchall()
    for number, path, live in rows:
        yield number, path, {CONFIGS[int(k)]: v for k, v in json.loads(live).items()}


def symbols(index: Index) -> Iterator[tuple[int, str, str, int, str, str, str, int]]:
    """(id, name, kind, parent, declaration, doc, value, target), by id.

    The ids of symbols whose first place lies in one file are consecutive.
    """
    yield from index.connection.execute(
        "SELECT id, name, kind, parent, declaration, doc, value, target FROM symbols ORDER BY id"
    )


def places(index: Index) -> Iterator[tuple[int, int, int, int, int, int]]:
    """(symbol, file number, line, col, end line, is a definition), by symbol, best first."""
    yield from index.connection.execute(
        "SELECT symbol, file, line, col, end_line, is_definition FROM places ORDER BY symbol, rank"
    )


def uses(index: Index) -> Iterator[tuple[int, int, int, int, str, int]]:
    """(symbol, file number, line, col, use, configs), in this order."""
    yield from index.connection.execute(
        "SELECT symbol, file, line, col, use, configs FROM refs"
        " ORDER BY symbol, file, line, col, use"
    )


def ambiguous(index: Index) -> Iterator[tuple[int, int, int, list[int]]]:
    """(file number, line, col, symbols) of each place that means several things, by place.

    Such is a name in the body of a macro that is used in different places.
    """
    for file, line, col, symbols in index.connection.execute(
        "SELECT file, line, col, group_concat(DISTINCT symbol) FROM refs"
        " GROUP BY file, line, col HAVING min(symbol) != max(symbol) ORDER BY file, line, col"
    ):
        yield file, line, col, sorted(map(int, symbols.split(",")))


def layouts(index: Index) -> Iterator[tuple[int, int, int, int, list[list[Any]]]]:
    """(symbol, config, size, align, members), by symbol; members are as in `MemberLayout`."""
    for symbol, config, size, align, members in index.connection.execute(
        "SELECT symbol, config, size, align, members FROM layouts ORDER BY symbol, config"
    ):
        yield symbol, config, size, align, json.loads(members)


def extents(index: Index, kinds: Collection[Kind]) -> Iterator[tuple[str, int, int, str]]:
    """(path, first line, last line, name) of the definitions of these kinds, by place."""
    marks = ",".join("?" * len(kinds))
    rows = index.connection.execute(
        "SELECT p.file, p.line, p.end_line, s.name FROM places p JOIN symbols s"
        f" ON s.id = p.symbol WHERE p.is_definition AND p.end_line AND s.kind IN ({marks})"
        " ORDER BY p.file, p.line, p.col",
        [str(kind) for kind in kinds],
    )
    for file, first, last, name in rows:
        yield index.path_of(file), first, last, name
