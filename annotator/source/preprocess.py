"""Run the C preprocessor: reads a unit and its flags, gives tokens where they are spelled.

``gcc -E -dD -fdebug-cpp`` prints before each token the file, line and column at which that
token was spelled: in the source for a macro's argument, in the ``#define`` for a macro's
body.  This is the only module that runs the preprocessor.
"""

from __future__ import annotations

import enum
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError


class Event(enum.IntEnum):
    """What happens next in a preprocessed unit."""

    TOKEN = 1
    DEFINE = 2
    UNDEF = 3
    ENTER = 4  # an included file begins
    LEAVE = 5  # back in the file that included it
    PRAGMA = 6


# (event, text, path, line, col) — a plain tuple, there are half a million of them in a unit.
# The text: of a token its spelling, of DEFINE and UNDEF the directive's rest, of ENTER and
# LEAVE a file.  Tokens of predefined macros have line -1.
Item = tuple[Event, str, str, int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A translation unit: the file, relative to *cwd* or absolute, and its flags (-I, -D, -U)."""

    path: Path
    flags: tuple[str, ...]
    cwd: Path


class PreprocessError(Exception):
    """The preprocessor refused the unit; ``message`` is what it said."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def run(
    unit: Unit,
    *,
    places: bool = True,
    compiler: Sequence[str] = ("gcc",),
    seconds: float = 120,
) -> bytes:
    """The preprocessor's output for *unit*, with or without the places of its tokens.

    Raises ``PreprocessError`` with the compiler's words, ``UserError`` when there is none.
    """
    dump = ["-fdebug-cpp"] if places else []
    command = [*compiler, "-E", "-dD", *dump, *unit.flags, str(unit.path)]
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
    return done.stdout


_DUMP = re.compile(
    rb"\{P:([^;\n]*);F:[^;\n]*;L:(-?\d+);C:(-?\d+);S:-?\d+;M:[^;\n]*;E:(-?\d),LOC:-?\d+,R:-?\d+\}"
)
_MARKER = re.compile(rb'^# (\d+) "((?:[^"\\]|\\.)*)"([ 0-9]*)$', re.M)
_DIRECTIVE = re.compile(rb"^#(define|undef) ([^\n]*)$|^#(pragma[^\n]*)$", re.M)


def _same(path: str) -> str:
    return path


def events(output: bytes, *, rename: Callable[[str], str] = _same) -> Iterator[Item]:
    """Scan the preprocessor's output; ``rename`` maps the compiler's paths to ours.

    A token's own dump is the last one before it that names no virtual location (``E:0``):
    the line-change dumps in between are of whatever opened the line.
    """
    names: dict[bytes, str] = {}
    path, line, col = "", 0, 0
    have_place = False
    previous = 0
    matches = _DUMP.finditer(output)
    for m in matches:
        text = output[previous : m.start()]
        previous = m.end()
        if text and not text.isspace():
            yield from _between(text, path, line, col, rename)
            have_place = False
        raw_path, raw_line, raw_col, virtual = m.groups()
        if virtual == b"0" or not have_place:
            known = names.get(raw_path)
            if known is None:
                known = names[raw_path] = rename(raw_path.decode("utf-8", "surrogateescape"))
            path, line, col = known, int(raw_line), int(raw_col)
            have_place = virtual == b"0"
    text = output[previous:]
    if text and not text.isspace():
        yield from _between(text, path, line, col, rename)


def _between(
    text: bytes, path: str, line: int, col: int, rename: Callable[[str], str]
) -> Iterator[Item]:
    """What stands between two dumps: markers and directives on their lines, then a token."""
    if b"#" not in text:
        yield Event.TOKEN, text.strip().decode("utf-8", "surrogateescape"), path, line, col
        return
    if b"\n" not in text and not text.startswith((b"#define ", b"#undef ", b"#pragma ", b"# ")):
        yield Event.TOKEN, text.strip().decode("utf-8", "surrogateescape"), path, line, col
        return
    for part in text.split(b"\n"):
        if not part or part.isspace():
            continue
        if part.startswith(b"#") and len(part) > 1:
            if m := _MARKER.match(part):
                flags = m[3].split()
                if b"1" in flags:
                    yield Event.ENTER, rename(unquote(m[2])), path, line, col
                elif b"2" in flags:
                    yield Event.LEAVE, rename(unquote(m[2])), path, int(m[1]), 0
                continue
            if m := _DIRECTIVE.match(part):
                if m[3]:
                    yield Event.PRAGMA, m[3].decode("utf-8", "surrogateescape"), path, line, col
                else:
                    event = Event.DEFINE if m[1] == b"define" else Event.UNDEF
                    yield event, m[2].decode("utf-8", "surrogateescape"), path, line, col
                continue
        yield Event.TOKEN, part.strip().decode("utf-8", "surrogateescape"), path, line, col


def unquote(name: bytes) -> str:
    """A file name as in a line marker: backslash escapes, octal ones too."""
    if b"\\" not in name:
        return name.decode("utf-8", "surrogateescape")

    def one(m: re.Match[bytes]) -> bytes:
        return bytes([int(m[1], 8)]) if m[1][:1].isdigit() else m[1]

    return re.sub(rb"\\([0-7]{3}|.)", one, name).decode("utf-8", "surrogateescape")
