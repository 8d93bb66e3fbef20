"""What a document points at in the source tree: reads its words, gives a place.

Knows no Sphinx.  Four ways to name a thing: ``PyDict_SetItem`` (or ``PyDictObject.ma_used``),
``Objects/dictobject.c``, ``Objects/dictobject.c:insertdict``, and ``Objects/dictobject.c#code``,
where the code must stand in the file exactly once.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotator.model import Kind, Linkage, Symbol
from annotator.sphinx_ext.access import Miss, near
from annotator.sphinx_ext.extents import extent

if TYPE_CHECKING:
    from annotator.index.query import Index

_KINDS = tuple(kind for kind in Kind if kind not in (Kind.LOCAL, Kind.PARAMETER, Kind.LABEL))
_ALIAS = re.compile(r"\b(?:struct|union)\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Target:
    """A place in the tree: a whole file (``line`` 0), or the lines of something in it."""

    path: str
    line: int = 0
    last: int = 0
    symbol: Symbol | None = None
    label: str = ""


def resolve(index: Index, words: str) -> Target:
    """What *words* name.  Raises `Miss` with the nearest candidates."""
    path, mark, rest = _split(words)
    if mark:
        _need_file(index, path)
    if mark == "#":
        first, last = find_code(index.text(path), rest, 1, 0, where=path)
        return Target(path, first, last, label=rest)
    if mark == ":":
        return _of(symbol(index, rest, path=path), path, rest)
    if "/" in words or re.search(r"\.(c|h)$", words):
        _need_file(index, words)
        return Target(words, label=words)
    return _of(symbol(index, words), "", words)


def _split(words: str) -> tuple[str, str, str]:
    match = re.match(r"([\w./+-]*\.\w+)([:#])(.*)", words, re.DOTALL)
    return (match[1], match[2], match[3].strip()) if match else (words, "", "")


def _need_file(index: Index, path: str) -> None:
    if index.file(path) is None:
        raise Miss(f"no file {path!r} in the index{near(index.nearest_files(path))}")


def _of(found: Symbol, path: str, label: str) -> Target:
    place = next((p for p in found.places if p.path == path), found.place)
    return Target(place.path, place.line, max(place.end_line, place.line), found, label)


def symbol(index: Index, name: str, *, path: str | None = None) -> Symbol:
    """The thing called *name*, a ``Struct.member`` too; *path* says in which file.

    Raises `Miss` when there is none, or when several files have one of their own.
    """
    where = f" in {path}" if path else ""
    tag = re.sub(r"^(struct|union|enum)\s+", "", name)
    if "." in tag:
        return _member(index, tag, path)
    kinds = _KINDS if tag == name else (Kind.STRUCT, Kind.UNION, Kind.ENUM)
    found = index.named(tag, kinds=kinds, path=path)
    if path and not found:
        # Locals and labels are named only within a file.
        found = index.named(tag, path=path)
        if not found:
            known = {s.name for s in index.symbols_in(path)}
            close = difflib.get_close_matches(tag, known, 5, 0.5)
            elsewhere = [f"{s.place.path}:{tag}" for s in index.named(tag, kinds=kinds)[:2]]
            raise Miss(f"no {name!r}{where}{near(elsewhere + close)}")
    if not found:
        raise Miss(f"no name {name!r} in the index{near(index.nearest(tag))}")
    first = found[0]
    # What the default configuration lacks is no rival of what it has.
    rivals = [
        s
        for s in found
        if s.kind is first.kind
        and s.place.path != first.place.path
        and (s.configs & 1 or not first.configs & 1)
    ]
    if (
        rivals
        and first.kind in (Kind.FUNCTION, Kind.VARIABLE)
        and first.linkage is Linkage.INTERNAL
    ):
        choices = [f"{s.place.path}:{tag}" for s in [first, *rivals]]
        raise Miss(f"{name!r} is ambiguous{near(choices[:6], hint='say one of')}")
    return first


def _member(index: Index, name: str, path: str | None) -> Symbol:
    owner, _, member = name.rpartition(".")
    owners = {owner.rpartition(".")[2]}
    for alias in index.named(owner, kinds=(Kind.TYPEDEF,)):
        owners.update(_ALIAS.findall(alias.declaration))
    found = [
        s
        for s in index.named(member, kinds=(Kind.MEMBER, Kind.ENUMERATOR), path=path)
        if s.parent_name in owners
    ]
    if found:
        return found[0]
    if not index.named(owner, kinds=(Kind.TYPEDEF, Kind.STRUCT, Kind.UNION, Kind.ENUM)):
        raise Miss(f"no type {owner!r} in the index{near(index.nearest(owner))}")
    have = [
        f"{s.parent_name}.{s.name}" for s in index.named(member, kinds=(Kind.MEMBER,))[:5]
    ] or _members(index, owners, member)
    raise Miss(f"{owner!r} has no member {member!r}{near(have)}")


def _members(index: Index, owners: set[str], member: str) -> list[str]:
    for owner in owners:
        layout = index.layout(owner)
        if layout is not None:
            names = [m.name for m in layout.members]
            return difflib.get_close_matches(member, names, 5, 0.4) or names[:8]
    return []


def whole(index: Index, target: Target) -> tuple[int, int]:
    """The lines of a target's whole declaration or definition, its type and body included."""
    data = index.text(target.path)
    if target.symbol is None:
        return (target.line, target.last) if target.line else (1, _count(data))
    if target.symbol.kind in (Kind.MEMBER, Kind.ENUMERATOR, Kind.LABEL):
        return target.line, target.last
    found = extent(data, target.line)
    return found or (target.line, target.last)


def _count(data: bytes) -> int:
    return max(1, data.count(b"\n") + (not data.endswith(b"\n")))


def find_code(
    data: bytes, code: str, first: int, last: int, *, where: str, what: str = "the code"
) -> tuple[int, int]:
    """The lines on which *code* stands within the lines *first* to *last* (0: the end).

    Runs of white space match one another.  Raises `Miss` when it is not there exactly once.
    """
    words = code.split()
    if not words:
        raise Miss(f"{what} is empty")
    lines = data.split(b"\n")
    last = last or len(lines)
    part = b"\n".join(lines[first - 1 : last])
    pattern = rb"\s+".join(re.escape(word.encode()) for word in words)
    found = list(re.finditer(pattern, part))
    span = f"{where} (lines {first}–{last})" if first > 1 or last < len(lines) else where
    if not found:
        close = _similar(lines[first - 1 : last], words)
        raise Miss(f"{what} {code!r} does not stand in {span}{near(close)}")
    if len(found) > 1:
        at = [str(first + part.count(b"\n", 0, m.start())) for m in found]
        raise Miss(
            f"{what} {code!r} stands {len(found)} times in {span}: lines {', '.join(at[:8])};"
            " quote more of it"
        )
    start = first + part.count(b"\n", 0, found[0].start())
    return start, start + found[0].group().count(b"\n")


def _similar(lines: list[bytes], words: list[str]) -> list[str]:
    texts = {" ".join(line.decode("utf-8", "replace").split()) for line in lines}
    wanted = " ".join(words)
    return [repr(t) for t in difflib.get_close_matches(wanted, sorted(texts), 3, 0.5)]
