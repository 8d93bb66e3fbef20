"""Objects to facts: reads a resolver's log or a walked inclusion, gives plain data.

Only what stands in the tree is kept, and a use only where its name really is spelled.
"""

from __future__ import annotations

from collections.abc import Iterable

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.meaning.entities import Declaration, Entity
from annotator.meaning.facts import (
    KIND_CODE,
    LINKAGE_CODE,
    USE_CODE,
    DeclarationRow,
    Facts,
)
from annotator.meaning.layout import lay_out
from annotator.meaning.scopes import Log
from annotator.meaning.tables import Row
from annotator.meaning.types import Enumeration, Record, Type, spell
from annotator.model import Kind, Linkage, Use
from annotator.source.directives import macro_text
from annotator.source.instances import Instance
from annotator.source.tree import Tree


class _Files:
    """Numbers the files of some facts."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[str, int] = {}

    def __call__(self, path: str) -> int:
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = len(self._facts.files)
            self._facts.files.append(path)
        return known


def facts_of_log(log: Log, tree: Tree) -> Facts:
    """Symbols, uses, layouts and diagnostics of some external declarations."""
    return _LogFlattener(log, tree).facts


class _LogFlattener:
    def __init__(self, log: Log, tree: Tree) -> None:
        self.facts = Facts()
        self.file = _Files(self.facts)
        self.tree = tree
        self._index: dict[int, int] = {}  # id of an entity -> index of its symbol
        declared: dict[int, list[Declaration]] = {}
        entities: dict[int, Entity] = {}
        for (key, declaration), entity in log.declared.items():
            if self._ours(declaration.path):
                declared.setdefault(key, []).append(declaration)
                entities[key] = entity
        self._declared = declared
        for entity in entities.values():
            self._symbol(entity)
        self._references(log)
        for entity in log.completed:
            self._layout(entity)
        for row in log.tables:
            self._table(row)
        self.facts.diagnostics = [_plain(d) for d in log.diagnostics if self._ours(d.path)]

    def _ours(self, path: str) -> bool:
        return not path.startswith(("/", "<")) and bool(path)

    def _symbol(self, e: Entity) -> int:
        """The index of an entity's symbol; -1 when it does not stand in the tree."""
        known = self._index.get(id(e))
        if known is not None:
            return known
        # The first place of all tells other facts which entity this is.
        first = [d for d in e.declarations if self._ours(d.path)][:1]
        declarations = list(dict.fromkeys([*first, *self._declared.get(id(e), ())]))
        if not declarations:
            self._index[id(e)] = -1
            return -1
        index = self._index[id(e)] = len(self.facts.symbols)
        self.facts.symbols.append(())  # the parent may come first
        rows: list[DeclarationRow] = [
            (self.file(d.path), d.line, d.col, d.end_line, d.is_definition, d.start_line)
            for d in declarations
        ]
        self.facts.symbols[index] = (
            KIND_CODE[e.kind],
            e.name,
            LINKAGE_CODE[e.linkage],
            self._symbol(e.parent) if e.parent is not None else -1,
            e.text,
            e.value,
            self._target(e),
            tuple(rows),
        )
        return index

    def _target(self, e: Entity) -> int:
        """The symbol of the struct, union or enum that a typedef names."""
        if e.kind is not Kind.TYPEDEF or not isinstance(e.type, Type):
            return -1
        found = e.type.resolved()
        if isinstance(found, (Record, Enumeration)):
            return self._symbol(found.entity)
        return -1

    def _layout(self, e: Entity) -> None:
        record = e.type
        if not isinstance(record, Record) or not e.name:
            return
        index = self._symbol(e)
        laid = lay_out(record)
        if laid is None or index < 0:
            return
        size, align, members = laid
        types = _member_types(record)
        rows = [
            (m.name, types.get(m.name, ""), m.offset, m.size, m.bit_offset, m.bit_size)
            for m in members
        ]
        self.facts.layouts.append((index, size, align, rows))

    def _table(self, row: Row) -> None:
        owner = self._symbol(row.owner)
        if owner < 0 or not self._ours(row.path):
            return
        cells: list[tuple[int, int, int, str | int | None]] = []
        for c in row.cells:
            member = self._symbol(c.member) if c.member is not None else -1
            if isinstance(c.value, Entity):
                cells.append((member, c.index, self._symbol(c.value), None))
            else:
                cells.append((member, c.index, -1, c.value))
        where = (self.file(row.path), row.line, row.col)
        self.facts.tables.append((owner, row.record, *where, cells))

    def _references(self, log: Log) -> None:
        refs = self.facts.refs
        seen: set[tuple[int, int, int, int, int, int, int]] = set()
        for path, line, col, name, entity, use, function in log.references:
            if not self._ours(path):
                continue
            index = self._symbol(entity)
            raw = self.tree.raw(path)
            if index < 0 or raw is None or not 0 < line <= len(raw.lines):
                continue
            spelled = name.encode("utf-8", "surrogateescape")
            offset = raw.lines.offset(line, col)
            if raw.data[offset : offset + len(spelled)] != spelled:
                continue  # made by #define or ##
            inside = self._symbol(function) if function is not None else -1
            key = (self.file(path), line, col, len(spelled), index, USE_CODE[use], inside)
            if key not in seen:
                seen.add(key)
                refs.append(key)


