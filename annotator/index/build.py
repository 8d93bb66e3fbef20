"""Build the index: reads the compile commands of all configurations, gives ``index.sqlite``.

Units are analysed in parallel; each worker knows the headers that it has seen.  Facts are
kept in the user's cache: a unit's under a key of everything that they depend on (release,
configuration, flags, the annotator's own code), their chunks under their own digest, since
most units share most of them, in all configurations.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import DiagnosticKind, UserError
from annotator.index.merge import Program
from annotator.index.query import Index
from annotator.index.write import write
from annotator.meaning.facts import Facts, UnitFacts, digest
from annotator.meaning.unit import Session
from annotator.model import CONFIGS, Kind, Linkage, Use
from annotator.paths import REPOSITORY, cache_root
from annotator.reference.commands import CompileCommand, compile_commands
from annotator.reference.configurations import Configuration
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from annotator.source.preprocess import Unit
from annotator.source.scan import Scan, scan
from annotator.source.tree import Tree

# What facts depend on, and scans: modules, and the words that facts are written in.
_CODE = ("source", "parse", "meaning")
_OF_SCANS = ("scan.py", "names.py", "comments.py")  # of source; no unit depends on them
_WORDS = (tuple(Kind), tuple(Use), tuple(Linkage), tuple(DiagnosticKind))


@dataclass(frozen=True, slots=True)
class _Job:
    unit: Unit
    key: str
    config: int


def build_index(
    release: Release,
    configurations: Sequence[Configuration],
    out: Path,
    *,
    report: Report,
    units: Iterable[str] | None = None,
    jobs: int = 0,
) -> None:
    """Write the index of *release* as all *configurations* compile it to *out*.

    *units* names the translation units (default: as ``cpython-ref/index.toml`` says).
    Files that the build made are shown as the first configuration has them.
    Raises ``UserError`` when one of them is not compiled by a configuration.
    """
    settings = tomllib.loads((REPOSITORY / "cpython-ref" / "index.toml").read_text("utf-8"))
    names = list(units) if units is not None else settings["units"]
    code = _hash_of(_CODE, but=_OF_SCANS) + repr(_WORDS)
    of_scans = _hash_of(["source"])
    todo = [
        _job(command, release, configuration, code)
        for configuration in configurations
        for command in _choose(names, {c.path: c for c in compile_commands(configuration)})
    ]
    parts = [code, of_scans, _hash_of(["index"]), *settings["also"], *(j.key for j in todo)]
    fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    if _is_current(out, fingerprint):
        return
    results = {job.key: _load_unit(job.key) for job in todo}
    missing = [job for job in todo if results[job.key] is None]
    for job in _analyse_all(missing, configurations, jobs, len(todo), report):
        results[job.key] = _load_unit(job.key)
    tree = Tree(configurations[0].source, configurations[0].build)
    program = Program()
    made = _scan_all(["pyconfig.h"], tree, of_scans, jobs)
    program.columns = {
        (path, line): col for path, scan in made.items() for _, line, col in scan.undefs
    }
    chunks: dict[str, int] = {}  # -> the configurations that have it, as bits
    for job in todo:
        unit = results[job.key]
        assert unit is not None
        program.add_unit(unit, job.config)
        for chunk in unit.chunks:
            chunks[chunk] = chunks.get(chunk, 0) | 1 << job.config
    for chunk, configs in chunks.items():
        program.add(_load_chunk(chunk), configs)
    for path in settings["also"]:
        program.roles.setdefault(path, "other")
    scans = _scan_all([p for p in program.roles if tree.file(p) is not None], tree, of_scans, jobs)
    meta = {
        "release": release.version,
        "fingerprint": fingerprint,
        "source": str(configurations[0].source),
        "build": str(configurations[0].build),
        "configs": " ".join(c.name for c in configurations),
    }
    write(program, scans, out, meta=meta)


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


def _job(c: CompileCommand, release: Release, configuration: Configuration, code: str) -> _Job:
    key = hashlib.sha256(
        repr((code, release.sha256, configuration.key, c.path, c.args)).encode()
    ).hexdigest()
    return _Job(Unit(c.file, c.args, c.cwd), key, configuration.number)


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


# -- the cache --------------------------------------------------------------------------------


def _folder() -> Path:
    return cache_root() / "facts"


def _write(path: Path, data: bytes) -> None:
    """Write whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


def _chunk_path(name: str) -> Path:
    return _folder() / "chunks" / name[:2] / name


