"""Build the index: reads the compile commands of an interpreter, gives ``index.sqlite``.

Units are analysed in parallel.  The facts of each are kept in the user's cache under a key
made of everything they depend on: the release, the interpreter's configuration, the flags,
the compiler, and the annotator's own code.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import tomllib
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.index.merge import Program
from annotator.index.write import write
from annotator.meaning.unit import Facts, analyse
from annotator.paths import REPOSITORY, cache_root
from annotator.reference.commands import CompileCommand, compile_commands
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree

_CODE = ("errors.py", "model.py", "source", "parse", "meaning")


@dataclass(frozen=True, slots=True)
class _Job:
    unit: Unit
    key: str


def build_index(
    release: Release,
    interpreter: Interpreter,
    out: Path,
    *,
    report: Report,
    units: Iterable[str] | None = None,
    jobs: int = 0,
) -> None:
    """Write the index of *release* as *interpreter* compiles it to *out*.

    *units* names the translation units (default: as ``cpython-ref/index.toml`` says).
    Raises ``UserError`` when one of them is not compiled by this interpreter.
    """
    settings = tomllib.loads((REPOSITORY / "cpython-ref" / "index.toml").read_text("utf-8"))
    commands = {c.path: c for c in compile_commands(interpreter)}
    chosen = _choose(list(units) if units is not None else settings["units"], commands)
    code = code_hash()
    todo = [_job(c, release, interpreter, code) for c in chosen]
    fingerprint = hashlib.sha256(
        "\n".join([code, index_code_hash(), *settings["also"], *(j.key for j in todo)]).encode()
    ).hexdigest()
    if _is_current(out, fingerprint):
        return
    program = Program()
    step = report.step
    by_key = {job.key: i for i, job in enumerate(todo)}
    results: list[Facts | None] = [None] * len(todo)
    missing = []
    for job in todo:
        facts = _load(job.key)
        if facts is None:
            missing.append(job)
        else:
            results[by_key[job.key]] = facts
    done = len(todo) - len(missing)
    workers = jobs or min(os.cpu_count() or 1, 4, max(len(missing), 1))
    with ProcessPoolExecutor(workers, initializer=_start, initargs=_roots(interpreter)) as pool:
        futures = {pool.submit(_analyse, job): job for job in missing}
        for future in as_completed(futures):
            job = futures[future]
            future.result()
            results[by_key[job.key]] = _load(job.key)
            done += 1
            step(done, len(todo), job.unit.path.name)
    tree = Tree(interpreter.source, interpreter.build)
    for facts in results:
        assert facts is not None
        program.add(facts, 0)
    for path in settings["also"]:
        if tree.file(path) is not None:
            program.roles.setdefault(path, "other")
    meta = {
        "release": release.version,
        "fingerprint": fingerprint,
        "source": str(interpreter.source),
        "build": str(interpreter.build),
    }
    write(program, tree, out, meta=meta)


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


def _job(c: CompileCommand, release: Release, interpreter: Interpreter, code: str) -> _Job:
    key = hashlib.sha256(
        repr((code, release.sha256, interpreter.key, c.path, c.args)).encode()
    ).hexdigest()
    return _Job(Unit(c.file, c.args, c.cwd), key)


def _hash_of(names: Iterable[str]) -> str:
    """A hash of modules, given as files and folders of the package."""
    digest = hashlib.sha256()
    package = REPOSITORY / "annotator"
    for name in names:
        where = package / name
        for file in sorted(where.glob("*.py")) if where.is_dir() else [where]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def code_hash() -> str:
    """Changes with the code that facts come from."""
    return _hash_of(_CODE)


def index_code_hash() -> str:
    """Changes with the code that makes the index out of facts."""
    return _hash_of(["index"])


def _is_current(out: Path, fingerprint: str) -> bool:
    from annotator.index.query import Index

    try:
        index = Index.open(out)
    except UserError:
        return False
    current = index.fingerprint == fingerprint
    index.close()
    return current


# -- in the workers ------------------------------------------------------------------------

_TREE: Tree | None = None


def _roots(interpreter: Interpreter) -> tuple[str, str]:
    return str(interpreter.source), str(interpreter.build)


def _start(source: str, build: str) -> None:
    global _TREE
    _TREE = Tree(Path(source), Path(build))


def _analyse(job: _Job) -> None:
    """Analyse one unit and keep its facts."""
    assert _TREE is not None
    facts = analyse(job.unit, _TREE)
    path = _cache_path(job.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = marshal.dumps(facts.plain())
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(hashlib.sha256(data).digest() + data)
    part.replace(path)


def _cache_path(key: str) -> Path:
    return cache_root() / "facts" / key[:2] / key


def _load(key: str) -> Facts | None:
    """Facts from the cache; None when they are not there or damaged."""
    try:
        whole = _cache_path(key).read_bytes()
        if hashlib.sha256(whole[32:]).digest() != whole[:32]:
            return None
        return Facts(**marshal.loads(whole[32:]))
    except (OSError, ValueError, EOFError, TypeError):
        return None
