"""What files and folders are, in a line each: reads ``docs/browse/files.toml``, gives texts.

A table for each folder, ``[Objects]`` (``["."]`` is the root); in it ``about`` and ``start``, and
for each file of the folder its line; ``"*"`` is for the files that have none.  ``start`` lists
where to begin, as ``[place, why]``, a place being a path or ``path:name``.  The project's own
tests hold the paths against the release.
"""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from annotator.errors import UserError


@dataclass(frozen=True, slots=True)
class Start:
    """A place to begin at."""

    path: str
    name: str  # defined there; "" for the file as a whole
    why: str


@dataclass(frozen=True, slots=True)
class About:
    """All texts; folders by their path, the root by ``""``."""

    files: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, tuple[Start, ...]] = field(default_factory=dict)

    def file(self, path: str) -> str:
        """What a file is; generated files say so by themselves."""
        known = self.files.get(path, "")
        folder, name = posixpath.split(path)
        if not known and posixpath.basename(folder) == "clinic" and name.endswith(".h"):
            source = posixpath.join(posixpath.dirname(folder), name.removesuffix(".h"))
            return f"Argument parsing for {source}, written by Argument Clinic."
        return known or self.files.get(posixpath.join(folder, "*"), "")

    def folder(self, path: str) -> str:
        """What a folder is."""
        clinic = "Argument parsing for the files beside it, written by Argument Clinic."
        return self.folders.get(path, clinic if posixpath.basename(path) == "clinic" else "")

    def all_files(self, paths: list[str]) -> dict[str, str]:
        """The texts of those of *paths* that have one."""
        return {path: line for path in paths if (line := self.file(path))}


def read_about(path: Path) -> About:
    """The texts in the file *path*; none when it is not there.

    Raises `UserError` when it is not of the form described above.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return About()
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"not TOML: {error}", where=str(path)) from None
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    starts: dict[str, tuple[Start, ...]] = {}
    for key, table in data.items():
        folder = "" if key == "." else key
        if not isinstance(table, dict):
            raise UserError(f"{key!r} is not the table of a folder", where=str(path))
        for name, value in table.items():
            if name == "start":
                starts[folder] = tuple(_start(folder, entry, path) for entry in value)
            elif not isinstance(value, str):
                raise UserError(f"[{key}] {name!r} is not a line of text", where=str(path))
            elif name == "about":
                folders[folder] = value
            else:
                files[posixpath.join(folder, name)] = value
    return About(files, folders, starts)


def _start(folder: str, entry: object, where: Path) -> Start:
    if (
        not isinstance(entry, list)
        or len(entry) != 2
        or not all(isinstance(word, str) for word in entry)
    ):
        raise UserError(f"[{folder}] start: {entry!r} is not [place, why]", where=str(where))
    place, why = entry
    file, _, name = place.partition(":")
    return Start(file, name, why)
