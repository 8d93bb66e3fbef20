"""Locks, whole files, and folders that know whether they are finished."""

from __future__ import annotations

import fcntl
import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.paths import REPOSITORY
from annotator.reference.cache import Manifest, locked, remove, write_whole
from annotator.reference.progress import Report

_HOLDER = """
import os, subprocess, sys
from pathlib import Path
from annotator.reference.cache import locked
from annotator.reference.progress import Report
with locked(Path(sys.argv[1]), report=Report.quiet(), what="a test") as hold:
    subprocess.Popen(["cat"], pass_fds=(hold,))
    print("held", flush=True)
    os.kill(os.getpid(), 9)
"""


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock."""
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_a_lock_outlives_a_killed_holder_as_long_as_its_children(tmp_path: Path) -> None:
    """A make whose starter was killed keeps the next one waiting until it has ended."""
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert holder.wait() == -signal.SIGKILL
    assert not is_free(path)
    holder.stdin.close()  # ends cat
    assert holder.stdout.read() == b""  # … and waits until it is gone
    holder.stdout.close()
    with locked(path, report=Report.quiet(), what="a test"):
        assert not is_free(path)
    assert is_free(path)


def test_waiting_is_said(tmp_path: Path) -> None:
    """Who has to wait for another process is told so, and then gets the lock."""
    path = tmp_path / "lock"
    path.touch()
    holder = subprocess.Popen(
        ["flock", path, "sh", "-c", "echo held; cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"

    class Listener(io.StringIO):
        def write(self, text: str) -> int:
            holder.stdin.close()  # type: ignore[union-attr]  # the holder may end now
            return super().write(text)

    said = Listener()
    with locked(path, report=Report(said), what="a test"):
        assert holder.wait() == 0
    holder.stdout.close()
    assert said.getvalue() == "another process is at work on a test; waiting for it\n"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """When the new contents cannot be written in full, the old ones stay and no rest."""
    file = tmp_path / "file"
    write_whole(file, "old")
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from annotator.reference.cache import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "write_whole(Path(sys.argv[1]), 'new' * 100)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert "UserError" in done.stderr
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_remove_takes_everything(tmp_path: Path) -> None:
    """Read-only folders, links and the rest of an earlier removal go; what links name stays."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("stays")
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "link").symlink_to(outside)
    (folder / "sub").chmod(0o555)
    (tmp_path / "folder.99.trash").mkdir()
    remove(folder)
    remove(folder)
    assert list(tmp_path.iterdir()) == [outside]
    assert (outside / "file").read_text() == "stays"


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"key": "k", "files": {"a": 3}}', "\0"])
def test_a_damaged_manifest_does_not_hold(tmp_path: Path, damage: str) -> None:
    """Whatever stands in the file, it is not taken for finished."""
    (tmp_path / "a").write_text("a")
    Manifest.of(tmp_path, "k", ["a"]).write(tmp_path)
    assert Manifest.holds(tmp_path, "k")
    (tmp_path / Manifest.NAME).write_text(damage)
    assert not Manifest.holds(tmp_path, "k")
