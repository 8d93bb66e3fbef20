"""After a build that was killed: reads a marker beside the doctrees, clears what cannot be trusted.

Sphinx takes a page for finished when it is younger than its source, half-written or not.  So a
build leaves a marker while it works; one that finds the marker of another starts afresh.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_NAME = "unfinished"


def _begin(app: Sphinx, config: Config) -> None:
    doctrees = Path(app.doctreedir)
    marker = doctrees / _NAME
    if marker.exists():
        out = Path(app.outdir)
        shutil.rmtree(doctrees, ignore_errors=True)
        for pattern in ("*.html", "*.js", "*.inv"):
            for file in out.rglob(pattern):
                file.unlink(missing_ok=True)
        (out / ".buildinfo").unlink(missing_ok=True)
    doctrees.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _end(app: Sphinx, exception: Exception | None) -> None:
    if exception is None:
        (Path(app.doctreedir) / _NAME).unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Leave and take away the marker."""
    app.connect("config-inited", _begin, priority=1)
    app.connect("build-finished", _end)
