"""What the graphs load: reads the index, gives ``graph/calls`` and ``graph/includes``.

A graph of some 120,000 edges in half a megabyte: for each function, macro or table, in the order
of ``search/names``, where it leads, as differences.  ``docs/developing/formats.rst`` says how.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from typing import Any

from annotator.index.query import Index
from annotator.index.whole import Named, edges, slots
from annotator.pages.search_index import varint

SORTS = ("call", "pointer", "address", "expand", "slot")


def calls(index: Index, symbols: Sequence[Named]) -> dict[str, Any]:
    """Who leads to whom; *symbols* from `annotator.pages.search_index.ordered`.

    ``data`` is a string of bytes in base64, of numbers as in ``search/names``: for each that leads
    anywhere, by its number: the number less that of the one before, how many edges, and for each
    edge the target less that of the edge before times eight plus the sort, and the line of the
    first use less the line of the definition (zigzag; 0 when there is no one line).
    """
    numbers = {symbol.id: i for i, symbol in enumerate(symbols)}
    rows = sorted(
        (numbers[e.source], numbers[e.target], SORTS.index(e.sort), e.line)
        for e in (*edges(index), *slots(index))
        if e.source in numbers and e.target in numbers and e.source != e.target
    )
    data = bytearray()
    before = 0
    for source, group in itertools.groupby(rows, key=lambda row: row[0]):
        found = list(group)
        data += varint(source - before) + varint(len(found))
        before = source
        last = 0
        for _, target, sort, line in found:
            away = line - symbols[source].line if line else 0
            data += varint((target - last) * 8 + sort)
            data += varint(away * 2 if away >= 0 else -away * 2 - 1)
            last = target
    return {"sorts": list(SORTS), "data": base64.b64encode(data).decode("ascii")}


def includes(index: Index) -> list[list[int]]:
    """For each file, by its place in the list of all: the numbers of those that it includes."""
    files = [info.path for info in index.files()]
    numbers = {path: i for i, path in enumerate(files)}
    return [
        sorted({numbers[target] for _, _, _, target in index.includes(path) if target in numbers})
        for path in files
    ]
