"""What a card says of a name: reads the index and CPython's API data, gives a shard for each file.

``cards/<path>`` holds ``{file, first, live, several, s}``: in ``s`` one record for every symbol
whose first place lies in the file, in the order of their ids, which are consecutive from
``first``.  A link on a page leads to that place, so that file, line and name are enough to find
the record.  A record is ``[line, col, name, kind, declaration, end, parent, doc, counts, places,
more]`` without what is empty at its end; ``docs/developing/formats.rst`` tells the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from annotator.index import rows
from annotator.model import CONFIGS, Kind, Use
from annotator.pages.api_data import ApiData
from annotator.pages.shard import shown

if TYPE_CHECKING:
    from annotator.index.query import Index

KINDS = list(Kind)
USES = list(Use)
_KIND = {str(kind): i for i, kind in enumerate(KINDS)}
_STRUCTS = (str(Kind.STRUCT), str(Kind.UNION))

_SEVERAL = 12  # meanings of one place that are told of

Record = list[Any]
Counts = dict[int, dict[int, int]]  # symbol -> number of a use -> how many


def cards(index: Index, counts: Counts, api: ApiData) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each file with the value of its shard."""
    files = {number: (path, live) for number, path, live in rows.files(index)}
    layouts, named = _layouts(index)
    places: dict[int, list[tuple[int, int, int, int, int]]] = {}
    for symbol, file, line, col, end, defined in rows.places(index):
        places.setdefault(symbol, []).append((file, line, col, end, defined))
    records: dict[int, list[Record]] = {}
    firsts: dict[int, int] = {}
    owners: list[tuple[int, int, int]] = []  # the structs of the file in hand: line, end, id
    current = 0
    for id, name, kind, parent, declaration, doc, value, target in rows.symbols(index):
        if id not in places:
            continue
        file, line, col, end, _ = places[id][0]
        if file != current:
            current, owners = file, []
            firsts[file] = id
        if kind in _STRUCTS and end:
            owners.append((line, end, id))
        more: dict[str, Any] = {}
        if value:
            more["v"] = value
        if id in layouts:
            more["L"] = [layouts[id].get(i) for i in range(len(CONFIGS))]
        if id in named and not name:
            more["n"] = named[id]
        if kind == Kind.MEMBER:
            offset = _offset(name, line, parent, owners, layouts)
            if offset is not None:
                owner, per_config = offset
                more["o"] = per_config
                more["w"] = owner - id
        if target and kind == Kind.TYPEDEF and target in places:
            where = places[target][0]
            more["t"] = [where[0], where[1], target]
        if kind not in _LOCAL:
            more.update(api.of(name))
        rest = [n for p in places[id][1:] for n in (p[0], p[1], p[4])]
        pairs = [n for use in sorted(counts.get(id, {}).items()) for n in use]
        record: Record = [
            line,
            col,
            shown(name),
            _KIND[kind],
            shown(" ".join(declaration.split())),
            end,
            parent - id if parent else 0,
            shown(doc),
            pairs,
            rest,
            more,
        ]
        while not record[-1]:
            record.pop()
        records.setdefault(file, []).append(record)
    several: dict[int, dict[str, list[int]]] = {}
    for file, line, col, symbols in rows.ambiguous(index):
        several.setdefault(file, {})[f"{line}:{col}"] = symbols[:_SEVERAL]
    for number, (path, live) in files.items():
        yield (
            path,
            {
                "file": number,
                "first": firsts.get(number, 0),
                "live": [live.get(config) for config in CONFIGS],
                "several": several.get(number, {}),
                "s": records.get(number, []),
            },
        )


_LOCAL = (str(Kind.LOCAL), str(Kind.PARAMETER), str(Kind.LABEL))


def _layouts(index: Index) -> tuple[dict[int, dict[int, list[Any]]], dict[int, str]]:
    """Per struct and configuration ``[size, align, [[name, type, offset, size, bit, bits], …]]``.

    What other configurations share with the default is not said again.  An unnamed struct has
    the layout that is known of its typedef, whose name is given besides.
    """
    typedefs: dict[int, int] = {}
    named: dict[int, str] = {}
    for id, name, kind, _, _, _, _, target in rows.symbols(index):
        if target and kind == Kind.TYPEDEF:
            typedefs[id] = target
            named.setdefault(target, shown(name))
    out: dict[int, dict[int, list[Any]]] = {}
    for id, config, size, align, members in rows.layouts(index):
        symbol = typedefs.get(id, id)
        table = [[shown(m[0]), shown(m[1]), *m[2:6]] for m in members]
        for row in table:
            if row[4] < 0:
                del row[4:]
        layout = [size, align, table]
        mine = out.setdefault(symbol, {})
        if config == 0 or mine.get(0) != layout:
            mine[config] = layout
        else:
            mine[config] = [0]  # as in the default one
    return out, named


def _offset(
    name: str,
    line: int,
    parent: int,
    owners: list[tuple[int, int, int]],
    layouts: dict[int, dict[int, list[Any]]],
) -> tuple[int, list[Any]] | None:
    """The struct whose layout holds a member, and where: ``[offset, size, bit, bits]`` each.

    Members of an unnamed struct or union lie in the struct around it.
    """
    around = [id for first, last, id in reversed(owners) if first <= line <= last]
    for owner in dict.fromkeys([parent, *around]):
        found = layouts.get(owner, {})
        out: list[Any] = []
        for config in range(len(CONFIGS)):
            layout = found.get(config)
            if layout == [0]:
                layout = found[0]
            table = layout[2] if layout else []
            out.append(next((row[2:] for row in table if row[0] == name), None))
        if any(out):
            while out and (out[-1] is None or (len(out) > 1 and out[-1] == out[0])):
                out.pop()
            return owner, out
    return None
