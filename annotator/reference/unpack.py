"""Unpacks a tarball without trusting it.

Reads a ``.tar.xz``, ``.tar.gz`` or plain tar file; gives a folder that is complete and marked
so, or no folder at all.  Nothing is written outside the target, and nothing in it points or
leads outside.
"""

from __future__ import annotations

import lzma
import os
import tarfile
import zlib
from pathlib import Path

from annotator.reference.cache import Manifest, remove
from annotator.reference.progress import Report

_CHUNK = 1 << 18


class UnsafeArchive(Exception):
    """The archive is damaged, or would reach outside its folder."""


def unpack(
    archive: Path,
    target: Path,
    *,
    folder: str,
    key: str,
    report: Report,
    max_bytes: int = 1 << 30,
    max_members: int = 50_000,
) -> None:
    """Unpacks ``archive``, all of whose members lie in ``folder``, to ``target/folder``.

    ``target`` must not exist.  It appears in one step, with a `Manifest` under ``key``.
    Files become read-only: the tree is shared by all that is built from it.  Raises
    `UnsafeArchive`, and then ``target`` is not there, and what was outside is as it was.
    """
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    for stale in target.parent.glob(f"{target.name}.*.part"):
        remove(stale)
    part.mkdir(parents=True)
    try:
        files = _extract(archive, part, folder, max_bytes, max_members, report)
        Manifest.of(part, key, files).write(part)
        part.rename(target)
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
        raise UnsafeArchive(f"damaged ({error})") from None
    finally:
        if part.exists():
            remove(part)


def _extract(
    archive: Path, part: Path, folder: str, max_bytes: int, max_members: int, report: Report
) -> list[str]:
    files: list[str] = []
    links: list[tuple[tarfile.TarInfo, Path]] = []
    folders: dict[Path, float] = {}
    size = 0
    with tarfile.open(archive) as tar:
        for number, member in enumerate(tar):
            path = part / _safe_name(member.name, folder)
            size += member.size
            if size > max_bytes or number >= max_members:
                raise UnsafeArchive(f"larger than {max_bytes} bytes or {max_members} members")
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                folders[path] = member.mtime
            elif member.isreg():
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(tar, member, path)
                files.append(path.relative_to(part).as_posix())
            elif member.issym() or member.islnk():
                _safe_link(member, folder)
                links.append((member, path))
            else:
                raise UnsafeArchive(f"{member.name} is a device or something stranger")
            report.step(number + 1, 0, member.name)
        # Links last, and never through one another: no member can be written through a link.
        for member, path in links:
            if path.exists() or path.is_symlink():
                raise UnsafeArchive(f"{member.name} is there twice")
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.issym():
                path.symlink_to(member.linkname)
            else:
                source = part / _safe_name(member.linkname, folder)
                if not source.is_file() or source.is_symlink():
                    raise UnsafeArchive(f"{member.name} links to no file of the archive")
                os.link(source, path)
                files.append(path.relative_to(part).as_posix())
        for member, path in links:
            if member.issym() and not path.resolve().is_relative_to((part / folder).resolve()):
                raise UnsafeArchive(f"{member.name} leads out of the archive")
    for path, mtime in folders.items():
        os.utime(path, (mtime, mtime))
    if not files:
        raise UnsafeArchive("empty")
    return files


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    if path.is_symlink() or path.exists():
        raise UnsafeArchive(f"{member.name} is there twice")
    source = tar.extractfile(member)
    assert source is not None  # it is a regular file
    with source, path.open("xb") as target:
        left = member.size
        while left:
            chunk = source.read(min(_CHUNK, left))
            if not chunk:
                raise UnsafeArchive(f"cut short in {member.name}")
            target.write(chunk)
            left -= len(chunk)
    path.chmod(0o555 if member.mode & 0o100 else 0o444)
    os.utime(path, (member.mtime, member.mtime))  # make compares them


def _safe_name(name: str, folder: str) -> str:
    parts = name.rstrip("/").split("/")
    if parts[0] != folder:
        raise UnsafeArchive(f"{name!r} does not lie in {folder}/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise UnsafeArchive(f"{name!r} is no plain path")
    return "/".join(parts)


def _safe_link(member: tarfile.TarInfo, folder: str) -> None:
    if member.islnk():
        _safe_name(member.linkname, folder)
        return
    # A symbolic link is relative to where it stands.
    if member.linkname.startswith("/"):
        raise UnsafeArchive(f"{member.name} links to {member.linkname}")
    depth = member.name.count("/")
    for step in member.linkname.split("/"):
        depth += -1 if step == ".." else 0 if step in ("", ".") else 1
        if depth < 1:  # 0 would be beside the folder
            raise UnsafeArchive(f"{member.name} links to {member.linkname}")
