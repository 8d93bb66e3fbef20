"""What gcc says of struct layouts: compiles a program that prints sizes and offsets.

Only structs that headers define can be asked about; each header is included as CPython's own
code includes it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from annotator.index.query import Index
from annotator.model import Kind, Layout, Symbol
from annotator.reference.configurations import Configuration

# Headers that do not stand alone: they are included by others, in places of their choosing.
_PARTS = (
    "pyexpat.h",  # wants expat's own header, which need not be installed
    "mimalloc",
    "stringlib",
    "clinic/",
    "pycore_mimalloc.h",
    "pycore_crossinterp_data",
)


def candidates(index: Index, config: int = 0) -> list[tuple[Symbol, Layout]]:
    """Named structs and unions of headers whose definition is at file scope."""
    found = []
    for symbol, layout in index.layouts(config=config):
        path = symbol.place.path
        if path.startswith("Include/") and not any(p in path for p in _PARTS):
            found.append((symbol, layout))
    return found


def check(
    index: Index, configuration: Configuration, folder: Path
) -> tuple[int, list[tuple[object, ...]]]:
    """Compare every layout of a configuration with the compiler's.

    The number compared, and what differs.
    """
    chosen = candidates(index, configuration.number)
    headers = list(dict.fromkeys(s.place.path for s, _ in chosen))
    lines = ["#define Py_BUILD_CORE 1", '#include "Python.h"', "#include <stdio.h>"]
    lines += [f'#include "{_spelled(h)}"' for h in headers if "/cpython/" not in h]
    lines += ['#include "frameobject.h"', '#include "structmember.h"']
    lines += ["#include <stddef.h>", "int main(void) {"]
    for i, (symbol, layout) in enumerate(chosen):
        name = symbol.name if symbol.kind is Kind.TYPEDEF else f"{symbol.kind.value} {symbol.name}"
        lines.append(f'printf("{i} @ %zu %zu\\n", sizeof({name}), _Alignof({name}));')
        for m in layout.members:
            if m.bit_offset < 0:
                lines.append(f'printf("{i} {m.name} %zu\\n", offsetof({name}, {m.name}));')
    lines += ["return 0;", "}"]
    source = folder / "probe.c"
    source.write_text("\n".join(lines))
    include = configuration.source / "Include"
    command = ["gcc", "-w", "-I", str(include), "-I", str(include / "internal"),
               "-I", str(configuration.build), str(source),
               "-o", str(folder / "probe")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True)
    said = subprocess.run([str(folder / "probe")], check=True, capture_output=True, text=True)
    wrong: list[tuple[object, ...]] = []
    offsets = [{m.name: m.offset for m in layout.members} for _, layout in chosen]
    for line in said.stdout.splitlines():
        index_text, what, *numbers = line.split()
        i = int(index_text)
        symbol, layout = chosen[i]
        if what == "@":
            mine: tuple[int, ...] = (layout.size, layout.align)
        else:
            mine = (offsets[i][what],)
        theirs = tuple(int(n) for n in numbers)
        if mine != theirs:
            wrong.append((symbol.name, what, mine, theirs))
    return len(chosen), wrong


def _spelled(path: str) -> str:
    return path.removeprefix("Include/internal/").removeprefix("Include/")
