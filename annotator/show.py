"""Print symbols, uses and layouts for a terminal: reads model objects, writes text or JSON.

Colours only where the output is a terminal and NO_COLOR is not set.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from annotator.index.python_names import PythonName
from annotator.index.query import Index
from annotator.index.relations import Edge
from annotator.model import FileInfo, Layout, MemberLayout, Ref, Symbol, gaps

_SOURCES = {
    "agree": "as in the running interpreter",
    "running": "from the running interpreter; no table says so",
    "table": "which this interpreter does not show",
    "differ": "where the running interpreter has another",
}
_COLOURS = {"place": "36", "name": "1;33", "kind": "32", "dim": "2", "hole": "31"}


class Printer:
    """Prints to standard output; with *as_json* it collects and prints one JSON value."""

    def __init__(self, index: Index, *, as_json: bool = False) -> None:
        self.index = index
        self.as_json = as_json
        self._collected: list[Any] = []
        self._coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._lines: dict[str, list[str]] = {}

    def paint(self, text: str, colour: str) -> str:
        """*text* in one of our colours."""
        return f"\033[{_COLOURS[colour]}m{text}\033[0m" if self._coloured else text

    def line(self, path: str, number: int) -> str:
        """A line of the source."""
        if path not in self._lines:
            self._lines[path] = self.index.text(path).decode("utf-8", "replace").split("\n")
        lines = self._lines[path]
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def end(self) -> None:
        """Print what was collected."""
        if self.as_json:
            print(json.dumps(self._collected))

    def symbols(self, found: list[Symbol]) -> None:
        """Definitions and declarations, with the comment that stands above them."""
        if self.as_json:
            print(json.dumps([asdict(s) for s in found]))
            return
        for s in found:
            inside = f" of {s.parent_name}" if s.parent_name else ""
            print(f"{self.paint(s.kind.value + inside, 'kind')}  {s.declaration}")
            for p in s.places:
                what = "" if p.is_definition else "  (declaration)"
                place = self.paint(f"{p.path}:{p.line}:{p.col}", "place")
                print(f"  {place}{what}  {self.line(p.path, p.line).strip()}")
            for text in s.doc.splitlines():
                print(self.paint(f"  | {text}", "dim"))

    def _mark(self, r: Ref) -> str:
        """The line of a use with the use marked; columns are bytes."""
        raw = self.line(r.path, r.line).encode()
        before, name = raw[: r.col - 1], raw[r.col - 1 : r.col - 1 + r.length]
        after = raw[r.col - 1 + r.length :]
        parts = [b.decode("utf-8", "replace") for b in (before, name, after)]
        return f"{parts[0].lstrip()}{self.paint(parts[1], 'name')}{parts[2].rstrip()}"

    def uses(self, symbol: Symbol, refs: list[Ref]) -> None:
        """Uses, file by file."""
        if self.as_json:
            self._collected += [asdict(r) for r in refs]
            return
        kind = self.paint(symbol.kind.value, "kind")
        print(f"{kind}  {symbol.declaration}  — {len(refs)} uses")
        for r in refs:
            place = self.paint(f"{r.path}:{r.line}:{r.col}", "place")
            print(f"  {place} {r.use.value:11} {self._mark(r)}")

    def callers(self, symbol: Symbol, edges: list[Edge]) -> None:
        """Who calls a function, and where."""
        self._edges(symbol, edges, lambda e: e.caller)

    def callees(self, symbol: Symbol, edges: list[Edge]) -> None:
        """What a function calls, and where."""
        self._edges(symbol, edges, lambda e: e.callee)

    def _edges(
        self, symbol: Symbol, edges: list[Edge], end: Callable[[Edge], Symbol | None]
    ) -> None:
        if self.as_json:
            self._collected += [_edge(e) for e in edges]
            return
        print(f"{self.paint(symbol.kind.value, 'kind')}  {symbol.declaration}")
        for e in sorted(edges, key=lambda e: (e.through is not None, e.table is not None)):
            other = end(e)
            name = other.name if other is not None else "(outside of functions)"
            lines = ", ".join(dict.fromkeys(str(r.line) for r in e.refs)) or "—"
            path = e.refs[0].path if e.refs else (other or symbol).place.path
            way = ""
            if e.table is not None:
                member = e.through.name if e.through is not None else "its elements"
                way = f"  through {member} of {e.table.name}"
            elif e.through is not None:
                way = f"  in the macro {e.through.name}"
            place = self.paint(path, "place")
            print(f"  {place}  {self.paint(name, 'name')}  at {lines}{self.paint(way, 'dim')}")

    def python_names(self, found: list[PythonName]) -> None:
        """Python names with the C behind them."""
        if self.as_json:
            print(json.dumps([asdict(n) for n in found]))
            return
        for n in found:
            role = f" ({n.role})" if n.role in ("get", "set") else ""
            print(f"{self.paint(n.kind, 'kind')}  {self.paint(n.python, 'name')}{role}")
            steps = [("", n.function), ("calls ", n.implementation)]
            for before, s in steps:
                if s is not None:
                    place = self.paint(f"{s.place.path}:{s.place.line}", "place")
                    print(f"  {place}  {before}{s.declaration}")
            if n.table is not None:
                print(self.paint(f"  | in the table {n.table.name}, {_SOURCES[n.source]}", "dim"))
            else:
                print(self.paint(f"  | {_SOURCES[n.source]}", "dim"))
            if n.other is not None:
                print(f"  the table names {n.other.name}")

    def layouts(self, layouts: dict[str, Layout], configs: tuple[str, ...]) -> None:
        """A layout per configuration of *configs*; those that are the same are shown once.

        As JSON: the first layout, and under "configurations" all of them.
        """
        if self.as_json:
            every = {name: asdict(layout) for name, layout in layouts.items()}
            print(json.dumps({**next(iter(every.values())), "configurations": every}))
            return
        groups: list[tuple[Layout, list[str]]] = []
        for name, layout in layouts.items():
            same = next((names for other, names in groups if _same(other, layout)), None)
            if same is None:
                groups.append((layout, [name]))
            else:
                same.append(name)
        for layout, names in groups:
            if len(groups) > 1 or len(layouts) < len(configs):
                print(self.paint(f"{', '.join(names)}:", "kind"))
            self.layout(layout)
        absent = [name for name in configs if name not in layouts]
        if absent:
            print(self.paint(f"not complete in: {', '.join(absent)}", "dim"))

    def layout(self, layout: Layout) -> None:
        """Offsets and sizes, holes in their places."""
        print(f"{layout.name}: {layout.size} bytes, aligned to {layout.align}")
        rows: list[tuple[int, int, MemberLayout | int]] = [
            *((m.offset, max(m.bit_offset, 0), m) for m in layout.members),
            *((offset, 0, size) for offset, size in layout.holes),
        ]
        for offset, _, what in sorted(rows, key=lambda row: (row[0], row[1])):
            if isinstance(what, int):
                print(self.paint(f"  {offset:5}  {what:4}  (unused)", "hole"))
                continue
            bits = f" : {what.bit_size}, from bit {what.bit_offset}" if what.bit_offset >= 0 else ""
            print(f"  {offset:5}  {what.size:4}  {what.type:24} {what.name}{bits}")

    def outline(self, info: FileInfo, found: list[Symbol]) -> None:
        """What a file defines, in order, and which of its lines which configuration leaves out."""
        path = info.path
        if self.as_json:
            print(json.dumps({**asdict(info), "defines": [asdict(s) for s in found]}))
            return
        for s in found:
            place = next(p for p in s.places if p.path == path and p.is_definition)
            line = self.paint(f"{place.line:6}", "place")
            marks = [n for n, ranges in info.live.items() if _inside(ranges, place.line)]
            only = f"  ({', '.join(marks) or 'by no'})" if len(marks) < len(info.live) else ""
            print(f"{line}  {self.paint(f'{s.kind.value:9}', 'kind')} {s.declaration}{only}")
        for name, ranges in info.live.items():
            out = ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in _left_out(info, ranges))
            print(f"{self.paint(name, 'kind')} leaves out: {out or 'nothing'}")
        if not info.live:
            print("no configuration compiles this file")


_Ranges = tuple[tuple[int, int], ...]


def _inside(ranges: _Ranges, line: int) -> bool:
    return any(first <= line <= last for first, last in ranges)


def _left_out(info: FileInfo, ranges: _Ranges) -> list[tuple[int, int]]:
    """The lines between the *ranges* that are compiled."""
    return gaps(ranges, info.lines)


def _same(a: Layout, b: Layout) -> bool:
    """Do two layouts put the same members at the same places?  Ids of symbols aside."""
    strip = [[replace(m, symbol=0) for m in layout.members] for layout in (a, b)]
    return (a.size, a.align, strip[0]) == (b.size, b.align, strip[1])


def _edge(e: Edge) -> dict[str, Any]:
    """An edge as JSON."""
    return {
        "caller": e.caller.name if e.caller is not None else None,
        "callee": e.callee.name,
        "through": e.through.name if e.through is not None else None,
        "table": e.table.name if e.table is not None else None,
        "calls": [asdict(r) for r in e.refs],
    }
