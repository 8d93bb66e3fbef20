"""Runs a cases generator and notes where each token went: reads a program, writes places.

A program of its own, for the release's ``Tools/cases_generator``: the arguments are a file for
the places, the generator, and its arguments.  Each line written is ``offset line column file``:
the token that stands in the output at byte ``offset`` was spelled at that place (from 1).
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any


def main(places: str, generator: str, *arguments: str) -> None:
    """Run *generator* as if it were started itself."""
    sys.path.insert(0, str(Path(generator).parent))
    import cwriter  # type: ignore[import-not-found]  # of the release

    lines: list[str] = []
    position = cwriter.CWriter.set_position

    def set_position(self: Any, token: Any) -> None:
        position(self, token)
        lines.append(f"{self.out.tell()} {token.line} {token.column} {token.filename}\n")

    cwriter.CWriter.set_position = set_position
    sys.argv = [generator, *arguments]
    runpy.run_path(generator, run_name="__main__")
    Path(places).write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
