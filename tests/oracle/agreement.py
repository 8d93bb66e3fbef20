"""Compare our links with libclang's: reads the index and units, gives a table per kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from annotator.index.query import Index
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree
from tests.oracle.clang import Seen, look

Key = tuple[str, int, int, str]


@dataclass(slots=True)
class Agreement:
    """Counts per kind of use, and every disagreement."""

    total: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[object, ...]] = field(default_factory=list)
    missing: list[tuple[object, ...]] = field(default_factory=list)

    def table(self) -> str:
        """One line per kind: uses, linked to the same place, to another, not at all."""
        wrong = Counter(str(w[0]) for w in self.wrong)
        lines = [f"{'kind':8} {'uses':>8} {'same':>9} {'other':>9} {'none':>9}"]
        kinds = [*sorted(self.total), "all"]
        for kind in kinds:
            if kind == "all":
                n, same, other = sum(self.total.values()), sum(self.same.values()), len(self.wrong)
            else:
                n, same, other = self.total[kind], self.same[kind], wrong[kind]
            none = n - same - other
            lines.append(f"{kind:8} {n:8} {same / n:9.3%} {other / n:9.3%} {none / n:9.3%}")
        return "\n".join(lines)


def ours(index: Index, paths: set[str]) -> dict[Key, set[tuple[str, int]]]:
    """Our uses in these files, with the (path, line) of everything they lead to."""
    result: dict[Key, set[tuple[str, int]]] = {}
    for path in sorted(paths):
        refs = index.refs_in(path)
        symbols = index.symbols({r.symbol for r in refs})
        for r in refs:
            symbol = symbols[r.symbol]
            places = {(p.path, p.line) for p in symbol.places}
            for other in index.alternatives(symbol):
                places |= {(p.path, p.line) for p in other.places}
            result.setdefault((path, r.line, r.col, r.name), set()).update(places)
    return result


def compare(seen: list[Seen], index: Index, paths: set[str] | None = None) -> Agreement:
    """Hold what libclang saw (in *paths*, or everywhere) against the index."""
    uses: dict[tuple[str, int, int, str, str], set[tuple[str, int]]] = {}
    for one in seen:
        for key, places in one.uses.items():
            if paths is None or key[0] in paths:
                uses.setdefault(key, set()).update(places)
    mine = ours(index, {key[0] for key in uses})
    result = Agreement()
    for (path, line, col, name, group), targets in sorted(uses.items()):
        result.total[group] += 1
        found = mine.get((path, line, col, name))
        if found is None:
            result.missing.append((group, path, line, col, name, sorted(targets)))
        elif found & targets:
            result.same[group] += 1
        else:
            result.wrong.append((group, path, line, col, name, sorted(targets), sorted(found)))
    return result


def look_at(units: list[Unit], tree: Tree) -> list[Seen]:
    """libclang's view of several units."""
    return [look(u, tree) for u in units]
