"""Runs the tests of a step and reads what came of them.

Reads the step's test file, an interpreter and a folder with built modules; gives a `CheckRun`
per test. Each step runs in a process of its own (``inside/harness.py``); a test that kills the
process costs that test only, the rest run in a new one.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.paths import cache_root
from annotator.reference.interpreters import Interpreter

from . import crash, sandbox
from .lessons import PARSING, checks, step_tests
from .model import CheckRun, Lab

INSIDE = Path(__file__).resolve().parent / "inside"
_TAIL = 30  # lines of a crashed program's output that are shown
_ADDRESS = re.compile(r"0x[0-9a-f]{4,}")


def run_step(
    lab: Lab,
    step: int,
    python: Path,
    *,
    build: Path,
    scratch: Path,
    pycache: Path | None,
    hide: Sequence[Path] = (),
    limits: sandbox.Limits | None = None,
    env: Mapping[str, str] | None = None,
    left_out: Container[str] = (),
    backtraces: bool = False,
) -> tuple[CheckRun, ...]:
    """Runs the tests of ``step`` with ``python``; modules are found in ``build``.

    ``hide`` are folders whose paths are cut from messages; ``pycache`` is where the interpreter
    may keep compiled modules (None: where it always does); ``limits`` are `sandbox.TEST` if None;
    ``env`` is added to the environment; tests in ``left_out`` are not run. With ``backtraces``
    a test that crashes is run once more under gdb, for the C frames.
    """
    wanted = [check for check in checks(lab, step) if check.name not in left_out]
    others = [check.name for check in checks(lab, step) if check.name in left_out]
    says = {check.name: check.says for check in wanted}
    hidden = [*hide, build, scratch, lab.folder, INSIDE]
    found: dict[str, CheckRun] = {}
    figures: list[tuple[str, str]] = []
    stopped = ""  # why the rest is not run
    while len(found) < len(wanted) and not stopped:
        run = _Run(lab, step, python, build, scratch, pycache, env or {}, (*others, *found))
        ended, events = run.run(limits or sandbox.TEST)
        started = ""
        for event in events:
            match event:
                case ("start", str(name)):
                    started = name
                    figures.clear()
                case ("figure", str(), str(label), str(text)):
                    figures.append((label, text))
                case ("end", str(name), str(outcome), str(message)):
                    started = ""
                    found[name] = CheckRun(
                        step,
                        name,
                        says.get(name, ""),
                        outcome,
                        plain(message, hidden),
                        tuple(figures),
                    )
        if ("done",) in events:
            break
        told = plain(_told(ended), hidden)
        if not started:
            stopped = told
        else:
            if backtraces and ended.end is sandbox.End.SIGNAL:
                told += plain(run.backtrace(started), hidden)
            outcome = ended.end.value if ended.end is not sandbox.End.EXIT else "crashed"
            found[started] = CheckRun(step, started, says.get(started, ""), outcome, told)
            if ended.end is sandbox.End.TIMEOUT:
                stopped = "not run: an earlier test did not end"
    return tuple(
        found.get(check.name)
        or CheckRun(step, check.name, check.says, "not run", stopped or "not run")
        for check in wanted
    )


def pycache(interpreter: Interpreter) -> Path:
    """Where a reference interpreter keeps compiled modules when it runs tests: not in its own
    source tree, which is only read."""
    return cache_root() / "labs" / "pycache" / interpreter.key


def plain(text: str, hide: Sequence[Path] = ()) -> str:
    """``text`` without addresses and without the given folders: the same on every machine."""
    for folder in sorted({str(path) for path in hide}, key=len, reverse=True):
        text = text.replace(f"{folder}/", "").replace(folder, ".")
    return _ADDRESS.sub("0x…", text)


@dataclass(frozen=True, slots=True)
class _Run:
    """One process that runs the tests of a step, but for those left out."""

    lab: Lab
    step: int
    python: Path
    build: Path
    scratch: Path
    pycache: Path | None
    env: Mapping[str, str]
    left_out: tuple[str, ...]

    def run(self, limits: sandbox.Limits) -> tuple[sandbox.Ended, list[object]]:
        """How the process ended, and the events that it wrote before."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        log = self._log
        log.unlink(missing_ok=True)
        ended = sandbox.run(
            self._command(self.left_out), limits=limits, scratch=self.scratch, env=self._env()
        )
        events: list[object] = []
        if log.exists():
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    with PARSING:
                        events.append(ast.literal_eval(line))
                except (ValueError, SyntaxError):  # cut off by the end of the process
                    break
        return ended, events

    def backtrace(self, test: str) -> str:
        """The C frames in which ``test`` dies, as lines to follow a message."""
        others = [it.name for it in checks(self.lab, self.step) if it.name != test]
        frames = crash.backtrace(self._command(others), scratch=self.scratch, env=self._env())
        return "".join(
            ["\nin C, innermost first:", *(f"\n  {it}" for it in frames)] if frames else ""
        )

    @property
    def _log(self) -> Path:
        return self.scratch / f"events-{self.step}"

    def _command(self, left_out: Sequence[str]) -> list[str | Path]:
        test = step_tests(self.lab, self.step)
        harness = self._inside() / "harness.py"
        return [self.python, "-X", "faulthandler", harness, self._log, test, *left_out]

    def _inside(self) -> Path:
        """The folder of what runs inside the interpreter.

        An interpreter under change gets a copy: what it compiles stays beside the source, and
        with the magic number of others but instructions of its own it would kill all others.
        """
        if self.pycache:
            return INSIDE
        copy = self.scratch / "inside"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(INSIDE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        return copy

    def _env(self) -> dict[str, str]:
        cache = {"PYTHONPYCACHEPREFIX": str(self.pycache)} if self.pycache else {}
        return {"LAB_BUILD": str(self.build), **cache, **self.env}


def _told(ended: sandbox.Ended) -> str:
    lines = ended.output.strip().splitlines()
    kept = lines if len(lines) <= _TAIL else [*lines[: _TAIL // 2], "…", *lines[-_TAIL // 2 :]]
    return "\n".join([f"the interpreter was {ended.why}", *(f"  {line}" for line in kept)])
