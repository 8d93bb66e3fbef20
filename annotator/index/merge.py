"""Merge the facts of many units: reads facts, gives one set of symbols with their uses.

Two units mean the same entity when they share the place of a declaration (a header's
``static inline`` function, a struct), or when it has external linkage and the same name
(C11 6.2.2 p2).  A union-find over those keys joins them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from annotator.index.uses import UseTable
from annotator.meaning.facts import KINDS, LINKAGES, USES, Facts, UnitFacts
from annotator.model import CONFIGS, Kind, Linkage, Use
from annotator.source.scan import Scan

Key = tuple[Any, ...]


@dataclass(slots=True)
class Merged:
    """A symbol of the whole program, before it gets its id."""

    name: str
    kind: Kind
    linkage: Linkage
    text: str = ""
    text_from_definition: bool = False
    value: str = ""
    parent: int = -1
    target: int = -1
    configs: int = 0  # in which it is declared
    # (path, line, col) -> (end_line, is_definition, start_line)
    places: dict[tuple[str, int, int], tuple[int, bool, int]] = field(default_factory=dict)


class Program:
    """Collects facts unit by unit."""

    def __init__(self) -> None:
        self._parent: list[int] = []  # union-find
        self._keys: dict[Key, int] = {}
        self._symbols: list[Merged | None] = []
        self.uses = UseTable()
        # (path, line, col, name, use) -> place of the #define -> configurations
        self.macro_uses: dict[tuple[str, int, int, str, str], dict[tuple[str, int], int]] = {}
        self.named: dict[tuple[str, int, int, str, str], int] = {}
        self.live: dict[tuple[int, str], set[int]] = {}
        self.includes: dict[tuple[str, int, int, int], str] = {}
        self.layouts: dict[tuple[int, int], tuple[int, int, list[Any]]] = {}
        self.diagnostics: list[tuple[int, str, str, str, int, int]] = []
        self.units: list[tuple[int, str, bool]] = []
        self.roles: dict[str, str] = {}
        # Where a name stands in a file that the build made, if not where another configuration
        # has it: (path, line) -> column.
        self.columns: dict[tuple[str, int], int] = {}

    # -- union-find --------------------------------------------------------------------------

    def root(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def _join(self, a: int, b: int) -> int:
        a, b = self.root(a), self.root(b)
        if a == b:
            return a
        if b < a:
            a, b = b, a
        self._parent[b] = a
        kept, gone = self._symbols[a], self._symbols[b]
        assert kept is not None
        assert gone is not None
        self._absorb(kept, gone)
        self._symbols[b] = None
        return a

    def _absorb(self, kept: Merged, other: Merged) -> None:
        for place, (end, definition, start) in other.places.items():
            before = kept.places.get(place)
            if before is not None:
                end, definition = max(end, before[0]), definition or before[1]
            kept.places[place] = (end, definition, start)
        if not kept.text or (other.text_from_definition and not kept.text_from_definition):
            kept.text = other.text or kept.text
            kept.text_from_definition = other.text_from_definition
        kept.value = kept.value or other.value
        if kept.parent < 0:
            kept.parent = other.parent
        if kept.target < 0:
            kept.target = other.target
        kept.configs |= other.configs
        if other.linkage is Linkage.EXTERNAL:
            kept.linkage = Linkage.EXTERNAL

    # -- units -------------------------------------------------------------------------------

    def add_unit(self, unit: UnitFacts, config: int) -> None:
        """Take in that *unit* was compiled in configuration *config*; its chunks come apart."""
        self.units.append((config, unit.path, unit.parsed))
        self.roles[unit.path] = "unit"

    def add(self, facts: Facts, configs: int) -> None:
        """Take in a chunk of facts that some unit has in each of *configs*, bits of `CONFIGS`."""
        files = facts.files
        local = [self._symbol(files, s, configs) for s in facts.symbols]
        for index, s in enumerate(facts.symbols):
            mine = self._symbols[self.root(local[index])]
            assert mine is not None
            if s[3] >= 0 and mine.parent < 0:
                mine.parent = local[s[3]]
            if s[6] >= 0 and mine.target < 0:
                mine.target = local[s[6]]
        bit = configs
        numbered = [config for config in range(len(CONFIGS)) if configs >> config & 1]
        add = self.uses.add
        numbers = [self.uses.file(path) for path in files]
        for file, line, col, length, symbol, use, function in facts.refs:
            inside = local[function] if function >= 0 else -1
            number, meant = numbers[file], local[symbol]
            col = self.columns.get((files[file], line), col)
            add(number, line, col, meant, use, length=length, function=inside, configs=bit)
        for file, line, col, name, use, target, target_line in facts.macros:
            spelled = (files[file], line, col, name, USES[use].value)
            in_force = (files[target], target_line)
            known_macro = self.macro_uses.setdefault(spelled, {})
            known_macro[in_force] = known_macro.get(in_force, 0) | bit
        for file, line, col, name, use in facts.named:
            named = (files[file], line, col, name, USES[use].value)
            self.named[named] = self.named.get(named, 0) | bit
        for file, line, col, length, target in facts.includes:
            self.includes[files[file], line, col, length] = files[target]
        for file, ranges in facts.live.items():
            for config in numbered:
                lines = self.live.setdefault((config, files[file]), set())
                for first, last in ranges:
                    lines.update(range(first, last + 1))
        for symbol, size, align, members in facts.layouts:
            for config in numbered:
                self.layouts.setdefault((local[symbol], config), (size, align, members))
        for kind, message, path, line, col in facts.diagnostics:
            for config in numbered:
                self.diagnostics.append((config, kind, message, path, line, col))
        for path in files:
            role = "header" if path.endswith(".h") else "included"
            self.roles.setdefault(path, role)

    def _symbol(self, files: list[str], s: tuple[Any, ...], configs: int) -> int:
        kind, name, linkage = KINDS[s[0]], s[1], LINKAGES[s[2]]
        places: dict[tuple[str, int, int], tuple[int, bool, int]] = {}
        keys: list[Key] = []
        external = linkage is Linkage.EXTERNAL
        if external and kind in (Kind.FUNCTION, Kind.VARIABLE):
            keys.append((name,))
        defined = False
        for file, line, col, end, definition, start in s[7]:
            place = (files[file], line, self.columns.get((files[file], line), col))
            places[place] = (end, bool(definition), start)
            keys.append((kind, name, *place))
            defined = defined or bool(definition)
        new = Merged(name, kind, linkage, s[4], defined, s[5], -1, -1, configs, places)
        found = sorted({self.root(self._keys[k]) for k in keys if k in self._keys})
        if found:
            index = found[0]
            for other in found[1:]:
                index = self._join(index, other)
            kept = self._symbols[index]
            assert kept is not None
            self._absorb(kept, new)
        else:
            index = len(self._symbols)
            self._symbols.append(new)
            self._parent.append(index)
        for k in keys:
            self._keys.setdefault(k, index)
        return index

    def add_macros(self, path: str, scan: Scan) -> None:
        """Take in the macros of a file that no unit defined: those of other platforms."""
        for name, line, col, end_line, text, _ in scan.macros:
            key = (Kind.MACRO, name, path, line, col)
            if key not in self._keys:
                new = Merged(name, Kind.MACRO, Linkage.NONE, text, True)
                new.places[path, line, col] = (end_line, True, line)
                self._keys[key] = len(self._symbols)
                self._symbols.append(new)
                self._parent.append(self._keys[key])
                self.uses.add_named(
                    path,
                    line,
                    col,
                    self._keys[key],
                    Use.DEFINE,
                    length=len(name.encode()),
                    configs=0,
                )

    def link_macros(self) -> None:
        """Tie each use of a macro to the definition that was in force there."""
        at: dict[tuple[str, int], int] = {}
        for index, s in self.symbols():
            if s.kind is Kind.MACRO:
                for path, line, _ in s.places:
                    at[path, line] = index
        for (path, line, col, name, use), targets in self.macro_uses.items():
            for target, configs in targets.items():
                if target in at:
                    self.uses.add_named(
                        path,
                        line,
                        col,
                        at[target],
                        Use(use),
                        length=len(name.encode()),
                        configs=configs,
                    )
        self.macro_uses.clear()

    # -- results -----------------------------------------------------------------------------

    def tags_by_name(self) -> None:
        """Join a tag that is only ever declared with the one definition of its name."""
        defined: dict[tuple[Kind, str], list[int]] = {}
        bare: list[int] = []
        for index, s in enumerate(self._symbols):
            if s is None or s.kind not in (Kind.STRUCT, Kind.UNION, Kind.ENUM) or not s.name:
                continue
            if any(definition for _, definition, _ in s.places.values()):
                defined.setdefault((s.kind, s.name), []).append(index)
            else:
                bare.append(index)
        for index in bare:
            s = self._symbols[index]
            assert s is not None
            found = defined.get((s.kind, s.name), [])
            if len(found) == 1:
                self._join(found[0], index)

    def symbols(self) -> Iterable[tuple[int, Merged]]:
        """Each symbol with its root."""
        return ((i, s) for i, s in enumerate(self._symbols) if s is not None)
