"""Links by name, where no compiler says what a name means: reads symbols, gives the likeliest.

C's scopes still rule out much: what is private to another file cannot be meant, nor a local
of another function (C11 6.2.1).  Of the rest, a macro of a header that everybody includes is
likelier than one that some unit defines for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from annotator.model import Kind, Linkage, Use
from annotator.source.names import Around

_TAGS = (Kind.STRUCT, Kind.UNION, Kind.ENUM)
_LOCALS = (Kind.LOCAL, Kind.PARAMETER)
_TYPES = (*_TAGS, Kind.TYPEDEF)
# configure's own header, and its counterpart for Windows
_CONFIGURED = ("pyconfig.h", "PC/pyconfig.h.in", "PC/pyconfig.h")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A symbol that a name could stand for."""

    id: int
    kind: Kind
    linkage: Linkage
    path: str  # of its best place
    line: int
    function: int = 0  # of a local: where it lives


class Candidates:
    """All symbols by name."""

    def __init__(self, symbols: Iterable[tuple[str, Candidate]]) -> None:
        self._by_name: dict[str, list[Candidate]] = {}
        for name, candidate in symbols:
            if name and candidate.kind is not Kind.LABEL:
                self._by_name.setdefault(name, []).append(candidate)
        self._memo: dict[tuple[str, Around, str, int], int] = {}
        self._kinds = {c.id: c.kind for found in self._by_name.values() for c in found}

    def best(self, name: str, around: Around, path: str, function: int = 0) -> int:
        """The id of what *name* most likely means in *path*, in *function*; 0 for nothing."""
        if name not in self._by_name:
            return 0
        key = (name, around, path, function)
        known = self._memo.get(key)
        if known is None:
            ranked = rank(self._by_name[name], around, path, function)
            known = self._memo[key] = ranked[0].id if ranked else 0
        return known

    def at(self, name: str, path: str, line: int) -> int:
        """The id of the macro *name* that is defined on this line; 0 for none."""
        for c in self._by_name.get(name, ()):
            if c.kind is Kind.MACRO and (c.path, c.line) == (path, line):
                return c.id
        return 0

    def use(self, id: int, around: Around) -> Use:
        """What a use by name does with a symbol, as far as what stands around it tells."""
        kind = self._kinds[id]
        if around is Around.UNDEF:
            return Use.UNDEF
        if kind is Kind.MACRO:
            return Use.TEST if around is Around.TEST else Use.EXPAND
        if kind in _TYPES:
            return Use.TYPE
        if kind is Kind.FUNCTION:
            return Use.CALL if around is Around.CALL else Use.ADDRESS
        return Use.READ


def rank(
    found: Sequence[Candidate], around: Around, path: str, function: int = 0
) -> list[Candidate]:
    """Those of *found* that a name in *path* can mean, the likeliest first."""
    possible = [(_order(c, around, path), c) for c in found if _fits(c, around, path, function)]
    return [c for _, c in sorted(possible, key=lambda pair: pair[0])]


def _fits(c: Candidate, around: Around, path: str, function: int) -> bool:
    if around in (Around.TEST, Around.UNDEF):
        return c.kind is Kind.MACRO
    if around is Around.MEMBER:
        return c.kind is Kind.MEMBER
    if around is Around.TAG:
        return c.kind in _TAGS
    if c.kind in _LOCALS:
        return bool(function) and c.function == function
    if c.kind is Kind.MEMBER or c.kind in _TAGS:
        return False
    # Private to another file; of a header's static functions each file has its own.
    return c.path == path or c.linkage is not Linkage.INTERNAL or not c.path.endswith(".c")


def _order(c: Candidate, around: Around, path: str) -> tuple[object, ...]:
    here, there = path.rpartition("/")[0], c.path.rpartition("/")[0]
    if c.kind in _LOCALS:
        near = 0
    elif c.path == path:
        near = 1
    elif c.path == _CONFIGURED[0]:
        near = 2
    elif c.path.startswith("Include/"):
        near = 3
    elif c.path in _CONFIGURED:
        near = 4
    elif here == there:
        near = 5
    elif c.path.startswith(f"{here}/") or path.startswith(f"{there}/"):
        near = 6
    else:
        near = 7 if c.path.endswith(".h") else 8
    # The preprocessor comes first: a macro hides a function of its name.
    return (near, c.kind is not Kind.MACRO, c.path, c.line, c.id)
