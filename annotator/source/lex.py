"""Lex raw C text: reads the bytes of a file, gives tokens whose spans tile it.

Nothing is interpreted and nothing is dropped: white space, comments, stray bytes and
unterminated literals are tokens too, so that joining the spans gives the file back byte
for byte.  Follows C11 6.4, with phase 2 (line splicing) left in place: a backslash and a
newline are white space between tokens, and part of a token inside comments and literals.
"""

from __future__ import annotations

import bisect
import enum
import re
from collections.abc import Iterator
from typing import NamedTuple


class Lexeme(enum.IntEnum):
    """What a span of raw text is."""

    SPACE = 1  # blanks and spliced lines
    NEWLINE = 2
    COMMENT = 3
    IDENTIFIER = 4  # keywords too
    NUMBER = 5  # a preprocessing number, C11 6.4.8
    STRING = 6
    CHAR = 7
    PUNCT = 8
    HASH = 9  # the # that opens a directive
    HEADER = 10  # <stdio.h> or "object.h" after #include
    OTHER = 11  # a byte that starts no token


class Token(NamedTuple):
    """A span of the file: ``data[start:end]``."""

    kind: Lexeme
    start: int
    end: int


_PUNCTUATION = (
    rb"%:%:|\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*=|/=|%=|\+=|-=|&=|\^=|\|="
    rb"|##|<:|:>|<%|%>|%:|[\[\](){}.&*+\-~!/%<>^|?:;=,#]"
)
# Bytes from 0x80 on are letters, as to gcc; a spliced line can go through an identifier.
# A literal ends at its quote, or where the line ends (then it is unterminated).
_PART = rb"[A-Za-z0-9_$\x80-\xff]"
_IDENTIFIER = rb"(?![0-9])" + _PART + rb"+(?:\\\r?\n" + _PART + rb"+)*"
_STRING_BODY = rb'(?:[^"\\\n]++|\\(?:\r\n|[\s\S]))*+(?:"|(?=\n)|\Z|\\\Z)'
_CHAR_BODY = rb"(?:[^'\\\n]++|\\(?:\r\n|[\s\S]))*+(?:'|(?=\n)|\Z|\\\Z)"

_MASTER = re.compile(
    rb"(?P<SPACE>(?:[ \t\f\v\r]|\\\r?\n)+)"
    rb"|(?P<NEWLINE>\n)"
    rb"|(?P<COMMENT>//(?:[^\\\n]++|\\(?:\r\n|[\s\S])|\\\Z)*|/\*(?:[\s\S]*?\*/|[\s\S]*))"
    rb'|(?P<STRING>(?:u8|[LuU])?"' + _STRING_BODY + rb")"
    rb"|(?P<CHAR>[LuU]?'" + _CHAR_BODY + rb")"
    rb"|(?P<IDENTIFIER>" + _IDENTIFIER + rb")"
    rb"|(?P<NUMBER>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)"
    rb"|(?P<PUNCT>" + _PUNCTUATION + rb")"
    rb"|(?P<OTHER>[\s\S])"
)
_HEADER = re.compile(rb'<[^>\n]*>|"[^"\n]*"')
_KINDS = {i: Lexeme[name] for name, i in _MASTER.groupindex.items()}
_INCLUDES = (b"include", b"include_next", b"import", b"embed")


# The same with the blanks and comments before a token swallowed, and without their kinds.
_WORDS = re.compile(
    rb"(?:[ \t\f\v\r]+|\\\r?\n|//(?:[^\\\n]++|\\(?:\r\n|[\s\S])|\\\Z)*+"
    rb"|/\*(?>[\s\S]*?\*/|[\s\S]*))*+"
    rb"(?:(?P<NEWLINE>\n+)"
    rb'|(?P<STRING>(?:u8|[LuU])?"' + _STRING_BODY + rb")"
    rb"|(?P<CHAR>[LuU]?'" + _CHAR_BODY + rb")"
    rb"|(?P<IDENTIFIER>" + _IDENTIFIER + rb")"
    rb"|(?P<NUMBER>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)"
    rb"|(?P<HASH>(?:\#|%:)(?!\#|%:))"
    rb"|(?P<PUNCT>" + _PUNCTUATION + rb")"
    rb"|(?P<OTHER>[^\s])|(?P<END>\Z))"
)
_WORD_KINDS: dict[int | None, Lexeme] = {
    i: Lexeme[name] for name, i in _WORDS.groupindex.items() if name != "END"
}


def words(data: bytes) -> tuple[list[Token], list[list[Token]]]:
    """The tokens of *data* without blanks and comments: those of its text, and its directives'.

    A directive is the list of its tokens, from its # on.
    """
    text: list[Token] = []
    directives: list[list[Token]] = []
    new, kinds = tuple.__new__, _WORD_KINDS
    newline, hash_ = _WORDS.groupindex["NEWLINE"], _WORDS.groupindex["HASH"]
    end = _WORDS.groupindex["END"]
    header = _HEADER.match
    into = text  # where tokens go
    fresh = True  # nothing on this line yet
    pos, match = 0, _WORDS.match
    while m := match(data, pos):
        group = m.lastindex
        pos = m.end()
        if group == newline:
            fresh, into = True, text
            continue
        if group == hash_:
            if fresh:
                into = [new(Token, (Lexeme.HASH, *m.span(hash_)))]
                directives.append(into)
                fresh = False
                continue
            kind = Lexeme.PUNCT
        elif group == end:
            break
        else:
            kind = kinds[group]
        fresh = False
        start = m.start(group)  # type: ignore[arg-type]
        into.append(new(Token, (kind, start, pos)))
        if into is not text and len(into) == 2 and data[start:pos] in _INCLUDES:
            while data[pos : pos + 1] in (b" ", b"\t"):
                pos += 1
            if h := header(data, pos):
                into.append(new(Token, (Lexeme.HEADER, pos, h.end())))
                pos = h.end()
    return text, directives


def tokens(data: bytes) -> Iterator[Token]:
    """Yield the tokens of *data* in order; their spans are adjacent and cover all of it."""
    pos, size = 0, len(data)
    at_line_start = True  # only white space and comments so far on this line
    after_hash = False  # directly behind the # of a directive
    want_header = False  # directly behind #include
    match = _MASTER.match
    while pos < size:
        if want_header and (m := _HEADER.match(data, pos)):
            yield Token(Lexeme.HEADER, pos, m.end())
            pos, want_header = m.end(), False
            continue
        m = match(data, pos)
        assert m is not None
        assert m.lastindex is not None
        kind, end = _KINDS[m.lastindex], m.end()
        if kind is Lexeme.NEWLINE:
            at_line_start, after_hash, want_header = True, False, False
        elif kind not in (Lexeme.SPACE, Lexeme.COMMENT):
            want_header = after_hash and data[pos:end] in _INCLUDES
            after_hash = at_line_start and data[pos:end] in (b"#", b"%:")
            if after_hash:
                kind = Lexeme.HASH
            at_line_start = False
        yield Token(kind, pos, end)
        pos = end


class Lines:
    """Converts between byte offsets and places; lines and columns from 1, columns in bytes."""

    __slots__ = ("starts",)

    def __init__(self, data: bytes) -> None:
        self.starts = [0]
        self.starts.extend(m.end() for m in re.finditer(rb"\n", data))

    def place(self, offset: int) -> tuple[int, int]:
        """The line and column of *offset*."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def offset(self, line: int, col: int) -> int:
        """The byte offset of a place."""
        return self.starts[line - 1] + col - 1

    def __len__(self) -> int:
        return len(self.starts)
