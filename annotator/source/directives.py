"""Find the preprocessing directives of a file: reads raw tokens, gives directives and branches.

The structure only (C11 6.10): which lines a directive takes, what it defines or includes,
and which lines each branch of a conditional covers.  Nothing is evaluated here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from annotator.source.lex import Lexeme, Lines, Token, tokens

_SPLICE = "\\\n"
_BLANK = (Lexeme.SPACE, Lexeme.COMMENT)
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
    # names of parameters that are macro-expanded before they are substituted (C11 6.10.3.1)
    expanded: frozenset[str] = frozenset()


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
    tokens: list[Token]
    text: list[Token]  # tokens outside of directives, without blanks and newlines
    directives: list[Directive]
    branches: list[Branch]
    macros: dict[int, MacroDefinition]  # by the line of the #define

    def spelling(self, token: Token) -> str:
        """The text of *token*; bytes that are not UTF-8 become U+FFFD."""
        return self.data[token.start : token.end].decode("utf-8", "replace")


def read(data: bytes) -> RawFile:
    """Lex *data* and find its directives, macro definitions and conditional branches."""
    lines = Lines(data)
    everything = list(tokens(data))
    text: list[Token] = []
    directives: list[Directive] = []
    i, n = 0, len(everything)
    while i < n:
        token = everything[i]
        if token.kind is not Lexeme.HASH:
            if token.kind not in _BLANK and token.kind is not Lexeme.NEWLINE:
                text.append(token)
            i += 1
            continue
        j = i + 1
        while j < n and everything[j].kind is not Lexeme.NEWLINE:
            j += 1
        inside = [t for t in everything[i + 1 : j] if t.kind not in _BLANK]
        last = everything[j - 1]
        name = data[inside[0].start : inside[0].end] if inside else b""
        directives.append(
            Directive(
                name=name,
                line=lines.place(token.start)[0],
                end_line=lines.place(max(last.end - 1, token.start))[0],
                tokens=inside[1:],
            )
        )
        i = j
    raw = RawFile(data, lines, everything, text, directives, [], {})
    raw.branches = _branches(directives, len(lines))
    for directive in directives:
        if directive.name == b"define" and directive.tokens:
            raw.macros[directive.line] = _definition(raw, directive)
    return raw


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
    # A parenthesis that touches the name opens a parameter list.
    if rest and rest[0].start == name.end and raw.data[rest[0].start : rest[0].end] == b"(":
        names: list[str] = []
        while rest:
            token = rest.pop(0)
            spelling = raw.spelling(token)
            if spelling == ")":
                break
            if token.kind is Lexeme.IDENTIFIER:
                names.append(spelling)
            elif spelling == "...":
                names.append("__VA_ARGS__")
        params = tuple(names)
    expanded = set()
    for i, token in enumerate(rest):
        if token.kind is not Lexeme.IDENTIFIER or not params:
            continue
        before = raw.data[rest[i - 1].start : rest[i - 1].end] if i else b""
        after = raw.data[rest[i + 1].start : rest[i + 1].end] if i + 1 < len(rest) else b""
        if before not in (b"#", b"##") and after != b"##":
            expanded.add(raw.spelling(token))
    return MacroDefinition(
        name=raw.spelling(name),
        line=directive.line,
        col=col,
        end_line=directive.end_line,
        params=params,
        body=rest,
        expanded=frozenset(expanded) & frozenset(params or ()),
    )


def macro_text(raw: RawFile, d: MacroDefinition) -> str:
    """A definition on one line, cut at 400 characters."""
    starts = raw.lines.starts
    end = starts[d.end_line] if d.end_line < len(starts) else len(raw.data)
    whole = raw.data[raw.lines.offset(d.line, d.col) : end].decode("utf-8", "replace")
    return f"#define {' '.join(whole.replace(_SPLICE, ' ').split())}"[:400]
