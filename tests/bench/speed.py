"""How fast: our index and pages beside Doxygen's source browser, on the same tree in one run.

Both start from nothing, then after one edited ``.c`` file, after one edited header that every
unit includes, and with nothing changed.  Doxygen has no memory of an earlier run, so that each of
its runs is a whole one.  Both may use all processors.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from annotator.paths import REPOSITORY, cache_root
from annotator.reference import interpreters
from annotator.reference.commands import compile_commands
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import selected
from tests.bench.measure import Cost, measure, size

_FOLDERS = ("Include", "Objects", "Python", "Parser", "Modules", "Programs")
_UNIT, _HEADER = "Objects/listobject.c", "Include/object.h"
_EDIT = "\nstatic inline int bench_edited_%d(int n) { return n + %d; }\n"
_STATES = ("cold", f"{_UNIT} edited", f"{_HEADER} edited", "nothing changed")

_DOXYFILE = """\
PROJECT_NAME = CPython
OUTPUT_DIRECTORY = {out}
INPUT = {inputs}
RECURSIVE = YES
FILE_PATTERNS = *.c *.h
OPTIMIZE_OUTPUT_FOR_C = YES
EXTRACT_ALL = YES
EXTRACT_STATIC = YES
SOURCE_BROWSER = YES
REFERENCED_BY_RELATION = YES
REFERENCES_RELATION = YES
REFERENCES_LINK_SOURCE = YES
HAVE_DOT = NO
CLASS_GRAPH = NO
GENERATE_LATEX = NO
QUIET = YES
WARNINGS = NO
NUM_PROC_THREADS = {threads}
"""


def run() -> None:
    """Print the table."""
    release = selected()
    built = interpreters.ensure("release", release, report=Report())
    with tempfile.TemporaryDirectory(prefix="bench-", dir=cache_root()) as name:
        folder = Path(name)
        _copy(built, folder)
        theirs: list[Cost] = []
        ours: list[Cost] = []
        for number, state in enumerate(_STATES):
            _edit(folder / "source", state, number)
            theirs.append(_doxygen(folder))
            ours.append(_ours(folder))
            _print(state, theirs[-1], ours[-1])
        page = folder / "out" / "index.sqlite"
        print(f"\nSizes: Doxygen's pages {_mb(size(folder / 'dox'))}; ours: pages", end=" ")
        print(f"{_mb(size(folder / 'out' / 'site'))}, index {_mb(size(page))}")


def _print(state: str, theirs: Cost, ours: Cost) -> None:
    if state == _STATES[0]:
        head = ("", "Doxygen s", "CPU s", "memory", "ours s", "CPU s", "memory", "ratio")
        print("\nIndex and pages against Doxygen, one after the other in this run:\n")
        print("{:28} {:>9} {:>8} {:>9} {:>8} {:>8} {:>9} {:>6}".format(*head))
    ratio = f"{ours.wall / theirs.wall:.2f}x"
    print(
        f"{state:28} {theirs.wall:9.1f} {theirs.cpu:8.1f} {_mb(theirs.memory):>9}"
        f" {ours.wall:8.1f} {ours.cpu:8.1f} {_mb(ours.memory):>9} {ratio:>6}",
        flush=True,
    )
    for who, cost in (("Doxygen", theirs), ("ours", ours)):
        if cost.status:
            print(f"  {who} ended with status {cost.status}: see build/logs")


def _copy(built: Interpreter, folder: Path) -> None:
    """A copy of the tree that may be edited, with the compile commands that belong to it."""
    shutil.copytree(built.source, folder / "source", symlinks=True)
    (folder / "build").symlink_to(built.build, target_is_directory=True)
    compile_commands(built)
    kept = built.build.with_name(built.build.name + ".commands.json").read_text("utf-8")
    kept = kept.replace(str(built.source), str(folder / "source"))
    kept = kept.replace(built.key, "bench").replace(str(built.build), str(folder / "build"))
    (folder / "build.commands.json").write_text(kept, "utf-8")


def _edit(source: Path, state: str, number: int) -> None:
    for path in (_UNIT, _HEADER):
        if state.startswith(path):
            with (source / path).open("a") as file:
                file.write(_EDIT % (number, number))


def _doxygen(folder: Path) -> Cost:
    source, out = folder / "source", folder / "dox"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    inputs = " ".join(str(source / name) for name in _FOLDERS)
    settings = _DOXYFILE.format(out=out, inputs=inputs, threads=os.cpu_count() or 1)
    (folder / "Doxyfile").write_text(settings)
    return measure(["doxygen", folder / "Doxyfile"], cwd=folder, log=_log("bench-doxygen.log"))


def _ours(folder: Path) -> Cost:
    return measure(
        [sys.executable, "-m", "tests.bench.ours", folder],
        cwd=REPOSITORY,
        log=_log("bench-ours.log"),
        env={"XDG_CACHE_HOME": str(folder / "cache")},
    )


def _log(name: str) -> Path:
    logs = REPOSITORY / "build" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    return logs / name


def _mb(n: int) -> str:
    return f"{n / 1e6:.0f} MB"
