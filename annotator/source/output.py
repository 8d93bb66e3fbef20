"""Read preprocessed text: reads one piece of the output, gives tokens, macros and lines.

``gcc -E -dD`` keeps the lines of a file, so that a line of output tells which line of the
source left something; definitions of macros stand where they were made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_LINE = re.compile(
    rb'^#(?: (\d+) "((?:[^"\\\n]|\\.)*)"[ 0-9]*|(define|undef) ([^\n]*)|pragma[^\n]*|ident[^\n]*)$',
    re.M,
)
# Preprocessing tokens (C11 6.4); white space is between them.
_TOKEN = re.compile(
    r"(?:[A-Za-z_$\x80-\U0010ffff]|\\[uU][0-9a-f]{4,8})"
    r"(?:[A-Za-z0-9_$\x80-\U0010ffff]|\\[uU][0-9a-f]{4,8})*+(?![\"'])"
    r"|(?:u8|[LuU])?\"(?:[^\"\\\n]++|\\.)*+\"|[LuU]?'(?:[^'\\\n]++|\\.)*+'"
    r"|[A-Za-z_$\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*"
    r"|\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*"
    r"|\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*=|/=|%=|\+=|-=|&=|\^=|\|=|##|\S"
)


_UNIVERSAL = re.compile(r"\\[uU]([0-9a-f]{4,8})")


def _character(m: re.Match[str]) -> str:
    return chr(int(m[1], 16))


class Change(NamedTuple):
    """A ``#define`` or ``#undef``: what follows that word, and where it stands."""

    undefines: bool
    text: str
    path: str
    line: int


@dataclass(slots=True)
class PieceText:
    """``lines`` are those of the piece's own file that left a token or defined a macro."""

    tokens: list[str] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)
    changes: list[Change] = field(default_factory=list)


def lex(text: str) -> list[str]:
    """The spellings of the preprocessing tokens of *text*, which holds no comments."""
    return _TOKEN.findall(text)


def read_piece(data: bytes, path: str, marked: bytes, line: int) -> PieceText:
    """Read a piece of the file that we call *path* and the compiler *marked*.

    *line* is the number of its first line.
    """
    result = PieceText()
    own = name = marked
    at = 0
    for m in _LINE.finditer(data):
        if m.start() > at:
            line = _code(data[at : m.start()], line, result, here=name == own)
        at = m.end() + 1  # with its newline
        if m[1] is not None:
            name, line = m[2], int(m[1])
            continue
        if m[3] is not None:
            where = path if name == own else name.decode("utf-8", "surrogateescape")
            text = m[4].decode("utf-8", "surrogateescape")
            result.changes.append(Change(m[3] == b"undef", text, where, line))
            if name == own:
                result.lines.add(line)
        line += 1
    if at < len(data):
        _code(data[at:], line, result, here=name == own)
    return result


def _code(data: bytes, line: int, result: PieceText, *, here: bool) -> int:
    """Take in lines of code; the number of the line behind them."""
    parts = data.split(b"\n")
    if not data.isspace():
        words = lex(data.decode("utf-8", "surrogateescape"))
        if b"\\U" in data:  # so gcc spells what is not ASCII
            words = [_UNIVERSAL.sub(_character, w) if w[-1] not in "\"'" else w for w in words]
        result.tokens += words
        if here:
            result.lines.update([line + i for i, p in enumerate(parts) if p and not p.isspace()])
    return line + len(parts) - 1
