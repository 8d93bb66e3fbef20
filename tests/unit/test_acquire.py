"""Getting the source, against a real server that misbehaves and disks that are full."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.reference import acquire, apt, download
from annotator.reference.progress import Report
from annotator.reference.releases import Release, load_releases
from tests.tarballs import small_release
from tests.web import Server

QUIET = Report.quiet()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.01)


@pytest.fixture
def offered(server: Server, tmp_path: Path) -> tuple[Release, bytes]:
    """A release that the server has."""
    release, data = small_release(tmp_path, url=server.url)
    server.files["/Python-9.9.9.tar.xz"] = data
    return release, data


def leftovers(cache: Path) -> set[str]:
    """All files in the cache but the locks."""
    return {path.name for path in cache.rglob("*") if path.is_file() and path.suffix != ".lock"}


def test_fetched_once_and_unpacked(
    cache: Path, server: Server, offered: tuple[Release, bytes]
) -> None:
    """The first call fetches; the second asks nobody, not even after the tree was deleted."""
    release, _ = offered
    root = acquire.source_tree(release, report=QUIET)
    assert (root / "README.rst").read_text() == "This is Python.\n"
    assert root.is_relative_to(cache)
    assert acquire.source_tree(release, report=QUIET) == root
    (root / "README.rst").unlink()
    assert (acquire.source_tree(release, report=QUIET) / "README.rst").exists()
    assert len(server.requests) == 1


def test_a_broken_connection_is_resumed(
    cache: Path, server: Server, offered: tuple[Release, bytes]
) -> None:
    """After two breaks the rest is asked for, and only the rest."""
    release, data = offered
    server.cuts = 2
    acquire.source_tree(release, report=QUIET)
    half = len(data) // 2
    ranges = [asked for _, asked in server.requests]
    assert ranges[:2] == ["", f"bytes={half}-"]
    assert len(ranges) == 3


def test_a_server_without_ranges_starts_again(
    cache: Path, server: Server, offered: tuple[Release, bytes]
) -> None:
    """What is sent from the beginning is not appended to what is there."""
    release, _ = offered
    server.cuts, server.ranges = 1, False
    assert acquire.source_tree(release, report=QUIET).is_dir()


def test_a_beginning_of_something_else_is_dropped(
    cache: Path, server: Server, offered: tuple[Release, bytes]
) -> None:
    """A .part file with other bytes, even longer than the file, costs time and no more."""
    release, data = offered
    for junk in (b"junk" * 10, b"junk" * len(data)):
        part = cache / "tarballs" / f"{release.sha256[:12]}-Python-9.9.9.tar.xz.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(junk)
        kept = acquire.tarball(release, report=QUIET)
        assert kept.read_bytes() == data
        assert not part.exists()
        kept.unlink()


def test_always_cut_short(cache: Path, server: Server, offered: tuple[Release, bytes]) -> None:
    """A source that never gives all of it is given up, and nothing counts as the tarball."""
    release, _ = offered
    server.cuts, server.ranges = 1000, False
    with pytest.raises(UserError, match="could not be fetched") as caught:
        acquire.source_tree(release, report=QUIET)
    assert "gave up" in caught.value.todo
    assert "CPYTHON_TARBALL=" in caught.value.todo
    assert all(name.endswith(".part") for name in leftovers(cache))


def test_wrong_digest(cache: Path, server: Server, offered: tuple[Release, bytes]) -> None:
    """A file with another digest is refused and removed."""
    release, data = offered
    server.files["/Python-9.9.9.tar.xz"] = data[:-1] + b"?"
    with pytest.raises(UserError, match="could not be fetched") as caught:
        acquire.source_tree(release, report=QUIET)
    assert "another digest" in caught.value.todo
    assert leftovers(cache) == set()


def test_a_damaged_tarball_in_the_cache_is_fetched_again(
    cache: Path, server: Server, offered: tuple[Release, bytes]
) -> None:
    """What is in the cache is checked before it is unpacked."""
    release, data = offered
    kept = acquire.tarball(release, report=QUIET)
    kept.write_bytes(data[:1000])
    assert acquire.tarball(release, report=QUIET).read_bytes() == data


def test_debian_after_the_releases_home(
    cache: Path,
    server: Server,
    offered: tuple[Release, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When its home does not have it, the archive that apt is configured for is asked."""
    release, data = offered
    pool = "pool/main/p/python9.9/python9.9_9.9.9.orig.tar.xz"
    release = dataclasses.replace(release, home=f"{server.url}/gone.tar.xz", debian=pool)
    server.files[f"/debian/{pool}"] = data
    (tmp_path / "sources.list").write_text(f"deb {server.url}/debian/ stable main\n")
    monkeypatch.setattr(apt, "ETC_APT", tmp_path)
    acquire.source_tree(release, report=QUIET)
    assert [path for path, _ in server.requests] == ["/gone.tar.xz", f"/debian/{pool}"]


