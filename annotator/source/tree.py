"""The files that are ours: reads paths as the compiler says them, gives paths and raw files.

A path is relative to the source tree; of a file that the build made (``pyconfig.h``,
``Modules/config.c``) to the build folder.  All else (the system's headers) keeps its
absolute path and has no raw file.
"""

from __future__ import annotations

import os
from pathlib import Path

from annotator.source.directives import RawFile, read


class Tree:
    """A source tree and the build folder that belongs to it."""

    def __init__(self, source: Path, build: Path | None = None) -> None:
        self.source = source.resolve()
        self.build = build.resolve() if build is not None else None
        self._raw: dict[str, RawFile | None] = {}
        self._roots = [str(r) + os.sep for r in (self.source, self.build) if r is not None]

    def name(self, path: str, cwd: Path | None = None) -> str:
        """Our name for *path*; a relative one is relative to *cwd*."""
        if path.startswith("<"):
            return path
        whole = os.path.normpath(f"{cwd or self.source}/{path}" if path[:1] != "/" else path)
        for root in self._roots:
            if whole.startswith(root):
                return whole[len(root) :].replace(os.sep, "/")
        real = os.path.realpath(whole)
        for root in self._roots:
            if real.startswith(root):
                return real[len(root) :].replace(os.sep, "/")
        return whole

    def file(self, path: str) -> Path | None:
        """The file that our name *path* stands for; None when it is not ours."""
        if path.startswith(("/", "<")) or not path:
            return None
        for root in (self.source, self.build):
            if root is not None and (found := root / path).is_file():
                return found
        return None

    def forget(self, path: str) -> None:
        """Let go of the raw file of our name *path*."""
        self._raw.pop(path, None)

    def raw(self, path: str) -> RawFile | None:
        """The raw file of our name *path*, read once; None when it is not ours."""
        if path not in self._raw:
            found = self.file(path)
            self._raw[path] = read(found.read_bytes()) if found is not None else None
        return self._raw[path]
