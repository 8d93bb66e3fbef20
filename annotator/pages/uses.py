"""Where names are used: reads the index, gives shards of uses and how many there are of each sort.

``uses/<n>`` holds ``{id: [file, [line, col, what, …], file, […], …]}``, lines as differences
from one to the next, for consecutive ids.  ``what`` is the number of the use, plus 16 times
in which configurations it is compiled: 0 all that there are, 8 none, otherwise their bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from annotator.index import rows
from annotator.pages.cards import USES, Counts

if TYPE_CHECKING:
    from annotator.index.query import Index

BUCKET = 96_000  # characters of a shard, about; what opening a panel has to load
_USE = {str(use): i for i, use in enumerate(USES)}


def buckets(index: Index, counts: Counts) -> Iterator[tuple[int, dict[int, Any]]]:
    """Each shard with the first id in it; fills *counts* on the way."""
    every = 1
    for configs in index.configurations():
        every |= configs
    bucket: dict[int, Any] = {}
    size, start = 0, 1
    symbol, file, last = 0, 0, 0
    mine: list[Any] = []
    tally: dict[int, int] = {}
    lines: list[int] = []
    for id, path, line, col, use, configs in rows.uses(index):
        if id != symbol:
            size += 4 * len(mine) + 9 * sum(tally.values())
            if size > BUCKET:
                yield start, bucket
                bucket, size, start = {}, 0, id
            symbol, file = id, 0
            mine = bucket[id] = []
            tally = counts[id] = {}
        if path != file:
            file, last = path, 0
            lines = []
            mine += (path, lines)
        number = _USE[use]
        tally[number] = tally.get(number, 0) + 1
        mask = 0 if configs == every else configs or 8
        lines += (line - last, col, number + 16 * mask)
        last = line
    yield start, bucket
