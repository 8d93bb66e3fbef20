"""Unpacking tarballs that mean harm."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

import pytest

from annotator.reference.cache import Manifest
from annotator.reference.progress import Report
from annotator.reference.unpack import UnsafeArchive, unpack
from tests.tarballs import Member, member, tarball

QUIET = Report.quiet()
# The one place outside that a member names; it does not exist, and nothing may change that.
OUTSIDE = Path(tempfile.gettempdir()) / f"inside-cpython-evil-{os.getpid()}"
GOOD = member("Top/file.c", b"int x;\n")


def attempt(tmp_path: Path, *members: Member, max_bytes: int = 1 << 20) -> Path:
    """Unpacks ``members`` to ``target`` in an otherwise empty folder."""
    target = tmp_path / "place" / "target"
    target.parent.mkdir(exist_ok=True)
    archive = tarball(tmp_path / "archive.gz", members)
    unpack(
        archive, target, folder="Top", key="k", report=QUIET, max_bytes=max_bytes, max_members=20
    )
    return target


def test_contents_times_and_modes(tmp_path: Path) -> None:
    """Files keep contents and time, lose write permission and the set-user-ID bit."""
    target = attempt(tmp_path, member("Top", kind=tarfile.DIRTYPE), GOOD)
    file = target / "Top" / "file.c"
    assert file.read_bytes() == b"int x;\n"
    assert file.stat().st_mtime == 1_000_000_000
    assert file.stat().st_mode & 0o7777 == 0o555
    assert Manifest.holds(target, "k")
    assert not Manifest.holds(target, "other")


def test_links_inside_are_kept(tmp_path: Path) -> None:
    """A link to a place within the archive does no harm."""
    target = attempt(
        tmp_path,
        GOOD,
        member("Top/sub/soft", kind=tarfile.SYMTYPE, link="../file.c"),
        member("Top/hard", kind=tarfile.LNKTYPE, link="Top/file.c"),
    )
    assert (target / "Top/sub/soft").read_bytes() == b"int x;\n"
    assert (target / "Top/hard").samefile(target / "Top/file.c")


HOSTILE = {
    "parent": [member("Top/../../evil", b"x")],
    "absolute": [member(str(OUTSIDE), b"x")],
    "other folder": [member("Side/evil", b"x")],
    "dot": [member("Top/./evil", b"x")],
    "empty step": [member("Top//evil", b"x")],
    "symlink out": [member("Top/link", kind=tarfile.SYMTYPE, link="../../evil")],
    "symlink absolute": [member("Top/link", kind=tarfile.SYMTYPE, link="/etc/passwd")],
    "symlink deep": [member("Top/a/link", kind=tarfile.SYMTYPE, link="../../../evil")],
    "symlink for folder": [member("Top", kind=tarfile.SYMTYPE, link=tempfile.gettempdir())],
    "through a symlink": [
        member("Top/link", kind=tarfile.SYMTYPE, link="."),
        member("Top/link/evil", b"x"),
    ],
    "chain of symlinks": [
        member("Top/a/b/one", kind=tarfile.SYMTYPE, link=".."),
        member("Top/two", kind=tarfile.SYMTYPE, link="a/b/one/../.."),
    ],
    "hard link out": [member("Top/link", kind=tarfile.LNKTYPE, link="../../etc/passwd")],
    "hard link absolute": [member("Top/link", kind=tarfile.LNKTYPE, link="/etc/passwd")],
    "hard link to nothing": [member("Top/link", kind=tarfile.LNKTYPE, link="Top/none")],
    "hard link to a symlink": [
        member("Top/s", kind=tarfile.SYMTYPE, link="file.c"),
        member("Top/link", kind=tarfile.LNKTYPE, link="Top/s"),
    ],
    "device": [member("Top/device", kind=tarfile.CHRTYPE)],
    "block device": [member("Top/device", kind=tarfile.BLKTYPE)],
    "pipe": [member("Top/pipe", kind=tarfile.FIFOTYPE)],
    "twice": [member("Top/file.c", b"other")],
    "huge": [member("Top/huge", bytes(2 << 20))],
    "many": [member(f"Top/{number}") for number in range(30)],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_harm_is_refused(tmp_path: Path, case: str) -> None:
    """Nothing is left of a hostile archive, and nothing outside was touched."""
    with pytest.raises(UnsafeArchive):
        attempt(tmp_path, GOOD, *HOSTILE[case])
    assert list((tmp_path / "place").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive.gz", "place"]
    assert not OUTSIDE.exists()


def test_an_empty_archive(tmp_path: Path) -> None:
    """An archive without files is no source tree."""
    with pytest.raises(UnsafeArchive, match="empty"):
        attempt(tmp_path)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_cut_short(tmp_path: Path, keep: float) -> None:
    """A truncated archive is damaged, wherever it ends."""
    archive = tarball(tmp_path / "whole.gz", [member("Top/file.c", os.urandom(50_000))])
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnsafeArchive):
        unpack(archive, tmp_path / "target", folder="Top", key="k", report=QUIET)
    assert not (tmp_path / "target").exists()


def test_the_rest_of_a_killed_run_is_cleared(tmp_path: Path) -> None:
    """What a killed process left under a temporary name goes away with the next run."""
    stale = tmp_path / "place" / "target.123.part"
    stale.mkdir(parents=True)
    (stale / "half").write_text("x")
    target = attempt(tmp_path, GOOD)
    assert list(target.parent.iterdir()) == [target]


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    """An edited, shortened or deleted file makes the manifest fail."""
    target = attempt(tmp_path, GOOD, member("Top/b", b"b"))
    file = target / "Top" / "b"
    file.chmod(0o644)
    file.write_bytes(b"c")
    assert not Manifest.holds(target, "k")
