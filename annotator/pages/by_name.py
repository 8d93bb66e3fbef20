"""Where a name leads when nothing but the name is known: reads the index, gives shards.

``names/<n>`` holds ``{name: [[file, line, kind], …]}``, the likeliest first, for the names whose
UTF-16 code units sum to *n* modulo 32.  Locals, parameters and labels are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotator.index import rows
from annotator.model import Kind
from annotator.pages.cards import KINDS
from annotator.pages.shard import shown

if TYPE_CHECKING:
    from annotator.index.query import Index

SHARDS = 32
_ORDER = [
    Kind.FUNCTION,
    Kind.MACRO,
    Kind.TYPEDEF,
    Kind.STRUCT,
    Kind.UNION,
    Kind.ENUM,
    Kind.VARIABLE,
    Kind.ENUMERATOR,
    Kind.MEMBER,
]
_MOST = 8  # meanings of one name that are kept

Table = dict[str, list[tuple[int, int, int]]]


def by_name(index: Index) -> list[Table]:
    """The values of the shards, by number."""
    rank = {str(kind): i for i, kind in enumerate(_ORDER)}
    number = {str(kind): i for i, kind in enumerate(KINDS)}
    first: dict[int, tuple[int, int]] = {}
    for symbol, file, line, _, _, _ in rows.places(index):
        first.setdefault(symbol, (file, line))
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for id, name, kind, *_ in rows.symbols(index):
        if name and kind in rank and id in first:
            file, line = first[id]
            found.setdefault(shown(name), []).append((rank[kind], file, line, number[kind]))
    out: list[Table] = [{} for _ in range(SHARDS)]
    for name, meanings in found.items():
        units = name.encode("utf-16-le", "surrogatepass")
        total = sum(units[0::2]) + 256 * sum(units[1::2])
        out[total % SHARDS][name] = [m[1:] for m in sorted(meanings)[:_MOST]]
    return out
