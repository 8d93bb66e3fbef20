"""What CPython's own tables say of its C API: reads ``Doc/data``, gives facts by name.

``refcounts.dat`` says whether a function's result is a new or a borrowed reference,
``stable_abi.dat`` since which release a name is part of the stable ABI.  A release without one
of them has no such facts.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EFFECTS = {"+1": "new", "0": "borrowed", "null": "null"}


@dataclass(frozen=True, slots=True)
class ApiData:
    """Facts by name: ``results`` are "new", "borrowed" or "null" (always NULL)."""

    results: dict[str, str] = field(default_factory=dict)
    stable: dict[str, tuple[str, str]] = field(default_factory=dict)  # since, how much of a struct

    @classmethod
    def read(cls, source: Path) -> ApiData:
        """Read the tables of the tree at *source*."""
        return cls(
            _results(_text(source / "Doc" / "data" / "refcounts.dat")),
            _stable(_text(source / "Doc" / "data" / "stable_abi.dat")),
        )

    def of(self, name: str) -> dict[str, Any]:
        """What a card says of *name*: ``r`` the result, ``a`` the stable ABI."""
        out: dict[str, Any] = {}
        if name in self.results:
            out["r"] = self.results[name]
        if name in self.stable:
            out["a"] = list(self.stable[name])
        return out


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _results(text: str) -> dict[str, str]:
    """``function:type:param:effect:comment``; a line without a parameter is the result's."""
    out: dict[str, str] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        fields = line.split(":")
        if len(fields) >= 4 and not fields[2].strip() and fields[3].strip() in _EFFECTS:
            out[fields[0].strip()] = _EFFECTS[fields[3].strip()]
    return out


def _stable(text: str) -> dict[str, tuple[str, str]]:
    """``role,name,added,ifdef_note,struct_abi_kind`` with a header."""
    out: dict[str, tuple[str, str]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        if row.get("name") and row.get("added"):
            out[row["name"]] = (row["added"], row.get("struct_abi_kind") or "")
    return out