# (piece, name of a macro, where it is defined)
Override = tuple[int, str, tuple[str, int] | None]


def facts_of_instance(instance: Instance, overrides: Iterable[Override] = ()) -> Facts:
    """Macros, includes and live lines of one inclusion of a file.

    *overrides* name the macros that, in this unit, are defined elsewhere than when the
    inclusion was walked.
    """
    elsewhere = {(piece, name): target for piece, name, target in overrides}
    facts = Facts()
    raw = instance.raw
    if raw is None:
        return facts
    file = _Files(facts)
    here = file(instance.path)
    for name, line in dict.fromkeys(instance.defined):
        d = raw.macros.get(line)
        if d is None:
            continue
        index = len(facts.symbols)
        row: DeclarationRow = (here, line, d.col, d.end_line, True, line)
        facts.symbols.append(
            (
                KIND_CODE[Kind.MACRO],
                name,
                LINKAGE_CODE[Linkage.NONE],
                -1,
                macro_text(raw, d),
                "",
                -1,
                (row,),
            )
        )
        facts.refs.append((here, line, d.col, len(name), index, USE_CODE[Use.DEFINE], -1))
    for u, piece in instance.uses.items():
        use = USE_CODE[u.use]
        target = u.target
        if (piece, u.name) in elsewhere and target == instance.needs[piece].get(u.name):
            target = elsewhere[piece, u.name]
        if target is None:
            facts.named.append((here, u.line, u.col, u.name, use))
        elif not target[0].startswith(("/", "<")):
            path, line = target
            facts.macros.append((here, u.line, u.col, u.name, use, file(path), line))
    for i in instance.includes:
        if not i.target.startswith(("/", "<")):
            facts.includes.append((here, i.line, i.col, i.length, file(i.target)))
    facts.live[here] = live_lines(instance)
    if (odd := _not_utf8(raw.data)) >= 0:
        told = (DiagnosticKind.ENCODING.value, "not UTF-8", instance.path, *raw.lines.place(odd))
        facts.diagnostics.append(told)
    return facts


def _not_utf8(data: bytes) -> int:
    """The offset of the first byte that is not UTF-8, -1 if there is none."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def live_lines(instance: Instance) -> list[tuple[int, int]]:
    """The lines that are compiled: all but those of branches that were skipped."""
    raw = instance.raw
    if raw is None:
        return []
    ranges: list[tuple[int, int]] = []
    line, last = 1, len(raw.lines)
    dead = sorted(
        (b.first, b.last)
        for i, b in enumerate(raw.branches)
        if i not in instance.live and b.last >= b.first
    )
    for start, end in dead:
        if start > line:
            ranges.append((line, start - 1))
        line = max(line, end + 1)
    if line <= last:
        ranges.append((line, last))
    return ranges


def _member_types(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    for f in record.fields or ():
        if f.name:
            found[f.name] = spell(f.type)
        else:
            inner = f.type.resolved()
            if isinstance(inner, Record):
                found.update(_member_types(inner))
    return found


def _plain(d: Diagnostic) -> tuple[str, str, str, int, int]:
    return d.kind.value, d.message, d.path, d.line, d.col
