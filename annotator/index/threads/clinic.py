"""Argument Clinic: reads ``[clinic input]`` blocks, pairs them with parser and implementation.

A block in a ``.c`` file declares a function of Python; the prototype behind it is the
implementation, written by hand; the parser of its arguments, the docstring and the row for the
method table are generated into ``clinic/<file>.h``.
"""

from __future__ import annotations

import re

from annotator.index.threads.store import Spot, Store, Text

_BLOCK = re.compile(
    rb"^[ \t]*/\*\[clinic input\]\n(.*?)^[ \t]*\[clinic start generated code\]\*/", re.M | re.S
)
# list.insert, @getter lines, "as c_name", "-> int"
_HEAD = re.compile(rb"^[ \t]*([A-Za-z_][\w.]*)(?:[ \t]+as[ \t]+(\w+))?[ \t]*(?:->[^\n]*)?$")
_DIRECTIVES = (b"module", b"class", b"preserve", b"output", b"dump", b"set", b"destination")
_FUNCTION = re.compile(rb"\s*(?:static\s+|inline\s+)*[\w \t*]+?[\s*](\w+)\(")


def weave(store: Store) -> int:
    """Pair what belongs together; how many blocks were found to have an implementation."""
    pairs = 0
    for path in store.paths():
        if not path.endswith((".c", ".h")) or "/clinic/" in path:
            continue
        text = store.text(path)
        if text is None or b"[clinic input]" not in text.data:
            continue
        generated = _generated(path)
        for block in _BLOCK.finditer(text.data):
            name = _declared(block[1])
            found = _FUNCTION.match(text.data, block.end())
            if name is None or found is None:
                continue
            line, col = text.lines.place(block.start(1) + name[1])
            here = Spot(text.number, line, col)
            c_name = found[1].decode()
            impl = next(iter(store.definitions(c_name, "function", path)), None)
            if impl is None:
                continue
            pairs += 1
            store.pair(here, impl, "implementation", "clinic input")
            base = c_name.removesuffix("_impl")
            parser = next(iter(store.definitions(base, "function", generated)), None)
            if parser is not None and c_name.endswith("_impl"):
                store.pair(here, parser, "generated parser of the arguments", "clinic input")
                store.pair(impl, parser, "generated parser of the arguments", "implementation")
            _macros(store, generated, base, here)
    return pairs


def _generated(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/clinic/{name}.h"


def _declared(block: bytes) -> tuple[str, int] | None:
    """The dotted name that a block declares, and its offset in it."""
    offset = 0
    for line in block.split(b"\n"):
        bare = line.strip()
        if bare and not bare.startswith((b"@", b"#", b"[")):
            if bare.split()[0] in _DIRECTIVES:
                return None
            head = _HEAD.match(line)
            return (head[1].decode(), offset + head.start(1)) if head is not None else None
        offset += len(line) + 1
    return None


def _macros(store: Store, generated: str, base: str, here: Spot) -> None:
    """The row for the method table and the docstring, both generated."""
    text = store.text(generated)
    if text is None:
        return
    for pattern, relation in (
        (rf"^#define[ \t]+({base.upper()}_(?:METHODDEF|GETSETDEF))\b", "row of the table"),
        (rf"^PyDoc_STRVAR\(({base}__doc__),", "docstring"),
    ):
        if found := re.search(pattern.encode(), text.data, re.M):
            store.pair(here, _spot(text, found.start(1)), relation, "clinic input")


def _spot(text: Text, offset: int) -> Spot:
    return Spot(text.number, *text.lines.place(offset))
