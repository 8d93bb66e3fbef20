"""Analyse units and scan files, in several processes: reads jobs, leaves facts in the cache.

One configuration after the other, so that a process knows the headers of one at a time.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from annotator.index import kept
from annotator.index.kept import Contents, KeptUnit
from annotator.meaning.facts import Facts, digest
from annotator.meaning.unit import Session
from annotator.model import CONFIGS
from annotator.reference.progress import Report
from annotator.source.preprocess import Unit
from annotator.source.scan import Scan, scan
from annotator.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Job:
    """A unit to be analysed in one configuration, and under which key it is kept."""

    unit: Unit
    key: str
    config: int


def analyse(
    missing: Sequence[Job], trees: Mapping[int, Tree], *, jobs: int, total: int, report: Report
) -> None:
    """Analyse units, until the facts of all of them are kept."""
    if not missing:
        return
    done = total - len(missing)
    with _pool(len(missing), trees, jobs) as pool:
        futures = {pool.submit(_analyse, job): job for job in missing}
        for future in as_completed(futures):
            future.result()
            done += 1
            job = futures[future]
            report.step(done, total, f"{job.unit.path.name} ({CONFIGS[job.config]})")


def scans(
    paths: Iterable[str], tree: Tree, contents: Contents, code: str, *, jobs: int
) -> dict[str, Scan]:
    """Scan files, or find their scans in the cache; *code* stands for what makes scans."""
    keys = {path: digest(repr((code, path, contents[path])).encode()) for path in paths}
    found = {path: kept.load_scan(key) for path, key in keys.items()}
    missing = [path for path, scan in found.items() if scan is None]
    if missing:
        with _pool(len(missing), {0: tree}, jobs) as pool:
            list(pool.map(_scan, missing, [keys[p] for p in missing], chunksize=20))
    return {path: found[path] or kept.load_scan(key) or Scan() for path, key in keys.items()}


def _pool(tasks: int, trees: Mapping[int, Tree], jobs: int) -> ProcessPoolExecutor:
    roots = {number: (tree.source, tree.build) for number, tree in trees.items()}
    workers = min(jobs or os.cpu_count() or 1, tasks)
    return ProcessPoolExecutor(workers, initializer=_start, initargs=(roots,))


# -- in the worker ----------------------------------------------------------------------------

_trees: dict[int, Tree] = {}
_contents: dict[int, Contents] = {}
_session: tuple[int, Session] | None = None
_files: dict[str, list[str]] = {}  # of each chunk that this process made


def _start(roots: dict[int, tuple[Path, Path | None]]) -> None:
    for number, (source, build) in roots.items():
        _trees[number] = Tree(source, build)
        _contents[number] = Contents(_trees[number])


def _keep(name: str, data: bytes) -> None:
    if name not in _files:
        _files[name] = Facts.load(data).files
    kept.keep_chunk(name, data)


def _session_of(config: int) -> Session:
    """The session of a configuration; that of the one before is let go, with its files."""
    global _session
    if _session is None or _session[0] != config:
        if _session is not None:
            before = _trees[_session[0]]
            _trees[_session[0]] = Tree(before.source, before.build)
            _session = None
            gc.collect()
        _session = (config, Session(_trees[config], _keep))
    return _session[1]


def _analyse(job: Job) -> None:
    unit = _session_of(job.config).analyse(job.unit)
    files = {unit.path, *(path for chunk in unit.chunks for path in _files[chunk])}
    digests = {path: _contents[job.config][path] for path in files}
    kept.keep_unit(job.key, KeptUnit(unit, digests))


def _scan(path: str, key: str) -> None:
    raw = _trees[0].raw(path)
    _trees[0].forget(path)
    assert raw is not None
    kept.keep_scan(key, scan(raw, c=path.endswith((".c", ".h", ".h.in"))))
