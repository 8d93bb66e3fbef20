"""Makes small tarballs: of a release that never was, and with members that mean harm."""

from __future__ import annotations

import datetime
import hashlib
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

from annotator.reference.releases import Release

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    """One member of a tarball."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    info.size = len(data)
    info.mtime = 1_000_000_000
    info.mode = 0o4755  # set-user-ID, which must not survive
    return info, data


def tarball(path: Path, members: Iterable[Member]) -> Path:
    """Writes ``members`` to ``path``, compressed as its name says."""
    with tarfile.open(path, f"w:{path.suffix[1:]}") as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return path


def small_release(folder: Path, *, version: str = "9.9.9", url: str = "") -> tuple[Release, bytes]:
    """A release with two files, and the bytes of its tarball."""
    top = f"Python-{version}"
    path = tarball(
        folder / f"{top}.tar.xz",
        [
            member(top, kind=tarfile.DIRTYPE),
            member(f"{top}/README.rst", b"This is Python.\n"),
            # Random-looking, so that compression leaves something to break off.
            member(f"{top}/Objects/object.c", hashlib.shake_256(b"c").digest(200_000)),
        ],
    )
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    home = f"{url}/{path.name}"
    return Release(version, digest, datetime.date(2030, 1, 2), home, ""), data
