"""Names that CPython writes in languages of its own: reads source text, gives where each stands.

Instructions of the bytecode are defined in ``Python/bytecodes.c`` (its language:
``Tools/cases_generator/interpreter_definition.md``); Python's own names of functions written in C
stand in the ``[clinic input]`` comments of Argument Clinic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from annotator.index.query import Index
from annotator.index.whole import has_table

BYTECODES = "Python/bytecodes.c"

# inst(NAME, (…)), op(NAME, (…)), macro(NAME) = …, family(NAME, …) = …, pseudo(NAME) = …
_INSTRUCTION = re.compile(
    rb"^[ \t]*(?:(?:tier1|tier2|pure|specializing|override|replicate\(\d+\)|replaced)[ \t]+)*"
    rb"(inst|op|macro|family|pseudo)\((\w+)[,)]",
    re.MULTILINE,
)
_CLINIC = re.compile(rb"/\*\[clinic input\]\n(.*?)\[clinic start generated code\]\*/", re.DOTALL)
_NAME = re.compile(
    rb"^([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)+|[a-z_]\w*)(?:[ \t]+as[ \t]+(\w+))?(?:[ \t]*->.*)?[ \t]*$"
)
# What a type is called stands first in its object (C11 6.7.9), or in a PyType_Spec.
_TYPE = re.compile(
    rb"PyTypeObject\s+(\w+)\s*=\s*\{\s*PyVarObject_HEAD_INIT\([^)]*\)\s*"
    rb'(?:\.tp_name\s*=\s*)?"([\w.]+)"'
    rb'|PyType_Spec\s+(\w+)\s*=\s*\{\s*(?:\.name\s*=\s*)?"([\w.]+)"'
)
_NOT_NAMES = (b"module ", b"class ", b"output ", b"preserve", b"dump ", b"@", b"#")


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
    """All that is known of Python's names, in no particular order.

    From the table that the index makes of the source's tables and the running interpreter, of an
    index that has it; otherwise from Argument Clinic's comments and the types' objects.
    """
    db = index.connection
    if not has_table(db, "names"):
        return [*clinic_names(index), *type_names(index)]
    return [
        PythonName(*row)
        for row in db.execute(
            "SELECT n.python, s.name, f.path, p.line FROM names n JOIN symbols s"
            " ON s.id = CASE WHEN n.impl != 0 THEN n.impl ELSE n.symbol END"
            " JOIN places p ON p.symbol = s.id AND p.rank = 0 JOIN files f ON f.id = p.file"
            " WHERE n.role != 'set' ORDER BY n.python, n.role"
        )
    ]


def clinic_names(index: Index) -> Iterator[PythonName]:
    """The functions that Argument Clinic knows, file by file."""
    for info in index.files():
        if not info.path.endswith(".c"):
            continue
        data = index.text(info.path)
        if b"[clinic input]" not in data:
            continue
        lines = dict(
            index.connection.execute(
                "SELECT s.name, p.line FROM places p JOIN symbols s ON s.id = p.symbol"
                " JOIN files f ON f.id = p.file WHERE s.kind = 'function' AND f.path = ?"
                " AND p.is_definition",
                (info.path,),
            )
        )
        for block in _CLINIC.finditer(data):
            yield from _block(block[1], info.path, lines)


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


def _block(block: bytes, path: str, lines: dict[str, int]) -> Iterator[PythonName]:
    for line in block.split(b"\n"):
        if not line.strip() or line.startswith(_NOT_NAMES):
            continue
        match = _NAME.match(line)
        if match is None:
            return
        python = match[1].decode()
        base = match[2].decode() if match[2] else python.replace(".", "_")
        for function in (f"{base}_impl", base):
            if function in lines:
                shown = python.removeprefix("builtins.")
                yield PythonName(shown, function, path, lines[function])
                return
        return
