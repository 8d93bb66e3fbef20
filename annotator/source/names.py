"""Names in conditional branches: reads a raw file, gives identifiers with their surroundings.

Where no compiler looks, a name has no more meaning than its spelling and what stands around
it.  Which branches that concerns is known only when all configurations are merged, so
every branch is listed, but for the one that an include guard opens around a whole file.
"""

from __future__ import annotations

import enum
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from annotator.source.directives import RawFile
from annotator.source.lex import Lexeme, Token, tokens

_KEYWORDS = frozenset(
    b"auto break case char const continue default do double else enum extern float for goto if"
    b" inline int long register restrict return short signed sizeof static struct switch typedef"
    b" union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic"
    b" _Imaginary _Noreturn _Static_assert _Thread_local defined __attribute__ asm __asm__".split()
)
_BLANK = (Lexeme.SPACE, Lexeme.NEWLINE, Lexeme.COMMENT)
_TAGS = (b"struct", b"union", b"enum")
# Directives whose names are looked at: those of none, and of conditions.
_TESTING = (b"", b"if", b"ifdef", b"ifndef", b"elif", b"elifdef", b"elifndef", b"undef")
_FIELDS = 3  # numbers per name


class Around(enum.IntEnum):
    """What stands around a name."""

    NOTHING = 0
    CALL = 1  # a parenthesis follows
    MEMBER = 2  # behind . or ->
    TAG = 3  # behind struct, union or enum
    TEST = 4  # in the condition of an #if, #ifdef …
    UNDEF = 5


@dataclass(slots=True)
class Names:
    """Identifiers by line: per name its line, its column, and 8 times its spelling's number
    plus what stands around it."""

    spellings: list[str] = field(default_factory=list)
    rows: array[int] = field(default_factory=lambda: array("I"))

    def dump(self) -> tuple[list[str], bytes]:
        """As plain data."""
        return self.spellings, self.rows.tobytes()

    @classmethod
    def load(cls, data: tuple[list[str], bytes]) -> Names:
        """The names that `dump` gave *data* for."""
        return cls(data[0], array("I", data[1]))

    def between(self, first: int, last: int) -> Iterator[tuple[int, int, str, Around]]:
        """The names on the lines from *first* to *last*: (line, col, spelling, around)."""
        rows = self.rows
        at = bisect_left(range(len(rows) // _FIELDS), first, key=lambda i: rows[i * _FIELDS])
        for i in range(at * _FIELDS, len(rows), _FIELDS):
            if rows[i] > last:
                return
            yield rows[i], rows[i + 1], self.spellings[rows[i + 2] >> 3], Around(rows[i + 2] & 7)


def names(raw: RawFile) -> Names:
    """The names in the branches of *raw*; those of #define directives are not among them."""
    result = Names()
    wanted = _lines(raw)
    if not wanted:
        return result
    numbers: dict[str, int] = {}
    directives = {d.line: d.name for d in raw.directives}
    data, starts = raw.data, raw.lines.starts
    before = b""
    directive = b""  # the name of the one at hand
    significant = [t for t in tokens(raw.data) if t.kind is not Lexeme.SPACE]
    line, limit = 0, 0
    for i, token in enumerate(significant):
        kind, start, end = token
        if start >= limit:
            line = raw.lines.place(start)[0]
            limit = starts[line] if line < len(starts) else len(data) + 1
        if kind is Lexeme.NEWLINE:
            directive = b""
            continue
        if kind is Lexeme.HASH:
            directive = directives.get(line, b"?")
            before = b"#"
            continue
        if kind is Lexeme.IDENTIFIER and line in wanted and before != b"#":
            spelled = data[start:end]
            if directive in _TESTING and spelled not in _KEYWORDS:
                around = _around(before, directive, data, significant, i)
                name = spelled.decode("utf-8", "replace")
                number = numbers.setdefault(name, len(numbers))
                result.rows.extend((line, start - starts[line - 1] + 1, number << 3 | around))
        if kind is not Lexeme.COMMENT:
            before = data[start:end]
    result.spellings = list(numbers)
    return result


def _around(before: bytes, directive: bytes, data: bytes, tokens: list[Token], at: int) -> Around:
    if directive:
        return Around.UNDEF if directive == b"undef" else Around.TEST
    following = next((t for t in tokens[at + 1 : at + 4] if t.kind not in _BLANK), None)
    return _between(before, data[following.start : following.end] if following else b"")


def surroundings(data: bytes, tokens: list[Token], at: int) -> Around:
    """What stands around a token of a replacement list."""
    before = tokens[at - 1] if at else None
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    texts = [data[t.start : t.end] if t is not None else b"" for t in (before, after)]
    return _between(*texts)


def _between(before: bytes, after: bytes) -> Around:
    if before in (b".", b"->"):
        return Around.MEMBER
    if before in _TAGS:
        return Around.TAG
    return Around.CALL if after == b"(" else Around.NOTHING


def _lines(raw: RawFile) -> set[int]:
    """The lines of branches, and of the directives between them."""
    wanted: set[int] = set()
    guard = _guard(raw)
    for index, b in enumerate(raw.branches):
        if index != guard:
            wanted.update(range(b.first, b.last + 1))
    return wanted


def _guard(raw: RawFile) -> int:
    """The branch that an include guard opens, -1 for none."""
    if not raw.branches or raw.branches[0].directive.name not in (b"ifndef", b"if"):
        return -1
    first = raw.branches[0].directive
    following = [d for d in raw.directives if d.line > first.line][:1]
    if not following or following[0].name != b"define" or not following[0].tokens:
        return -1
    name = raw.spelling(following[0].tokens[0])
    return 0 if any(raw.spelling(t) == name for t in first.tokens) else -1
