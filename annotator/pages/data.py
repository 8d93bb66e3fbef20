"""Writes the data of the pages' scripts: reads the index, gives the shards below ``_data/``.

All of it depends on the index and CPython's tables alone, never on the book, so that editing a
chapter writes none of it anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from annotator.model import CONFIGS
from annotator.pages.api_data import ApiData
from annotator.pages.by_name import by_name
from annotator.pages.cards import KINDS, USES, Counts, cards
from annotator.pages.macro_table import macro_table
from annotator.pages.shard import ROOT, Shards
from annotator.pages.texts import bundles
from annotator.pages.uses import buckets

if TYPE_CHECKING:
    from annotator.index.query import Index

CATALOGUE = f"{ROOT}/files.js"  # written last: when it is there, all is there


def write_data(index: Index, site: Path) -> int:
    """Write every shard that changed; returns how many."""
    shards = Shards(site)
    (site / CATALOGUE).unlink(missing_ok=True)
    counts: Counts = {}
    starts = []
    for number, (start, value) in enumerate(buckets(index, counts)):
        starts.append(start)
        shards.write(f"uses/{number}", value)
    firsts: list[int] = [0]
    for path, card in cards(index, counts, ApiData.read(index.source)):
        firsts.append(card["first"])
        shards.write(f"cards/{path}", card)
    for i in range(len(firsts) - 2, 0, -1):  # a file without symbols shares the next one's
        firsts[i] = firsts[i] or firsts[i + 1]
    where: dict[str, int] = {}
    for number, bundle in bundles(index, where):
        shards.write(f"text/{number}", bundle)
    for number, table in enumerate(by_name(index)):
        shards.write(f"names/{number}", table)
    shards.write("macros", macro_table(index))
    shards.remove_others(("uses", "cards", "text", "names"))
    paths: list[str | None] = [None]
    roles: list[str | None] = [None]
    for info in index.files():  # by path, as their numbers are
        paths.append(info.path)
        roles.append(info.role)
    configs = 1
    for mask in index.configurations():
        configs |= mask
    shards.write(
        "files",
        {
            "release": index.release,
            "paths": paths,
            "text": [where.get(path or "", -1) for path in paths],
            "firsts": firsts,
            "uses": starts,
            "kinds": [str(kind) for kind in KINDS],
            "sorts": [str(use) for use in USES],
            "configs": [name for i, name in enumerate(CONFIGS) if configs & 1 << i],
            "bits": configs,
        },
    )
    return shards.written
