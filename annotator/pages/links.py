"""What in a file is a link: reads the index's uses of one file, gives links by byte offset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from annotator.model import Kind, Place, Ref, Symbol, Use

if TYPE_CHECKING:
    from annotator.index.query import Index
    from annotator.source.lex import Lines

_TITLE_LIMIT = 160  # characters; longer declarations end in an ellipsis


class Link(NamedTuple):
    """``data[start:end]`` names something.

    ``path`` is empty when there is nothing to lead to: a definition without other
    declarations.  ``line`` 0 is the top of the file.
    """

    start: int
    end: int
    path: str
    line: int
    title: str
    defines: bool


def links(index: Index, path: str, lines: Lines, pages: Mapping[str, object]) -> list[Link]:
    """The links of the file *path*, in order, one for each place.

    Only files in *pages* are led to.  Of several uses at one place (a macro's body means
    something else in each expansion) the first wins, and the title says that there are more.
    """
    refs = index.refs_in(path)
    symbols = index.symbols({ref.symbol for ref in refs})
    out: list[Link] = []
    for group in _by_place(refs):
        found = [symbols[ref.symbol] for ref in group if ref.symbol in symbols]
        if not found:
            continue
        ref, symbol = group[0], found[0]
        start = lines.offset(ref.line, ref.col)
        target = _target(ref, symbol, pages)
        out.append(
            Link(
                start,
                start + ref.length,
                target.path if target else "",
                0 if target is None or symbol.kind is Kind.FILE else target.line,
                _title(found, ref),
                ref.use in (Use.DEFINITION, Use.DEFINE) and _is_at(symbol.place, ref),
            )
        )
    return out


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


def _title(symbols: list[Symbol], ref: Ref) -> str:
    first = describe(symbols[0])
    names = dict.fromkeys(s.id for s in symbols)
    if len(names) > 1:
        return f"{first} (and {len(names) - 1} more, by where the macro is used)"
    return first


def describe(symbol: Symbol) -> str:
    """A symbol in one line, for a title: its declaration, or its kind and name."""
    line = " ".join(symbol.declaration.split()) or f"{symbol.kind} {symbol.name}"
    if symbol.kind is Kind.ENUMERATOR and symbol.value and "=" not in line:
        line += f" = {symbol.value}"
    if symbol.kind is Kind.MEMBER and symbol.parent_name:
        line += f" — member of {symbol.parent_name}"
    if len(line) > _TITLE_LIMIT:
        line = line[: _TITLE_LIMIT - 1].rstrip() + "…"
    return line
