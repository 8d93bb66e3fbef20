"""The raw lexer: spans tile every input, and C comes apart as C11 6.4 says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.source.lex import Lexeme, Lines, Token, tokens, words

_C_PIECES = st.lists(
    st.sampled_from(
        [b"/*", b"*/", b"//", b"\\\n", b"\\", b"\n", b"\r\n", b'"', b"'", b"#", b"include", b" ",
         b"\t", b"\f", b"<a.h>", b"x", b"0x1p-3", b"...", b"->", b"%:", b"\xff", b"\0", b"L'a'"]
    )
).map(b"".join)  # fmt: skip


@given(st.one_of(st.binary(), _C_PIECES))
def test_spans_tile_any_bytes(data: bytes) -> None:
    """Joined, the spans of the tokens give the input back, without gap or overlap."""
    end = 0
    for token in tokens(data):
        assert token.start == end
        assert token.end > token.start
        end = token.end
    assert end == len(data)


@given(st.binary())
def test_places_and_offsets_are_inverse(data: bytes) -> None:
    """Every offset has one place, and the place leads back to it."""
    lines = Lines(data)
    for offset in range(len(data) + 1):
        line, col = lines.place(offset)
        assert lines.offset(line, col) == offset
        assert data[:offset].count(b"\n") == line - 1


def _kinds(text: bytes) -> list[tuple[str, bytes]]:
    skip = (Lexeme.SPACE, Lexeme.NEWLINE)
    return [(t.kind.name, text[t.start : t.end]) for t in tokens(text) if t.kind not in skip]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a->b", [("IDENTIFIER", b"a"), ("PUNCT", b"->"), ("IDENTIFIER", b"b")]),
        (b"x+++y", [("IDENTIFIER", b"x"), ("PUNCT", b"++"), ("PUNCT", b"+"), ("IDENTIFIER", b"y")]),
        (b"0x1.8p-3f", [("NUMBER", b"0x1.8p-3f")]),
        (b"1e+5-x", [("NUMBER", b"1e+5"), ("PUNCT", b"-"), ("IDENTIFIER", b"x")]),
        (b'L"a\\"b" u8"c"', [("STRING", b'L"a\\"b"'), ("STRING", b'u8"c"')]),
        (b"'\\''", [("CHAR", b"'\\''")]),
        (b"/* a */b//c\\\nd\ne", [("COMMENT", b"/* a */"), ("IDENTIFIER", b"b"),
                                  ("COMMENT", b"//c\\\nd"), ("IDENTIFIER", b"e")]),
        (b"/* never closed", [("COMMENT", b"/* never closed")]),
        (b'"never closed\nx', [("STRING", b'"never closed'), ("IDENTIFIER", b"x")]),
        (b"# include <a.h>\n", [("HASH", b"#"), ("IDENTIFIER", b"include"), ("HEADER", b"<a.h>")]),
        (b'#/**/include "a.h" //x', [("HASH", b"#"), ("COMMENT", b"/**/"),
                                     ("IDENTIFIER", b"include"), ("HEADER", b'"a.h"'),
                                     ("COMMENT", b"//x")]),
        (b"a # include <b>", [("IDENTIFIER", b"a"), ("PUNCT", b"#"), ("IDENTIFIER", b"include"),
                              ("PUNCT", b"<"), ("IDENTIFIER", b"b"), ("PUNCT", b">")]),
        (b"@", [("OTHER", b"@")]),
    ],
)  # fmt: skip
def test_kinds(text: bytes, expected: list[tuple[str, bytes]]) -> None:
    """Punctuators by the longest match, literals, comments and directives as tokens."""
    assert _kinds(text) == expected


@given(st.one_of(st.binary(), _C_PIECES))
def test_words_are_the_tokens_without_blanks(data: bytes) -> None:
    """The fast reader and the one that drops nothing agree on any bytes."""
    text, directives = words(data)
    expected_text: list[Token] = []
    expected: list[list[Token]] = []
    into = expected_text
    for token in tokens(data):
        if token.kind is Lexeme.NEWLINE:
            into = expected_text
        elif token.kind is Lexeme.HASH:
            into = [token]
            expected.append(into)
        elif token.kind not in (Lexeme.SPACE, Lexeme.COMMENT):
            into.append(token)
    assert text == expected_text
    assert directives == expected


def test_the_whole_tree_comes_apart(source_tree) -> None:  # type: ignore[no-untyped-def]
    """CPython's own source holds no byte that is no token, but for known oddities."""
    odd = set()
    for path in sorted((source_tree / "Objects").rglob("*.[ch]")):
        data = path.read_bytes()
        found = list(tokens(data))
        assert b"".join(data[t.start : t.end] for t in found) == data
        odd |= {data[t.start : t.end] for t in found if t.kind is Lexeme.OTHER}
    assert odd <= {b"`", b"@", b"\\"}
