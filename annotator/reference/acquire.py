"""Gets the source of a pinned release, from whoever has it.

Reads, in this order, ``$CPYTHON_TARBALL``, the cache, the release's home, and the Debian
archives that apt is configured for; gives the root of a checked, unpacked source tree in the
cache.  The digest decides what is accepted, not the place it came from.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import cache_root
from annotator.reference import apt, download
from annotator.reference.cache import Manifest, disk_errors, locked, remove
from annotator.reference.progress import Report
from annotator.reference.releases import Release, load_releases
from annotator.reference.unpack import UnsafeArchive, unpack


def source_tree(release: Release, *, report: Report) -> Path:
    """The root of the unpacked source of ``release``; to be read, never written.

    Raises `UserError` when no source has it, or what there is is not it.
    """
    if (root := find_source_tree(release)) is not None:
        return root
    home = _home(release)
    root = home / release.folder
    handed_over = os.environ.get("CPYTHON_TARBALL", "")
    with locked(home.with_name(home.name + ".lock"), report=report, what="the source tree"):
        if handed_over:
            _take(Path(handed_over).expanduser(), release, report=report)
        if Manifest.holds(home, release.sha256):
            return root
        archive = tarball(release, report=report)
        with report.stage(f"unpack {release.folder}"), disk_errors(home.parent):
            remove(home)
            try:
                unpack(archive, home, folder=release.folder, key=release.sha256, report=report)
            except UnsafeArchive as error:
                raise UserError(
                    f"this tarball cannot be unpacked safely: {error}", where=str(archive)
                ) from None
    return root


def find_source_tree(release: Release) -> Path | None:
    """`source_tree` if it is there and whole; fetches nothing."""
    home = _home(release)
    if os.environ.get("CPYTHON_TARBALL") or not Manifest.holds(home, release.sha256):
        return None
    return home / release.folder


def tarball(release: Release, *, report: Report) -> Path:
    """The checked tarball of ``release`` in the cache, fetched if need be."""
    kept = _kept(release)
    if kept.exists():
        if _digest(kept) == release.sha256:
            return kept
        report.say(f"{kept} is damaged; fetching it again")
        kept.unlink()
    with report.stage(f"fetch CPython {release.version}"):
        return _fetch(release, kept, report=report)


def sources(release: Release) -> list[str]:
    """The URLs to try, in order."""
    urls = [release.home]
    if release.debian:
        urls += [f"{root}/{release.debian}" for root in apt.mirrors()]
    return urls


def _home(release: Release) -> Path:
    return cache_root() / "source" / release.sha256[:12]


def _kept(release: Release) -> Path:
    return cache_root() / "tarballs" / f"{release.sha256[:12]}-{release.home.rsplit('/', 1)[-1]}"


def _fetch(release: Release, kept: Path, *, report: Report) -> Path:
    part = kept.with_name(kept.name + ".part")
    with disk_errors(kept.parent):
        kept.parent.mkdir(parents=True, exist_ok=True)
    tried: list[str] = []
    for url in sources(release):
        proxy = "" if url == release.home else apt.proxy(url.split(":", 1)[0])
        # A second time when an earlier try's beginning may be what made it wrong.
        for _ in range(2):
            try:
                resumed = download.fetch(url, part, report=report, proxy=proxy)
            except download.Unavailable as error:
                tried.append(f"{url}: {error}")
                break
            except UserError:
                part.unlink(missing_ok=True)  # a full disk: give the room back
                raise
            found = _digest(part)
            if found == release.sha256:
                part.replace(kept)
                return kept
            part.unlink()
            if not resumed:
                tried.append(f"{url}: {_what_it_is(found)}")
                break
    raise UserError(
        f"CPython {release.version} could not be fetched",
        todo="\n".join(
            [
                "Tried:",
                *(f"  {line}" for line in tried),
                f"Get {release.home.rsplit('/', 1)[-1]} on another machine and hand it over:",
                f"  make html CPYTHON_TARBALL=/path/to/{release.home.rsplit('/', 1)[-1]}",
            ]
        ),
    )


def _take(given: Path, release: Release, *, report: Report) -> None:
    """Copies the user's tarball into the cache, when it is the right one."""
    where = f"CPYTHON_TARBALL={given}"
    if not given.is_file():
        raise UserError("there is no such file", where=where)
    found = _digest(given)
    if found != release.sha256:
        raise UserError(
            f"this is not the tarball of CPython {release.version}: {_what_it_is(found, given)}",
            where=where,
            todo=f"Its SHA-256 is  {found}\nexpected is     {release.sha256}",
        )
    kept = _kept(release)
    if kept.exists() and kept.stat().st_size == given.stat().st_size:
        return
    part = kept.with_name(kept.name + ".part")
    with disk_errors(kept.parent):
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(given, part)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        part.replace(kept)
    report.say(f"took {given}")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(path)) from None


def _what_it_is(digest: str, path: Path | None = None) -> str:
    """A guess at what was found instead, for the message."""
    for release in load_releases().values():
        if release.sha256 == digest:
            return f"it is CPython {release.version} (make html CPYTHON={release.version})"
    if path is None:
        return f"the file there has another digest ({digest[:12]}…)"
    try:
        with tarfile.open(path) as archive:
            first = archive.next()
            top = first.name.split("/")[0] if first else "nothing"
            for _ in range(10_000):  # to the end, to see whether there is one
                if archive.next() is None:
                    break
    except EOFError:
        return "it is cut short"
    except Exception as error:  # tarfile lets zlib's and lzma's own errors through
        return "it is cut short" if "end" in str(error).lower() else "it is no tarball"
    return f"it holds {top}, with other contents than the pinned release"
