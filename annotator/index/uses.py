"""A million uses in little memory: takes them in one by one, gives each once, in order.

A use's key (line, col, symbol, use) and what hangs on it (length, configurations) are each
packed into one integer.
"""

from __future__ import annotations

from collections.abc import Iterator

from annotator.meaning.facts import USES

_COL, _SYMBOL, _USE, _CONFIGS = 24, 28, 5, 4  # bits
_BELOW_PLACE = _SYMBOL + _USE

# line, col, length, symbol, use, configurations
UseRow = tuple[int, int, int, int, str, int]


class FileUses:
    """The uses in one file by place, symbol and sort; what two say of the same use is joined."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}

    def add(self, line: int, col: int, symbol: int, use: int, length: int, configs: int) -> None:
        """Take in one use; *use* is an index into ``USES``."""
        key = (line << _COL | col) << _BELOW_PLACE | symbol << _USE | use
        rows = self.rows
        rows[key] = rows.get(key, 0) | length << _CONFIGS | configs

    def add_all(
        self, refs: list[tuple[int, int, int, int, int]], ids: list[int], configs: int
    ) -> None:
        """Take in (line, col, length, symbol, use) with *ids* for symbols; id 0 is left out."""
        rows = self.rows
        get = rows.get
        for line, col, length, symbol, use in refs:
            id = ids[symbol]
            if id:
                key = (line << _COL | col) << _BELOW_PLACE | id << _USE | use
                rows[key] = get(key, 0) | length << _CONFIGS | configs

    def places(self) -> set[int]:
        """The places of all uses, as `place` packs them."""
        return {key >> _BELOW_PLACE for key in self.rows}

    def __iter__(self) -> Iterator[UseRow]:
        rows = self.rows
        symbols, configurations = (1 << _SYMBOL) - 1, (1 << _CONFIGS) - 1
        for key in sorted(rows):
            value = rows[key]
            at = key >> _BELOW_PLACE
            yield (
                at >> _COL,
                at & ((1 << _COL) - 1),
                value >> _CONFIGS,
                key >> _USE & symbols,
                USES[key & ((1 << _USE) - 1)].value,
                value & configurations,
            )


def place(line: int, col: int) -> int:
    """A place as one integer."""
    return line << _COL | col
