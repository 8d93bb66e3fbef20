"""The data that the parts of the annotator hand to one another.

Places are relative to the source tree, lines and columns count from 1, columns and
lengths are in bytes.  Imports nothing of ours.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What an identifier names (C11 6.2.3: labels, tags, members, ordinary identifiers)."""

    FUNCTION = "function"
    VARIABLE = "variable"  # file scope, external or internal linkage
    LOCAL = "local"  # block scope
    PARAMETER = "parameter"
    TYPEDEF = "typedef"
    STRUCT = "struct"
    UNION = "union"
    ENUM = "enum"
    ENUMERATOR = "enumerator"
    MEMBER = "member"
    LABEL = "label"
    MACRO = "macro"
    FILE = "file"  # the target of an #include
    # What other languages of the tree define, from here on
    INSTRUCTION = "instruction"  # inst, macro, pseudo: Python/bytecodes.c
    MICRO_OP = "micro-op"  # op: Python/bytecodes.c
    FAMILY = "family"  # of specialised instructions: Python/bytecodes.c
    RULE = "rule"  # Grammar/python.gram
    NODE = "node"  # a type or constructor: Parser/Python.asdl


class Use(enum.StrEnum):
    """What a use does with the thing named."""

    DECLARATION = "declaration"
    DEFINITION = "definition"
    CALL = "call"
    READ = "read"
    WRITE = "write"
    READ_WRITE = "read-write"
    ADDRESS = "address"
    TYPE = "type"
    SIZEOF = "sizeof"
    INITIALISE = "initialise"
    GOTO = "goto"
    EXPAND = "expand"  # macros from here on
    DEFINE = "define"
    UNDEF = "undef"
    TEST = "test"
    INCLUDE = "include"


class Linkage(enum.StrEnum):
    """C11 6.2.2."""

    EXTERNAL = "external"
    INTERNAL = "internal"
    NONE = "none"


CONFIGS = ("default", "debug", "free-threaded")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something is spelled."""

    path: str
    line: int
    col: int
    end_line: int = 0  # last line of a definition's extent; 0 for anything else
    is_definition: bool = False


@dataclass(frozen=True, slots=True)
class Symbol:
    """One entity: a function, a member, a macro … with all its declarations."""

    id: int
    name: str
    kind: Kind
    places: tuple[Place, ...]  # definitions first, then declarations
    declaration: str = ""  # one line of C: "static int insertdict(PyInterpreterState *interp, …)"
    doc: str = ""  # the comment that stands before it, without its markers
    linkage: Linkage = Linkage.NONE
    parent: int = 0  # id of the struct of a member, enum of an enumerator, function of a local
    parent_name: str = ""
    value: str = ""  # of an enumerator
    configs: int = 1  # bit i: CONFIGS[i] declares it; 0: a macro that none of them defines

    @property
    def place(self) -> Place:
        """The definition if there is one, otherwise the first declaration."""
        return self.places[0]


@dataclass(frozen=True, slots=True)
class Ref:
    """One use of a symbol, at the place where it is spelled."""

    path: str
    line: int
    col: int
    length: int
    name: str
    kind: Kind
    use: Use
    symbol: int  # Symbol.id
    function: int = 0  # Symbol.id of the enclosing function, 0 at file scope
    # bit i: live in CONFIGS[i]; 0: linked by name, no compiler says what it means here
    configs: int = 1


@dataclass(frozen=True, slots=True)
class MemberLayout:
    """A member and the bits it takes up; offsets in bytes, sizes in bytes."""

    name: str
    type: str
    offset: int
    size: int
    bit_offset: int = -1  # within the byte at ``offset``; -1 when it is no bit-field
    bit_size: int = 0
    symbol: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """A struct or union in memory (System V ABI for x86-64)."""

    name: str
    size: int
    align: int
    members: tuple[MemberLayout, ...] = ()
    holes: tuple[tuple[int, int], ...] = ()  # (offset, size) of unused bytes


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file of the tree as the index knows it."""

    path: str
    lines: int
    size: int  # bytes
    role: str  # "unit", "header", "included" (a .c or .c.h that another file includes)
    configs: int = 1
    live: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    # per configuration, by its name in CONFIGS, the ranges of lines (first, last) it compiles


def gaps(ranges: Iterable[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """The lines up to *last* that are in none of *ranges*, which are sorted, as ranges."""
    result: list[tuple[int, int]] = []
    done = 0  # up to here every line is known to be in or out
    for first, end in ranges:
        if first > done + 1:
            result.append((done + 1, first - 1))
        done = max(done, end)
    if done < last:
        result.append((done + 1, last))
    return result
