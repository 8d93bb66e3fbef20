"""The compiler's command line of every unit of a configuration.

Reads what make would do in its build folder, and what it did; gives one
`CompileCommand` per translation unit, with the options that matter to the preprocessor.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.cache import write_whole
from annotator.reference.interpreters import Configurable
from annotator.reference.run import output

# What make builds from C: the program, the modules, and the test of embedding.
_TARGETS = ("python", "sharedmods", "Programs/_testembed")

# Options that change what the preprocessor sees.  -O, -f and -m define macros
# (__OPTIMIZE__, __PIC__, __AVX2__).
_TAKES_WORD = ("-I", "-D", "-U", "-include", "-isystem", "-iquote", "-idirafter")
_KEPT = (*_TAKES_WORD, "-std=", "-O", "-m", "-pthread", "-fPIC", "-fpic", "-fPIE", "-fpie")

_FORMAT = 2


@dataclass(frozen=True, slots=True)
class CompileCommand:
    """How one unit is compiled."""

    path: str  # relative to the source tree; of a generated file, to the build folder
    file: Path  # the same, absolute
    generated: bool  # whether the build made that file
    args: tuple[str, ...]  # options for the preprocessor, in their order
    cwd: Path  # where relative -I options start


def compile_commands(interpreter: Configurable) -> list[CompileCommand]:
    """All units of ``interpreter``, sorted by path; kept beside the folder.

    Raises `UserError` when make does not say what it would do.
    """
    kept = interpreter.build.with_name(interpreter.build.name + ".commands.json")
    stamp = f"{_FORMAT} {interpreter.key} {interpreter.build} {interpreter.source}"
    try:
        data = json.loads(kept.read_bytes())
        if data["stamp"] == stamp:
            return [
                CompileCommand(
                    entry["path"],
                    Path(entry["file"]),
                    entry["generated"],
                    tuple(entry["args"]),
                    interpreter.build,
                )
                for entry in data["commands"]
            ]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or damaged: made anew
    commands = _ask_make(interpreter)
    entries = [asdict(command) | {"file": str(command.file), "cwd": ""} for command in commands]
    write_whole(kept, json.dumps({"stamp": stamp, "commands": entries}, indent=0))
    return commands


def parse_commands(said: str, *, source: Path, build: Path) -> list[CompileCommand]:
    """The compilations among the commands that make printed.

    A unit that is compiled twice (position-independent and not) counts once, as printed first.
    """
    units: dict[str, CompileCommand] = {}
    for line in said.replace("\\\n", " ").splitlines():
        if "-c" not in line:
            continue
        try:
            words = shlex.split(line)
        except ValueError:  # part of a shell script, not a command of one line
            continue
        if not words or Path(words[0]).name not in ("gcc", "cc") or "-c" not in words:
            continue
        for word in words[1:]:
            if word.endswith(".c"):
                command = _command(word, words[1:], source, build)
                units.setdefault(command.path, command)
                break
    return [units[path] for path in sorted(units)]


def _command(name: str, words: list[str], source: Path, build: Path) -> CompileCommand:
    file = Path(name) if name.startswith("/") else build / name
    generated = not file.is_relative_to(source)
    path = file.relative_to(build if generated else source).as_posix()
    args: list[str] = []
    after = False
    for word in words:
        if after or word.startswith(_KEPT):
            if word not in args or after:
                args.append(word)
            after = not after and word in _TAKES_WORD
    return CompileCommand(path, file, generated, tuple(args), build)


def _ask_make(interpreter: Configurable) -> list[CompileCommand]:
    # -B: as if nothing were built; -o: but without configuring again.
    old = ["Makefile", "Makefile.pre", "config.status", "pyconfig.h"]
    keep = [f"-o{name}" for name in [*old, f"{interpreter.source}/configure"]]
    command: list[str | Path] = ["make", "-n", "-B", "-C", interpreter.build, *keep]
    command += [f"PYTHON_FOR_REGEN={sys.executable}", *_TARGETS]
    said = output(command, timeout=120)
    # Up to 3.11 a script compiles most of Modules/; only the log of the build has its commands.
    if interpreter.log.exists():
        said += interpreter.log.read_text(encoding="utf-8", errors="replace")
    commands = [
        command
        for command in parse_commands(said, source=interpreter.source, build=interpreter.build)
        if command.file.is_file()
    ]
    if not commands:
        raise UserError(
            f"make does not say how it builds {interpreter.key}",
            where=str(interpreter.build),
            todo="Remove that folder; the next run builds it anew.",
        )
    return commands
