"""Facts: what a piece of a unit says, as plain data that can be kept in a file.

They hold no objects of the parser.  A header's facts are the same in every unit that
includes it in the same way, and are kept once.
"""

from __future__ import annotations

import hashlib
import marshal
from dataclasses import dataclass, field
from typing import Any

from annotator.model import Kind, Linkage, Use

KINDS = tuple(Kind)
USES = tuple(Use)
LINKAGES = tuple(Linkage)
KIND_CODE = {k: i for i, k in enumerate(KINDS)}
USE_CODE = {u: i for i, u in enumerate(USES)}
LINKAGE_CODE = {k: i for i, k in enumerate(LINKAGES)}

# (file, line, col, end_line, is_definition, start_line)
DeclarationRow = tuple[int, int, int, int, bool, int]


@dataclass(slots=True)
class Facts:
    """Places are (file, line, col) with ``file`` an index into ``files``.

    - ``symbols``: (kind, name, linkage, parent, text, value, target, declarations), where
      ``target`` is the struct or enum that a typedef names; ``parent`` and ``target`` are
      indices into ``symbols`` or -1.  A symbol that is only used here brings one declaration,
      so that it can be told which it is.
    - ``refs``: (file, line, col, length, symbol, use, function)
    - ``macros``: (file, line, col, name, use, file, line), a use and the #define in force
    - ``named``: (file, line, col, name, use), macros tested or used that are not defined
    - ``includes``: (file, line, col, length, target file)
    - ``live``: per file the ranges of lines that are compiled
    - ``layouts``: (symbol, size, align, members), members being (name, type, offset, size,
      bit_offset, bit_size)
    - ``tables``: (variable, record, file, line, col, cells), a row of a constant table, with
      cells of (member or -1, index, symbol or -1, string or number or None)
    - ``diagnostics``: (kind, message, path, line, col)
    """

    files: list[str] = field(default_factory=list)
    symbols: list[tuple[Any, ...]] = field(default_factory=list)
    refs: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    macros: list[tuple[int, int, int, str, int, int, int]] = field(default_factory=list)
    named: list[tuple[int, int, int, str, int]] = field(default_factory=list)
    includes: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    live: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    layouts: list[tuple[Any, ...]] = field(default_factory=list)
    tables: list[tuple[Any, ...]] = field(default_factory=list)
    diagnostics: list[tuple[str, str, str, int, int]] = field(default_factory=list)

    def dump(self) -> bytes:
        """As bytes: the same facts give the same bytes."""
        # Version 2 of the format has no back-references, which would depend on identity.
        return marshal.dumps({name: getattr(self, name) for name in self.__slots__}, 2)

    @classmethod
    def load(cls, data: bytes) -> Facts:
        """The facts that `dump` gave *data* for.  ValueError, EOFError, TypeError if none."""
        return cls(**marshal.loads(data))


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit: its file, whether all of it was understood, and the facts it consists of."""

    path: str
    parsed: bool
    chunks: tuple[str, ...]  # digests of dumped facts


def digest(data: bytes) -> str:
    """The name of dumped facts."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
