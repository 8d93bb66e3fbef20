"""The source as data, for previews, peeks and the full-text search: reads files, gives shards.

``text/<n>`` holds some files: ``{files: [[path, functions], …], z: text}``, where ``z`` is base64
of raw deflate (RFC 1951) of the files' text in UTF-8, each followed by U+0000, and ``functions``
are ``[first line, last line, name]`` in order.  Bytes that are not UTF-8 are U+FFFD, NULs too.
``files`` (one shard) is the list of all: where each file's text is.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from annotator.index import rows
from annotator.model import Kind
from annotator.pages.shard import shown

if TYPE_CHECKING:
    from annotator.index.query import Index

BUNDLE = 384_000  # bytes of text; some 60 kB packed, read and unpacked in a few milliseconds


def bundles(index: Index, where: dict[str, int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each shard with its number; fills *where* with the number for every path."""
    functions: dict[str, list[tuple[int, int, str]]] = {}
    for path, first, last, name in rows.extents(index, (Kind.FUNCTION,)):
        functions.setdefault(path, []).append((first, last, shown(name)))
    number, size = 0, 0
    names: list[list[Any]] = []
    texts: list[str] = []
    for info in index.files():
        data = index.text(info.path)
        if names and size + len(data) > BUNDLE:
            yield number, _bundle(names, texts)
            number, size, names, texts = number + 1, 0, [], []
        where[info.path] = number
        size += len(data)
        names.append([info.path, functions.get(info.path, [])])
        texts.append(data.decode("utf-8", "replace").replace("\0", "\ufffd"))
    if names:
        yield number, _bundle(names, texts)


def _bundle(names: list[list[Any]], texts: list[str]) -> dict[str, Any]:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress("".join(text + "\0" for text in texts).encode()) + packer.flush()
    return {"files": names, "z": base64.b64encode(packed).decode("ascii")}
