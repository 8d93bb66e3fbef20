"""Names that CPython writes in languages of its own: reads source text, gives where each stands.

Instructions of the bytecode are defined in ``Python/bytecodes.c`` (its language:
``Tools/cases_generator/interpreter_definition.md``); what a type is called in Python stands in
the object that defines it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from annotator.index.query import Index

BYTECODES = "Python/bytecodes.c"

# inst(NAME, (…)), op(NAME, (…)), macro(NAME) = …, family(NAME, …) = …, pseudo(NAME) = …
_INSTRUCTION = re.compile(
    rb"^[ \t]*(?:(?:tier1|tier2|pure|specializing|override|replicate\(\d+\)|replaced)[ \t]+)*"
    rb"(inst|op|macro|family|pseudo)\((\w+)[,)]",
    re.MULTILINE,
)
# What a type is called stands first in its object (C11 6.7.9), or in a PyType_Spec.
_TYPE = re.compile(
    rb"PyTypeObject\s+(\w+)\s*=\s*\{\s*PyVarObject_HEAD_INIT\([^)]*\)\s*"
    rb'(?:\.tp_name\s*=\s*)?"([\w.]+)"'
    rb'|PyType_Spec\s+(\w+)\s*=\s*\{\s*(?:\.name\s*=\s*)?"([\w.]+)"'
)


class Instruction(NamedTuple):
    """One definition in the language of ``bytecodes.c``."""

    name: str
    sort: str  # "inst", "op", "macro", "family", "pseudo"
    line: int


class PythonName(NamedTuple):
    """A name of Python's, and what is behind it in C."""

    python: str  # "list.append", "len", "math.sin", "dict"
    function: str  # or the variable that is the type
    path: str
    line: int


def instructions(index: Index) -> list[Instruction]:
    """What ``bytecodes.c`` defines, in its order; nothing for a release that has none."""
    if index.file(BYTECODES) is None:
        return []
    data = index.text(BYTECODES)
    return [
        Instruction(m[2].decode(), m[1].decode(), data.count(b"\n", 0, m.start(1)) + 1)
        for m in _INSTRUCTION.finditer(data)
        if m[2] != b"name"
    ]


def python_names(index: Index) -> list[PythonName]:
    """All that is known of Python's names: the index's table of them, and the types themselves."""
    rows = index.connection.execute(
        "SELECT n.python, s.name, f.path, p.line FROM names n JOIN symbols s"
        " ON s.id = CASE WHEN n.impl != 0 THEN n.impl ELSE n.symbol END"
        " JOIN places p ON p.symbol = s.id AND p.rank = 0 JOIN files f ON f.id = p.file"
        " WHERE n.role != 'set' ORDER BY n.python, n.role"
    )
    found = [PythonName(*row) for row in rows]
    known = {name.python for name in found}
    return [*found, *(name for name in type_names(index) if name.python not in known)]


def type_names(index: Index) -> Iterator[PythonName]:
    """The types that are defined in C, by the objects or specifications that define them."""
    for info in index.files():
        if not info.path.endswith(".c"):
            continue
        data = index.text(info.path)
        for m in _TYPE.finditer(data):
            variable, python = (m[1], m[2]) if m[1] else (m[3], m[4])
            line = data.count(b"\n", 0, m.start()) + 1
            shown = python.decode().removeprefix("builtins.")
            yield PythonName(shown, variable.decode(), info.path, line)
