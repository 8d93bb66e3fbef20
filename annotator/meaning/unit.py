"""One translation unit: reads its file and flags, gives its facts as plain data.

Facts are what the rest of the program needs and nothing else: symbols, references,
includes, live lines, layouts, diagnostics.  They hold no objects of the parser and can be
kept in a file.
"""

from __future__ import annotations

import gc
import re
from dataclasses import dataclass, field
from typing import Any

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.meaning.entities import Entity
from annotator.meaning.layout import lay_out
from annotator.meaning.statements import Resolver
from annotator.meaning.types import Enumeration, Record, Type, Typedef, spell
from annotator.model import Kind, Linkage, Use
from annotator.parse.gnu import Parser
from annotator.parse.tokens import Classifier
from annotator.source import preprocess
from annotator.source.directives import macro_text
from annotator.source.expansions import Aligned, Aligner
from annotator.source.tree import Tree

KINDS = tuple(Kind)
USES = tuple(Use)
LINKAGES = tuple(Linkage)
_KIND = {k: i for i, k in enumerate(KINDS)}
_USE = {u: i for i, u in enumerate(USES)}
_LINKAGE = {k: i for i, k in enumerate(LINKAGES)}


@dataclass(slots=True)
class Facts:
    """What one unit says; places are (file, line, col) with ``file`` an index into ``files``.

    symbols: (kind, name, linkage, parent, text, value, target, declarations), the latter
      (file, line, col, end_line, is_definition, start_line); ``target`` is the struct or enum
      that a typedef names, ``parent`` and ``target`` are indices into ``symbols`` or -1
    refs: (file, line, col, length, symbol, use, function)
    named: (file, line, col, name, use) — macros tested or used that are not defined here
    includes: (file, line, col, length, target file)
    live: per file the ranges of lines that are compiled
    layouts: (symbol, size, align, members) with members
      (name, type, offset, size, bit_offset, bit_size)
    """

    unit: str
    files: list[str] = field(default_factory=list)
    symbols: list[tuple[Any, ...]] = field(default_factory=list)
    refs: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    named: list[tuple[int, int, int, str, int]] = field(default_factory=list)
    includes: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    live: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    layouts: list[tuple[Any, ...]] = field(default_factory=list)
    diagnostics: list[tuple[str, str, str, int, int]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As a dictionary of built-in types, for marshal."""
        return {name: getattr(self, name) for name in self.__slots__}


def analyse(unit: preprocess.Unit, tree: Tree, *, compiler: tuple[str, ...] = ("gcc",)) -> Facts:
    """Preprocess, parse and resolve *unit*.

    A unit that does not preprocess gives facts with nothing but the diagnostic.
    """
    name = tree.name(str(unit.path), unit.cwd)
    try:
        output = preprocess.run(unit, compiler=compiler)
    except preprocess.PreprocessError as error:
        facts = Facts(name)
        first = error.message.splitlines()[0] if error.message else "no message"
        facts.diagnostics.append((DiagnosticKind.PREPROCESS.value, first, name, 0, 0))
        return facts
    collecting = gc.isenabled()
    gc.disable()  # millions of small objects, no cycles to speak of
    try:
        items = list(preprocess.events(output, rename=lambda p: tree.name(p, unit.cwd)))
        del output
        aligned = Aligner(tree.raw).align(name, items)
        tokens = Classifier().classify(aligned.tokens)
        parser = Parser()
        resolver = Resolver(parser.ends)
        for external in parser.externals(tokens, resolver.diagnostics):
            first_token = tokens[external.first]
            resolver.start_path, resolver.start_line, _ = resolver.place(first_token)
            for node in external.nodes:
                resolver.external(node, tokens[external.last])
        return _Flattener(name, tree, aligned, resolver).facts
    finally:
        if collecting:
            gc.enable()


class _Flattener:
    """Turns a resolver's objects into facts; only what stands in the tree."""

    def __init__(self, unit: str, tree: Tree, aligned: Aligned, resolver: Resolver) -> None:
        self.facts = Facts(unit)
        self.tree = tree
        self._files: dict[str, int] = {}
        self._index: dict[int, int] = {}  # id of an entity -> index of its symbol
        self._macros: dict[tuple[str, int], int] = {}
        self._ours = set(aligned.files)
        for path in sorted(self._ours):
            self._file(path)
        self._symbols(resolver.entities)
        self._macro_symbols(aligned)
        self._references(resolver)
        self._macro_uses(aligned)
        for i in aligned.includes:
            if i.target in self._ours:
                self.facts.includes.append(
                    (self._file(i.path), i.line, i.col, i.length, self._file(i.target))
                )
        self.facts.includes = sorted(set(self.facts.includes))
        for path in sorted(self._ours):
            self.facts.live[self._file(path)] = self._live(path, aligned.live.get(path, set()))
        self.facts.diagnostics = [_plain(d) for d in resolver.diagnostics if d.path in self._ours]

    def _file(self, path: str) -> int:
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = len(self.facts.files)
            self.facts.files.append(path)
        return known

    def _symbols(self, entities: list[Entity]) -> None:
        kept = [e for e in entities if any(d.path in self._ours for d in e.declarations)]
        for e in kept:
            self._index[id(e)] = len(self._index)
        for e in kept:
            declarations = tuple(
                (self._file(d.path), d.line, d.col, d.end_line, d.is_definition, d.start_line)
                for d in e.declarations
                if d.path in self._ours
            )
            self.facts.symbols.append(
                (
                    _KIND[e.kind],
                    e.name,
                    _LINKAGE[e.linkage],
                    self._index.get(id(e.parent), -1) if e.parent is not None else -1,
                    e.text,
                    e.value,
                    self._target(e),
                    declarations,
                )
            )
            if isinstance(e.type, Record) and e.type.entity is e and e.name:
                self._layout(e, e.type)
            elif e.kind is Kind.TYPEDEF:
                record = e.type
                if isinstance(record, Record) and not record.entity.name:
                    self._layout(e, record)

    def _target(self, e: Entity) -> int:
        """The symbol of the struct, union or enum that a typedef names."""
        if e.kind is not Kind.TYPEDEF or not isinstance(e.type, Type):
            return -1
        found = e.type.resolved()
        if isinstance(found, (Record, Enumeration)):
            return self._index.get(id(found.entity), -1)
        return -1

    def _layout(self, e: Entity, record: Record) -> None:
        laid = lay_out(record)
        if laid is None:
            return
        size, align, members = laid
        types = _member_types(record)
        self.facts.layouts.append(
            (
                self._index[id(e)],
                size,
                align,
                [
                    (m.name, types.get(m.name, ""), m.offset, m.size, m.bit_offset, m.bit_size)
                    for m in members
                ],
            )
        )

    def _macro_symbols(self, aligned: Aligned) -> None:
        for name, path, line in aligned.defined:
            raw = self.tree.raw(path) if path in self._ours else None
            if raw is None or (path, line) in self._macros or line not in raw.macros:
                continue
            d = raw.macros[line]
            index = self._macros[path, line] = len(self.facts.symbols)
            declaration = (self._file(path), line, d.col, d.end_line, True, line)
            self.facts.symbols.append(
                (
                    _KIND[Kind.MACRO],
                    name,
                    _LINKAGE[Linkage.NONE],
                    -1,
                    macro_text(raw, d),
                    "",
                    -1,
                    (declaration,),
                )
            )
            self.facts.refs.append(
                (self._file(path), line, d.col, len(name), index, _USE[Use.DEFINE], -1)
            )

    def _references(self, resolver: Resolver) -> None:
        """Keep a use where its name really is spelled: a pasted name has no place of its own."""
        refs = self.facts.refs
        seen: set[tuple[int, int, int, int, int, int, int]] = set()
        for path, line, col, name, entity, use, function in resolver.references:
            index = self._index.get(id(entity))
            if index is None or path not in self._ours:
                continue
            raw = self.tree.raw(path)
            if raw is None or not 0 < line <= len(raw.lines):
                continue
            spelled = name.encode("utf-8", "surrogateescape")
            offset = raw.lines.offset(line, col)
            places = [(line, col)]
            if raw.data[offset : offset + len(spelled)] != spelled:
                places = [raw.lines.place(at) for at in _invocations(raw.data, offset, spelled)]
            inside = self._index.get(id(function), -1) if function is not None else -1
            for row, column in places:
                key = (self._file(path), row, column, len(spelled), index, _USE[use], inside)
                if key not in seen:
                    seen.add(key)
                    refs.append(key)

    def _macro_uses(self, aligned: Aligned) -> None:
        functions = _Extents(self.facts)
        seen: set[tuple[int, int, int, int, int]] = set()
        for u in aligned.uses:
            index = self._macros.get(u.target) if u.target is not None else None
            file = self._file(u.path)
            if index is None:
                if u.target is None:
                    self.facts.named.append((file, u.line, u.col, u.name, _USE[u.use]))
                continue
            key = (file, u.line, u.col, index, _USE[u.use])
            if key not in seen:
                seen.add(key)
                inside = functions.at(file, u.line)
                length = len(u.name.encode())
                self.facts.refs.append((file, u.line, u.col, length, index, _USE[u.use], inside))
        self.facts.named = sorted(set(self.facts.named))

    def _live(self, path: str, live: set[int]) -> list[tuple[int, int]]:
        """The lines that are compiled: all but those of branches that were skipped."""
        raw = self.tree.raw(path)
        if raw is None:
            return []
        ranges: list[tuple[int, int]] = []
        line, last = 1, len(raw.lines)
        dead = sorted(
            (b.first, b.last)
            for i, b in enumerate(raw.branches)
            if i not in live and b.last >= b.first
        )
        for start, end in dead:
            if start > line:
                ranges.append((line, start - 1))
            line = max(line, end + 1)
        if line <= last:
            ranges.append((line, last))
        return ranges


class _Extents:
    """Which function a line belongs to."""

    def __init__(self, facts: Facts) -> None:
        self._spans: dict[int, list[tuple[int, int, int]]] = {}
        for index, symbol in enumerate(facts.symbols):
            if KINDS[symbol[0]] is Kind.FUNCTION:
                for file, line, _, end_line, definition, start in symbol[7]:
                    if definition and end_line:
                        spans = self._spans.setdefault(file, [])
                        spans.append((min(start, line), end_line, index))
        for spans in self._spans.values():
            spans.sort()

    def at(self, file: int, line: int) -> int:
        import bisect

        spans = self._spans.get(file, [])
        at = bisect.bisect_right(spans, (line, 1 << 60, 0)) - 1
        if at >= 0 and spans[at][0] <= line <= spans[at][1]:
            return spans[at][2]
        return -1


def _invocations(data: bytes, offset: int, name: bytes) -> list[int]:
    """Where *name* is invoked in the text that the parenthesis at *offset* closes.

    GCC reports a name to which a macro of the same name expands at the closing parenthesis
    of the outermost invocation around it.  Each ``name(`` in there stands for such a name.
    """
    if data[offset : offset + 1] != b")":
        return []
    depth, at = 0, offset
    lowest = max(0, offset - 20_000)
    while at >= lowest:
        if data[at] == 0x29:
            depth += 1
        elif data[at] == 0x28:
            depth -= 1
            if not depth:
                break
        at -= 1
    start = max(0, len(data[:at].rstrip()) - len(name))
    pattern = re.compile(rb"(?<![A-Za-z0-9_])" + re.escape(name) + rb"(?=\s*\()")
    return [m.start() for m in pattern.finditer(data, start, offset)]


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


__all__ = ["KINDS", "LINKAGES", "USES", "Facts", "Typedef", "analyse"]
