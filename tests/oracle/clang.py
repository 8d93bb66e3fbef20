"""What libclang sees in a unit: reads a unit and its flags, gives uses and definitions.

libclang is a test dependency only.  A use counts when its name is spelled at the place that
clang reports (arguments of macros included, names out of macros' bodies not), and when it
leads to a place in the tree.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clang import cindex
from clang.cindex import CursorKind as K

from annotator.source.preprocess import Unit
from annotator.source.tree import Tree

GROUPS = {
    K.DECL_REF_EXPR: "name",
    K.MEMBER_REF_EXPR: "member",
    K.MEMBER_REF: "member",
    K.TYPE_REF: "type",
    K.LABEL_REF: "label",
    K.MACRO_INSTANTIATION: "macro",
}
DEFINITIONS = {
    K.FUNCTION_DECL: "function",
    K.VAR_DECL: "variable",
    K.FIELD_DECL: "member",
    K.ENUM_CONSTANT_DECL: "enumerator",
    K.TYPEDEF_DECL: "typedef",
    K.STRUCT_DECL: "struct",
    K.UNION_DECL: "union",
    K.ENUM_DECL: "enum",
    K.MACRO_DEFINITION: "macro",
}

Place = tuple[str, int, int]


@dataclass(slots=True)
class Seen:
    """What one unit shows: uses with their targets' (path, line), and definitions."""

    uses: dict[tuple[str, int, int, str, str], set[tuple[str, int]]] = field(default_factory=dict)
    definitions: set[tuple[str, str, int, str]] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)


def resource_dir() -> str:
    """clang's built-in headers of the version that libclang is of."""
    found = sorted(str(p) for p in Path("/usr/lib/llvm-14/lib/clang").glob("14*"))
    if not found:
        raise FileNotFoundError("apt-get install libclang-common-14-dev")
    return found[-1]


class _Locator:
    """Turns clang's locations into places of the tree."""

    def __init__(self, tree: Tree, cwd: Path) -> None:
        self.tree, self.cwd = tree, cwd
        self._names: dict[str, str] = {}
        self._file = ctypes.c_void_p()
        self._line, self._col, self._off = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()

    def place(self, location: Any) -> Place | None:
        file = cindex.c_object_p()
        cindex.conf.lib.clang_getFileLocation(
            location,
            ctypes.byref(file),
            ctypes.byref(self._line),
            ctypes.byref(self._col),
            ctypes.byref(self._off),
        )
        if not file:
            return None
        name = cindex.File(file).name
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = self.tree.name(name, self.cwd)
        if known.startswith(("/", "<")):
            return None
        return known, self._line.value, self._col.value


def look(unit: Unit, tree: Tree) -> Seen:
    """Parse *unit* with libclang and collect what it sees in the tree."""
    _register()
    seen = Seen()
    index = cindex.Index.create()
    flags = [f for f in unit.flags if not f.startswith("-O")]
    arguments = [*flags, f"-working-directory={unit.cwd}", "-resource-dir", resource_dir(), "-w"]
    translation = index.parse(
        str(unit.path),
        args=arguments,
        options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD,
    )
    seen.errors = [str(d) for d in translation.diagnostics if d.severity >= 3]
    locator = _Locator(tree, unit.cwd)
    for cursor in _walk(translation.cursor):
        kind = cursor.kind
        group = GROUPS.get(kind)
        if group is not None:
            _use(cursor, group, locator, tree, seen)
        elif kind in DEFINITIONS and (kind is K.MACRO_DEFINITION or cursor.is_definition()):
            place = locator.place(cursor.location)
            if place is not None and cursor.spelling:
                seen.definitions.add((DEFINITIONS[kind], place[0], place[1], cursor.spelling))
    return seen


def _walk(root: Any) -> Iterator[Any]:
    stack = [root]
    while stack:
        cursor = stack.pop()
        yield cursor
        stack.extend(cursor.get_children())


def _use(cursor: Any, group: str, locator: _Locator, tree: Tree, seen: Seen) -> None:
    place = locator.place(cursor.location)
    if place is None:
        return
    target = cursor.referenced
    if target is None:
        return
    name = target.spelling
    if not name:
        return
    raw = tree.raw(place[0])
    if raw is None:
        return
    offset = raw.lines.offset(place[1], place[2])
    spelled = name.encode()
    if raw.data[offset : offset + len(spelled)] != spelled:
        return
    following = raw.data[offset + len(spelled) : offset + len(spelled) + 1]
    if following.isalnum() or following == b"_":
        return
    places = set()
    for one in (target, target.get_definition()):
        if one is not None and (where := locator.place(one.location)) is not None:
            places.add(where[:2])
    if places:
        key = (*place, name, group)
        seen.uses.setdefault(key, set()).update(places)


_registered = False


def _register() -> None:
    global _registered
    if not _registered:
        lib = cindex.conf.lib
        lib.clang_getFileLocation.argtypes = [
            cindex.SourceLocation,
            ctypes.POINTER(cindex.c_object_p),
            ctypes.POINTER(ctypes.c_uint),
            ctypes.POINTER(ctypes.c_uint),
            ctypes.POINTER(ctypes.c_uint),
        ]
        lib.clang_getFileLocation.restype = None
        _registered = True
