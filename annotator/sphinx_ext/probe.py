"""Asks the compiler how a struct lies in memory: reads a `Layout`, gives what gcc says of it.

Knows no Sphinx.  The probe is compiled to assembly with the reference interpreter's own headers,
and its constants are read from there: so nothing is linked, and structs of ``.c`` files can be
asked too.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.model import Layout
from annotator.paths import cache_root
from annotator.reference.cache import write_whole
from annotator.reference.run import clean_environment

_TIMEOUT = 120  # seconds


@dataclass(frozen=True, slots=True)
class Headers:
    """What to compile against: the source tree, the build folder with its pyconfig.h, a key."""

    source: Path
    build: Path
    key: str


def check(layout: Layout, type_name: str, path: str, headers: Headers) -> list[str]:
    """In which numbers the compiler disagrees with *layout*; empty when in none.

    *type_name* is how C spells the type (``struct _object``), *path* the file that defines it.
    Raises `UserError` when the compiler rejects the probe.
    """
    members = [m for m in layout.members if m.bit_offset < 0]
    expected = [("sizeof", layout.size), ("alignof", layout.align)]
    questions = [f"sizeof({type_name})", f"_Alignof({type_name})"]
    for member in members:
        expected.append((f"offsetof {member.name}", member.offset))
        questions.append(f"offsetof({type_name}, {member.name})")
        if member.size:
            expected.append((f"sizeof {member.name}", member.size))
            questions.append(f"sizeof((({type_name} *)0)->{member.name})")
    answers = _ask(questions, path, headers)
    return [
        f"{what}: the index says {wanted}, the compiler {got}"
        for (what, wanted), got in zip(expected, answers, strict=True)
        if wanted != got
    ]


def _ask(questions: list[str], path: str, headers: Headers) -> list[int]:
    program = _program(questions, path)
    digest = hashlib.sha256(f"{headers.key}\n{program}".encode()).hexdigest()
    kept = cache_root() / "live" / f"probe-{digest[:24]}.txt"
    try:
        known = [int(word) for word in kept.read_text().split()]
        if len(known) == len(questions):
            return known
    except (OSError, ValueError):
        pass
    answers = _compile(program, headers)
    if len(answers) != len(questions):
        raise UserError(
            f"the layout probe for {path} gave {len(answers)} numbers, not {len(questions)}"
        )
    write_whole(kept, " ".join(map(str, answers)))
    return answers


def _program(questions: list[str], path: str) -> str:
    # volatile keeps gcc from turning a table of zeros into .bss
    lines = "".join(
        f"const volatile unsigned long probe_{i} = {q} + 1;\n" for i, q in enumerate(questions)
    )
    # Python.h has these already, and they refuse to be included by anybody else.
    own = "" if path.startswith("Include/cpython/") else f'#include "{path}"\n'
    # Some internal headers take these two for granted.
    before = "#define Py_BUILD_CORE 1\n#include <stdbool.h>\n#include <stddef.h>\n"
    return f'{before}#include "Python.h"\n{own}{lines}'


def _compile(program: str, headers: Headers) -> list[int]:
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        file = Path(folder) / "probe.c"
        file.write_text(program, encoding="utf-8")
        command = ["gcc", "-std=gnu11", "-w", "-O0", "-S", "-o", "-", f"-I{headers.build}",
                   f"-I{headers.source}", f"-I{headers.source}/Include",
                   f"-I{headers.source}/Include/internal",
                   f"-I{headers.source}/Include/internal/mimalloc", str(file)]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TIMEOUT, env=clean_environment()
            )
        except OSError as error:
            raise UserError(f"gcc does not run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise UserError(f"the layout probe did not end within {_TIMEOUT} seconds") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error:" in line][:4]
        raise UserError(
            "the compiler rejects the layout probe",
            todo="\n".join(line.replace(folder + "/", "") for line in said),
        )
    found = re.findall(r"^probe_\d+:\n\s*\.quad\s+(\d+)", done.stdout, re.MULTILINE)
    return [int(number) - 1 for number in found]
