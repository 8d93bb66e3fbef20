"""Merge the facts of many units: reads facts, gives one set of symbols with their uses.

Two units mean the same entity when they share the place of a declaration (a header's
``static inline`` function, a struct), or when it has external linkage and the same name
(C11 6.2.2 p2).  A union-find over those keys joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from annotator.index.uses import FileUses
from annotator.meaning.facts import KINDS, LINKAGES, Facts, UnitFacts
from annotator.model import CONFIGS, Kind, Linkage
from annotator.source.scan import Scan

Key = tuple[Any, ...]


class _Said(NamedTuple):
    """What a chunk says of uses; ``local`` are indices of symbols."""

    files: list[str]
    local: list[int]
    refs: list[tuple[int, int, int, int, int, int, int]]
    macros: list[tuple[int, int, int, str, int, int, int]]
    configs: int


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
        # What is said of uses, chunk by chunk, until all symbols are known.
        self._said: list[_Said] = []
        # path -> (line, col, name, use) -> configurations in which that macro is not defined
        self.named: dict[str, dict[tuple[int, int, str, int], int]] = {}
        self.live: dict[tuple[int, str], set[int]] = {}
        self.includes: dict[tuple[str, int, int, int], str] = {}
        self.layouts: dict[tuple[int, int], tuple[int, int, list[Any]]] = {}
        # (owner, record, path, line, col, names and values) -> cells
        self.tables: dict[tuple[int, str, str, int, int, tuple[Any, ...]], list[Any]] = {}
        self.diagnostics: list[tuple[int, str, str, str, int, int]] = []
        self.units: list[tuple[int, str, bool]] = []
        self.roles: dict[str, str] = {}
        self._moved: dict[str, dict[int, int]] = {}

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

    def show(self, path: str, scan: Scan) -> None:
        """Take in how a file that the build made is shown: as one configuration has it.

        Where that one leaves a macro undefined, its name stands in another column.
        """
        self._moved[path] = {line: col for _, line, col in scan.undefs}

    # -- units -------------------------------------------------------------------------------

    def add_unit(self, unit: UnitFacts, config: int) -> None:
        """Take in that *unit* was compiled in configuration *config*; its chunks come apart."""
        self.units.append((config, unit.path, unit.parsed))
        self.roles[unit.path] = "unit"

    def add(self, facts: Facts, configs: int) -> None:
        """Take in a chunk of facts that some unit has in each of *configs*, bits of `CONFIGS`.

        0: of units that were read once more with other macros; they bring symbols and uses only.
        """
        files = facts.files
        local = [self._symbol(files, s, configs) for s in facts.symbols]
        for index, s in enumerate(facts.symbols):
            mine = self._symbols[self.root(local[index])]
            assert mine is not None
            if s[3] >= 0 and mine.parent < 0:
                mine.parent = local[s[3]]
            if s[6] >= 0 and mine.target < 0:
                mine.target = local[s[6]]
        numbered = [config for config in range(len(CONFIGS)) if configs >> config & 1]
        self._said.append(_Said(files, local, facts.refs, facts.macros, configs))
        for file, line, col, name, use in facts.named:
            named = self.named.setdefault(files[file], {})
            key = (line, col, name, use)
            named[key] = named.get(key, 0) | configs
        for file, line, col, length, target in facts.includes:
            self.includes[files[file], line, col, length] = files[target]
        for owner, record, file, line, col, cells in facts.tables:
            # Two rows can come out of one invocation of a macro: what they hold tells them apart.
            held = tuple(facts.symbols[s][1] if s >= 0 else value for _, _, s, value in cells)
            self.tables.setdefault(
                (local[owner], record, files[file], line, col, held),
                [
                    (local[m] if m >= 0 else -1, i, local[s] if s >= 0 else -1, value)
                    for m, i, s, value in cells
                ],
            )
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
            path = files[file]
            if path in self._moved:
                col = self._moved[path].get(line, col)
            place = (path, line, col)
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
            self._undefined(name, (path, line, col), (end_line, True, line), text)
        for name, line, col in scan.undefs:
            self._undefined(name, (path, line, col), (0, False, line), f"#undef {name}")

    def _undefined(
        self, name: str, place: tuple[str, int, int], extent: tuple[int, bool, int], text: str
    ) -> None:
        key = (Kind.MACRO, name, *place)
        if key not in self._keys:
            new = Merged(name, Kind.MACRO, Linkage.NONE, text, True)
            new.places[place] = extent
            self._keys[key] = len(self._symbols)
            self._symbols.append(new)
            self._parent.append(self._keys[key])

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

    def uses(self, ids: Mapping[int, int]) -> dict[str, FileUses]:
        """All uses by file; *ids* numbers the roots.  Lets go of what they were made from."""
        result: dict[str, FileUses] = {}
        macros: dict[tuple[str, int], int] = {}  # place of a #define -> id
        for index, s in self.symbols():
            if s.kind is Kind.MACRO:
                for path, line, _ in s.places:
                    macros[path, line] = ids.get(index, 0)
        for said in self._said:
            local = [ids.get(self.root(index), 0) for index in said.local]
            tables = [result.setdefault(path, FileUses()) for path in said.files]
            columns = [self._moved.get(path, {}) for path in said.files]
            configs = said.configs
            by_file: dict[int, list[tuple[int, int, int, int, int]]] = {}
            for file, line, col, length, symbol, use, _ in said.refs:
                if columns[file]:
                    col = columns[file].get(line, col)
                by_file.setdefault(file, []).append((line, col, length, symbol, use))
            for file, refs in by_file.items():
                tables[file].add_all(refs, local, configs)
            for file, line, col, name, use, target, target_line in said.macros:
                id = macros.get((said.files[target], target_line), 0)
                if id:
                    tables[file].add(line, col, id, use, len(name.encode()), configs)
        self._said.clear()
        return result

    def symbols(self) -> Iterable[tuple[int, Merged]]:
        """Each symbol with its root."""
        return ((i, s) for i, s in enumerate(self._symbols) if s is not None)
