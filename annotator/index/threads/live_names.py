"""Python names of a running interpreter: reads live objects and DWARF, gives C functions.

A program in the reference interpreter walks built-in types and C modules and reads the pointers
in their descriptors; ``addr2line`` says which function of which file stands there, and ``nm``
what a static object is called.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import UserError
from annotator.index.query import Index
from annotator.reference.interpreters import Interpreter
from annotator.running.program import Program, run
from annotator.source.tree import Tree

_PROGRAM = "from inside import give\nfrom inside.callables import walk\ngive(walk())\n"
STRUCTS = (
    "PyCFunctionObject",
    "PyGetSetDef",
    "PyGetSetDescrObject",
    "PyMethodDef",
    "PyMethodDescrObject",
    "PyTypeObject",
    "PyWrapperDescrObject",
)


@dataclass(frozen=True, slots=True)
class LiveName:
    """``python`` is implemented by the function or object ``name`` that ``path`` defines.

    ``role`` is "function", "get", "set" or "type"; ``name`` is empty where nothing is known.
    """

    python: str
    kind: str
    role: str
    name: str
    path: str


def names(index: Index, interpreter: Interpreter) -> tuple[list[LiveName], dict[str, str]]:
    """All names, and the modules that could not be imported.

    Raises `UserError` when the interpreter does not run the program.
    """
    structs: dict[str, Any] = {}
    for name in STRUCTS:
        layout = index.layout(name)
        if layout is None:
            return [], {"": f"the layout of {name} is not known"}
        rows = [
            [m.name, m.offset, m.size, m.bit_offset, m.bit_size, m.type] for m in layout.members
        ]
        structs[name] = {"size": layout.size, "members": rows}
    program = Program(_PROGRAM, structs=structs)
    result = run(program, interpreter.python, interpreter.key, measured=False, timeout=600)
    if not result.given:
        raise UserError(
            "walking the live objects failed",
            where=str(interpreter.python),
            todo=result.stderr[-2000:] or result.signal,
        )
    walked = result.given[0]
    places = _resolve(walked["names"], Tree(interpreter.source, interpreter.build))
    found = [
        LiveName(python, it["kind"], role, *places.get((role == "type", file, at), ("", "")))
        for python, it in sorted(walked["names"].items())
        for role, file, at in it["functions"]
    ]
    return found, walked["failed"]


# (is it an object?, file, address) -> (name, path)
_Places = dict[tuple[bool, str, int], tuple[str, str]]


def _resolve(walked: dict[str, Any], tree: Tree) -> _Places:
    wanted: dict[tuple[bool, str], set[int]] = {}
    for it in walked.values():
        for role, file, at in it["functions"]:
            wanted.setdefault((role == "type", file), set()).add(at)
    found: _Places = {}
    for (is_object, file), addresses in sorted(wanted.items()):
        one = _objects(file) if is_object else _functions(file, sorted(addresses), tree)
        found.update({(is_object, file, at): one[at] for at in addresses if at in one})
    return found


def _functions(file: str, addresses: list[int], tree: Tree) -> dict[int, tuple[str, str]]:
    """The function at each address: the outermost, where others are inlined at its beginning."""
    text = _said("addr2line", "-a", "-f", "-i", "-e", file, "--", *map(hex, addresses))
    found: dict[int, tuple[str, str]] = {}
    at, lines = 0, text.splitlines()
    while at < len(lines):
        address = int(lines[at], 16)
        at += 1
        name = place = ""
        while at + 1 < len(lines) and not lines[at].startswith("0x"):
            name, place = lines[at], lines[at + 1]
            at += 2
        if name and not name.startswith("?"):
            path = place.split(" (discriminator")[0].rsplit(":", 1)[0]
            cwd = _compiled_in(tree, path)
            # The compiler names a part or a copy of a function after it: f.cold, f.constprop.0.
            found[address] = (name.split(".")[0], tree.name(path, cwd))
    return found


def _compiled_in(tree: Tree, path: str) -> Path | None:
    """The folder that a relative path in DWARF starts from."""
    for root in (tree.source, tree.build):
        if root is not None and not Path(path).is_absolute() and (root / path).exists():
            return root
    return None


def _objects(file: str) -> dict[int, tuple[str, str]]:
    """The objects of a file by address; what file defines them is not said."""
    found: dict[int, tuple[str, str]] = {}
    for line in _said("nm", "--defined-only", file).splitlines():
        address, kind, name = line.split()[-3:]
        if kind in "dDbBrR":
            found.setdefault(int(address, 16), (name, ""))
    return found


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout
