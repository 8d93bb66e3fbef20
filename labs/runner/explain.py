"""Says where in the reader's own file an error in a generated file comes from.

Reads what make said and the tree; gives that text with a line or two added.
"""

from __future__ import annotations

import re
from pathlib import Path

_PLACE = re.compile(r"(Python/(?:generated_cases|executor_cases)\.c\.h):(\d+):\d+: error:")
_UNKNOWN = re.compile(r"^KeyError: '(\w+)'$", re.MULTILINE)
_SOURCE = "Python/bytecodes.c"


def explain(said: str, tree: Path) -> str:
    """``said``, and before it the place in ``bytecodes.c`` that it is about, if there is one."""
    if unknown := _UNKNOWN.search(said):
        line = _only_line(tree / _SOURCE, unknown[1])
        return (
            f"{_SOURCE}:{line or '?'}: no op or macro is called {unknown[1]!r}\n"
            "The generator gave up there:\n" + said
        )
    if place := _PLACE.search(said):
        try:
            text = (tree / place[1]).read_text(encoding="utf-8").splitlines()[int(place[2]) - 1]
        except (OSError, IndexError):
            return said
        if line := _only_line(tree / _SOURCE, text.strip(), whole=True):
            return f"{_SOURCE}:{line}: the error below was generated from this line\n{said}"
    return said


def _only_line(file: Path, text: str, *, whole: bool = False) -> int:
    """The number of the one line that is ``text`` (or holds it as a word); 0 if not just one."""
    word = re.compile(rf"\b{re.escape(text)}\b")
    found = [
        number
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if (line.strip() == text if whole else word.search(line))
    ]
    return found[0] if len(found) == 1 else 0
