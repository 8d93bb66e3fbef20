"""Every macro with its replacement list: reads the index and the files, gives one shard.

``macros`` holds ``{name: [[file, line, end, parameters, text, configs], …], …}``.  Parameters are a
list of names, the last of them ``...`` or ``name...`` for a variadic macro, and null for an
object-like one; ``text`` is the replacement list on one line, comments left out; ``configs`` has
a bit for each configuration in which the definition is compiled.  What a use stands for is worked
out when a reader asks, by ``macro.js`` (C11 6.10.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from annotator.index import rows
from annotator.model import CONFIGS, Kind
from annotator.pages.shard import shown
from annotator.source.lex import Lexeme, Lines, tokens

if TYPE_CHECKING:
    from annotator.index.query import Index

_BLANK = (Lexeme.SPACE, Lexeme.COMMENT, Lexeme.NEWLINE)


def macro_table(index: Index) -> dict[str, list[list[Any]]]:
    """The shard's value; the definitions of one name in the order of files and lines."""
    out: dict[str, list[list[Any]]] = {}
    files = {path: (number, live) for number, path, live in rows.files(index)}
    data, path = b"", ""
    starts: Sequence[int] = []
    for where, first, last, name in rows.extents(index, (Kind.MACRO,)):
        if where != path:
            path, data = where, index.text(where)
            starts = Lines(data).starts
        end = starts[last] if last < len(starts) else len(data)
        params, text = replacement(data[starts[first - 1] : end], name)
        number, live = files[path]
        configs = sum(
            1 << i
            for i, config in enumerate(CONFIGS)
            if any(a <= first <= b for a, b in live.get(config, ()))
        )
        out.setdefault(shown(name), []).append([number, first, last, params, text, configs])
    return out


def replacement(define: bytes, name: str) -> tuple[list[str] | None, str]:
    """Parameters and replacement list of a whole ``#define``; blanks become one space."""
    pieces: list[str] = []  # spellings, blanks as one space
    for kind, start, end in tokens(define):
        if kind in _BLANK:
            if pieces and pieces[-1] != " ":
                pieces.append(" ")
        else:
            pieces.append(define[start:end].decode("utf-8", "replace").replace("\\\n", ""))
    at = next((i for i, piece in enumerate(pieces) if piece == name), len(pieces)) + 1
    params: list[str] | None = None
    if at < len(pieces) and pieces[at] == "(":  # touches the name: C11 6.10.3, paragraph 10
        close = pieces.index(")", at) if ")" in pieces[at:] else len(pieces)
        params = "".join(pieces[at + 1 : close]).replace(" ", "").split(",")
        if params == [""]:
            params = []
        at = close + 1
    return params, shown("".join(pieces[at:]).strip())
