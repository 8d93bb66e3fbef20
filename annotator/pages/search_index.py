"""What the search of names loads: reads the index, gives the value of the shard ``search/names``.

Some 45,000 names in about a megabyte that a browser unpacks in a few hundredths of a second:
the names are sorted and front-coded (how many characters are the same as in the name before,
then the rest), the numbers are in one string of bytes.  ``docs/developing/formats.rst`` says how.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from annotator.index.dialects import PythonName, instructions, python_names
from annotator.index.query import Index
from annotator.index.whole import Named, named
from annotator.model import Kind
from annotator.pages.shard import shown

# One letter for each kind; a capital for functions and variables that other files can use.
LETTERS = {
    Kind.FUNCTION: "f",
    Kind.VARIABLE: "v",
    Kind.TYPEDEF: "t",
    Kind.STRUCT: "s",
    Kind.UNION: "u",
    Kind.ENUM: "e",
    Kind.ENUMERATOR: "c",
    Kind.MEMBER: "b",
    Kind.MACRO: "m",
}
_LEVELS = 64  # of weight

_KIND_WEIGHT = {
    Kind.FUNCTION: 14,
    Kind.TYPEDEF: 13,
    Kind.STRUCT: 10,
    Kind.UNION: 9,
    Kind.ENUM: 8,
    Kind.MACRO: 8,
    Kind.VARIABLE: 8,
    Kind.ENUMERATOR: 5,
    Kind.MEMBER: 4,
}
# How much of CPython's core a file is: the longest prefix that fits counts.
_PLACES = {
    "": 4,
    "Grammar/": 8,
    "Include/": 12,
    "Include/cpython/": 11,
    "Include/internal/": 7,
    "Include/internal/mimalloc/": 1,
    "Objects/": 12,
    "Objects/clinic/": 3,
    "Objects/mimalloc/": 1,
    "Objects/stringlib/": 6,
    "Parser/": 7,
    "Parser/parser.c": 2,
    "Parser/asdl": 4,
    "Programs/": 4,
    "Python/": 12,
    "Python/Python-": 3,
    "Python/clinic/": 3,
    "Python/generated_cases.c.h": 4,
    "Python/executor_cases.c.h": 2,
    "Modules/": 6,
    "Modules/_decimal/": 2,
    "Modules/_decimal/libmpdec/": 1,
    "Modules/_hacl/": 0,
    "Modules/expat/": 0,
    "Modules/cjkcodecs/": 1,
    "Modules/clinic/": 2,
    "Modules/_io/": 8,
    "Modules/gcmodule.c": 9,
    "Modules/_test": 0,
    "Modules/_xx": 0,
    "Modules/xx": 1,
    "PC/": 1,
}


def place_weight(path: str) -> int:
    """From 0 (vendored, or for tests) to 12 (the core) what a reader who looks around means."""
    best = max((prefix for prefix in _PLACES if path.startswith(prefix)), key=len)
    return _PLACES[best]


def weight(symbol: Named) -> int:
    """How likely a reader means this one, of symbols that fit their words as well: below 64."""
    used = min(math.log2(1 + symbol.uses) / 14, 1) * 20
    public = 14 if symbol.public and symbol.kind not in (Kind.MEMBER, Kind.ENUMERATOR) else 0
    if symbol.kind is Kind.MEMBER and symbol.public:
        public = 6
    whole = used + public + _KIND_WEIGHT[symbol.kind] + place_weight(symbol.path)
    return min(_LEVELS - 1, round(whole))


def ordered(index: Index) -> list[Named]:
    """The names as the shard has them; other shards speak of a name by its place in this list."""
    known = {info.path for info in index.files()}
    found = ((shown(s.name), -weight(s), s.id, s) for s in named(index) if s.path in known)
    return [s for _, _, _, s in sorted(found)]


def search_names(
    index: Index, symbols: Sequence[Named], about: Mapping[str, str]
) -> dict[str, Any]:
    """Everything that can be looked for by name; *symbols* from `ordered`, *about* by path."""
    files = index.files()
    numbers = {info.path: i for i, info in enumerate(files)}
    owners: dict[tuple[str, str], int] = {("", ""): 0}
    names: list[str] = []
    letters: list[str] = []
    weights: list[str] = []
    data = bytearray()
    before = ""
    for symbol in symbols:
        name = shown(symbol.name)
        names.append(_front(before, name))
        before = name
        letter = LETTERS[symbol.kind]
        letters.append(letter.upper() if symbol.external else letter)
        weights.append(chr(48 + weight(symbol)))
        data += varint(numbers[symbol.path]) + varint(symbol.line)
        if symbol.kind in (Kind.MEMBER, Kind.ENUMERATOR):
            owner = owners.setdefault((shown(symbol.owner), shown(symbol.tag)), len(owners))
            data += varint(owner)
    return {
        "files": [
            [info.path, place_weight(info.path), info.lines, about.get(info.path, "")]
            for info in files
        ],
        "owners": [[owner, tag] if tag else owner for owner, tag in owners],
        "names": "\n".join(names),
        "kinds": "".join(letters),
        "weights": "".join(weights),
        "data": base64.b64encode(data).decode("ascii"),
        "opcodes": [[i.name, i.sort, i.line] for i in instructions(index)],
        "python": python_rows(python_names(index), numbers),
    }


def python_rows(names: Iterable[PythonName], numbers: Mapping[str, int]) -> list[list[Any]]:
    """[name, name in C, file, line] once each, by name; core files first."""
    rows = {
        (n.python, n.function, n.path, n.line)
        for n in names
        if n.path in numbers and "/_test" not in n.path and "/xx" not in n.path
    }
    order = sorted(rows, key=lambda r: (r[0], -place_weight(r[2]), r))
    return [[python, function, numbers[path], line] for python, function, path, line in order]


def _front(before: str, name: str) -> str:
    """*name* as a character for what it shares with *before*, and the rest."""
    same = 0
    while same < min(len(before), len(name), 90) and before[same] == name[same]:
        same += 1
    return chr(32 + same) + name[same:]


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow (LEB128)."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
