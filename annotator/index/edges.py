"""Who calls whom: reads the uses and tables of an index, gives edges between functions.

A call in a macro's body belongs to all that expand the macro.  A call through a member
(``tp->tp_iter(o)``) can reach each function that some table holds in that member.
"""

from __future__ import annotations

from collections.abc import Iterable

from annotator.index.query import Index
from annotator.index.relations import Edge
from annotator.index.tables import Tables
from annotator.model import Kind, Ref, Symbol, Use

_DEPTH = 8  # macros in macros


class Edges:
    """The call graph of an index."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.tables = Tables(index)

    def callers(self, symbol: Symbol) -> list[Edge]:
        """Who calls a function or expands a macro: plainly, in macros' bodies, through tables."""
        return _once([*self._plain(symbol), *self._through_tables(symbol)])

    def callees(self, symbol: Symbol) -> list[Edge]:
        """What a function calls; of members that it calls, all that tables hold in them."""
        edges: list[Edge] = []
        for called, refs in self._called(symbol):
            if called.kind is Kind.MACRO:
                edges += [Edge(symbol, it, refs, called) for it in self._in_macro(called)]
                edges.append(Edge(symbol, called, refs))
            elif called.kind is Kind.MEMBER:
                held = self.held(called)
                edges += [Edge(symbol, it, refs, called, table) for it, table in held]
                if not held:
                    edges.append(Edge(symbol, called, refs))
            else:
                edges.append(Edge(symbol, called, refs))
        return _once(edges)

    def held(self, member: Symbol) -> list[tuple[Symbol, Symbol]]:
        """The functions that tables hold in a member, each with its table."""
        found = [(c.symbol, row.owner) for row, c in self.tables.holding(member.id) if c.symbol]
        numbers = [n for n, name in self.tables.slots().items() if name == member.name]
        if numbers:
            for row in self.tables.all("PyType_Slot"):
                number, function = row.cell(0), row.cell(1)
                if number and number.value == numbers[0] and function and function.symbol:
                    found.append((function.symbol, row.owner))
        return [(f, t) for f, t in found if f.kind is Kind.FUNCTION]

    # -- callees -------------------------------------------------------------------------------

    def _called(self, symbol: Symbol) -> list[tuple[Symbol, tuple[Ref, ...]]]:
        place = symbol.place
        grouped: dict[int, list[Ref]] = {}
        for r in self.index.refs_between(place.path, place.line, place.end_line):
            called = r.use in (Use.CALL, Use.EXPAND) and r.kind is not Kind.LOCAL
            if r.function == symbol.id and (called or self._is_taken_to_call(r)):
                grouped.setdefault(r.symbol, []).append(r)
        symbols = self.index.symbols(grouped)
        return [(symbols[i], tuple(refs)) for i, refs in grouped.items()]

    def _in_macro(self, macro: Symbol, depth: int = 0) -> list[Symbol]:
        """The functions that a macro's body calls, through other macros too."""
        found: dict[int, Symbol] = {}
        place = macro.place
        for r in self.index.refs_between(place.path, place.line, place.end_line):
            if r.use is Use.CALL and r.kind is Kind.FUNCTION:
                found[r.symbol] = self.index.symbol(r.symbol)
            elif r.use is Use.EXPAND and r.symbol != macro.id and depth < _DEPTH:
                for inner in self._in_macro(self.index.symbol(r.symbol), depth + 1):
                    found[inner.id] = inner
        return list(found.values())

    # -- callers -------------------------------------------------------------------------------

    def _plain(self, symbol: Symbol, depth: int = 0) -> list[Edge]:
        wanted = Use.EXPAND if symbol.kind is Kind.MACRO else Use.CALL
        grouped: dict[int, list[Ref]] = {}
        for r in self.index.uses(symbol.id):
            if r.use is wanted:
                grouped.setdefault(r.function, []).append(r)
        around = self.index.symbols(i for i in grouped if i)
        bodies = [i for i, s in around.items() if s.kind is Kind.MACRO]
        edges = [
            Edge(around.get(i), symbol, tuple(refs))
            for i, refs in grouped.items()
            if i not in bodies
        ]
        for id in bodies:
            if id != symbol.id and depth < _DEPTH:
                macro = around[id]
                for outer in self._plain(macro, depth + 1):
                    edges.append(Edge(outer.caller, symbol, outer.refs, macro))
        return edges

    def _through_tables(self, symbol: Symbol) -> list[Edge]:
        """Who calls the members that hold a function."""
        edges: list[Edge] = []
        for row in self.tables.naming(symbol.id):
            for cell in row.cells:
                if cell.symbol is None or cell.symbol.id != symbol.id:
                    continue
                member = self.tables.slot_member(row) or cell.member
                grouped: dict[int, list[Ref]] = {}
                for r in self._calls_of(member) if member is not None else ():
                    grouped.setdefault(r.function, []).append(r)
                inside = self.index.symbols(i for i in grouped if i)
                for i, refs in (grouped or {0: []}).items():
                    edges.append(Edge(inside.get(i), symbol, tuple(refs), member, row.owner))
        return edges

    def _calls_of(self, member: Symbol) -> list[Ref]:
        """Where what a member holds is called: at once, or from a variable that it is read into.

        ``f = t->tp_iter;`` counts where ``f`` is called; a comparison of ``t->tp_iter`` does not.
        """
        found = []
        for r in self.index.uses(member.id):
            if r.use is Use.CALL or self._is_taken_to_call(r):
                found.append(r)
        return found

    def _is_taken_to_call(self, read: Ref) -> bool:
        if read.kind is not Kind.MEMBER or read.use is not Use.READ:
            return False
        for r in self.index.refs_between(read.path, read.line, read.line):
            stored = r.kind is Kind.LOCAL and r.use in (Use.WRITE, Use.INITIALISE, Use.DEFINITION)
            if stored and r.col < read.col:
                return any(use.use is Use.CALL for use in self.index.uses(r.symbol))
        return False


def _once(edges: Iterable[Edge]) -> list[Edge]:
    """Each edge once, in the order in which they came."""
    known: dict[tuple[int, int, int, int], Edge] = {}
    for e in edges:
        ends = (e.caller.id if e.caller else 0, e.callee.id)
        ways = (e.through.id if e.through else 0, e.table.id if e.table else 0)
        known.setdefault((*ends, *ways), e)
    return list(known.values())
