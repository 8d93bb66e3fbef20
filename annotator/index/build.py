"""Build the index: reads the compile commands of all configurations, gives ``index.sqlite``.

Units are analysed in parallel, and only those that are not in the cache: how they are
compiled, what they are read from or the annotator's own code has changed.  The index is
written anew only when one of its parts is not what it was.
"""

from __future__ import annotations

import ast
import hashlib
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from annotator.errors import DiagnosticKind, UserError
from annotator.index import kept, workers
from annotator.index.kept import Contents, KeptUnit
from annotator.index.merge import Program
from annotator.index.query import Index
from annotator.index.threads.weave import weave
from annotator.index.workers import Job
from annotator.index.write import write
from annotator.model import Kind, Linkage, Use
from annotator.paths import REPOSITORY
from annotator.reference.commands import CompileCommand, compile_commands
from annotator.reference.configurations import Configuration
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree

# What the index depends on besides facts.
_INDEX = ("source", "index", "index/threads", "running/inside")

# What facts depend on, and scans: modules, and the words that facts are written in.
_CODE = ("source", "parse", "meaning")
_OF_SCANS = ("scan.py", "names.py", "comments.py")  # of source; no unit depends on them
_WORDS = (tuple(Kind), tuple(Use), tuple(Linkage), tuple(DiagnosticKind))


def build_index(
    release: Release,
    configurations: Sequence[Configuration],
    interpreter: Interpreter,
    out: Path,
    *,
    report: Report,
    units: Iterable[str] | None = None,
    jobs: int = 0,
) -> None:
    """Write the index of *release* as all *configurations* compile it to *out*.

    *units* names the translation units (default: as ``cpython-ref/index.toml`` says).
    Files that the build made are shown as the first configuration has them.  *interpreter* is
    the one that the first configuration makes: it tells the names that Python knows.
    Raises ``UserError`` when one of them is not compiled by a configuration.
    """
    settings = tomllib.loads((REPOSITORY / "cpython-ref" / "index.toml").read_text("utf-8"))
    names = list(units) if units is not None else settings["units"]
    code = _hash_of(_CODE, but=_OF_SCANS) + repr(_WORDS)
    todo = [
        _job(command, release, configuration, code)
        for configuration in configurations
        for command in _choose(names, {c.path: c for c in compile_commands(configuration)})
    ]
    compiled = {c.path: c for c in compile_commands(configurations[0])}
    again = [
        _job(
            replace(compiled[path], args=(*compiled[path].args, *reading["options"])),
            release,
            configurations[0],
            code,
        )
        for reading in settings.get("reading", ())
        for path in reading["units"]
        if path in compiled and units is None
    ]
    trees = {it.number: Tree(it.source, it.build) for it in configurations}
    contents = {number: Contents(tree) for number, tree in trees.items()}
    every = [*todo, *again]
    found = _analysed(every, trees, contents, jobs, report)
    shown = contents[configurations[0].number]
    paths = sorted({path for unit in found for path in unit.files} | set(settings["also"]))
    parts = [code, _hash_of(_INDEX), interpreter.key, *(f"{path} {shown[path]}" for path in paths)]
    parts += [f"{job.config} {unit.facts}" for job, unit in zip(every, found, strict=True)]
    fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if _is_current(out, fingerprint):
        return
    if not all(kept.has_chunk(chunk) for unit in found for chunk in unit.facts.chunks):
        found = _analysed(every, trees, contents, jobs, report, damaged=True)
    tree = trees[configurations[0].number]
    scans = workers.scans(
        [p for p in paths if shown[p]], tree, shown, _hash_of(["source"]), jobs=jobs
    )
    program = Program()
    if "pyconfig.h" in scans:
        program.show("pyconfig.h", scans["pyconfig.h"])
    chunks: dict[str, int] = {}  # -> the configurations that have it, as bits
    for job, unit in zip(todo, found, strict=False):
        program.add_unit(unit.facts, job.config)
        for chunk in unit.facts.chunks:
            chunks[chunk] = chunks.get(chunk, 0) | 1 << job.config
    for unit in found[len(todo) :]:  # read once more: nothing compiles them so
        for chunk in unit.facts.chunks:
            chunks.setdefault(chunk, 0)
    # What the default configuration says comes first; the order of units says nothing.
    ranked = sorted(chunks.items(), key=lambda item: (not item[1] & 1, not item[1], item))
    for chunk, configs in ranked:
        program.add(kept.load_chunk(chunk), configs)
    for path in settings["also"]:
        program.roles.setdefault(path, "other")
    meta = {
        "release": release.version,
        "fingerprint": fingerprint,
        "source": str(configurations[0].source),
        "build": str(configurations[0].build),
        "configs": " ".join(c.name for c in configurations),
    }
    write(program, scans, out, meta=meta, then=lambda db: weave(db, tree, interpreter))


