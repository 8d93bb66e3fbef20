"""The authors' gate: proves every lab both ways, and writes down what came of it.

Reads ``labs/``, the reference interpreters and the cache; writes ``build/labs/results.json``.
What is proved once stays proved as long as nothing it depends on changes: the lab's files, the
runner's, the interpreters. Only what passed is kept in the cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import BUILD, cache_root
from annotator.reference import interpreters
from annotator.reference.cache import remove, write_whole
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release

from . import patchtree
from .lessons import LABS, lab_folders, read_lab
from .model import Kind, Lab, LabResult, MutationResult, Outcome
from .proof import ExtensionProof, PatchProof, inputs, look_over
from .results import from_json, not_run, to_json
from .verdict import Wrong

PROFILES = ("debug", "release")  # in the order in which they are tried and shown
_OF_READERS = frozenset(
    (
        "cli.py",
        "commands.py",
        "explain.py",
        "pages.py",
        "scaffold.py",
        "show.py",
        "state.py",
        "workspace.py",
    )
)


def check_all(
    *,
    release: Release,
    report: Report,
    build_dir: Path = BUILD,
    jobs: int | None = None,
    mutations: bool = False,
    only: Iterable[str] | None = None,
    root: Path = LABS,
) -> list[LabResult]:
    """Proves the labs (those with slugs in ``only``, or all) against ``release``.

    With ``mutations`` the faults planted in the solutions have to be noticed too. Writes the
    results to ``build_dir/labs/results.json`` (those of other labs stay as they are) and gives
    them. A lab that is not right is a result; only what stops the gate itself raises
    `UserError`.
    """
    chosen = None if only is None else set(only)
    results = []
    folders = [it for it in lab_folders(root) if chosen is None or it.name in chosen]
    gate = _Gate(release, report, build_dir, jobs or os.cpu_count() or 1)
    for done, folder in enumerate(folders):
        report.step(done, len(folders), folder.name)
        results.append(gate.check(folder, mutations=mutations))
    _write(build_dir / "labs" / "results.json", results, keep=chosen is not None)
    return results


class _Gate:
    """What the labs of one run share: interpreters, the base tree, a pool of workers."""

    def __init__(self, release: Release, report: Report, build_dir: Path, jobs: int) -> None:
        self._report = report
        self._jobs = jobs
        self._logs = build_dir / "logs"
        self._cache = cache_root() / "labs"
        self._interpreters = {
            profile: interpreters.ensure(profile, release, report=report) for profile in PROFILES
        }
        self._runner = _digest(
            path
            for path in sorted(Path(__file__).parent.rglob("*.py"))
            if path.name not in _OF_READERS
        )

    def check(self, folder: Path, *, mutations: bool) -> LabResult:
        """One lab: from the cache, or proved now."""
        try:
            lab = read_lab(folder)
        except UserError as error:
            return LabResult(
                folder.name, folder.parent.name, Outcome.BROKEN, str(error), (), (), (), (), "", 0.0
            )
        try:
            look_over(lab)
            return self._check(lab, mutations=mutations)
        except Wrong as wrong:
            return not_run(lab, wrong.outcome, wrong.reason)
        except UserError as error:
            return not_run(lab, Outcome.BROKEN, str(error))

    def _check(self, lab: Lab, *, mutations: bool) -> LabResult:
        proved, tried = self._files(lab)
        result = _read(proved)
        planted = _read(tried) if mutations else None
        if result and (planted or not mutations):
            merged = replace(result, cached=True)
        else:
            with self._report.stage(f"lab {lab.slug}"):
                result, planted = self._prove(lab, result, planted, mutations=mutations)
            merged = replace(result, cached=False)
            for file, made in ((proved, result), (tried, planted)):
                if made and made.outcome is Outcome.PASSED and not file.exists():
                    write_whole(file, json.dumps(to_json(made), indent=1))
        if planted:
            order = {mutation.name: n for n, mutation in enumerate(lab.mutations)}
            both = sorted((*merged.mutations, *planted.mutations), key=lambda it: order[it.name])
            merged = replace(merged, mutations=tuple(both))
        return merged

    def _prove(
        self, lab: Lab, result: LabResult | None, planted: LabResult | None, *, mutations: bool
    ) -> tuple[LabResult, LabResult | None]:
        """What of the two is not there yet: the stages, the mutations."""

        def tell(text: str) -> None:
            self._report.step(0, 0, text)

        def both(proof: ExtensionProof | PatchProof) -> tuple[LabResult, LabResult | None]:
            made = result or proof.run(tell=tell)
            _all_caught(made.mutations)
            if not mutations or planted:
                return made, planted
            start = time.monotonic()
            caught = proof.mutations(show=False, tell=tell)
            _all_caught(caught)
            rest = replace(
                not_run(lab, Outcome.PASSED, ""),
                mutations=caught,
                seconds=time.monotonic() - start,
            )
            return made, rest

        # The pool is left first: nothing may still be at work in a folder that is removed.
        if lab.kind is Kind.EXTENSION:
            with (
                tempfile.TemporaryDirectory(prefix=f"lab-{lab.slug}-") as work,
                ThreadPoolExecutor(self._jobs) as pool,
            ):
                return both(ExtensionProof(lab, self._interpreters, work=Path(work), pool=pool))
        debug = self._interpreters["debug"]
        base = patchtree.base(debug, jobs=self._jobs, report=self._report)
        self._logs.mkdir(parents=True, exist_ok=True)
        with patchtree.borrowed(base) as tree, ThreadPoolExecutor(self._jobs) as pool:
            return both(PatchProof(lab, debug, tree, jobs=self._jobs, logs=self._logs, pool=pool))

    def _files(self, lab: Lab) -> tuple[Path, Path]:
        key = _digest(inputs(lab), self._runner, *(it.key for it in self._used(lab)))[:24]
        folder = self._cache / "results"
        return folder / f"{lab.slug}-{key}.json", folder / f"{lab.slug}-{key}-mutations.json"

    def _used(self, lab: Lab) -> list[Interpreter]:
        if lab.kind is Kind.PATCH:
            return [self._interpreters["debug"]]
        return list(self._interpreters.values())


def _all_caught(mutations: Iterable[MutationResult]) -> None:
    if missed := [mutation.name for mutation in mutations if not mutation.caught]:
        raise Wrong(Outcome.BROKEN, f"no test notices the mutation {missed[0]!r}")


def _digest(files: Iterable[Path], *more: str) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.parent.name}/{file.name}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    for text in more:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def _read(file: Path) -> LabResult | None:
    """A kept result; None when there is none, or it cannot be read (then it goes)."""
    try:
        return from_json(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        remove(file)
        return None


def _write(file: Path, results: list[LabResult], *, keep: bool) -> None:
    entries = {result.slug: to_json(result) for result in results}
    if keep:
        known = []
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(known, list):
            entries = {it["slug"]: it for it in known if isinstance(it, dict)} | entries
    write_whole(file, json.dumps([entries[slug] for slug in entries], indent=1))
