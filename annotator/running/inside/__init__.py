"""What programs in the book may import: looks at objects from below.

Runs in the reference interpreter, with nothing but the standard library.  How structs lie in
memory is not known here: the build hands it over, from the index of the source, and the
``layout`` directive checks the same figures against the compiler.

`fields` reads a struct at an object's address, `fields_at` at any address; `view` tells the
``heap`` directive how objects of a type are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ctypes import string_at
from typing import Any

STRUCTS: dict[str, Any] = {}  # by name: {"size": bytes, "members": [[name, offset, size, …]]}
GIVEN: list[Any] = []  # what the program hands back to the build
VIEWS: dict[object, Callable[[Any], list[tuple[str, Any]]]] = {}

_SIGNED = ("Py_ssize_t", "Py_hash_t", "ssize_t", "int", "short", "long", "signed", "int64_t",
           "int32_t", "int16_t", "int8_t", "char", "Py_intptr_t", "intptr_t")  # fmt: skip


class Fields:
    """The members of a struct, read at one moment: ``f.ma_used``, ``f["ob_base.ob_refcnt"]``."""

    def __init__(self, struct: str, address: int) -> None:
        if struct not in STRUCTS:
            raise LookupError(f"{struct}: name it in the option :structs: of this block")
        told = STRUCTS[struct]
        memory = string_at(address, told["size"])
        self._struct = struct
        self._address = address
        self._values: dict[str, int | bytes] = {}
        for name, offset, size, bit_offset, bit_size, type_ in told["members"]:
            self._values[name] = _value(memory, offset, size, bit_offset, bit_size, type_)

    def __getitem__(self, name: str) -> Any:
        """The member *name*, as C spells it from outside."""
        if name not in self._values:
            raise LookupError(f"{self._struct} has no member {name}: {', '.join(self._values)}")
        return self._values[name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = [key for key in self._values if key == name or key.endswith(f".{name}")]
        if len(found) != 1:
            raise AttributeError(f"{self._struct} has no one member {name}: {list(self._values)}")
        return self._values[found[0]]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self._values.items())

    def address(self, name: str) -> int:
        """Where the member *name* stands."""
        return self._address + offset(self._struct, name)

    @property
    def end(self) -> int:
        """Where the struct ends."""
        return self._address + int(STRUCTS[self._struct]["size"])


def fields(obj: object, struct: str) -> Fields:
    """The members of *obj*, which is laid out as the C struct *struct*."""
    return Fields(struct, id(obj))


def fields_at(address: int, struct: str) -> Fields:
    """The members of the C struct *struct* at *address*."""
    return Fields(struct, address)


def offset(struct: str, name: str) -> int:
    """The offset of a member, in bytes.  Raises `LookupError`."""
    for told in STRUCTS[struct]["members"]:
        if told[0] == name or told[0].endswith(f".{name}"):
            return int(told[1])
    raise LookupError(f"{struct} has no member {name}")


def sizeof(struct: str) -> int:
    """The size of a struct, in bytes."""
    return int(STRUCTS[struct]["size"])


def view(kind: object, show: Callable[[Any], list[tuple[str, Any]]]) -> None:
    """Draw objects of the type *kind* as the rows that *show* gives: labels, and values."""
    VIEWS[kind] = show


def give(what: object) -> None:
    """Hand *what* (as JSON knows it) to the build."""
    GIVEN.append(what)


def _value(
    memory: bytes, offset: int, size: int, bit_offset: int, bit_size: int, type_: str
) -> int | bytes:
    if bit_offset >= 0:
        unit = int.from_bytes(memory[offset : offset + 8], "little")
        return unit >> bit_offset & (1 << bit_size) - 1
    data = memory[offset : offset + size]
    if size not in (1, 2, 4, 8) or "[" in type_:
        return data
    words = type_.replace("const ", "").replace("volatile ", "").split()
    signed = "*" not in type_ and bool(words) and words[0] in _SIGNED
    return int.from_bytes(data, "little", signed=signed)
