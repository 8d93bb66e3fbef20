"""What only CPython has: instructions and their cases, rules and parsers, names and functions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from annotator.index import ctags
from annotator.index.edges import Edges
from annotator.index.python_names import Names, phrase
from annotator.index.query import Index
from annotator.index.threads.bytecodes import _STANDARD, KEYWORDS
from annotator.model import Kind, Symbol, Use
from annotator.paths import REPOSITORY
from annotator.source.lex import Lexeme, Lines, tokens

BYTECODES = "Python/bytecodes.c"
# Words of the language of instructions that stand before a definition and name nothing.
ANNOTATIONS = {"pure", "tier1", "tier2", "replaced", "unused"}


def _identifiers(data: bytes) -> dict[tuple[int, int], str]:
    """The identifiers of a file outside of comments, literals and directives, by place."""
    lines, found, directive = Lines(data), {}, False
    for kind, start, end in tokens(data):
        if kind is Lexeme.HASH:
            directive = True
        elif kind is Lexeme.NEWLINE:
            directive = False
        elif kind is Lexeme.IDENTIFIER and not directive:
            found[lines.place(start)] = data[start:end].decode()
    return {at: name for at, name in found.items() if name not in KEYWORDS}


@pytest.mark.parametrize("path", [BYTECODES, "Python/optimizer_bytecodes.c"])
def test_bytecodes_are_linked(index: Index, path: str) -> None:
    """Of the identifiers in C code and definitions that no compiler sees, 99 % are linked."""
    named = _identifiers(index.text(path))
    linked = {(r.line, r.col) for r in index.refs_in(path)}
    left = {
        at: name
        for at, name in named.items()
        if at not in linked and not _STANDARD.fullmatch(name) and name not in ANNOTATIONS
    }
    assert len(named) > 1000
    assert len(left) <= 0.01 * len(named), Counter(left.values()).most_common(20)


def test_uses_in_bytecodes_are_those_of_the_generated_case(index: Index) -> None:
    """The body of an instruction means what its generated case means."""
    lines = index.text(BYTECODES).split(b"\n")
    row = next(i for i, line in enumerate(lines, 1) if b"_PyObject_LookupSpecial(mgr" in line)
    found = {r.name: r for r in index.refs_between(BYTECODES, row, row)}
    assert found["_PyObject_LookupSpecial"].use is Use.CALL
    assert (
        index.symbol(found["_PyObject_LookupSpecial"].symbol).place.path == "Objects/typeobject.c"
    )
    item = index.symbol(found["mgr"].symbol)
    assert item.place.path == BYTECODES
    assert index.symbol(item.parent).name.startswith("BEFORE_")
    assert index.symbol(found["mgr"].function).kind is Kind.INSTRUCTION


def test_instructions_and_their_cases(index: Index) -> None:
    """Each TARGET leads to its instruction, and each instruction with a body to its case."""
    generated = "Python/generated_cases.c.h"
    data = index.text(generated)
    targets = {m[1].decode() for m in re.finditer(rb"TARGET\((\w+)\) \{", data)}
    assert len(targets) > 200
    for name in targets:
        found = index.named(name, kinds=(Kind.INSTRUCTION,))
        assert len(found) == 1, name
        assert found[0].place.path == BYTECODES
        there = index.counterparts_of(found[0])
        assert generated in {c.place.path for c in there}
        assert any(c.relation == "its number" for c in there), name
    macro = index.named("BINARY_OP_ADD_INT", kinds=(Kind.INSTRUCTION,))[0]
    assert "_GUARD_BOTH_INT + unused/1 + _BINARY_OP_ADD_INT" in macro.declaration
    part = index.named("_BINARY_OP_ADD_INT", kinds=(Kind.MICRO_OP,))[0]
    assert any(r.line > macro.place.line - 1 and r.use is Use.READ for r in index.uses(part.id))


def test_counterparts_go_both_ways(index: Index) -> None:
    """Where one place leads to another, that leads back."""
    for path in (BYTECODES, "Grammar/python.gram", "Objects/listobject.c"):
        for c in index.counterparts(path):
            back = index.counterparts(c.place.path, line=c.place.line)
            assert (path, c.line, c.col) in {
                (b.place.path, b.place.line, b.place.col) for b in back
            }


def test_rules_have_parsers_and_nodes_constructors(index: Index) -> None:
    """Every rule of the grammar leads to its function, every constructor to what is made of it."""
    rules = index.symbols_in("Grammar/python.gram", (Kind.RULE,))
    assert len(rules) > 200
    for rule in rules:
        there = index.counterparts_of(rule)
        assert any(c.relation == "parser function" for c in there), rule.name
    for node in index.symbols_in("Parser/Python.asdl", (Kind.NODE,)):
        assert index.counterparts_of(node), node.name


def test_clinic_inputs_and_implementations(index: Index) -> None:
    """``list.insert``'s block leads to its implementation, and to the generated parser."""
    impl = index.named("list_insert_impl")[0]
    there = {c.relation: c for c in index.counterparts_of(impl)}
    assert there["clinic input"].place.path == "Objects/listobject.c"
    line = index.text("Objects/listobject.c").split(b"\n")[there["clinic input"].place.line - 1]
    assert line == b"list.insert"
    parser = there["generated parser of the arguments"].place
    assert parser.path == "Objects/clinic/listobject.c.h"


