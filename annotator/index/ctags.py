"""The index as a tags file: reads an `Index`, gives lines for editors.

The format is that of ctags(1), version 2, sorted, with line numbers as addresses
(tags(5) of Universal Ctags).  Locals, parameters and labels are left out, as there.
"""

from __future__ import annotations

from collections.abc import Iterator

from annotator.index.query import Index
from annotator.model import Kind, Linkage, Symbol

# The letters are those of Universal Ctags for C; what it does not know has its name.
_LETTERS = {
    Kind.FUNCTION: "f",
    Kind.VARIABLE: "v",
    Kind.TYPEDEF: "t",
    Kind.STRUCT: "s",
    Kind.UNION: "u",
    Kind.ENUM: "g",
    Kind.ENUMERATOR: "e",
    Kind.MEMBER: "m",
    Kind.MACRO: "d",
    Kind.INSTRUCTION: "instruction",
    Kind.MICRO_OP: "microop",
    Kind.FAMILY: "family",
    Kind.RULE: "rule",
    Kind.NODE: "node",
}
_HEAD = (
    "!_TAG_FILE_FORMAT\t2\t/extended format/",
    "!_TAG_FILE_SORTED\t1\t/0=unsorted, 1=sorted, 2=foldcase/",
    "!_TAG_FILE_ENCODING\tutf-8\t//",
)


def lines(index: Index) -> Iterator[str]:
    """The lines of the file, in the order of their bytes."""
    found: list[bytes] = [line.encode() for line in _HEAD]
    for s in index.all_symbols():
        if s.name and s.kind in _LETTERS:
            for p in s.places:
                if p.is_definition:
                    fields = f"{_LETTERS[s.kind]}\tline:{p.line}{_scope(s)}"
                    found.append(f'{s.name}\t{p.path}\t{p.line};"\t{fields}'.encode())
    for line in sorted(set(found)):
        yield line.decode()


def _scope(s: Symbol) -> str:
    scope = ""
    if s.kind is Kind.MEMBER and s.parent_name:
        scope = f"\tstruct:{s.parent_name}"
    elif s.kind is Kind.ENUMERATOR and s.parent_name:
        scope = f"\tenum:{s.parent_name}"
    elif s.kind is Kind.NODE and s.parent_name:
        scope = f"\tnode:{s.parent_name}"
    return scope + ("\tfile:" if s.linkage is Linkage.INTERNAL else "")
