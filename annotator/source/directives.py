"""Find the preprocessing directives of a file: reads raw tokens, gives directives and branches.

The structure only (C11 6.10): which lines a directive takes, what it defines or includes,
and which lines each branch of a conditional covers.  Nothing is evaluated here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from annotator.source.lex import Lexeme, Lines, Token, words

Word = tuple[str, str, int, int, None]  # spelling, path, line, column

_SPLICE = "\\\n"
_OPENERS = (b"if", b"ifdef", b"ifndef")
_MIDDLES = (b"elif", b"elifdef", b"elifndef", b"else")


@dataclass(slots=True)
class Directive:
    """One directive: ``name`` is ``b"define"``, ``b"if"`` …; ``tokens`` what follows the name.

    Blanks and comments are not in ``tokens``.
    """

    name: bytes
    line: int
    end_line: int
    tokens: list[Token]


@dataclass(slots=True)
class MacroDefinition:
    """A ``#define``: its place, parameters (None: object-like) and replacement list."""

    name: str
    line: int
    col: int
    end_line: int
    params: tuple[str, ...] | None
    body: list[Token] = field(repr=False)
    variadic: bool = False  # the last parameter takes all further arguments


@dataclass(slots=True)
class Branch:
    """The lines strictly between two directives of one conditional.

    ``parent`` is the index of the enclosing branch, -1 for the whole file;
    ``group`` is shared by the branches of one ``#if … #endif``.
    """

    first: int
    last: int
    parent: int
    group: int
    directive: Directive


@dataclass(slots=True)
class RawFile:
    """A file as tokens: everything that is known without a compiler."""

    data: bytes
    lines: Lines
    text: list[Token]  # tokens outside of directives, without blanks and newlines
    directives: list[Directive]
    branches: list[Branch]
    macros: dict[int, MacroDefinition]  # by the line of the #define
    _words: list[Word] = field(default_factory=list)
    _spans: list[tuple[int, int]] = field(default_factory=list)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The bytes that each token of ``text`` takes up."""
        if len(self._spans) != len(self.text):
            self._spans = [(t.start, t.end) for t in self.text]
        return self._spans

    def words(self, path: str) -> list[Word]:
        """The tokens of ``text`` with their spelling and place in this file, called *path*."""
        if len(self._words) != len(self.text):
            data, starts = self.data, self.lines.starts
            line, limit = 0, 0
            here = 0
            words: list[Word] = []
            for _, start, end in self.text:
                if start >= limit:
                    line = bisect_right(starts, start, line)
                    here = starts[line - 1] - 1
                    limit = starts[line] if line < len(starts) else len(data) + 1
                text = data[start:end].decode("utf-8", "surrogateescape")
                if "\n" in text:
                    text = text.replace("\\\r\n", "").replace("\\\n", "")
                words.append((text, path, line, start - here, None))
            self._words = words
        return self._words

    def spelling(self, token: Token) -> str:
        """The text of *token*, spliced lines joined; bytes that are not UTF-8 become U+FFFD."""
        text = self.data[token.start : token.end].decode("utf-8", "replace")
        return text.replace("\\\r\n", "").replace("\\\n", "") if "\n" in text else text


def read(data: bytes) -> RawFile:
    """Lex *data* and find its directives, macro definitions and conditional branches."""
    lines = Lines(data)
    text, found = words(data)
    directives: list[Directive] = []
    for inside in found:
        first, last = inside[0].start, inside[-1].end - 1
        name = data[inside[1].start : inside[1].end] if len(inside) > 1 else b""
        line, end_line = lines.place(first)[0], lines.place(_end_of_line(data, last))[0]
        directives.append(Directive(name=name, line=line, end_line=end_line, tokens=inside[2:]))
    raw = RawFile(data, lines, text, directives, [], {})
    raw.branches = _branches(directives, len(lines))
    for directive in directives:
        if directive.name == b"define" and directive.tokens:
            raw.macros[directive.line] = _definition(raw, directive)
    return raw


# What can stand behind a directive's last token on its line.
_REST = re.compile(
    rb"(?:[ \t\f\v\r]|\\\r?\n|//(?:[^\\\n]|\\(?:\r\n|[\s\S]))*|/\*(?:[\s\S]*?\*/|[\s\S]*))*"
)


def _end_of_line(data: bytes, last: int) -> int:
    """The last byte of a directive: a comment behind it can end on another line."""
    m = _REST.match(data, last + 1)
    assert m is not None
    return max(last, m.end() - 1)


def _branches(directives: list[Directive], last_line: int) -> list[Branch]:
    """Pair #if … #elif … #else … #endif; an unclosed one lasts to the end of the file."""
    branches: list[Branch] = []
    stack: list[tuple[int, int]] = []  # (index of the open branch, group)
    groups = 0
    for d in directives:
        if d.name in _OPENERS:
            parent = stack[-1][0] if stack else -1
            branches.append(Branch(d.end_line + 1, last_line, parent, groups, d))
            stack.append((len(branches) - 1, groups))
            groups += 1
        elif d.name in _MIDDLES and stack:
            index, group = stack.pop()
            branches[index].last = d.line - 1
            branches.append(Branch(d.end_line + 1, last_line, branches[index].parent, group, d))
            stack.append((len(branches) - 1, group))
        elif d.name == b"endif" and stack:
            index, _ = stack.pop()
            branches[index].last = d.line - 1
    return branches


def _definition(raw: RawFile, directive: Directive) -> MacroDefinition:
    """Split a #define into name, parameters and body (C11 6.10.3)."""
    name, *rest = directive.tokens
    _line, col = raw.lines.place(name.start)
    params: tuple[str, ...] | None = None
    variadic = False
    # A parenthesis that touches the name opens a parameter list.
    if rest and rest[0].start == name.end and raw.data[rest[0].start : rest[0].end] == b"(":
        names: list[str] = []
        named = False
        while rest:
            token = rest.pop(0)
            spelling = raw.spelling(token)
            if spelling == ")":
                break
            if token.kind is Lexeme.IDENTIFIER:
                names.append(spelling)
                named = True
            elif spelling == ",":
                named = False
            elif spelling == "...":
                variadic = True
                if not named:  # GNU: "args..." names them
                    names.append("__VA_ARGS__")
        params = tuple(names)
    return MacroDefinition(
        name=raw.spelling(name),
        line=directive.line,
        col=col,
        end_line=directive.end_line,
        params=params,
        body=rest,
        variadic=variadic,
    )


def macro_text(raw: RawFile, d: MacroDefinition) -> str:
    """A definition on one line, cut at 400 characters."""
    starts = raw.lines.starts
    end = starts[d.end_line] if d.end_line < len(starts) else len(raw.data)
    whole = raw.data[raw.lines.offset(d.line, d.col) : end].decode("utf-8", "replace")
    return f"#define {' '.join(whole.replace(_SPLICE, ' ').split())}"[:400]
