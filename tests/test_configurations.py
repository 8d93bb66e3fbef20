"""The three configurations: each whole, each as libclang and gcc see it, told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from annotator.index import export
from annotator.index.query import Index
from annotator.model import CONFIGS, FileInfo, Kind, Use
from annotator.reference.cache import Manifest
from annotator.reference.commands import compile_commands
from annotator.reference.configurations import Configuration, configurations
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from annotator.source.preprocess import Unit
from tests.oracle import agreement, probe
from tests.oracle.agreement import Views
from tests.oracle.views import views

NAMED = ("Objects/obmalloc.c", "Python/ceval.c", "Objects/dictobject.c")
OTHERS = CONFIGS[1:]


@pytest.fixture(scope="session")
def configured(release_interpreter: Interpreter, release: Release) -> dict[str, Configuration]:
    """The configurations of the pinned release, by name."""
    found = configurations(release_interpreter, release, report=Report.quiet())
    return {one.name: one for one in found}


def test_each_compiles_the_same_units(configured: dict[str, Configuration]) -> None:
    """All three compile every unit of the default one, each with its own pyconfig.h."""
    assert tuple(configured) == CONFIGS
    units = {name: {c.path for c in compile_commands(it)} for name, it in configured.items()}
    assert units["debug"] == units["free-threaded"] == units["default"]
    defines = {
        name: (it.build / "pyconfig.h").read_text().splitlines() for name, it in configured.items()
    }
    assert "#define Py_DEBUG 1" in defines["debug"]
    assert "#define Py_GIL_DISABLED 1" in defines["free-threaded"]
    assert "/* #undef Py_DEBUG */" in defines["default"]
    # One line stands for one macro in all of them, so that places agree.
    assert len({len(lines) for lines in defines.values()}) == 1
    both = zip(defines["default"], defines["free-threaded"], strict=True)
    assert sum(a != b for a, b in both) == 1


def test_configured_again_only_when_something_changed(
    configured: dict[str, Configuration], release_interpreter: Interpreter, release: Release
) -> None:
    """A configuration that is whole is taken as it is; each has a folder of its own."""
    before = {it.build: (it.build / Manifest.NAME).stat().st_mtime_ns for it in _made(configured)}
    assert len(before) == len(OTHERS)
    configurations(release_interpreter, release, report=Report.quiet())
    after = {it.build: (it.build / Manifest.NAME).stat().st_mtime_ns for it in _made(configured)}
    assert after == before


def _made(configured: dict[str, Configuration]) -> list[Configuration]:
    return [configured[name] for name in OTHERS]


@pytest.mark.parametrize("name", OTHERS)
def test_libclang_agrees(index: Index, configured: dict[str, Configuration], name: str) -> None:
    """In each configuration every use that libclang sees in the named files leads to its place."""
    it = configured[name]
    commands = {c.path: c for c in compile_commands(it)}
    units = [Unit(commands[p].file, commands[p].args, commands[p].cwd) for p in NAMED]
    seen = Views()
    for unit, view in views(units, it, quiet=True):
        seen.add(str(unit.path), view)
    assert seen.errors == {}
    found = agreement.links(seen, index, paths={*NAMED, "Include/object.h"}, config=name)
    print(found.table())
    assert sum(found.total.values()) > 10_000
    assert found.unexplained == []
    assert found.share() >= 0.998


def test_layouts_agree_with_gcc(
    index: Index, configured: dict[str, Configuration], tmp_path: Path
) -> None:
    """Every struct of the headers lies as a program compiled with Py_DEBUG says."""
    checked, wrong = probe.check(index, configured["debug"], tmp_path)
    assert wrong == []
    assert checked > 100


def test_an_object_without_the_lock(index: Index) -> None:
    """``PyObject`` is 16 bytes with one reference count, 32 with an owner and two without."""
    default, debug, free = (index.layout("PyObject", config=i) for i in range(3))
    assert default is not None
    assert debug is not None
    assert free is not None
    assert (default.size, debug.size, free.size) == (16, 16, 32)
    assert [m.name for m in debug.members] == [m.name for m in default.members]
    owner = ["ob_tid", "_padding", "ob_mutex", "ob_gc_bits", "ob_ref_local", "ob_ref_shared"]
    assert [m.name for m in free.members] == [*owner, "ob_type"]


def test_lines_know_where_they_are_live(index: Index) -> None:
    """The two bodies of ``struct _object`` are compiled in complementary configurations."""
    lines = index.text("Include/object.h").decode().splitlines()
    info = index.file("Include/object.h")
    assert info is not None
    assert set(info.live) == set(CONFIGS)
    at = {"ob_tid": "    uintptr_t ob_tid;", "ob_refcnt": "       Py_ssize_t ob_refcnt;"}
    live = {
        name: {
            config
            for config, ranges in info.live.items()
            if any(first <= lines.index(text) + 1 <= last for first, last in ranges)
        }
        for name, text in at.items()
    }
    assert live == {"ob_tid": {"free-threaded"}, "ob_refcnt": {"default", "debug"}}
    member = index.member("PyObject", "ob_tid")
    assert member is not None
    assert member.configs == 1 << CONFIGS.index("free-threaded")
    assert {r.configs for r in index.uses(member.id)} <= {member.configs, 0}


def test_dead_code_is_linked_by_name(index: Index) -> None:
    """Code for other platforms has links; they say that no configuration compiles it."""
    path = "Python/pylifecycle.c"
    dead = index.dead(path)
    assert dead
    inside = [r for r in index.refs_in(path) if any(a <= r.line <= b for a, b in dead)]
    assert {r.configs for r in inside} == {0}
    called = {r.name for r in inside if r.kind is Kind.FUNCTION}
    assert "_PyStatus_OK" in called or "PySys_SetObject" in called or len(called) > 5


def test_undefined_macros_lead_where_they_are_explained(index: Index) -> None:
    """A macro that configure left undefined leads to its line in pyconfig.h."""
    found = index.named("Py_TRACE_REFS", kinds=(Kind.MACRO,))[0]
    assert found.place.path == "pyconfig.h"
    assert found.configs == 0
    tests = [r for r in index.uses(found.id) if r.use is Use.TEST]
    assert "Include/internal/pycore_object.h" in {r.path for r in tests}


class OneFile:
    """An index of one file only: an export of all takes half a minute."""

    def __init__(self, index: Index, path: str) -> None:
        self._index, self._path = index, path

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def files(self) -> list[FileInfo]:
        """The one file."""
        return [info for info in self._index.files() if info.path == self._path]


def test_exports_per_configuration(index: Index) -> None:
    """``--config`` gives the uses that are live there, and only those."""
    only = cast(Index, OneFile(index, "Include/object.h"))
    exported = {name: list(export.refs(only, name)) for name in CONFIGS}
    names = {name: {json.loads(row)["name"] for row in rows} for name, rows in exported.items()}
    assert [name for name in CONFIGS if "ob_tid" in names[name]] == ["free-threaded"]
    assert [name for name in CONFIGS if "_Py_RefTotal" in names[name]] == []
    assert [name for name in CONFIGS if "_Py_INCREF_IncRefTotal" in names[name]] == ["debug"]
    assert all("Py_INCREF" in found for found in names.values())
