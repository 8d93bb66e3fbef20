"""Where pages stand: reads paths of the source tree, gives addresses of pages, short and relative.

A page of the tree's file ``Include/object.h`` is ``browse/Include/object.h.html``; a folder's is
``browse/Include/index.html``.  All addresses are relative to the root of the site unless a
function says otherwise.
"""

from __future__ import annotations

import posixpath
from urllib.parse import quote

ROOT = "browse"


def file_address(path: str) -> str:
    """The page of a file of the source tree."""
    return f"{ROOT}/{quote(path)}.html"


def folder_address(path: str) -> str:
    """The page of a folder of the source tree; ``""`` is its root."""
    return f"{ROOT}/{quote(path)}/index.html" if path else f"{ROOT}/index.html"


def relative(address: str, base: str) -> str:
    """*address* as a link on the page *base*: the shortest relative reference."""
    target, _, fragment = address.partition("#")
    if fragment:
        fragment = "#" + fragment
    if target == base:
        return fragment or posixpath.basename(target)
    start = posixpath.dirname(base)
    return posixpath.relpath(target, start or ".") + fragment


class Linker:
    """Makes the links of one page; remembers the relative address of each file.

    ``base`` is the address of the page; ``here`` the path of the file that the page itself
    shows, whose lines are plain fragments.
    """

    def __init__(self, base: str, *, here: str = "") -> None:
        self.base = base
        self._known: dict[str, str] = {here: ""} if here else {}

    def __call__(self, path: str, line: int = 0) -> str:
        """A link to *line* (from 1; 0: the top) of the file *path*."""
        address = self._known.get(path)
        if address is None:
            address = self._known[path] = relative(file_address(path), self.base)
        if line:
            return f"{address}#L{line}"
        return address or "#"
