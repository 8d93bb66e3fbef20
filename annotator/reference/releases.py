"""The pinned releases: which there are, and which one is asked for.

Reads ``cpython-ref/releases.toml`` and ``$CPYTHON``; gives `Release` records.
"""

from __future__ import annotations

import datetime
import functools
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import UserError
from annotator.paths import REPOSITORY

REFERENCE = REPOSITORY / "cpython-ref"
RELEASES = REFERENCE / "releases.toml"

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Release:
    """One release of CPython, as pinned."""

    version: str  # "3.13.5"
    sha256: str  # of the tarball, lower-case hexadecimal
    released: datetime.date
    home: str  # URL of the tarball where CPython publishes it
    debian: str  # its path below the root of a Debian archive; "" when there is none

    @property
    def short(self) -> str:
        """The feature version, as in the name of ``libpython``: "3.13"."""
        return ".".join(self.version.split(".")[:2])

    @property
    def folder(self) -> str:
        """The one folder at the top of the tarball."""
        return f"Python-{self.version}"

    @property
    def epoch(self) -> int:
        """Midnight UTC of the release's day in seconds since 1970."""
        day = datetime.datetime.combine(self.released, datetime.time(), datetime.UTC)
        return int(day.timestamp())


def load_releases(path: Path = RELEASES) -> dict[str, Release]:
    """All pinned releases by version, in the order of the file.

    Raises `UserError` when the file is missing, is no TOML or has an entry that lacks a key.
    """
    return {
        version: _release(version, entry, path)
        for version, entry in _read(path).items()
        if isinstance(entry, dict)
    }


def default_version(path: Path = RELEASES) -> str:
    """The version that is used when nobody asks for another."""
    version = _read(path).get("default")
    if not isinstance(version, str):
        raise UserError('there is no line `default = "…"`', where=str(path))
    return version


def selected(version: str | None = None, *, path: Path = RELEASES) -> Release:
    """The release asked for: ``version``, else ``$CPYTHON``, else the file's default.

    Raises `UserError` for a version that is not pinned.
    """
    wanted = version or os.environ.get("CPYTHON") or default_version(path)
    releases = load_releases(path)
    if wanted not in releases:
        raise UserError(
            f"CPython {wanted} is not among the pinned releases",
            where=str(path),
            todo=f"Pinned are: {', '.join(releases)}.\n"
            "Choose one (make html CPYTHON=…), or add an entry with its digest to that file.",
        )
    return releases[wanted]


@functools.lru_cache(maxsize=8)
def _parse(path: Path, _mtime: int) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"not valid TOML: {error}", where=str(path)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        mtime = path.stat().st_mtime_ns
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return _parse(path, mtime)


def _release(version: str, entry: dict[str, Any], path: Path) -> Release:
    def need(key: str, kind: type) -> Any:
        value = entry.get(key)
        if not isinstance(value, kind):
            raise UserError(f"[{version}] needs `{key}` ({kind.__name__})", where=str(path))
        return value

    digest: str = need("sha256", str)
    if not _VERSION.fullmatch(version):
        raise UserError(f"[{version}] is not a version of CPython", where=str(path))
    if not _SHA256.fullmatch(digest):
        raise UserError(
            f"[{version}] sha256 must be 64 hexadecimal digits in lower case", where=str(path)
        )
    return Release(
        version=version,
        sha256=digest,
        released=need("released", datetime.date),
        home=need("home", str),
        debian=entry.get("debian", ""),
    )
