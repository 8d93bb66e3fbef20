"""Runs Sphinx: from nothing, or on what it left, whichever gives the pages of a build from nothing.

Reads ``docs/``, ``conf.py`` and all that the other stages made; gives ``build/html``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from annotator.paths import BUILD, REPOSITORY
from annotator.reference.cache import remove
from annotator.reference.progress import Report
from annotator.reference.releases import Release
from annotator.reference.run import clean_environment, run
from annotator.uptodate import Stamps, combined

HTML = BUILD / "html"
DOCTREES = BUILD / "doctrees"
GENERATED = REPOSITORY / "docs" / "reference" / "python"  # autodoc2 must write below docs/
LOG = BUILD / "logs" / "sphinx.log"

_PROGRESS = re.compile(r"^(\S.*?)\.\.\. \[ *(\d+)%\]")
_TITLE = re.compile(r"([=\-`:.'\"~^_*+#])\1{2,}\s*$")


def build(
    release: Release,
    *,
    documents: Iterable[str],
    but_prose: str,
    everything: str,
    stamps: Stamps,
    hold: int,
    report: Report,
) -> None:
    """Brings ``build/html`` up to date.

    ``documents`` are the paths of the .rst files, relative to the repository; ``but_prose``
    is the key of all the rest, ``everything`` the key of both.  Raises `UserError` when
    Sphinx warns or fails.
    """
    paths = sorted(documents)
    shape = combined({path: outline((REPOSITORY / path).read_text("utf-8")) for path in paths})
    last = stamps.key("site")
    # Sphinx takes a page for good that is younger than its source, half-written or damaged
    # or not; and a page whose source is gone stays for ever.
    if (
        not last
        or not stamps.fresh("site", last, HTML)
        or stamps.key("pages") != but_prose
        or not set(stamps.key("documents").splitlines()) <= set(paths)
    ):
        for folder in (DOCTREES, HTML, GENERATED):
            remove(folder)
    stamps.forget("site")
    _sphinx(release, write_all=stamps.key("shape") != shape, hold=hold, report=report)
    stamps.finished("pages", but_prose)
    stamps.finished("documents", "\n".join(paths))
    stamps.finished("shape", shape)
    stamps.finished("site", everything, HTML)


def outline(text: str) -> list[str]:
    """What of a document may show on other pages: all of it but its paragraphs.

    Titles, targets, directives with their contents.  When these change, Sphinx writes the
    document again but not the pages that show its title or refer to its targets, and would
    not notice a reference that has lost its target.
    """
    lines = text.splitlines()
    kept = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line[:1].isspace() or line.startswith((".. ", ":")) or _TITLE.match(following):
            kept.append(line.strip())
    return kept


def _sphinx(release: Release, *, write_all: bool, hold: int, report: Report) -> None:
    def show(line: str) -> None:
        if match := _PROGRESS.search(line):
            report.step(int(match.group(2)), 100, match.group(1))
        elif "WARNING" in line or "ERROR" in line:
            report.say(line)

    options: list[str | Path] = [
        "-b",
        "html",
        "-n",
        "-W",
        "--keep-going",
        "-j",
        "auto",
        "--no-color",
    ]
    if write_all:
        options.append("-a")
    places: list[str | Path] = ["-c", REPOSITORY, "-d", DOCTREES, REPOSITORY / "docs", HTML]
    run(
        [sys.executable, "-m", "annotator.reference.family", "sphinx", *options, *places],
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
        on_line=show,
        hold=hold,
    )
