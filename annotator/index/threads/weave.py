"""What only CPython has: adds links, pairs of places and Python names to an index.

Reads and writes the tables of an index before it appears.
"""

from __future__ import annotations

import json
import sqlite3

from annotator.index.query import Index
from annotator.index.threads import bytecodes, clinic, grammar, names
from annotator.index.threads.store import Store
from annotator.reference.interpreters import Interpreter
from annotator.source.tree import Tree


def weave(db: sqlite3.Connection, tree: Tree, interpreter: Interpreter) -> None:
    """Run every pass, in an order in which each finds what it needs."""
    store = Store(db, tree)
    outcomes = bytecodes.weave(store)
    clinic.weave(store)
    grammar.weave(store)
    linked = {
        path: {"identifiers": o.identifiers, "system": o.system, "unlinked": o.unlinked}
        for path, o in sorted(outcomes.items())
    }
    db.execute("INSERT OR REPLACE INTO meta VALUES ('generated', ?)", (json.dumps(linked),))
    names.write(db, Index(db), interpreter)
