"""Builds an extension lab: the C files of one stage into a module for one interpreter.

Reads a folder with the plain (marker-free) sources; gives a shared object beside what the
compiler said about them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.interpreters import Interpreter

from . import sandbox
from .model import Lab

COMPILER = "gcc"
# No warning about what is unused: a starter defines what only a later step needs.
WARNINGS = ("-Wall", "-Wextra", "-Wno-unused-function", "-Wno-unused-variable")


@dataclass(frozen=True, slots=True)
class Built:
    """Whether a stage could be built, and what the compiler said (with the source lines)."""

    ok: bool
    said: str
    seconds: float


def flags(interpreter: Interpreter, *, strict: bool = False) -> list[str]:
    """The compiler's flags for a module of ``interpreter``; ``strict`` makes warnings errors."""
    return [
        "-std=c11",
        "-shared",
        "-fPIC",
        "-g",
        "-O1",
        *WARNINGS,
        *(["-Werror"] if strict else []),
        *(["-DNDEBUG"] if interpreter.profile == "release" else []),
        # The build folder first: its pyconfig.h is the one that fits.
        f"-I{interpreter.build}",
        f"-I{interpreter.source / 'Include'}",
    ]


def build(
    lab: Lab,
    sources: Path,
    out: Path,
    interpreter: Interpreter,
    *,
    scratch: Path,
    strict: bool = False,
    more: Sequence[str] = (),
    log: Path | None = None,
) -> Built:
    """Compiles the lab's C files in ``sources`` into ``out/<module>.so``, with ``more`` flags.

    Raises `UserError` when there is no compiler; what the code has wrong is in the result.
    """
    if not shutil.which(COMPILER):
        raise UserError("there is no C compiler", todo="sudo apt-get install -y gcc")
    out.mkdir(parents=True, exist_ok=True)
    part = out / f"{lab.module}.so.part"
    ended = sandbox.run(
        [
            COMPILER,
            *flags(interpreter, strict=strict),
            *more,
            "-o",
            part,
            *(name for name in lab.sources if name.endswith(".c")),
        ],
        limits=sandbox.COMPILE,
        scratch=scratch,
        cwd=sources,
        log=log,
    )
    if ended.ok:
        part.replace(out / f"{lab.module}.so")
    else:
        part.unlink(missing_ok=True)
        (out / f"{lab.module}.so").unlink(missing_ok=True)
    said = ended.output.strip()
    if not ended.ok and ended.end is not sandbox.End.EXIT:
        said = f"{said}\nThe compiler was {ended.why}."
    return Built(ended.ok, said, ended.seconds)