def _function(index: Index, name: str, path: str) -> Symbol:
    return next(s for s in index.named(name, kinds=(Kind.FUNCTION,)) if s.place.path == path)


def test_calls_through_tables_and_macros(index: Index) -> None:
    """A slot's function is called by whoever calls the slot, a macro's by whoever expands it."""
    edges = Edges(index)
    found = edges.callers(_function(index, "list_iter", "Objects/listobject.c"))
    assert {e.through.name for e in found if e.through is not None} == {"tp_iter"}
    assert "PyObject_GetIter" in {e.caller.name for e in found if e.caller is not None}
    tables = {e.table.name for e in found if e.table is not None}
    assert "PyList_Type" in tables
    setitem = edges.callees(_function(index, "PyDict_SetItem", "Objects/dictobject.c"))
    assert "_PyDict_SetItem_Take2" in {e.callee.name for e in setitem}


@pytest.mark.parametrize(
    ("python", "function", "implementation"),
    [
        ("list.append", "list_append", "list_append_impl"),
        ("list.insert", "list_insert", "list_insert_impl"),
        ("len", "builtin_len", None),
        ("str.__add__", "PyUnicode_Concat", None),
        ("itertools.chain.__next__", "chain_next", None),
        ("math.sqrt", "math_sqrt", None),
        ("a[b] for dict", "dict_subscript", None),
        ("a + b for int", "long_add", None),
        ("dict.get", "dict_get", "dict_get_impl"),
    ],
)
def test_names_lead_to_functions(
    index: Index, python: str, function: str, implementation: str | None
) -> None:
    """What runs when Python says this, by name and by phrase, and both sources agree."""
    (found,) = Names(index).find(python)
    assert found.function is not None
    assert found.function.name == function
    assert (found.implementation.name if found.implementation else None) == implementation
    assert found.source == "agree"
    assert phrase(python) in ("", found.python)
    assert found.python in {n.python for n in Names(index).of(found.function)}


def test_almost_all_callables_lead_to_their_function(index: Index) -> None:
    """Of what the running interpreter shows 99 % lead to C, and tables say nothing else."""
    live = [n for n in Names(index).all() if n.source != "table" and n.kind != "type"]
    assert len(live) > 4000
    lost = [n.python for n in live if n.function is None]
    assert len(lost) <= 0.01 * len(live), lost[:20]
    assert [(n.python, n.other.name if n.other else "") for n in live if n.source == "differ"] == []


def test_tags_can_be_read(index: Index, tmp_path: Path) -> None:
    """The tags file is sorted by bytes, and a reader of such files finds what is in it."""
    tags = tmp_path / "tags"
    tags.write_text("".join(f"{line}\n" for line in ctags.lines(index)))
    rows = tags.read_bytes().splitlines()
    assert rows == sorted(rows)
    assert all(len(row.split(b"\t")) >= 4 for row in rows if not row.startswith(b"!_TAG"))
    for name, path in (("insertdict", "Objects/dictobject.c"), ("BINARY_OP", BYTECODES)):
        said = [row.decode() for row in rows if row.startswith(f"{name}\t".encode())]
        if reader := shutil.which("readtags"):
            command = [reader, "-t", str(tags), "-e", "-n", name]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            assert len(out.splitlines()) == len(said)
            said = out.splitlines()
        assert path in {row.split("\t")[1] for row in said}


def test_names_are_exported(index: Index) -> None:
    """The keys of the contract, in the order of the names."""
    said = subprocess.run(
        [sys.executable, "-m", "annotator", "export", "names"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rows = [json.loads(line) for line in said.splitlines()]
    assert {"python", "c", "impl", "path", "line"} <= set(rows[0])
    assert [r["python"] for r in rows] == sorted(r["python"] for r in rows)
    append = next(r for r in rows if r["python"] == "list.append")
    assert (append["c"], append["path"]) == ("list_append", "Objects/listobject.c")
