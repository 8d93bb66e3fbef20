"""A reader's work folder: making it, building in it, testing it, comparing it.

Reads a lab and the reference interpreters; writes only below the reader's folder. Extension
labs get the starter's files, patch labs a whole CPython tree in ``cpython/``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.reference import interpreters
from annotator.reference.cache import disk_errors, remove
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release

from . import extension, patchtree, state, testing
from .explain import explain
from .model import CheckRun, Kind, Lab
from .patches import apply_patch, patched, read_patch
from .stages import marked_files, patch_files

TREE = "cpython"  # of a patch lab, below the work folder


@dataclass(frozen=True, slots=True)
class Attempt:
    """A build of the reader's work: whether it went, and what was said."""

    ok: bool
    said: str
    log: Path
    seconds: float


class Workspace:
    """The folder of one reader's work on one lab."""

    def __init__(
        self, lab: Lab, folder: Path, release: Release, *, jobs: int, report: Report
    ) -> None:
        self.lab = lab
        self.folder = folder.resolve()
        self._release = release
        self._jobs = jobs
        self._report = report

    def start(self, from_step: int) -> None:
        """Makes the folder with steps 1 to ``from_step`` − 1 solved.

        Whole or not at all. A folder that holds work is taken over when only its state file
        is missing; otherwise raises `UserError`.
        """
        steps = len(self.lab.steps)
        if not 1 <= from_step <= steps:
            raise UserError(f"{self.lab.slug} has steps 1 to {steps}, not {from_step}")
        fresh = state.begin(self.lab.slug, self._release.version, steps, from_step)
        if self.folder.exists():
            if (self.folder / state.NAME).exists() or not self._holds_work():
                raise UserError(
                    "is there already",
                    where=str(self.folder),
                    todo="Go on with `python -m labs test`, or begin anew with "
                    "`python -m labs reset`.",
                )
            state.save(self.folder, fresh)
            return
        part = self.folder.with_name(self.folder.name + ".part")
        with disk_errors(self.folder.parent):
            try:
                remove(part)
                part.mkdir(parents=True)
            except (FileExistsError, NotADirectoryError):
                raise UserError("is in the way", where=str(self.folder.parent)) from None
            if self.lab.kind is Kind.EXTENSION:
                self._lay_out(part, from_step)
            else:
                self._plant(part, from_step)
            (part / "README.txt").write_text(_readme(self.lab), encoding="utf-8")
            state.save(part, fresh)
            part.replace(self.folder)

    def build(self, on_line: Callable[[bytes], None] | None = None) -> Attempt:
        """Builds what is in the folder."""
        log = self.folder / "build.log"
        scratch = self._scratch()
        if self.lab.kind is Kind.PATCH:
            made = patchtree.build(
                self.folder / TREE,
                self.lab.regen,
                jobs=self._jobs,
                scratch=scratch,
                log=log,
                on_line=on_line,
            )
            return Attempt(made.ok, explain(made.said, self.folder / TREE), log, made.seconds)
        interpreter = self._interpreter()
        built = extension.build(
            self.lab,
            self.folder,
            self.folder / ".labs" / interpreter.profile,
            interpreter,
            scratch=scratch,
            log=log,
        )
        return Attempt(built.ok, built.said, log, built.seconds)

    def test(self, step: int) -> tuple[CheckRun, ...]:
        """Runs the tests of a step on what was built last."""
        interpreter = self._interpreter()
        if self.lab.kind is Kind.PATCH:
            tree = self.folder / TREE
            return testing.run_step(
                self.lab,
                step,
                tree / "python",
                build=tree,
                scratch=self._scratch(),
                pycache=None,
                hide=(tree,),
                backtraces=True,
            )
        return testing.run_step(
            self.lab,
            step,
            interpreter.python,
            build=self.folder / ".labs" / interpreter.profile,
            scratch=self._scratch(),
            pycache=testing.pycache(interpreter),
            hide=(interpreter.source, interpreter.build, self.folder),
            backtraces=True,
        )

    def diff(self, solved: int) -> str:
        """From the reader's files to those with steps 1 to ``solved`` solved, as a diff."""
        out: list[str] = []
        for name, wanted in self._solution(solved).items():
            path = (self.folder / TREE if self.lab.kind is Kind.PATCH else self.folder) / name
            try:
                mine = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                mine = ""
            out += difflib.unified_diff(
                mine.splitlines(keepends=True),
                wanted.splitlines(keepends=True),
                f"yours/{name}",
                f"solution/{name}",
            )
        return "".join(out)

    def _solution(self, solved: int) -> dict[str, str]:
        if self.lab.kind is Kind.EXTENSION:
            return {file.name: file.stage(solved).text for file in marked_files(self.lab)}
        patches = [read_patch(file) for file in patch_files(self.lab)]
        names = sorted({file.path for patch in patches for file in patch.files})
        source = self._interpreter().source
        texts = patched(patches[:solved], source)
        for name in names:
            if name not in texts and (source / name).exists():
                texts[name] = (source / name).read_text(encoding="utf-8")
        return texts

    def _holds_work(self) -> bool:
        if self.lab.kind is Kind.PATCH:
            return (self.folder / TREE / "Makefile").exists()
        return any((self.folder / name).exists() for name in self.lab.sources)

    def _lay_out(self, folder: Path, from_step: int) -> None:
        for file in marked_files(self.lab):
            (folder / file.name).write_text(file.stage(from_step - 1).text, encoding="utf-8")
        # So that an editor's language server finds the headers.
        flags = [
            flag
            for flag in extension.flags(self._interpreter())
            if flag.startswith(("-I", "-W", "-std"))
        ]
        (folder / "compile_flags.txt").write_text("\n".join(flags) + "\n", encoding="utf-8")

    def _plant(self, folder: Path, from_step: int) -> None:
        base = patchtree.base(self._interpreter(), jobs=self._jobs, report=self._report)
        tree = folder / TREE
        with self._report.stage("copy the tree"):
            patchtree.clone(base, tree)
        if from_step == 1:
            return
        for file in patch_files(self.lab)[: from_step - 1]:
            apply_patch(read_patch(file), tree)
        with self._report.stage(f"build it with steps 1 to {from_step - 1} solved"):
            lines = 0

            def on_line(_: bytes) -> None:
                nonlocal lines
                lines += 1
                self._report.step(lines)

            made = patchtree.build(
                tree,
                self.lab.regen,
                jobs=self._jobs,
                scratch=folder / ".labs" / "scratch",
                log=folder / "build.log",
                on_line=on_line,
            )
        if not made.ok:
            raise UserError("the tree does not build", where=str(made.log), todo=made.said)

    def _interpreter(self) -> Interpreter:
        return interpreters.ensure("debug", self._release, report=self._report)

    def _scratch(self) -> Path:
        return self.folder / ".labs" / "scratch"


def _readme(lab: Lab) -> str:
    page = REPOSITORY / "build" / "html" / "labs" / f"{lab.slug}.html"
    what = (
        f"the tree in {TREE}/ is CPython; change it there"
        if lab.kind is Kind.PATCH
        else f"write in {', '.join(lab.sources)}"
    )
    return f"""\
{lab.code}  {lab.title}

Here {what}. From the repository ({REPOSITORY}):

    python -m labs test {lab.slug}       build, and see how far you are
    python -m labs hint {lab.slug}       the next hint for the step you are at
    python -m labs diff {lab.slug}       what separates you from the solution of this step
    python -m labs solution {lab.slug}   the solution of this step

The page: {page}
(or docs/labs/{lab.slug}.rst, if the site was not built yet)
"""
