"""C's types, as far as meaning needs them: reads nothing, gives types and member lookup.

Qualifiers are left out (they change no member and no offset).  Typedefs keep their name so
that a declaration can be spelled as its author wrote it.  C11 6.2.5, 6.7.2.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from annotator.meaning.entities import Entity


class Type:
    """Any type; ``resolved()`` looks through typedefs."""

    __slots__ = ()

    def resolved(self) -> Type:
        return self


class Basic(Type):
    """void, an arithmetic type, or one that only the compiler knows."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Pointer(Type):
    __slots__ = ("to",)

    def __init__(self, to: Type) -> None:
        self.to = to


class Array(Type):
    """``length`` is the number of elements; -1 when not known here."""

    __slots__ = ("length", "of")

    def __init__(self, of: Type, length: int) -> None:
        self.of = of
        self.length = length


class Function(Type):
    """``params`` are (name, type) pairs; None without a prototype."""

    __slots__ = ("params", "returns", "variadic")

    def __init__(
        self, returns: Type, params: list[tuple[str, Type]] | None, variadic: bool
    ) -> None:
        self.returns = returns
        self.params = params
        self.variadic = variadic


class Field:
    """A member; an unnamed one holds an anonymous struct or union, or pads bits."""

    __slots__ = ("bits", "entity", "name", "type")

    def __init__(self, name: str, type: Type, bits: int, entity: Entity | None) -> None:
        self.name = name
        self.type = type
        self.bits = bits  # width of a bit-field, -1 for anything else
        self.entity = entity


class Record(Type):
    """A struct or union; ``fields`` is None as long as it is incomplete."""

    __slots__ = ("_index", "entity", "fields", "keyword", "laid", "packed")

    def __init__(self, keyword: str, entity: Entity) -> None:
        self.keyword = keyword
        self.entity = entity
        self.fields: list[Field] | None = None
        self.laid: object = None  # its layout, once somebody asked
        self.packed = False  # GCC manual, "Common Type Attributes"
        self._index: dict[str, Field] | None = None

    def member(self, name: str) -> Field | None:
        """The member *name*, those of anonymous members included (C11 6.7.2.1 p13)."""
        if self._index is None:
            if self.fields is None:
                return None
            self._index = {}
            self._fill(self._index)
        return self._index.get(name)

    def _fill(self, index: dict[str, Field]) -> None:
        for f in self.fields or ():
            if f.name:
                index.setdefault(f.name, f)
            else:
                inner = f.type.resolved()
                if isinstance(inner, Record):
                    inner._fill(index)


class Enumeration(Type):
    __slots__ = ("entity",)

    def __init__(self, entity: Entity) -> None:
        self.entity = entity


class Typedef(Type):
    """A typedef name standing for ``target``."""

    __slots__ = ("entity", "target")

    def __init__(self, entity: Entity, target: Type) -> None:
        self.entity = entity
        self.target = target

    def resolved(self) -> Type:
        found = self.target
        while isinstance(found, Typedef):
            found = found.target
        return found


INT = Basic("int")
UNKNOWN = Basic("?")
SIZE = Basic("unsigned long")


def pointee(type: Type) -> Type:
    """What a dereference gives: of a pointer, an array, or a function (C11 6.5.3.2 p4)."""
    found = type.resolved()
    if isinstance(found, Pointer):
        return found.to
    if isinstance(found, Array):
        return found.of
    if isinstance(found, Function):
        return found
    return UNKNOWN


def decayed(type: Type) -> Type:
    """Array to pointer, function to pointer (C11 6.3.2.1)."""
    found = type.resolved()
    if isinstance(found, Array):
        return Pointer(found.of)
    if isinstance(found, Function):
        return Pointer(type)
    return type


def record_of(type: Type) -> Record | None:
    """The struct or union that *type* is, if it is one."""
    found = type.resolved()
    return found if isinstance(found, Record) else None


def spell(type: Type, name: str = "") -> str:
    """The C declaration of *name* with this type, on one line."""
    if isinstance(type, Pointer):
        inner = type.to
        inner_name = f"*{name}"
        if isinstance(inner, (Array, Function)):
            inner_name = f"({inner_name})"
        return spell(inner, inner_name)
    if isinstance(type, Array):
        size = "" if type.length < 0 else str(type.length)
        return spell(type.of, f"{name}[{size}]")
    if isinstance(type, Function):
        if type.params is None:
            inside = ""
        else:
            parts = [spell(t, n) for n, t in type.params]
            if type.variadic:
                parts.append("...")
            inside = ", ".join(parts) or "void"
        return spell(type.returns, f"{name}({inside})")
    if isinstance(type, Basic):
        base = type.name
    elif isinstance(type, Typedef):
        base = type.entity.name
    elif isinstance(type, Record):
        base = f"{type.keyword} {type.entity.name}".strip()
        if not type.entity.name:
            base += " {...}"
    elif isinstance(type, Enumeration):
        base = f"enum {type.entity.name}".strip()
    else:
        base = "?"
    return f"{base} {name}" if name else base
