"""``make html`` a second time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
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


def test_serve(site: Path) -> None:
    """`make serve` answers on loopback alone, with the pages as they are on the disk."""
    server = subprocess.Popen(
        [sys.executable, "-m", "annotator.serve", "0"],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        url = next(line for line in server.stdout if line.startswith("http://")).split()[0]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}index.html", timeout=60) as answer:
            assert answer.read() == (site / "index.html").read_bytes()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0
        server.stdout.close()
