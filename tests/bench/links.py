"""How many links are right: our index against libclang's view of every unit, per kind of use."""

from __future__ import annotations

from annotator.index.query import Index
from annotator.paths import INDEX
from annotator.reference import interpreters
from annotator.reference.commands import compile_commands
from annotator.reference.progress import Report
from annotator.reference.releases import selected
from annotator.source.preprocess import Unit
from tests.oracle import agreement
from tests.oracle.agreement import Agreement, Views
from tests.oracle.views import views

NAMED = ("Include/object.h", "Objects/obmalloc.c", "Python/ceval.c", "Objects/dictobject.c")


def look() -> Views:
    """libclang's view of all units of the default configuration; the first time ten minutes."""
    built = interpreters.ensure("release", selected(), report=Report())
    seen = Views()
    for unit, view in views((Unit(c.file, c.args, c.cwd) for c in compile_commands(built)), built):
        seen.add(str(unit.path), view)
    return seen


def run() -> None:
    """Print a table for the named files, one for all, and one for definitions."""
    seen = look()
    index = Index.open(INDEX)
    for unit, errors in seen.errors.items():
        print(f"libclang does not understand {unit}: {errors[0]}")
    named = set(NAMED)
    for title, found in (
        ("Links against libclang, the four named files", agreement.links(seen, index, paths=named)),
        ("Links against libclang, all units and headers", agreement.links(seen, index)),
        ("Definitions against libclang, all units and headers", agreement.definitions(seen, index)),
    ):
        print(f"\n{title}:\n")
        show(found)


def show(found: Agreement) -> None:
    """Print a table, the reasons for libclang's own errors, and every other disagreement."""
    print(found.table())
    if reasons := found.reasons():
        print("\nlibclang's own:\n" + reasons)
    for m in found.unexplained[:50]:
        ours = f"ours {m.ours}" if m.ours else "no link of ours"
        print(f"  {m.path}:{m.line}:{m.col} {m.name} ({m.group}): {m.theirs}, {ours}")
