"""Cut preprocessed text at the borders of files: reads the output, gives its pieces.

A piece is what comes from one inclusion of a file between two borders.  The headers' pieces
are the same from unit to unit; whoever knows a piece need not look at it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from annotator.source.preprocess import unquote

_BORDER = re.compile(rb'# (\d+) "((?:[^"\\\n]|\\.)*)" ([12])[ 34]*\n')


@dataclass(slots=True)
class Piece:
    """``output[start:end]``, from the inclusion numbered *instance* of *path*.

    ``line`` is where the file goes on, 0 where it begins; ``child`` the inclusion that ended;
    ``marked`` what the compiler calls the file.
    """

    path: str
    marked: bytes
    instance: int
    line: int
    child: int
    start: int
    end: int


def cut(output: bytes, root: bytes, rename: Callable[[str], str]) -> list[Piece]:
    """The pieces of a unit's output in order; *rename* maps the compiler's paths to ours."""
    stack = [(0, rename(unquote(root)), root)]
    pieces = [Piece(stack[0][1], root, 0, 0, -1, 0, 0)]
    count = 1
    for m in _BORDER.finditer(output):
        before = output[m.start() - 1 : m.start()]
        if before not in (b"\n", b""):
            continue  # in a literal
        pieces[-1].end = m.start()
        child = -1
        if m[3] == b"1":
            stack.append((count, rename(unquote(m[2])), m[2]))
            count += 1
            line = 0
        else:
            if len(stack) > 1:
                child = stack.pop()[0]
            line = int(m[1])
        instance, path, marked = stack[-1]
        pieces.append(Piece(path, marked, instance, line, child, m.end(), len(output)))
    pieces[-1].end = len(output)
    return pieces
