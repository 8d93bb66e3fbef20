"""``make epub``: the book as one file for readers of EPUB.

Reads the doctrees that the site's build left; gives ``build/epub/inside-cpython.epub``.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from annotator.paths import BUILD, REPOSITORY
from annotator.reference.cache import remove
from annotator.reference.releases import Release
from annotator.reference.run import clean_environment, run
from annotator.site import DOCTREES

FOLDER = BUILD / "epub"
BOOK = FOLDER / "inside-cpython.epub"
LOG = BUILD / "logs" / "epub.log"


def build(release: Release, *, hold: int) -> Path:
    """Write the book; the site must be up to date.

    Works on a copy of the doctrees: a run that is killed leaves the site's as they are.
    Raises `UserError` when Sphinx warns or fails.
    """
    pages, doctrees = FOLDER / "pages", FOLDER / "doctrees"
    remove(FOLDER)
    FOLDER.mkdir(parents=True)
    shutil.copytree(DOCTREES, doctrees)
    run(
        [
            *(sys.executable, "-m", "annotator.reference.family", "sphinx"),
            *("-b", "epub", "-W", "--keep-going", "-j", "auto", "--no-color"),
            *("-c", REPOSITORY, "-d", doctrees, REPOSITORY / "docs", pages),
        ],
        what="sphinx-build",
        log=LOG,
        timeout=3600,
        cwd=REPOSITORY,
        env=clean_environment(
            PYTHONHASHSEED="0",
            SOURCE_DATE_EPOCH=str(release.epoch),
            CPYTHON=release.version,
            PYTHONPATH=str(REPOSITORY),
        ),
        hold=hold,
    )
    (pages / BOOK.name).replace(BOOK)
    remove(doctrees)
    remove(pages)
    return BOOK
