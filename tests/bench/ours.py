"""``python -m tests.bench.ours FOLDER``: index and pages of a copied tree, as a program of its own.

The benchmark measures it from outside, as it measures Doxygen.  ``FOLDER`` holds ``source``,
``build`` and the release's digest; what is made goes to ``out``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from annotator.index.build import build_index
from annotator.index.query import Index
from annotator.model import CONFIGS
from annotator.pages.writer import BODY, CRUMBS, TITLE, Margin, write_pages
from annotator.reference.configurations import Configuration
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import selected

_SHELL = f"<!doctype html><title>{TITLE}</title><nav>{CRUMBS}</nav>{BODY}"


def main(folder: Path) -> None:
    """Bring the index and the pages of the copy up to date."""
    python = folder / "build" / "python"
    copy = Interpreter("release", python, folder / "build", folder / "source", "bench")
    out = folder / "out"
    index = out / "index.sqlite"
    default = Configuration(CONFIGS[0], copy.build, copy.source, copy.key, folder / "log")
    build_index(selected(), [default], copy, index, report=Report())
    write_pages(
        lambda: Index.open(index),
        out / "site",
        shell=lambda depth: _SHELL,
        margin=Margin(),
        manifest=out / "manifest.json",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
