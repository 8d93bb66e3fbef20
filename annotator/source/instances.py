"""One inclusion of a file: reads a raw file and which lines left a trace, gives what is live.

The preprocessor does not say which branches of a conditional it took.  Every branch from
which a token, a macro or an included file came was taken, and its siblings were skipped (C11
6.10.1).  Where none left a trace the walk evaluates the conditions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from annotator.model import Use
from annotator.source.directives import Branch, Directive, RawFile
from annotator.source.macros import Macro

IN_BRANCHES = (b"elif", b"elifdef", b"elifndef", b"else")


@dataclass(frozen=True, slots=True)
class Expansion:
    """One macro invocation in a file's text: from the name to the closing parenthesis."""

    path: str
    line: int
    col: int
    macro: str
    start: int  # byte offsets in the file
    end: int
    end_line: int
    end_col: int  # of the byte behind the invocation

    def holds(self, path: str, line: int, col: int) -> bool:
        """Is this place inside the invocation, that is: in its arguments?"""
        return (
            path == self.path
            and (self.line, self.col) < (line, col)
            and (line, col) < (self.end_line, self.end_col)
        )


# (text, path, line, col, expansion): where a token is spelled and, if an invocation brought
# it, which one
Spelled = tuple[str, str, int, int, "Expansion | None"]


@dataclass(frozen=True, slots=True)
class MacroUse:
    """A place that names a macro; ``target`` is the place of the #define in force, if any."""

    path: str
    line: int
    col: int
    name: str
    use: Use
    target: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Include:
    """An #include line; ``target`` is the file it led to."""

    path: str
    line: int
    col: int
    length: int
    spelling: str
    target: str


class Instance:
    """One inclusion of a file: which of its branches are live, and how far the walk has come."""

    __slots__ = (
        "changes",
        "cursor",
        "defined",
        "fresh",
        "includes",
        "items",
        "limit",
        "live",
        "needs",
        "open_groups",
        "path",
        "raw",
        "spans",
        "uses",
    )

    def __init__(self, path: str, raw: RawFile | None) -> None:
        self.path = path
        self.raw = raw
        self.uses: dict[MacroUse, int] = {}  # -> the piece in which it stands
        # Per piece the macros named that it did not define itself, and where they were.
        self.needs: list[dict[str, tuple[str, int] | None]] = []
        # Per piece the macros that it defined, or (None) undefined, in order.
        self.changes: list[list[tuple[str, Macro | None]]] = []
        self.fresh: set[str] = set()  # macros that this piece defined or undefined
        self.includes: list[Include] = []
        self.defined: list[tuple[str, int]] = []  # (name, line) of the macros it defines
        self.live: set[int] = set()
        self.open_groups: set[int] = set()  # conditionals of which no branch left a trace
        # What is left to walk, and for each the bytes it takes up; a token is (spelling, path,
        # line, col, None).
        self.items: list[Spelled | Directive] = []
        self.spans: list[tuple[int, int]] = []
        self.cursor = 0
        self.limit = 0  # where in ``items`` the piece in hand ends

    def settle(self, evidence: Iterable[int]) -> None:
        """From the lines that left a trace, find the live branches and what is left to walk."""
        assert self.raw is not None
        raw = self.raw
        branches = raw.branches
        owner = branch_of_lines(raw)
        for line in evidence:
            index = owner[line] if 0 < line < len(owner) else -1
            while index >= 0 and index not in self.live:
                self.live.add(index)
                index = branches[index].parent
        taken = {branches[i].group for i in self.live}
        dead: set[int] = set()
        for i, b in enumerate(branches):  # a branch comes behind the one that holds it
            if b.parent in dead or (b.group in taken and i not in self.live):
                dead.add(i)
            elif i not in self.live:
                self.open_groups.add(b.group)
        first_live = {branches[i].group: i for i in sorted(self.live, reverse=True)}
        by_directive = {id(b.directive): i for i, b in enumerate(branches)}
        starts, spans, words = raw.lines.starts, raw.spans, raw.words(self.path)
        # The directives to look at, and where the text ends for a while: (from, to, directive).
        cuts: list[tuple[int, int, Directive | None]] = []
        for i in dead:
            b = branches[i]
            if b.last >= b.first and b.parent not in dead:
                cuts.append((starts[b.first - 1], _end_offset(raw, b), None))
        for d in raw.directives:
            index = by_directive.get(id(d), -1)
            parent = branches[index].parent if index >= 0 else owner[d.line]
            if parent in dead:
                continue
            first = first_live.get(branches[index].group, index) if index >= 0 else index
            if d.name in IN_BRANCHES and first < index:
                continue  # its condition is not looked at: C11 6.10.1 p6
            start = starts[d.line - 1]
            cuts.append((start, start, d))
        cuts.sort(key=itemgetter(0))
        at = 0
        for start, end, directive in cuts:
            stop = bisect_left(spans, (start, 0), at)
            self.items += words[at:stop]
            self.spans += spans[at:stop]
            at = stop
            if directive is None:
                at = bisect_left(spans, (end, 0), stop)
            else:
                self.items.append(directive)
                self.spans.append((start, start))
        self.items += words[at:]
        self.spans += spans[at:]

    def release(self) -> None:
        """Let go of what only the walk needs."""
        self.items, self.spans = [], []

    def stop_at(self, line: int | None) -> None:
        """The piece in hand ends before *line*; None: at the end of the file."""
        assert self.raw is not None
        if line is None:
            self.limit = len(self.items)
            return
        starts = self.raw.lines.starts
        end = starts[max(line, 1) - 1] if line <= len(starts) else len(self.raw.data) + 1
        self.limit = bisect_left(self.spans, (end, 0))

    def drop(self, branch: Branch) -> None:
        """Leave out what stands in a branch ahead that turns out not to be live."""
        assert self.raw is not None
        if branch.last < branch.first:
            return
        first = bisect_left(self.spans, (self.raw.lines.starts[branch.first - 1], 0))
        last = bisect_left(self.spans, (_end_offset(self.raw, branch), 0))
        first = max(first, self.cursor)
        if last > first:
            del self.items[first:last], self.spans[first:last]
            self.limit -= max(0, min(last, self.limit) - first)


def _end_offset(raw: RawFile, branch: Branch) -> int:
    starts = raw.lines.starts
    return starts[branch.last] if branch.last < len(starts) else len(raw.data)


def branch_of_lines(raw: RawFile) -> list[int]:
    """For each line (index from 1) the innermost branch that holds it, -1 for none."""
    owner = [-1] * (len(raw.lines) + 2)
    for index, branch in enumerate(raw.branches):  # inner branches come later
        for line in range(branch.first, min(branch.last, len(raw.lines)) + 1):
            owner[line] = index
    return owner