def _load_chunk(name: str) -> Facts:
    return Facts.load(_chunk_path(name).read_bytes())


def _load_unit(key: str) -> UnitFacts | None:
    """A unit from the cache; None when it, or a chunk of it, is not there or damaged."""
    try:
        said = json.loads((_folder() / "units" / key).read_bytes())
        unit = UnitFacts(said["path"], said["parsed"], tuple(said["chunks"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return unit if all(_holds(chunk) for chunk in unit.chunks) else None


_sound: set[str] = set()  # chunks that were read and found to be what they are called


def _holds(chunk: str) -> bool:
    if chunk not in _sound:
        try:
            if digest(_chunk_path(chunk).read_bytes()) != chunk:
                return False
        except OSError:
            return False
        _sound.add(chunk)
    return True


# -- the workers ------------------------------------------------------------------------------

# Of this process: the trees of the configurations, and what is known of the one at work.
_TREES: dict[int, Tree] = {}
_SESSION: tuple[int, Session] | None = None


def _analyse_all(
    missing: list[_Job],
    configurations: Sequence[Configuration],
    jobs: int,
    total: int,
    report: Report,
) -> Iterator[_Job]:
    """Analyse units in parallel; yields each job when its facts are in the cache.

    One configuration after the other, so that a worker knows the headers of one at a time.
    """
    if not missing:
        return
    done = total - len(missing)
    workers = min(jobs or os.cpu_count() or 1, len(missing))
    trees = {c.number: (str(c.source), str(c.build)) for c in configurations}
    with ProcessPoolExecutor(workers, initializer=_start, initargs=(trees,)) as pool:
        futures = {pool.submit(_analyse, job): job for job in missing}
        for future in as_completed(futures):
            future.result()
            done += 1
            job = futures[future]
            report.step(done, total, f"{job.unit.path.name} ({CONFIGS[job.config]})")
            yield job


def _scan_all(paths: list[str], tree: Tree, code: str, jobs: int) -> dict[str, Scan]:
    """Scan files in parallel, or find their scans in the cache."""
    keys = {}
    for path in paths:
        file = tree.file(path)
        assert file is not None
        keys[path] = digest(repr((code, path)).encode() + file.read_bytes())
    found = {path: _load_scan(key) for path, key in keys.items()}
    missing = [path for path, scan in found.items() if scan is None]
    if missing:
        workers = min(jobs or os.cpu_count() or 1, len(missing))
        trees = {0: (str(tree.source), str(tree.build))}
        with ProcessPoolExecutor(workers, initializer=_start, initargs=(trees,)) as pool:
            list(pool.map(_scan, missing, [keys[p] for p in missing], chunksize=20))
    return {path: found[path] or _load_scan(key) or Scan() for path, key in keys.items()}


def _scan(path: str, key: str) -> None:
    """Scan one file and keep the scan."""
    raw = _TREES[0].raw(path)
    _TREES[0].forget(path)
    assert raw is not None
    data = scan(raw, c=path.endswith((".c", ".h"))).dump()
    _write(_scan_path(key), hashlib.sha256(data).digest() + data)


def _scan_path(key: str) -> Path:
    return _folder() / "scans" / key[:2] / key


def _load_scan(key: str) -> Scan | None:
    """A scan from the cache; None when it is not there or damaged."""
    try:
        whole = _scan_path(key).read_bytes()
        if hashlib.sha256(whole[32:]).digest() == whole[:32]:
            return Scan.load(whole[32:])
    except (OSError, ValueError, EOFError, TypeError):
        pass
    return None


def _start(trees: dict[int, tuple[str, str]]) -> None:
    for number, (source, build) in trees.items():
        _TREES[number] = Tree(Path(source), Path(build))


def _session(config: int) -> Session:
    """The session of a configuration; that of the one before is let go."""
    global _SESSION
    if _SESSION is None or _SESSION[0] != config:
        _SESSION = (config, Session(_TREES[config], _keep))
    return _SESSION[1]


def _keep(name: str, data: bytes) -> None:
    path = _chunk_path(name)
    if name not in _sound:
        _write(path, data)
        _sound.add(name)


def _analyse(job: _Job) -> None:
    """Analyse one unit and keep its facts."""
    unit = _session(job.config).analyse(job.unit)
    said = {"path": unit.path, "parsed": unit.parsed, "chunks": unit.chunks}
    _write(_folder() / "units" / job.key, json.dumps(said).encode())
