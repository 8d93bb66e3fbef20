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
from annotator.source.instances import Instance, Spelled
from annotator.source.output import PieceText, read_piece
from annotator.source.pieces import Piece, cut
from annotator.source.tree import Tree
from annotator.source.walk import Walker

_MOST_TOKENS = 3_000_000  # of one inclusion of a file; CPython's largest has half a million
_LOSSES = (DiagnosticKind.PREPROCESS.value, DiagnosticKind.PARSE.value)


@dataclass(slots=True)
class _Known:
    """What one inclusion of a file gave: its tokens per piece, and how it was walked."""

    instance: Instance | None = None  # what the facts were made from
    chunk: str = ""
    # The same text where other #defines of the same names are in force.
    variants: dict[tuple[Override, ...], str] = field(default_factory=dict)
    tokens: list[list[Spelled]] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)  # ends at the border of a declaration


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
        collecting = gc.isenabled()
        gc.disable()  # millions of small objects, no cycles to speak of
        try:
            output = preprocess.run(unit, compiler=self.compiler)
            return _Unit(self, unit, path).analyse(output)
        except preprocess.PreprocessError as error:
            where = self.tree.name(error.path, unit.cwd) if error.path else path
            told = (DiagnosticKind.PREPROCESS.value, error.message, where, error.line, error.col)
            return UnitFacts(path, False, (self.store(Facts(files=[path], diagnostics=[told])),))
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
        self.walker = Walker(session.tree.raw)
        self.chunks: dict[str, None] = {}
        self.lost = False
        self.own = Log()  # of the unit's own pieces, all together
        self.pending: list[Spelled] = []
        # inclusion -> what is known of it, and the macros that differ this time
        self.replayed: dict[int, tuple[_Known, list[Override]]] = {}

    def _rename(self, path: str) -> str:
        return self.session.tree.name(path, self.unit.cwd)

    def analyse(self, output: bytes) -> UnitFacts:
        """Walk the pieces in order, those that are known with seven-league boots."""
        marked = str(self.unit.path).encode("utf-8", "surrogateescape")
        pieces = cut(output, marked, self._rename)
        keys = _instance_keys(output, pieces)
        own: dict[int, list[int]] = {}
        for number, piece in enumerate(pieces):
            own.setdefault(piece.instance, []).append(number)
        texts: dict[int, PieceText] = {}
        fresh: dict[int, tuple[Instance, _Known]] = {}
        position: dict[int, int] = dict.fromkeys(own, 0)
        for number, piece in enumerate(pieces):
            instance = piece.instance
            mine = own[instance]
            known = self.session.known(keys[instance]) if instance else None
            if known is None and instance not in fresh:
                for n in mine:
                    p = pieces[n]
                    texts[n] = read_piece(output[p.start : p.end], p.path, p.marked, p.line or 1)
                self._count(pieces[mine[0]].path, [texts[n] for n in mine])
                resumed = [pieces[n].line for n in mine if pieces[n].line]
                opened = self.walker.open(piece.path, [texts[n] for n in mine], resumed)
                fresh[instance] = (opened, _Known())
            if piece.child >= 0:
                self._end(piece.child, fresh, keys)
                self._end_known(piece.child)
            index = position[instance]
            position[instance] += 1
            if instance in fresh:
                walked, record = fresh[instance]
                if piece.line:
                    included = next(p.path for p in pieces if p.instance == piece.child)
                    self.walker.resume(walked, piece.line, included)
                until = pieces[mine[index + 1]].line if index + 1 < len(mine) else None
                tokens = self.walker.feed(walked, texts.pop(number), until=until)
                record.tokens.append(tokens)
                record.closed.append(closed := _closed(tokens))
            else:
                assert known is not None
                assert known.instance is not None
                tokens, closed = known.tokens[index], known.closed[index]
                self._replay(instance, known, index)
                macros = self.walker.macros
                for name, macro in known.instance.changes[index]:
                    if macro is not None:
                        macros[name] = macro
                    else:
                        macros.pop(name, None)
            self._declarations(keys[instance], index, tokens, closed=closed, own_piece=not instance)
        for instance in list(fresh):
            self._end(instance, fresh, keys)
        for instance in list(self.replayed):
            self._end_known(instance)
        self.own.diagnostics += self.walker.diagnostics
        if self.pending:
            self._resolve(self.pending, self.own)
        self._flush(self.own)
        return UnitFacts(self.path, not self.lost, tuple(self.chunks))

    def _count(self, path: str, texts: list[PieceText]) -> None:
        """Refuse a file of which the parser would make gigabytes."""
        count = sum(len(text.tokens) for text in texts)
        if count > _MOST_TOKENS:
            file = self.session.tree.file(path)
            lines = file.read_bytes().split(b"\n") if file is not None else [b""]
            line = max(range(len(lines)), key=lambda i: len(lines[i])) + 1
            raise preprocess.PreprocessError(
                f"{path}:{line}: error: {count} tokens are too many to be parsed"
            )

    def _end(
        self, instance: int, fresh: dict[int, tuple[Instance, _Known]], keys: dict[int, bytes]
    ) -> None:
        """An inclusion has ended: keep what it gave."""
        found = fresh.pop(instance, None)
        if found is None:
            return
        walked, record = found
        walked.release()
        record.instance = walked
        record.chunk = self.session.store(facts_of_instance(walked))
        self.chunks[record.chunk] = None
        if instance:
            self.session.remember(keys[instance], record)

    def _replay(self, instance: int, known: _Known, index: int) -> None:
        """Note the macros that a known piece names and that are defined elsewhere this time."""
        overrides = self.replayed.setdefault(instance, (known, []))[1]
        assert known.instance is not None
        by_name = self.walker.macros
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


def _instance_keys(output: bytes, pieces: list[Piece]) -> dict[int, bytes]:
    """For each inclusion a digest of its own text, the files that it includes left out."""
    hashes: dict[int, hashlib.blake2b] = {}
    for p in pieces:
        if p.instance not in hashes:
            name = p.path.encode("utf-8", "surrogateescape")
            hashes[p.instance] = hashlib.blake2b(name)
        h = hashes[p.instance]
        h.update(b"\0%d\0" % p.line)
        h.update(output[p.start : p.end])
    return {instance: h.digest() for instance, h in hashes.items()}


def _closed(tokens: list[Spelled]) -> bool:
    """Does the text end at the border of an external declaration?"""
    if not tokens:
        return True
    if tokens[-1][0] not in (";", "}"):
        return False
    texts = [token[0] for token in tokens]
    opened = texts.count("{") + texts.count("(")
    return opened == texts.count("}") + texts.count(")")
