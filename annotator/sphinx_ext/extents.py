"""Where a declaration begins and ends: reads C text, gives the lines of what encloses a line.

A symbol's place is that of its name; to show it whole one needs the line of ``static int``
before it and of the ``}`` behind.  Works on raw text, so that it knows nothing of macros; of the
branches of an ``#if`` it counts the braces of the first only.
"""

from __future__ import annotations

import functools

from annotator.source.directives import Directive, read
from annotator.source.lex import Lexeme, Lines, tokens

_OPEN, _CLOSE = (b"{", b"(", b"["), (b"}", b")", b"]")


def extent(data: bytes, line: int) -> tuple[int, int] | None:
    """First and last line of the declaration at file scope, or of the ``#define``, at *line*."""
    around = [span for span in _extents(data) if span[0] <= line <= span[1]]
    return min(around, key=lambda span: span[1] - span[0], default=None)


@functools.lru_cache(maxsize=16)
def _extents(data: bytes) -> list[tuple[int, int]]:
    lines = Lines(data)
    out: list[tuple[int, int]] = []
    directive_lines: dict[int, Directive] = {}
    for directive in read(data).directives:
        for n in range(directive.line, directive.end_line + 1):
            directive_lines[n] = directive
        if directive.name == b"define":
            out.append((directive.line, directive.end_line))
    depth = 0
    depths: list[int] = []  # depth at each open #if
    begin = 0  # line of the first token of the declaration in hand, 0: none yet
    body = False  # the brace in hand is a function's
    before = b""
    extern = False
    seen: Directive | None = None
    for kind, start, end in tokens(data):
        if kind in (Lexeme.SPACE, Lexeme.NEWLINE, Lexeme.COMMENT):
            continue
        line = lines.place(start)[0]
        inside = directive_lines.get(line)
        if inside is not None:
            if inside is not seen:
                depth = _conditional(inside.name, depth, depths)
                seen = inside
            continue
        word = data[start:end]
        if word == b"{" and extern and kind is Lexeme.PUNCT:  # extern "C" {
            begin, before, extern = 0, b"", False
            continue
        extern = kind is Lexeme.STRING and before == b"extern"
        if depth == 0 and word == b"}":  # what closes extern "C"
            begin, before = 0, b""
            continue
        begin = begin or line
        if word in _OPEN:
            body = body or (depth == 0 and word == b"{" and before == b")")
            depth += 1
        elif word in _CLOSE:
            depth -= 1
        if depth == 0 and (word == b";" or (word == b"}" and body)):
            out.append((begin, line))
            begin, body = 0, False
        before = word
    return sorted(out)


def _conditional(name: bytes, depth: int, depths: list[int]) -> int:
    if name in (b"if", b"ifdef", b"ifndef"):
        depths.append(depth)
    elif name in (b"else", b"elif") and depths:
        return depths[-1]
    elif name == b"endif" and depths:
        depths.pop()
    return depth
