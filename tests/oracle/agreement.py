"""Compare our links with libclang's: reads the index and views, gives a table per kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from annotator.index.query import Index
from annotator.model import CONFIGS, Kind
from tests.oracle.clang import Seen

Target = tuple[str, int]
_SAME = {"variable": (Kind.VARIABLE, Kind.LOCAL)}


BUILTIN = "a builtin of the compiler, which libclang takes to be declared at its first use"
OTHER_BRANCH = "libclang is not gcc: __clang__ makes it compile another branch of a conditional"


@dataclass(frozen=True, slots=True)
class Miss:
    """One disagreement; ``ours`` is empty when we have no link there.

    ``own`` is the reason why it is libclang's own, "" when it is for us to explain.
    """

    group: str
    path: str
    line: int
    col: int
    name: str
    theirs: tuple[Target, ...]
    ours: tuple[Target, ...] = ()
    own: str = ""


@dataclass(slots=True)
class Agreement:
    """Counts per kind of use, and every disagreement."""

    total: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    wrong: list[Miss] = field(default_factory=list)
    missing: list[Miss] = field(default_factory=list)

    def share(self, kind: str = "") -> float:
        """The share that leads to the same place, of one kind or of all."""
        if kind:
            return self.same[kind] / max(self.total[kind], 1)
        return sum(self.same.values()) / max(sum(self.total.values()), 1)

    @property
    def unexplained(self) -> list[Miss]:
        """The disagreements that are not libclang's own."""
        return [m for m in (*self.wrong, *self.missing) if not m.own]

    def table(self) -> str:
        """One line per kind: uses; linked to the same place, to another, not at all.

        The last column is how many of the disagreements are libclang's own.
        """
        wrong, missing = (
            Counter(m.group for m in self.wrong),
            Counter(m.group for m in self.missing),
        )
        own = Counter(m.group for m in (*self.wrong, *self.missing) if m.own)
        rows = [
            (kind, [self.total[kind], self.same[kind], wrong[kind], missing[kind], own[kind]])
            for kind in sorted(self.total)
        ]
        rows.append(("all", [sum(row[i] for _, row in rows) for i in range(5)]))
        lines = [f"{'kind':12} {'uses':>8} {'same':>9} {'other':>9} {'none':>9} {'clang own':>10}"]
        for kind, (n, *counts, mine) in rows:
            shares = " ".join(f"{count / max(n, 1):9.3%}" for count in counts)
            lines.append(f"{kind:12} {n:8} {shares} {mine:10}")
        return "\n".join(lines)

    def reasons(self) -> str:
        """The disagreements that are libclang's own: one line per reason, with an example."""
        found: dict[str, list[Miss]] = {}
        for miss in (*self.wrong, *self.missing):
            if miss.own:
                found.setdefault(miss.own, []).append(miss)
        return "\n".join(
            f"{len(misses):6}  {reason}; {misses[0].path}:{misses[0].line} {misses[0].name}"
            for reason, misses in sorted(found.items())
        )


@dataclass(slots=True)
class Views:
    """What libclang saw in many units, joined."""

    uses: dict[str, dict[tuple[int, int, str, str], set[Target]]] = field(default_factory=dict)
    definitions: dict[str, set[tuple[str, int, str]]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def add(self, unit: str, seen: Seen) -> None:
        """Take in the view of one unit."""
        for (path, line, col, name, group), places in seen.uses.items():
            self.uses.setdefault(path, {}).setdefault((line, col, name, group), set()).update(
                places
            )
        for kind, path, line, name in seen.definitions:
            self.definitions.setdefault(path, set()).add((kind, line, name))
        if seen.errors:
            self.errors[unit] = seen.errors


def links(
    views: Views, index: Index, *, paths: Iterable[str] | None = None, config: str = "default"
) -> Agreement:
    """Hold the uses that libclang saw (in *paths*, or everywhere) against the index."""
    bit = 1 << CONFIGS.index(config)
    result = Agreement()
    dead = _Dead(index, config)
    for path in sorted(views.uses if paths is None else set(paths) & views.uses.keys()):
        refs = [r for r in index.refs_in(path) if r.configs & bit]
        symbols = index.symbols({r.symbol for r in refs})
        mine: dict[tuple[int, int, str], set[Target]] = {}
        for r in refs:
            places = mine.setdefault((r.line, r.col, r.name), set())
            places.update((p.path, p.line) for p in symbols[r.symbol].places)
        for (line, col, name, group), targets in sorted(views.uses[path].items()):
            result.total[group] += 1
            found = mine.get((line, col, name))
            if found is not None and found & targets:
                result.same[group] += 1
                continue
            own = ""
            if name.startswith(("__builtin_", "__atomic_")):
                own = BUILTIN
            elif dead((path, line)) or all(map(dead, targets)):
                own = OTHER_BRANCH
            theirs, ours = tuple(sorted(targets)), tuple(sorted(found or ()))
            miss = Miss(group, path, line, col, name, theirs, ours, own)
            (result.missing if found is None else result.wrong).append(miss)
    return result


class _Dead:
    """Tells which lines gcc did not compile, by what it left of them."""

    def __init__(self, index: Index, config: str) -> None:
        self.index, self.config = index, config
        self._live: dict[str, tuple[tuple[int, int], ...]] = {}

    def __call__(self, place: Target) -> bool:
        path, line = place
        if path not in self._live:
            info = self.index.file(path)
            self._live[path] = info.live.get(self.config, ()) if info is not None else ()
        return not any(first <= line <= last for first, last in self._live[path])


def definitions(
    views: Views, index: Index, *, paths: Iterable[str] | None = None, config: str = "default"
) -> Agreement:
    """Hold the definitions that libclang saw against those of the index."""
    result = Agreement()
    dead = _Dead(index, config)
    for path in sorted(views.definitions if paths is None else paths):
        mine: dict[tuple[Kind, str], set[Target]] = {}
        for s in index.symbols_in(path):
            for p in s.places:
                if p.path == path and p.is_definition:
                    mine.setdefault((s.kind, s.name), set()).add((path, p.line))
        for kind, line, name in sorted(views.definitions.get(path, ())):
            result.total[kind] += 1
            kinds = _SAME.get(kind, (Kind(kind),))
            ours = set().union(*(mine.get((k, name), set()) for k in kinds))
            if (path, line) in ours:
                result.same[kind] += 1
                continue
            own = OTHER_BRANCH if dead((path, line)) else ""
            miss = Miss(kind, path, line, 0, name, ((path, line),), tuple(sorted(ours)), own)
            (result.wrong if ours else result.missing).append(miss)
    return result
