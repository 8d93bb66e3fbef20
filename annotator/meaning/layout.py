"""How structs lie in memory: reads types, gives sizes, alignments and offsets.

System V ABI, AMD64 supplement, 3.1.2; bit-fields as GCC lays them out: one never crosses a
boundary of its declared type.
"""

from __future__ import annotations

from annotator.meaning.types import (
    Array,
    Basic,
    Enumeration,
    Function,
    Pointer,
    Record,
    Type,
)
from annotator.model import MemberLayout

_SIZES = {
    "void": 1,
    "_Bool": 1,
    "char": 1,
    "short": 2,
    "int": 4,
    "long": 8,
    "float": 4,
    "double": 8,
    "__int128": 16,
    "__int128_t": 16,
    "__uint128_t": 16,
    "_Float16": 2,
    "_Float32": 4,
    "_Float64": 8,
    "_Float32x": 8,
    "_Float64x": 16,
    "_Float128": 16,
    "__float128": 16,
}


def basic_size(name: str) -> int | None:
    """The size in bytes of a basic type, spelled in any order of its specifiers."""
    words = name.split()
    if "char" in words:
        return 1
    if "short" in words:
        return 2
    if "__int128" in words:
        return 16
    if "double" in words:
        size = 16 if "long" in words else 8
        return size * 2 if "_Complex" in words else size
    if "float" in words:
        return 8 if "_Complex" in words else 4
    if "long" in words:
        return 8
    if words and all(w in ("signed", "unsigned", "int") for w in words):
        return 4
    return _SIZES.get(name)


def size_and_align(type: Type) -> tuple[int, int] | None:
    """Size and alignment in bytes; None for what is incomplete or not known."""
    found = type.resolved()
    if isinstance(found, Pointer):
        return 8, 8
    if isinstance(found, Basic):
        if found.name == "__builtin_va_list":
            return 24, 8
        size = basic_size(found.name)
        if size is None:
            return None
        return size, (size // 2 if "_Complex" in found.name else size)
    if isinstance(found, Enumeration):
        return 4, 4
    if isinstance(found, Function):
        return 1, 1
    if isinstance(found, Array):
        element = size_and_align(found.of)
        if element is None:
            return None
        return element[0] * max(found.length, 0), element[1]
    if isinstance(found, Record):
        laid = lay_out(found)
        return None if laid is None else (laid[0], laid[1])
    return None


Laid = tuple[int, int, list[MemberLayout]]


def lay_out(record: Record) -> Laid | None:
    """Size, alignment and members of a complete struct or union, anonymous ones flattened."""
    if record.laid is None:
        record.laid = _lay_out(record)
    return record.laid if isinstance(record.laid, tuple) else None


def _lay_out(record: Record) -> Laid | None:
    if record.fields is None:
        return None
    members: list[MemberLayout] = []
    union = record.keyword == "union"
    bit = 0  # the next free bit
    size_bits, align = 0, 1
    for f in record.fields:
        measured = size_and_align(f.type)
        if measured is None:
            return None
        size, wants = measured
        if record.packed:
            wants = 1
        if union:
            bit = 0
        if f.bits >= 0:
            unit = size * 8
            if f.bits == 0:  # C11 6.7.2.1 p12: close the unit
                bit = -(-bit // unit) * unit
                continue
            if bit // unit != (bit + f.bits - 1) // unit:
                bit = -(-bit // unit) * unit
            if f.name:
                align = max(align, wants)
                members.append(MemberLayout(f.name, "", bit // 8, size, bit % 8, f.bits))
            bit += f.bits
        else:
            align = max(align, wants)
            offset = -(-bit // (wants * 8)) * wants
            if f.name:
                members.append(MemberLayout(f.name, "", offset, size))
            else:
                inner = f.type.resolved()
                laid = lay_out(inner) if isinstance(inner, Record) else None
                if laid is None:
                    return None
                for m in laid[2]:
                    members.append(
                        MemberLayout(
                            m.name, m.type, offset + m.offset, m.size, m.bit_offset, m.bit_size
                        )
                    )
            bit = (offset + size) * 8
        size_bits = max(size_bits, bit)
    size = -(-size_bits // (align * 8)) * align
    return size, align, members


def offset_of(record: Record, name: str) -> int | None:
    """The offset in bytes of a member."""
    laid = lay_out(record)
    if laid is None:
        return None
    return next((m.offset for m in laid[2] if m.name == name), None)
