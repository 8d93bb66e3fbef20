"""Data that the pages' scripts load when a reader asks: reads plain values, gives scripts.

A shard is a classic script, the only thing a page may load from ``file://``:
``ic.data("<name>", <value>)``, at ``_data/<name>.js``.  ``docs/developing/formats.rst`` describes
each sort.  Everything outside of ASCII is escaped, and what turns the direction of text is spelled
out, so that no byte of the source can do anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from annotator.reference.cache import write_whole

ROOT = "_data"
_DIRECTION = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def script(name: str, value: Any) -> str:
    """The script that hands over *value*, which must be what JSON can hold."""
    text = json.dumps(value, separators=(",", ":"))
    return f"ic.data({json.dumps(name)},{text})\n"


def shown(text: str) -> str:
    """*text* as a card may show it: controls are named, invalid bytes become U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _DIRECTION.sub(lambda m: f"[U+{ord(m.group()):04X}]", text)


class Shards:
    """Writes the shards below *site*, only those whose content changed; knows which it wrote."""

    def __init__(self, site: Path) -> None:
        self.folder = site / ROOT
        self.names: set[str] = set()
        self.written = 0

    def write(self, name: str, value: Any) -> None:
        """Hand over *value* under *name*."""
        self.names.add(name)
        path = self.folder / f"{name}.js"
        text = script(name, value)
        try:
            same = path.stat().st_size == len(text) and path.read_text("ascii") == text
        except (OSError, UnicodeDecodeError):
            same = False
        if not same:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
            self.written += 1

    def remove_others(self, sorts: Iterable[str]) -> None:
        """Remove shards of these sorts (their first folder) that were not written again."""
        for sort in sorts:
            for path in sorted((self.folder / sort).rglob("*.js")):
                if path.relative_to(self.folder).as_posix().removesuffix(".js") not in self.names:
                    path.unlink()
