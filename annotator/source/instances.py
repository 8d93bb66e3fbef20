"""One inclusion of a file: reads a raw file and which lines left a trace, gives what is live.

The preprocessor does not say which branches of a conditional it took.  Every branch from
which a token, a macro or an included file came was taken; the others were skipped, or hold
nothing that matters (C11 6.10.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model import Use
from annotator.source.directives import Branch, Directive, RawFile
from annotator.source.lex import Token

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
        "begun",
        "current",
        "cursor",
        "defined",
        "evidence",
        "extents",
        "fresh",
        "includes",
        "items",
        "live",
        "needs",
        "path",
        "raw",
        "seeds",
        "uses",
    )

    def __init__(self, path: str, raw: RawFile | None) -> None:
        self.path = path
        self.raw = raw
        self.uses: dict[MacroUse, int] = {}  # -> the piece in which it stands
        # Per piece the macros named that it did not define itself, and where they were.
        self.needs: list[dict[str, tuple[str, int] | None]] = []
        self.fresh: set[str] = set()  # macros that this piece defined or undefined
        self.includes: list[Include] = []
        self.defined: list[tuple[str, int]] = []  # (name, line) of the macros it defines
        self.evidence: set[int] = set()  # lines that certainly were compiled
        self.live: set[int] = set()
        self.items: list[Token | Directive] = []
        self.cursor = 0
        self.extents: list[Expansion] = []
        self.current: Expansion | None = None
        self.seeds: set[str] = set()  # the macros named in the current invocation
        self.begun = False  # has the first token of its replacement list come out?

    def settle(self) -> None:
        """From the evidence, find the live branches and what is left to walk."""
        assert self.raw is not None
        owner = branch_of_lines(self.raw)
        branches = self.raw.branches
        for line in self.evidence:
            index = owner[line] if line < len(owner) else -1
            while index >= 0 and index not in self.live:
                self.live.add(index)
                index = branches[index].parent
        dead = [b for i, b in enumerate(branches) if i not in self.live]
        lines = self.raw.lines
        skipped = [
            (lines.starts[b.first - 1], _end_offset(self.raw, b)) for b in dead if b.last >= b.first
        ]
        skipped.sort()
        items: list[tuple[int, Token | Directive]] = []
        at, limit = 0, len(skipped)
        for token in self.raw.text:
            while at < limit and skipped[at][1] <= token.start:
                at += 1
            if at < limit and skipped[at][0] <= token.start:
                continue
            items.append((token.start, token))
        taken: dict[int, int] = {}  # group -> first live branch
        by_directive = {id(b.directive): (i, b) for i, b in enumerate(branches)}
        for i, b in enumerate(branches):
            if i in self.live:
                taken.setdefault(b.group, i)
        for d in self.raw.directives:
            if self._evaluated(d, owner, by_directive, taken):
                items.append((lines.starts[d.line - 1], d))
        items.sort(key=lambda pair: pair[0])
        self.items = [item for _, item in items]

    def _evaluated(
        self,
        d: Directive,
        owner: list[int],
        by_directive: dict[int, tuple[int, Branch]],
        taken: dict[int, int],
    ) -> bool:
        """Does the preprocessor look at this directive's operands?  C11 6.10.1 p6."""
        found = by_directive.get(id(d))
        if found is None:
            parent = owner[d.line] if d.line < len(owner) else -1
        else:
            index, branch = found
            parent = branch.parent
            first = taken.get(branch.group)
            if d.name in IN_BRANCHES and first is not None and first < index:
                return False
        return parent < 0 or parent in self.live


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
