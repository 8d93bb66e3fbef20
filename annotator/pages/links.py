"""What in a file is a link: reads the index's uses of one file, gives links by byte offset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from annotator.model import Kind, Place, Ref, Symbol

if TYPE_CHECKING:
    from annotator.index.query import Index
    from annotator.source.lex import Lines

_TITLE_LIMIT = 110  # characters; longer declarations end in an ellipsis


class Link(NamedTuple):
    """``data[start:end]`` names something.

    ``path`` is empty when there is nothing to lead to: a definition without other
    declarations.  ``line`` 0 is the top of the file; ``defines``: it is defined here.
    """

    start: int
    end: int
    path: str
    line: int
    defines: bool


def links(index: Index, path: str, lines: Lines, pages: Mapping[str, object]) -> list[Link]:
    """The links of the file *path*, in order, one for each place.

    Only files in *pages* are led to.  Of several meanings at one place (a macro's body means
    something else in each expansion) one is chosen; a card tells of the others.
    """
    refs = index.refs_in(path)
    pairs = {(c.line, c.col): c.place for c in reversed(index.counterparts(path))}
    symbols = index.symbols({ref.symbol for ref in refs})
    out: list[Link] = []
    for group in _by_place(refs):
        found = {ref.symbol: symbols[ref.symbol] for ref in group if ref.symbol in symbols}
        if not found:
            continue
        ref = group[0]
        meanings = _ordered(list(found.values()))
        symbol = meanings[0]
        defines = _is_at(symbol.place, ref)
        target = _target(ref, symbol, pages)
        if target is None and pairs.get((ref.line, ref.col)) is not None:
            target = pairs[ref.line, ref.col]  # what is generated from it, or the other way
        start = lines.offset(ref.line, ref.col)
        out.append(
            Link(
                start,
                start + ref.length,
                target.path if target else "",
                0 if target is None or symbol.kind is Kind.FILE else target.line,
                defines,
            )
        )
    return out


def _ordered(meanings: list[Symbol]) -> list[Symbol]:
    """A macro that only stands for a function or an instruction of its name comes behind it."""
    named = (Kind.FUNCTION, Kind.INSTRUCTION, Kind.MICRO_OP)
    names = {s.name for s in meanings if s.kind in named}
    return sorted(meanings, key=lambda s: s.kind is Kind.MACRO and s.name in names)


def _by_place(refs: Iterable[Ref]) -> list[list[Ref]]:
    groups: list[list[Ref]] = []
    last = (0, 0)
    for ref in refs:
        if (ref.line, ref.col) == last:
            groups[-1].append(ref)
        else:
            groups.append([ref])
            last = (ref.line, ref.col)
    return groups


def _is_at(place: Place, ref: Ref) -> bool:
    return (place.path, place.line, place.col) == (ref.path, ref.line, ref.col)


def _target(ref: Ref, symbol: Symbol, pages: Mapping[str, object]) -> Place | None:
    """Where a use leads: its definition; on that itself, the next declaration, if any."""
    for place in symbol.places:
        if place.path in pages and not _is_at(place, ref):
            return place
    return None


def describe(symbol: Symbol) -> str:
    """A symbol in one line, for a title: its declaration, or its kind and name."""
    line = " ".join(symbol.declaration.split()) or f"{symbol.kind} {symbol.name}"
    if symbol.kind is Kind.ENUMERATOR and symbol.value and "=" not in line:
        line += f" = {symbol.value}"
    if symbol.kind is Kind.MEMBER and symbol.parent_name:
        line += f", in {symbol.parent_name}"
    if len(line) > _TITLE_LIMIT:
        line = line[: _TITLE_LIMIT - 1].rstrip() + "…"
    return line
