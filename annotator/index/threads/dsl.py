"""The language of ``bytecodes.c``: reads raw tokens, gives instructions and their parts.

Its grammar stands in the release's ``Tools/cases_generator/interpreter_definition.md``:
``inst`` and ``op`` with a stack effect and a block of C, ``macro``, ``family`` and ``pseudo``
as lists of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from annotator.model import Kind
from annotator.source.lex import Lexeme, Lines, tokens

_BEGIN = re.compile(rb"^[ \t]*// BEGIN BYTECODES //\s*$", re.M)
_END = re.compile(rb"^[ \t]*// END BYTECODES //\s*$", re.M)
_KINDS = {
    "inst": Kind.INSTRUCTION,
    "op": Kind.MICRO_OP,
    "macro": Kind.INSTRUCTION,
    "pseudo": Kind.INSTRUCTION,
    "family": Kind.FAMILY,
}
_SHUT = {"(": ")", "{": "}", "[": "]"}


class Word(NamedTuple):
    """A token that is no white space, comment or directive; line and column from 1."""

    kind: Lexeme
    text: str
    line: int
    col: int
    offset: int


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition: ``keyword(name, …)`` and what belongs to it.

    ``effects`` are the names in the stack effect, inputs and cache entries before the
    outputs; ``others`` the words there that are types, sizes and conditions; ``parts`` the
    names that a macro, family or pseudo-instruction lists; ``body`` the words of the block.
    """

    keyword: str
    kind: Kind
    name: Word
    first: Word  # with which it begins, an annotation perhaps
    end_line: int
    inputs: tuple[Word, ...] = ()
    outputs: tuple[Word, ...] = ()
    others: tuple[Word, ...] = ()
    parts: tuple[Word, ...] = ()
    body: tuple[Word, ...] = ()
    annotations: tuple[Word, ...] = ()
    text: str = ""  # its head on one line


@dataclass(slots=True)
class Source:
    """A file of definitions; ``outside`` are the words of the C code around them."""

    definitions: list[Definition] = field(default_factory=list)
    outside: list[Word] = field(default_factory=list)
    inside: list[Word] = field(default_factory=list)


def read(data: bytes) -> Source:
    """Read a file of definitions; empty when it has no marks of where they begin and end."""
    source = Source()
    begin, finish = _BEGIN.search(data), _END.search(data)
    if begin is None or finish is None:
        return source
    start, end = begin.end(), finish.start()
    for w in words(data):
        (source.inside if start <= w.offset < end else source.outside).append(w)
    at = 0
    while at < len(source.inside):
        at = _definition(source, at)
    return source


def words(data: bytes) -> Iterator[Word]:
    """The words of a file, those of directives left out."""
    lines = Lines(data)
    directive = False
    for kind, start, end in tokens(data):
        if kind is Lexeme.HASH:
            directive = True
        elif kind is Lexeme.NEWLINE:
            directive = False
        elif not directive and kind not in (Lexeme.SPACE, Lexeme.COMMENT):
            line, col = lines.place(start)
            yield Word(kind, data[start:end].decode("utf-8", "replace"), line, col, start)


def _definition(source: Source, at: int) -> int:
    """Read the definition that begins at *at*; where the next one begins."""
    stream = source.inside
    begin, annotations = at, []
    while at < len(stream) and stream[at].text not in _KINDS:
        if stream[at].kind is Lexeme.IDENTIFIER:
            annotations.append(stream[at])
        if stream[at].text in ("{", "}", ";"):  # nothing that we know: go on behind it
            return at + 1
        at += 1
    if at + 2 >= len(stream):
        return len(stream)
    keyword, head = stream[at].text, _group(stream, at + 1)
    name = stream[at + 2]
    after = at + 1 + len(head)
    effect = head[3:-1]
    inputs, outputs, others = _effect(effect) if keyword in ("inst", "op") else ((), (), ())
    if keyword in ("inst", "op"):
        block = _group(stream, after)
        body, parts, end = block[1:-1], [], after + len(block)
    else:
        end = after
        while end < len(stream) and stream[end].text != ";":
            end += 1
        listed = stream[after:end]
        parts = [w for w in [*effect, *listed] if w.kind is Lexeme.IDENTIFIER]
        body, end = [], end + 1
    source.definitions.append(
        Definition(
            keyword,
            _KINDS[keyword],
            name,
            stream[begin],
            stream[end - 1].line,
            inputs,
            outputs,
            others,
            tuple(parts),
            tuple(body),
            (*annotations, stream[at]),
            _spell(stream[at : after if keyword in ("inst", "op") else end - 1]),
        )
    )
    return end


def _group(stream: list[Word], at: int) -> list[Word]:
    """The words from the bracket at *at* to the one that closes it."""
    depth = 0
    for end in range(at, len(stream)):
        if stream[end].text in _SHUT:
            depth += 1
        elif stream[end].text in _SHUT.values():
            depth -= 1
            if not depth:
                return stream[at : end + 1]
    return stream[at:]


def _effect(
    stream: list[Word],
) -> tuple[tuple[Word, ...], tuple[Word, ...], tuple[Word, ...]]:
    """The names before and after ``--`` of a stack effect, and all other identifiers in it."""
    inputs: list[Word] = []
    outputs: list[Word] = []
    others: list[Word] = []
    side, depth, fresh = inputs, 0, True
    for w in stream:
        if w.text in ("(", "["):
            depth += 1
        elif w.text in (")", "]"):
            depth -= 1
        elif w.text == "--" and depth == 1:
            side, fresh = outputs, True
        elif w.text == "," and depth == 1:
            fresh = True
        elif w.kind is Lexeme.IDENTIFIER:
            (side if fresh and depth == 1 else others).append(w)
            fresh = False
    return tuple(inputs), tuple(outputs), tuple(others)


def _spell(stream: list[Word]) -> str:
    """Words on one line, spaced as they were."""
    out = ""
    for before, w in zip([None, *stream], stream, strict=False):
        if before is not None and (before.line != w.line or before.col + len(before.text) < w.col):
            out += " "
        out += w.text
    return out
