"""The data of search and graphs: reads the index, gives shards of what spans the whole tree."""

from __future__ import annotations

from collections.abc import Mapping

from annotator.index.query import Index
from annotator.pages.graph_data import calls, includes
from annotator.pages.search_index import ordered, search_names
from annotator.pages.shard import ROOT, Shards

WIDE = f"{ROOT}/graph/includes.js"  # written last: when it is there, all is there


def write_wide_data(index: Index, shards: Shards, about: Mapping[str, str]) -> None:
    """Write ``search/names``, ``graph/calls`` and ``graph/includes``; *about* says what files are.

    It takes some three seconds and depends on nothing but the index and the texts on files.
    """
    symbols = ordered(index)
    shards.write("search/names", search_names(index, symbols, about))
    shards.write("graph/calls", calls(index, symbols))
    shards.write("graph/includes", includes(index))