def _analysed(
    todo: Sequence[Job],
    trees: dict[int, Tree],
    contents: dict[int, Contents],
    jobs: int,
    report: Report,
    *,
    damaged: bool = False,
) -> list[KeptUnit]:
    """The facts of all units, from the cache or made now; *damaged*: their chunks are checked."""

    def load(job: Job) -> KeptUnit | None:
        unit = kept.load_unit(job.key, contents[job.config])
        if unit is not None and damaged:
            return unit if all(kept.has_chunk(chunk) for chunk in unit.facts.chunks) else None
        return unit

    found = [load(job) for job in todo]
    missing = [job for job, unit in zip(todo, found, strict=True) if unit is None]
    workers.analyse(missing, trees, jobs=jobs, total=len(todo), report=report)
    return [
        unit or _made(kept.load_unit(job.key, contents[job.config]), job)
        for job, unit in zip(todo, found, strict=True)
    ]


def _made(unit: KeptUnit | None, job: Job) -> KeptUnit:
    if unit is None:
        raise UserError(
            f"the facts of {job.unit.path.name} were made and are gone or out of date",
            where=str(job.unit.path),
            todo="Something changes the source or the cache during the build; try again.",
        )
    return unit


def _choose(names: list[str], commands: dict[str, CompileCommand]) -> list[CompileCommand]:
    if names == ["*"]:
        return [commands[p] for p in sorted(commands)]
    unknown = [n for n in names if n not in commands]
    if unknown:
        raise UserError(
            f"no unit {unknown[0]!r} is compiled",
            where="cpython-ref/index.toml",
            todo="name a file that make compiles, by its path in the source tree",
        )
    return [commands[n] for n in sorted(set(names))]


def _job(c: CompileCommand, release: Release, configuration: Configuration, code: str) -> Job:
    key = hashlib.sha256(
        repr((code, release.sha256, configuration.key, c.path, c.args)).encode()
    ).hexdigest()
    return Job(Unit(c.file, c.args, c.cwd), key, configuration.number)


def _hash_of(names: Iterable[str], *, but: Collection[str] = ()) -> str:
    """A hash of modules, given as files and folders of the package, but for those named *but*.

    Comments, docstrings and layout do not count: they change no result.
    """
    result = hashlib.sha256()
    package = REPOSITORY / "annotator"
    for name in names:
        where = package / name
        files = sorted(where.glob("*.py")) if where.is_dir() else [where]
        for file in (one for one in files if one.name not in but):
            tree = ast.parse(file.read_bytes())
            for node in ast.walk(tree):
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                    first = node.body[0] if node.body else None
                    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                        node.body = node.body[1:] or [ast.Pass()]
            result.update(f"{file.name}\0{ast.dump(tree)}\0".encode())
    return result.hexdigest()


def _is_current(out: Path, fingerprint: str) -> bool:
    try:
        index = Index.open(out)
    except UserError:
        return False
    current = index.fingerprint == fingerprint
    index.close()
    return current
