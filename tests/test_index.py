"""The index of the real tree: whole, in agreement with libclang, gcc and itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.index.query import Index
from annotator.model import CONFIGS, Kind
from annotator.paths import REPOSITORY
from annotator.reference.commands import compile_commands
from annotator.reference.configurations import configurations
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from annotator.source.preprocess import Unit
from tests.oracle import agreement, probe
from tests.oracle.agreement import Views
from tests.oracle.views import views

NAMED = ("Objects/obmalloc.c", "Python/ceval.c", "Objects/dictobject.c")


@pytest.fixture(scope="session")
def seen(release_interpreter: Interpreter) -> Views:
    """What libclang sees in a few units; ``make bench`` looks at all of them."""
    commands = {c.path: c for c in compile_commands(release_interpreter)}
    units = [Unit(commands[p].file, commands[p].args, commands[p].cwd) for p in NAMED]
    result = Views()
    for unit, view in views(units, release_interpreter, quiet=True):
        result.add(str(unit.path), view)
    return result


def test_every_unit_is_parsed(index: Index) -> None:
    """In no configuration a unit is dropped, and nothing in one is left out."""
    assert index.configs == CONFIGS
    everything = {path for path, _ in index.units()}
    for config in range(len(CONFIGS)):
        units = index.units(config=config)
        assert {path for path, _ in units} == everything
        assert [path for path, parsed in units if not parsed] == []
        assert [d for d in index.diagnostics(config=config) if d[0] != "resolve"] == []


def test_no_name_is_left_unresolved(index: Index) -> None:
    """Every identifier of the parsed units has a declaration, in every configuration."""
    assert [index.diagnostics(config=config) for config in range(len(CONFIGS))] == [[], [], []]


def test_libclang_agrees(index: Index, seen: Views) -> None:
    """Every use that libclang sees in the named files leads to the same place, or we know why."""
    assert seen.errors == {}
    found = agreement.links(seen, index, paths={*NAMED, "Include/object.h"})
    print(found.table())
    assert sum(found.total.values()) > 10_000
    assert found.unexplained == []
    assert found.share() >= 0.998
    assert min(found.share(kind) for kind in found.total) >= 0.98, found.table()


def test_definitions_agree_with_libclang(index: Index, seen: Views) -> None:
    """What libclang calls a definition stands in the index, at its line."""
    found = agreement.definitions(seen, index)
    print(found.table())
    assert found.unexplained == []
    assert sum(found.total.values()) > 10_000


def test_layouts_agree_with_gcc(
    index: Index, release_interpreter: Interpreter, release: Release, tmp_path: Path
) -> None:
    """Size, alignment and every offset of every struct, as a compiled probe prints them."""
    default = configurations(release_interpreter, release, report=Report.quiet())[0]
    checked, wrong = probe.check(index, default, tmp_path)
    assert wrong == []
    assert checked > 100


def test_uses_spell_their_names(index: Index) -> None:
    """At the place of each use stands the name, in every file."""
    for file in index.files():
        lines = index.text(file.path).split(b"\n")
        for r in index.refs_in(file.path):
            spelled = lines[r.line - 1][r.col - 1 : r.col - 1 + r.length]
            assert spelled.decode() == r.name, r


def test_definitions_come_first(index: Index) -> None:
    """A symbol's places: definitions, then declarations; ids in the order of the places.

    Those of other languages than C come after all others, file by file.
    """
    last = ("", 0, 0)
    added = min(s.id for s in index.symbols_in("Python/bytecodes.c") if s.kind is Kind.INSTRUCTION)
    for s in index.all_symbols():
        if s.id >= added:
            break
        assert [p.is_definition for p in s.places] == sorted(
            (p.is_definition for p in s.places), reverse=True
        )
        first = s.places[0]
        assert (first.path, first.line, first.col) >= last
        last = (first.path, first.line, first.col)


def test_members_are_told_apart(index: Index) -> None:
    """``mp->ma_keys`` is the member of PyDictObject, and its type leads further."""
    found = index.member("PyDictObject", "ma_keys")
    assert found is not None
    assert found.parent_name == "PyDictObject" or found.parent_name == ""
    assert found.place.path == "Include/cpython/dictobject.h"
    functions = {index.symbol(r.function).name for r in index.uses(found.id) if r.function}
    assert "insertdict" in functions
    assert index.member("PyObject", "ob_refcnt") is not None  # in an anonymous union


def test_near_misses(index: Index) -> None:
    """A wrong name brings the right one."""
    assert "PyDict_SetItem" in index.nearest("PyDict_Setitem")
    assert index.nearest_files("object.h")[0].endswith("/object.h")


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "annotator", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_exports_keep_their_contract(index: Index) -> None:
    """The keys that other programs read, one object a line."""
    ref = json.loads(_run("export", "refs").stdout.splitlines()[0])
    assert set(ref) == {"path", "line", "col", "name", "kind", "use", "targets"}
    symbols = [json.loads(line) for line in _run("export", "symbols").stdout.splitlines()]
    assert {tuple(s) for s in symbols} == {("name", "kind", "path", "line", "col")}
    assert {s["kind"] for s in symbols} >= {k.value for k in Kind} - {"file"}
    status = json.loads(_run("status", "--json").stdout)
    whole = {"release", "units", "parsed", "failed", "refs", "symbols", "configurations"}
    assert set(status) == whole
    assert set(status["configurations"]) == set(index.configs)
    for of_one in status["configurations"].values():
        assert of_one["parsed"] == of_one["units"] == status["units"]
    assert status["release"] == index.release


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("def", "insertdict"), 0, "Objects/dictobject.c"),
        (("def", "PyDict_Setitem"), 1, "near: PyDict_SetItem"),
        (("uses", "PyDictObject.ma_used", "--kind", "write"), 0, "ma_used"),
        (("struct", "PyDictObject"), 0, "48 bytes"),
        (("struct", "NoSuchThing"), 1, "no 'NoSuchThing'"),
        (("macro", "Py_TYPE"), 0, "#define Py_TYPE"),
        (("callers", "insertdict"), 0, "setitem"),
        (("file", "Include/object.h"), 0, "Py_INCREF"),
        (("file", "object.h"), 1, "near: "),
        (("uses", "insertdict", "--json"), 0, '"use": "call"'),
    ],
)
def test_command_line(index: Index, arguments: tuple[str, ...], code: int, says: str) -> None:
    """Each command finds, or says what is near, with an exit code that tells which."""
    done = _run(*arguments)
    assert done.returncode == code, done
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
