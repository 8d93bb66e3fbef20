"""What else a right solution has to stand: the sanitizers, and a hunt for leaks.

Reads the solution of an extension lab and the reference interpreters; gives an `Examination`
each. The tests are the lab's own; here they run

- in the release interpreter, with the module compiled for AddressSanitizer and
  UndefinedBehaviorSanitizer, and with ``PYTHONMALLOC=malloc``, so that every object is a block
  whose edges are watched;
- in the debug interpreter, each test again and again, as ``python -m test -R 3:3`` does.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from annotator.reference.interpreters import Interpreter

from . import extension, sandbox, testing
from .lessons import checks
from .model import Examination, Lab, Outcome
from .verdict import Wrong

SANITIZERS = "AddressSanitizer and UndefinedBehaviorSanitizer"
LEAKS = "Leak hunt"
_FLAGS = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-fno-omit-frame-pointer",
)
# The shadow of all memory is reserved, so the limit is on what is really used.
_LIMITS = replace(sandbox.TEST, seconds=120, cpu=120, address_space=False)


def sanitized(lab: Lab, sources: Path, interpreter: Interpreter) -> Examination:
    """All tests on the solution in ``sources``, watched by the sanitizers. Raises `Wrong` with
    what they say."""
    preload = _runtimes()
    if not preload:
        return Examination(SANITIZERS, 0, (), "gcc has no sanitizers here")
    out = sources / "sanitized"
    scratch = sources / "scratch-sanitized"
    built = extension.build(lab, sources, out, interpreter, scratch=scratch, more=_FLAGS)
    if not built.ok:
        raise Wrong(Outcome.BROKEN, f"does not build for the sanitizers:\n{built.said}")
    env = {
        "LAB_MODE": "sanitize",
        "LD_PRELOAD": preload,
        "PYTHONMALLOC": "malloc",
        # What the interpreter still holds at its end is no leak of the lab's.
        # Too large a request is NULL, as from any malloc, and the module's to deal with.
        "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1:abort_on_error=0"
        ":allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    return _run(SANITIZERS, lab, out, interpreter, scratch=scratch, env=env, wave="not_sanitized")


def hunted(lab: Lab, sources: Path, out: Path, interpreter: Interpreter) -> Examination:
    """All tests on the solution built in ``out``, run over and over; raises `Wrong` when one
    leaves something behind each time. ``interpreter`` is the debug one."""
    scratch = sources / "scratch-hunt"
    env = {"LAB_MODE": "hunt"}
    return _run(LEAKS, lab, out, interpreter, scratch=scratch, env=env, wave="not_hunted")


def _run(
    name: str,
    lab: Lab,
    out: Path,
    interpreter: Interpreter,
    *,
    scratch: Path,
    env: Mapping[str, str],
    wave: str,
) -> Examination:
    ran = 0
    spared = []
    for step in lab.steps:
        known = checks(lab, step.number)
        left_out = {check.name: check.spared[wave] for check in known if wave in check.spared}
        spared += [f"{test}: {reason}" for test, reason in left_out.items()]
        reports = testing.run_step(
            lab,
            step.number,
            interpreter.python,
            build=out,
            scratch=scratch,
            pycache=testing.pycache(interpreter),
            hide=(interpreter.source, interpreter.build),
            limits=_LIMITS,
            env=env,
            left_out=left_out,
        )
        for report in reports:
            if not report.passed:
                raise Wrong(
                    Outcome.FAILED,
                    f"{name}: step {step.number}'s {report.name} is {report.outcome}:\n"
                    f"{report.message}",
                    step=step.number,
                )
        ran += len(reports)
    return Examination(name, ran, tuple(spared))


@functools.cache
def _runtimes() -> str:
    """The sanitizers' libraries, to be loaded before anything else; "" when gcc has none."""
    found = []
    for name in ("libasan.so", "libubsan.so"):
        ran = subprocess.run(
            [extension.COMPILER, f"-print-file-name={name}"], capture_output=True, text=True
        )
        if not Path(ran.stdout.strip()).is_absolute():
            return ""
        found.append(ran.stdout.strip())
    return " ".join(found)
