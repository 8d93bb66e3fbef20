"""``make html`` a second time."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from annotator.paths import REPOSITORY
from annotator.reference.run import clean_environment


def make_html(*before: str) -> str:
    """What `make html` prints, run once more on a finished site."""
    return subprocess.run(
        [*before, "make", "html"],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout


def test_nothing_changed(site: Path) -> None:
    """No stage runs, no page is written, and the last line is the path to open."""
    before = (site / "index.html").stat().st_mtime_ns
    assert make_html() == f"nothing changed; open {site / 'index.html'}\n"
    assert (site / "index.html").stat().st_mtime_ns == before


def test_without_network(site: Path) -> None:
    """In a network namespace of its own, where not even loopback is up, it works."""
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    assert make_html(*alone).endswith(f"open {site / 'index.html'}\n")
