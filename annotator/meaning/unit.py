"""Translation units: reads their files and flags, gives facts; knows headers again.

Most of a unit is headers, and most headers come out the same in most units.  A unit is cut
at the borders of its files.  What one inclusion of a header gave is kept, keyed by its
preprocessed text, and taken again when the same text comes, provided that every name it
needs is bound to the same thing as before.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.meaning.entities import Entity
from annotator.meaning.facts import Facts, UnitFacts, digest
from annotator.meaning.flatten import Override, facts_of_instance, facts_of_log
from annotator.meaning.scopes import Log
from annotator.meaning.statements import Resolver
from annotator.model import Kind
from annotator.parse.gnu import Parser
from annotator.parse.tokens import Classifier
from annotator.source import preprocess
from annotator.source.expansions import Aligner
from annotator.source.instances import Instance, Spelled
from annotator.source.pieces import Piece, cut
from annotator.source.preprocess import Event, Item
from annotator.source.tree import Tree

_LOSSES = (DiagnosticKind.PREPROCESS.value, DiagnosticKind.PARSE.value)


@dataclass(slots=True)
class _Known:
    """What one inclusion of a file gave: per piece its tokens and its #define events."""

    instance: Instance | None = None  # what the facts were made from
    chunk: str = ""
    # The same text where other #defines of the same names are in force.
    variants: dict[tuple[Override, ...], str] = field(default_factory=dict)
    tokens: list[list[Spelled]] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)  # ends at the border of a declaration
    macros: list[list[Item]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """The external declarations of one piece, resolved."""

    chunk: str
    lost: bool
    needed: dict[tuple[str, str], Entity | None]
    bound: dict[tuple[str, str], Entity]


class Session:
    """Analyses unit after unit.  ``keep`` is handed each new chunk of facts and its digest."""

    def __init__(
        self,
        tree: Tree,
        keep: Callable[[str, bytes], None],
        *,
        compiler: tuple[str, ...] = ("gcc",),
    ) -> None:
        self.tree = tree
        self.compiler = compiler
        self._keep = keep
        self._classifier = Classifier()
        self._instances: dict[bytes, _Known] = {}
        self._runs: dict[tuple[bytes, int], list[_Run]] = {}

    def store(self, facts: Facts) -> str:
        """Keep some facts; their digest."""
        data = facts.dump()
        name = digest(data)
        self._keep(name, data)
        return name

    def analyse(self, unit: preprocess.Unit) -> UnitFacts:
        """Preprocess, parse and resolve *unit*.

        A unit that does not preprocess gives facts with nothing but the diagnostic.
        """
        path = self.tree.name(str(unit.path), unit.cwd)
        try:
            bare = preprocess.run(unit, places=False, compiler=self.compiler)
            placed = preprocess.run(unit, compiler=self.compiler)
        except preprocess.PreprocessError as error:
            first = error.message.splitlines()[0] if error.message else "no message"
            facts = Facts(diagnostics=[(DiagnosticKind.PREPROCESS.value, first, path, 0, 0)])
            return UnitFacts(path, False, (self.store(facts),))
        collecting = gc.isenabled()
        gc.disable()  # millions of small objects, no cycles to speak of
        try:
            return _Unit(self, unit, path).analyse(bare, placed)
        finally:
            self.tree.forget(path)  # nobody includes it again; headers are kept
            if collecting:
                gc.enable()

    # -- what was seen before ---------------------------------------------------------------

    def known(self, key: bytes) -> _Known | None:
        return self._instances.get(key)

    def remember(self, key: bytes, known: _Known) -> None:
        self._instances[key] = known

    def run(self, key: tuple[bytes, int], resolver: Resolver) -> _Run | None:
        """A run of this key whose needs the resolver's file scopes meet."""
        for run in self._runs.get(key, ()):
            for (space, name), entity in run.needed.items():
                scope = resolver.file_tags if space == "tag" else resolver.file_ordinary
                if scope.get(name) is not entity:
                    break
            else:
                return run
        return None

    def remember_run(self, key: tuple[bytes, int], run: _Run) -> None:
        self._runs.setdefault(key, []).append(run)


class _Unit:
    """One unit on its way through the session."""

    def __init__(self, session: Session, unit: preprocess.Unit, path: str) -> None:
        self.session = session
        self.unit = unit
        self.path = path
        self.parser = Parser()
        self.resolver = Resolver(self.parser.ends)
        self.aligner = Aligner(session.tree.raw)
        self.chunks: dict[str, None] = {}
        self.lost = False
        self.own = Log()  # of the unit's own pieces, all together
        self.pending: list[Spelled] = []
        # inclusion -> what is known of it, and the macros that differ this time
        self.replayed: dict[int, tuple[_Known, list[Override]]] = {}

    def _rename(self, path: str) -> str:
        return self.session.tree.name(path, self.unit.cwd)

    def analyse(self, bare: bytes, placed: bytes) -> UnitFacts:
        """Walk the pieces in order, those that are known with seven-league boots."""
        pieces = cut(bare, self.path, self._rename)
        places = cut(placed, self.path, self._rename)
        if [(p.path, p.instance) for p in pieces] != [(p.path, p.instance) for p in places]:
            raise AssertionError(f"{self.path}: the preprocessor's two outputs differ")
        keys = _instance_keys(bare, pieces)
        own: dict[int, list[int]] = {}
        for number, piece in enumerate(pieces):
            own.setdefault(piece.instance, []).append(number)
        scanned: dict[int, list[Item]] = {}
        fresh: dict[int, tuple[Instance, _Known]] = {}
        position: dict[int, int] = dict.fromkeys(own, 0)
        for number, piece in enumerate(pieces):
            instance = piece.instance
            known = self.session.known(keys[instance]) if instance else None
            if known is None and instance not in fresh:
                for n in own[instance]:
                    scanned[n] = self._scan(placed, places[n])
                items = [item for n in own[instance] for item in scanned[n]]
                resumed = [pieces[n].line for n in own[instance] if pieces[n].line]
                fresh[instance] = (self.aligner.open(piece.path, items, resumed), _Known())
            if piece.child >= 0:
                self._end(piece.child, fresh, keys)
                self._end_known(piece.child)
            index = position[instance]
            position[instance] += 1
            if instance in fresh:
                walker, record = fresh[instance]
                if piece.line:
                    self.aligner.resume(walker, piece.line, self._child_path(pieces, piece))
                items = scanned.pop(number)
                tokens = self.aligner.feed(walker, items)
                record.tokens.append(tokens)
                record.closed.append(closed := _closed(tokens))
                record.macros.append([i for i in items if i[0] in (Event.DEFINE, Event.UNDEF)])
            else:
                assert known is not None
                tokens, closed = known.tokens[index], known.closed[index]
                self._replay(instance, known, index)
                for event, text, path, line, _ in known.macros[index]:
                    if event is Event.DEFINE:
                        self.aligner.macros.define(text, path, line)
                    else:
                        self.aligner.macros.undefine(text)
            self._declarations(keys[instance], index, tokens, closed=closed, own_piece=not instance)
        for instance in list(fresh):
            self._end(instance, fresh, keys)
        for instance in list(self.replayed):
            self._end_known(instance)
        if self.pending:
            self._resolve(self.pending, self.own)
        self._flush(self.own)
        return UnitFacts(self.path, not self.lost, tuple(self.chunks))

    def _scan(self, placed: bytes, piece: Piece) -> list[Item]:
        text = placed[piece.start : piece.end]
        return list(preprocess.events(text, rename=self._rename))

    def _child_path(self, pieces: list[Piece], piece: Piece) -> str:
        return next(p.path for p in pieces if p.instance == piece.child)

    def _end(
        self, instance: int, fresh: dict[int, tuple[Instance, _Known]], keys: dict[int, bytes]
    ) -> None:
        """An inclusion has ended: keep what it gave."""
        found = fresh.pop(instance, None)
        if found is None:
            return
        walker, record = found
        self.aligner.finish(walker)
        record.instance = walker
        record.chunk = self.session.store(facts_of_instance(walker))
        self.chunks[record.chunk] = None
        if instance:
            self.session.remember(keys[instance], record)

    def _replay(self, instance: int, known: _Known, index: int) -> None:
        """Note the macros that a known piece names and that are defined elsewhere this time."""
        overrides = self.replayed.setdefault(instance, (known, []))[1]
        assert known.instance is not None
        by_name = self.aligner.macros.by_name
        for name, target in known.instance.needs[index].items():
            macro = by_name.get(name)
            here = (macro.path, macro.line) if macro is not None else None
            if here != target:
                overrides.append((index, name, here))

    def _end_known(self, instance: int) -> None:
        """A known inclusion has ended: take its facts, or make them with these macros."""
        found = self.replayed.pop(instance, None)
        if found is None:
            return
        known, collected = found
        overrides = tuple(collected)
        chunk = known.chunk if not overrides else known.variants.get(overrides)
        if chunk is None:
            assert known.instance is not None
            chunk = self.session.store(facts_of_instance(known.instance, overrides))
            known.variants[overrides] = chunk
        self.chunks[chunk] = None

    # -- declarations -----------------------------------------------------------------------

    def _declarations(
        self, key: bytes, index: int, tokens: list[Spelled], *, closed: bool, own_piece: bool
    ) -> None:
        """Resolve the declarations of a piece, or know them again."""
        if self.pending or not closed:
            # A declaration that goes on behind an #include belongs to the unit that opened it.
            self.pending += tokens
            if _closed(self.pending):
                whole, self.pending = self.pending, []
                self._resolve(whole, self.own)
            return
        if own_piece:
            self._resolve(tokens, self.own)
            return
        if not tokens:
            return
        run = self.session.run((key, index), self.resolver)
        if run is None:
            log = Log()
            self._resolve(tokens, log)
            lost = any(d.kind.value in _LOSSES for d in log.diagnostics)
            chunk = self._flush(log)
            run = _Run(chunk, lost, log.needed, log.bound)
            self.session.remember_run((key, index), run)
            return
        self.lost = self.lost or run.lost
        self.chunks[run.chunk] = None
        names = []
        for (space, name), entity in run.bound.items():
            if space == "tag":
                dict.__setitem__(self.resolver.file_tags, name, entity)
            else:
                dict.__setitem__(self.resolver.file_ordinary, name, entity)
                names.append((name, entity.kind is Kind.TYPEDEF))
        self.parser.know(names)

    def _resolve(self, spelled: list[Spelled], log: Log) -> None:
        """Parse and resolve; what comes forth goes into *log*."""
        resolver = self.resolver
        resolver.log = log
        tokens = self.session._classifier.classify(spelled)
        diagnostics: list[Diagnostic] = log.diagnostics
        for external in self.parser.externals(tokens, diagnostics):
            first = tokens[external.first]
            resolver.start_path, resolver.start_line, _ = resolver.place(first)
            for node in external.nodes:
                resolver.external(node, tokens[external.last])
        self.parser.ends.clear()
        resolver.forget_nodes()

    def _flush(self, log: Log) -> str:
        self.lost = self.lost or any(d.kind.value in _LOSSES for d in log.diagnostics)
        chunk = self.session.store(facts_of_log(log, self.session.tree))
        self.chunks[chunk] = None
        return chunk


def _instance_keys(bare: bytes, pieces: list[Piece]) -> dict[int, bytes]:
    """For each inclusion a digest of its own text, the files that it includes left out."""
    hashes: dict[int, hashlib.blake2b] = {}
    for p in pieces:
        if p.instance not in hashes:
            name = p.path.encode("utf-8", "surrogateescape")
            hashes[p.instance] = hashlib.blake2b(name)
        h = hashes[p.instance]
        h.update(b"\0%d\0" % p.line)
        h.update(bare[p.start : p.end])
    return {instance: h.digest() for instance, h in hashes.items()}


def _closed(tokens: list[Spelled]) -> bool:
    """Does the text end at the border of an external declaration?"""
    if not tokens:
        return True
    if tokens[-1][0] not in (";", "}"):
        return False
    depth = 0
    for token in tokens:
        text = token[0]
        if text in ("{", "("):
            depth += 1
        elif text in ("}", ")"):
            depth -= 1
    return depth == 0