def test_no_network_and_nothing_kept(cache: Path, server: Server, tmp_path: Path) -> None:
    """The one message says how to hand a tarball over."""
    server.__exit__(None, None, None)
    release, _ = small_release(tmp_path, url=server.url)
    with pytest.raises(UserError, match=r"CPython 9\.9\.9 could not be fetched") as caught:
        acquire.source_tree(release, report=QUIET)
    assert "make html CPYTHON_TARBALL=/path/to/Python-9.9.9.tar.xz" in caught.value.todo
    assert leftovers(cache) == set()


def test_a_tarball_handed_over(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is copied: afterwards neither the variable nor the file is needed."""
    release, _ = small_release(tmp_path, url="http://127.0.0.1:9")
    given = tmp_path / "Python-9.9.9.tar.xz"
    monkeypatch.setenv("CPYTHON_TARBALL", str(given))
    root = acquire.source_tree(release, report=QUIET)
    monkeypatch.delenv("CPYTHON_TARBALL")
    given.unlink()
    assert acquire.source_tree(release, report=QUIET) == root


@pytest.mark.parametrize("wrong", ["missing", "cut", "other", "text", "pinned"])
def test_a_wrong_tarball_handed_over(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """Each kind of mistake is named, and nothing of it is kept."""
    release, data = small_release(tmp_path, url="http://127.0.0.1:9")
    given = tmp_path / "given.tar.xz"
    message = ""
    match wrong:
        case "missing":
            message = "no such file"
        case "cut":
            given.write_bytes(data[: len(data) // 2])
            message = "cut short"
        case "other":
            given.write_bytes(small_release(tmp_path, version="9.9.8")[1])
            message = r"holds Python-9\.9\.8"
        case "text":
            given.write_text("<html>Not found</html>")
            message = "no tarball"
        case "pinned":
            given.write_bytes(data)
            release = next(iter(load_releases().values()))
            message = f"not the tarball of CPython {release.version}"
    monkeypatch.setenv("CPYTHON_TARBALL", str(given))
    with pytest.raises(UserError, match=message) as caught:
        acquire.source_tree(release, report=QUIET)
    assert str(given) in caught.value.where
    assert leftovers(cache) == set()


_FETCH = """
import datetime, resource, sys
from annotator.errors import UserError
from annotator.reference import acquire
from annotator.reference.progress import Report
from annotator.reference.releases import Release
limit, sha256, home = sys.argv[1:]
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    acquire.source_tree(
        Release("9.9.9", sha256, datetime.date(2030, 1, 2), home, ""), report=Report.quiet()
    )
except UserError as error:
    print(error)
    sys.exit(3)
"""


def test_no_room_for_the_download(
    cache: Path, server: Server, offered: tuple[Release, bytes]
) -> None:
    """A file that may not grow is an error that says so, and its beginning is removed."""
    release, _ = offered
    done = subprocess.run(
        [sys.executable, "-c", _FETCH, "50000", release.sha256, release.home],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert "cannot write" in done.stdout
    assert leftovers(cache) == set()


def test_a_full_disk(
    server: Server, offered: tuple[Release, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system with room for the tarball but not for its contents, no tree is left."""
    release, data = offered
    disk = tmp_path / "disk"
    disk.mkdir()
    room = len(data) + 60_000
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk))
    script = (
        f'mount -t tmpfs -o size={room} tmpfs "{disk}" || exit 77\n'
        '"$@"; status=$?\n'
        f'find "{disk}" -type f ! -name "*.lock" -printf "left: %f\\n"\n'
        "exit $status"
    )
    command = ["sh", "-c", script, "sh", sys.executable, "-c", _FETCH]
    if os.geteuid() != 0:
        command = ["unshare", "-r", "-m", *command]
    else:
        command = ["unshare", "-m", *command]
    done = subprocess.run(
        [*command, "0", release.sha256, release.home],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system does not let us mount a small disk of our own")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "the disk is full" in done.stdout
    assert "XDG_CACHE_HOME=" in done.stdout
    left = {line.removeprefix("left: ") for line in done.stdout.splitlines() if "left:" in line}
    assert left == {f"{release.sha256[:12]}-Python-9.9.9.tar.xz"}


def test_progress_is_shown(
    cache: Path, offered: tuple[Release, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both steps are announced with the time that they took."""
    acquire.source_tree(offered[0], report=Report(sys.stdout))
    said = capsys.readouterr().out
    assert re.search(r"^fetch CPython 9\.9\.9: [\d.]+ s$", said, re.MULTILINE)
    assert re.search(r"^unpack Python-9\.9\.9: [\d.]+ s$", said, re.MULTILINE)
