"""Where things are kept: the repository, its build folder and the user's cache.

Reads the environment; gives paths; creates nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build"
INDEX = BUILD / "index.sqlite"
LAB_RESULTS = BUILD / "labs" / "results.json"


def cache_root() -> Path:
    """The project's folder in the user's cache (XDG Base Directory specification).

    A relative ``XDG_CACHE_HOME`` is ignored, as that specification demands.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return root / "inside-cpython"
