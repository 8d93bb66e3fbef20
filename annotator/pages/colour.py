"""Which parts of a C file are shown in which colour: reads raw tokens, gives spans.

Four classes, as custom elements that mean nothing to a screen reader: ``<k->`` keywords,
``<i>`` comments, ``<s->`` strings, characters and header names, ``<p->`` directives.  Numbers,
names and punctuation stay plain: a page of C has some ten thousand tokens, and a node for each
is what makes other browsers slow.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from annotator.source.lex import Lexeme, Token

# C11 6.4.1, and what CPython's headers use beside it.
KEYWORDS = frozenset(
    b"auto break case char const continue default do double else enum extern float for goto if"
    b" inline int long register restrict return short signed sizeof static struct switch typedef"
    b" union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic"
    b" _Imaginary _Noreturn _Static_assert _Thread_local".split()
)


class Colour(NamedTuple):
    """``data[start:end]`` is shown in an element ``tag``."""

    start: int
    end: int
    tag: str


def colours(data: bytes, tokens: Iterable[Token]) -> list[Colour]:
    """The coloured spans of *data* in order; they do not overlap."""
    out: list[Colour] = []
    hash_at = -1
    for kind, start, end in tokens:
        if kind is Lexeme.IDENTIFIER:
            if hash_at >= 0:
                out.append(Colour(hash_at, end, "p-"))
                hash_at = -1
            elif data[start:end] in KEYWORDS:
                out.append(Colour(start, end, "k-"))
        elif kind is Lexeme.COMMENT:
            out.append(Colour(start, end, "i"))
            hash_at = -1
        elif kind is Lexeme.STRING or kind is Lexeme.CHAR or kind is Lexeme.HEADER:
            out.append(Colour(start, end, "s-"))
            hash_at = -1
        elif kind is Lexeme.HASH:
            hash_at = start
        elif kind is not Lexeme.SPACE:
            hash_at = -1
    return out
