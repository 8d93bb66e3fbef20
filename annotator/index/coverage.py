"""What is linked, by what means, and what is not and why: reads an index, gives counts by file.

Counted are the identifiers of C outside of comments and literals, keywords left out.  A link
comes from a configuration that compiles the place, or from a name alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from annotator.index.query import Index
from annotator.model import CONFIGS, FileInfo

_TOKENS = re.compile(
    rb"//(?:[^\\\n]|\\[\s\S])*|/\*[\s\S]*?(?:\*/|\Z)"
    rb'|"(?:[^"\\\n]|\\[\s\S])*"?|'
    rb"'(?:[^'\\\n]|\\[\s\S])*'?|\.?[0-9](?:[eEpP][+-]|[\w.])*"
    rb"|(?P<include>^[ \t]*#[ \t]*include[^\n]*)|(?P<hash>^[ \t]*#[ \t]*\w*)"
    rb"|(?P<name>[A-Za-z_]\w*)|\n",
    re.M,
)
# fmt: off
_KEYWORDS = frozenset(word.encode() for word in (
    "_Alignas", "_Alignof", "_Atomic", "_Bool", "_Complex", "_Generic", "_Noreturn",
    "_Static_assert", "_Thread_local", "__asm__", "__attribute__", "__extension__", "__inline__",
    "__restrict", "__typeof__", "__volatile__", "asm", "auto", "break", "case", "char", "const",
    "continue", "default", "defined", "do", "double", "else", "enum", "extern", "float", "for",
    "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed",
    "sizeof", "static", "struct", "switch", "typedef", "typeof", "union", "unsigned", "void",
    "volatile", "while", "__VA_ARGS__",
))
# fmt: on
REASONS = {
    "not compiled": "no configuration compiles the line: another platform, or switched off",
    "parameter": "a parameter of a macro, in its own replacement list",
    "elsewhere": "no file of the tree declares the name: the C library, or the compiler",
    "dropped": "an argument that the macro drops or pastes in every configuration",
    "not C": "no unit includes the file",
}


@dataclass(slots=True)
class FileCoverage:
    """One file: identifiers, how many are linked in each configuration, by name, and why not.

    ``examples`` holds for each reason some names with a line each.
    """

    path: str
    identifiers: int = 0
    linked: dict[str, int] = field(default_factory=dict)
    by_name: int = 0
    unlinked: Counter[str] = field(default_factory=Counter)
    examples: dict[str, dict[str, int]] = field(default_factory=dict)


def coverage(index: Index) -> Iterator[FileCoverage]:
    """Every C file of the index, by path."""
    known = set(index.names())
    for info in index.files():
        if info.path.endswith((".c", ".h")):
            yield of_file(index, info, known)


def of_file(index: Index, info: FileInfo, known: set[str]) -> FileCoverage:
    """One file; *known* are the names that the tree declares anywhere."""
    found = FileCoverage(info.path)
    data = index.text(info.path)
    configs: dict[tuple[int, int], int] = {}
    for line, col, bits in index.rows(
        "SELECT line, col, configs FROM refs WHERE file = ?", index.file_id(info.path)
    ):
        configs[line, col] = configs.get((line, col), 0) | bits
    live = _live_lines(info)
    parameters = _parameters(data)
    found.linked = {c: 0 for i, c in enumerate(CONFIGS) if info.configs >> i & 1}
    line, start, at = 1, 0, 0
    for m in _TOKENS.finditer(data):
        line += data.count(b"\n", at, m.start())
        at = m.start()
        name = m["name"]
        if name is None or name in _KEYWORDS:
            continue
        start = data.rfind(b"\n", 0, at) + 1
        found.identifiers += 1
        bits = configs.get((line, at - start + 1))
        if bits is None:
            reason = _reason(info, name.decode(), line, live, parameters, known)
            found.unlinked[reason] += 1
            some = found.examples.setdefault(reason, {})
            if len(some) < 20:
                some.setdefault(name.decode(), line)
        elif not bits:
            found.by_name += 1
        else:
            for i, config in enumerate(CONFIGS):
                if bits >> i & 1:
                    found.linked[config] = found.linked.get(config, 0) + 1
    return found


def _reason(
    info: FileInfo,
    name: str,
    line: int,
    live: set[int],
    parameters: dict[int, frozenset[str]],
    known: set[str],
) -> str:
    if not info.configs:
        return "not C"
    if name in parameters.get(line, ()):
        return "parameter"
    if line not in live:
        return "not compiled"
    return "dropped" if name in known else "elsewhere"


def _live_lines(info: FileInfo) -> set[int]:
    return {
        line
        for ranges in info.live.values()
        for first, last in ranges
        for line in range(first, last + 1)
    }


_DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+\w+\(([^)]*)\)(?:[^\\\n]|\\[\s\S])*", re.M)


def _parameters(data: bytes) -> dict[int, frozenset[str]]:
    """The parameters of the macro that each line belongs to."""
    found: dict[int, frozenset[str]] = {}
    line, at = 1, 0
    for m in _DEFINE.finditer(data):
        line += data.count(b"\n", at, m.start())
        at = m.start()
        names = frozenset(n.decode() for n in re.findall(rb"[A-Za-z_]\w*", m[1]))
        for n in range(line, line + m[0].count(b"\n") + 1):
            found[n] = names
    return found
