"""Run the C preprocessor: reads a unit and its flags, gives its output.

``gcc -E -dD``: the tokens of the unit, on the lines on which they stand, with markers where
another file begins and the definitions of macros where they are made.  This is the only module
that runs the preprocessor.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError


@dataclass(frozen=True, slots=True)
class Unit:
    """A translation unit: the file, relative to *cwd* or absolute, and its flags (-I, -D, -U)."""

    path: Path
    flags: tuple[str, ...]
    cwd: Path


class PreprocessError(Exception):
    """The preprocessor refused the unit: the first error that it told, and where.

    ``path`` is as the compiler says it, "" when it named no place; ``line`` and ``col`` are then 0.
    """

    def __init__(self, said: str) -> None:
        super().__init__(said)
        found = _ERROR.search(said)
        self.path = found["path"] if found else ""
        self.line = int(found["line"]) if found else 0
        self.col = int(found["col"] or 0) if found else 0
        self.message = found["message"] if found else said.partition("\n")[0] or "no message"


_ERROR = re.compile(
    r"^(?P<path>[^\n:]+):(?P<line>\d+):(?:(?P<col>\d+):)? (?:fatal )?error: (?P<message>.*)$", re.M
)
_MOST = 64 << 20  # bytes; the largest unit of CPython gives 9 MB


def run(
    unit: Unit,
    *,
    compiler: Sequence[str] = ("gcc",),
    seconds: float = 120,
) -> bytes:
    """The preprocessor's output for *unit*.

    Raises ``PreprocessError`` with the compiler's words, ``UserError`` when there is none.
    """
    command = [*compiler, "-E", "-dD", *unit.flags, str(unit.path)]
    environment = dict(os.environ, LC_ALL="C")
    try:
        done = subprocess.run(
            command,
            cwd=unit.cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise UserError(
            f"there is no compiler {compiler[0]!r} to preprocess with",
            where=str(unit.path),
            todo="install gcc (Debian: apt-get install gcc)",
        ) from None
    except subprocess.TimeoutExpired:
        raise PreprocessError(f"preprocessing took longer than {seconds:.0f} s") from None
    if done.returncode:
        raise PreprocessError(done.stderr.decode("utf-8", "replace").strip())
    if len(done.stdout) > _MOST:
        raise PreprocessError(f"{len(done.stdout) >> 20} MB of preprocessed text are too many")
    return done.stdout


def unquote(name: bytes) -> str:
    """A file name as in a line marker: backslash escapes, octal ones too."""
    if b"\\" not in name:
        return name.decode("utf-8", "surrogateescape")

    def one(m: re.Match[bytes]) -> bytes:
        return bytes([int(m[1], 8)]) if m[1][:1].isdigit() else m[1]

    return re.sub(rb"\\([0-7]{3}|.)", one, name).decode("utf-8", "surrogateescape")
