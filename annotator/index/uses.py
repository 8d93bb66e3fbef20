"""A million uses in little memory: reads them one by one, gives each once, in order.

A use's key (file, line, col, symbol, use) and what hangs on it (length, function,
configurations) are each packed into one integer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from annotator.meaning.facts import USE_CODE, USES
from annotator.model import Use

_LINE, _COL, _SYMBOL, _USE = 24, 24, 28, 5  # bits
_CONFIGS = 4
_NO_FUNCTION = 0


class UseRow(NamedTuple):
    """One use; ``function`` is -1 outside of functions."""

    path: str
    line: int
    col: int
    symbol: int
    use: Use
    length: int
    function: int
    configs: int


class UseTable:
    """Uses by place, symbol and kind; what two say of the same use is joined."""

    def __init__(self) -> None:
        self._files: dict[str, int] = {}
        self._paths: list[str] = []
        self._rows: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def file(self, path: str) -> int:
        """The number of a file."""
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = len(self._paths)
            self._paths.append(path)
        return known

    def add(
        self,
        file: int,
        line: int,
        col: int,
        symbol: int,
        use: int,
        *,
        length: int,
        function: int = -1,
        configs: int,
    ) -> None:
        """Take in one use; *file* as `file` numbers it, *use* an index into ``USES``."""
        place = ((file << _LINE | line) << _COL) | col
        key = (place << _SYMBOL | symbol) << _USE | use
        known = self._rows.get(key)
        if known is not None:
            configs |= known & ((1 << _CONFIGS) - 1)
            before = known >> _CONFIGS & ((1 << _SYMBOL) - 1)
            if before != _NO_FUNCTION:
                function = before - 1
        self._rows[key] = (length << _SYMBOL | (function + 1)) << _CONFIGS | configs

    def add_named(
        self, path: str, line: int, col: int, symbol: int, use: Use, *, length: int, configs: int
    ) -> None:
        """`add`, with the path and the use as themselves."""
        self.add(self.file(path), line, col, symbol, USE_CODE[use], length=length, configs=configs)

    def renumber(self, rename: Callable[[int], int]) -> UseTable:
        """The same uses with other numbers for symbols; those renamed to 0 are left out."""
        result = UseTable()
        result._files, result._paths = self._files, self._paths
        memo: dict[int, int] = {-1: -1}

        def number(symbol: int) -> int:
            known = memo.get(symbol)
            if known is None:
                known = memo[symbol] = rename(symbol)
            return known

        rows = self._rows
        while rows:  # one table shrinks as the other grows
            key, value = rows.popitem()
            row = self._unpack(key, value)
            symbol = number(row.symbol)
            if symbol:
                result.add(
                    self._files[row.path],
                    row.line,
                    row.col,
                    symbol,
                    USE_CODE[row.use],
                    length=row.length,
                    function=number(row.function) or -1,
                    configs=row.configs,
                )
        return result

    def _unpack(self, key: int, value: int) -> UseRow:
        use = key & ((1 << _USE) - 1)
        key >>= _USE
        symbol = key & ((1 << _SYMBOL) - 1)
        key >>= _SYMBOL
        col = key & ((1 << _COL) - 1)
        key >>= _COL
        line = key & ((1 << _LINE) - 1)
        path = self._paths[key >> _LINE]
        configs = value & ((1 << _CONFIGS) - 1)
        value >>= _CONFIGS
        function = (value & ((1 << _SYMBOL) - 1)) - 1
        return UseRow(path, line, col, symbol, USES[use], value >> _SYMBOL, function, configs)

    def __iter__(self) -> Iterator[UseRow]:
        """The uses, file by file in the order of their numbers, then by place."""
        for key in sorted(self._rows):
            yield self._unpack(key, self._rows[key])
