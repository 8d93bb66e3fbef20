"""Export the index as JSON Lines: reads an `Index`, gives one object a line.

The keys are a contract with other programs; see ``docs/developing``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from annotator.index.python_names import Names
from annotator.index.query import Index
from annotator.model import CONFIGS, Place, Symbol


def refs(index: Index, config: str = "default") -> Iterator[str]:
    """Every use that is live in *config*; targets: definition first, then declarations.

    The other definitions of a macro in the same file stand last among its targets.
    """
    bit = 1 << CONFIGS.index(config)
    known: dict[int, list[tuple[str, int]]] = {}
    for file in index.files():
        found = [r for r in index.refs_in(file.path) if r.configs & bit]
        symbols = index.symbols({r.symbol for r in found})
        for r in found:
            targets = known.get(r.symbol)
            if targets is None:
                targets = known[r.symbol] = _targets(index, symbols[r.symbol])
            yield json.dumps(
                {
                    "path": r.path,
                    "line": r.line,
                    "col": r.col,
                    "name": r.name,
                    "kind": r.kind.value,
                    "use": r.use.value,
                    "targets": targets,
                },
                ensure_ascii=False,
            )
        for line, col, length, target in index.includes(file.path):
            spelled = index.text(file.path).splitlines()[line - 1][col - 1 : col - 1 + length]
            yield json.dumps(
                {
                    "path": file.path,
                    "line": line,
                    "col": col,
                    "name": spelled.decode("utf-8", "replace"),
                    "kind": "file",
                    "use": "include",
                    "targets": [(target, 1)],
                },
                ensure_ascii=False,
            )


def _targets(index: Index, symbol: Symbol) -> list[tuple[str, int]]:
    places: list[Place] = list(symbol.places)
    for other in index.alternatives(symbol):
        places += other.places
    return list(dict.fromkeys((p.path, p.line) for p in places))


def symbols(index: Index) -> Iterator[str]:
    """Every definition, and the first declaration of what is defined elsewhere."""
    for s in index.all_symbols():
        if not s.name:
            continue
        definitions = [p for p in s.places if p.is_definition] or [s.place]
        for place in definitions:
            yield json.dumps(
                {
                    "name": s.name,
                    "kind": s.kind.value,
                    "path": place.path,
                    "line": place.line,
                    "col": place.col,
                },
                ensure_ascii=False,
            )


def names(index: Index) -> Iterator[str]:
    """Every Python name with a C function behind it; place of what is written by hand.

    Of a getset the getter; the setter follows under "set".
    """
    every = Names(index).all()
    getters = {n.python for n in every if n.role == "get"}
    setters = {n.python: n for n in every if n.role == "set"}
    for n in every:
        if n.function is None or (n.role == "set" and n.python in getters):
            continue
        place = (n.implementation or n.function).place
        row: dict[str, object] = {
            "python": n.python,
            "kind": n.kind,
            "c": n.function.name,
            "impl": n.implementation.name if n.implementation is not None else None,
            "path": place.path,
            "line": place.line,
            "source": n.source,
        }
        setter = setters.get(n.python)
        if setter is not None and setter.function is not None:
            row["set"] = setter.function.name
        yield json.dumps(row, ensure_ascii=False)


def status(index: Index) -> dict[str, object]:
    """How complete the index is: of the default configuration, then of each."""
    counts = index.counts()
    each = {name: _of_config(index, name) for name in index.configs}
    return {
        "release": index.release,
        **each[index.configs[0]],
        "refs": counts["refs"],
        "symbols": counts["symbols"],
        "configurations": each,
    }


def _of_config(index: Index, config: str) -> dict[str, object]:
    units = index.units(config=CONFIGS.index(config))
    return {
        "units": len(units),
        "parsed": sum(parsed for _, parsed in units),
        "failed": [path for path, parsed in units if not parsed],
    }
