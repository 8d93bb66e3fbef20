"""What can go wrong, as data: one exception for users, one record for diagnostics.

Reads nothing; imports nothing of ours.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class UserError(Exception):
    """Something the user can act on; printed without a traceback.

    ``what`` says what was wrong, ``where`` (``file:line`` or a path, may be empty)
    where, ``todo`` what to do about it.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        lines += [f"  {line}" for line in self.todo.splitlines()]
        return "\n".join(lines)


class DiagnosticKind(enum.Enum):
    """Why a part of the source could not be understood."""

    PREPROCESS = "preprocess"  # the compiler refused the unit
    PARSE = "parse"  # C that the parser does not know
    RESOLVE = "resolve"  # a name without a declaration in scope
    ENCODING = "encoding"  # bytes that are not UTF-8
    LEX = "lex"  # bytes that are no C token


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing that could not be understood, and where it stands.

    ``line`` and ``col`` count from 1, ``col`` in bytes; 0 when unknown.
    """

    kind: DiagnosticKind
    message: str
    path: str = ""
    line: int = 0
    col: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.col}: " if self.path else ""
        return f"{place}{self.kind.value}: {self.message}"
