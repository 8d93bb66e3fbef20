"""How many links are right: our index against libclang's view, per kind of use."""

from __future__ import annotations

from annotator.index.query import Index
from annotator.paths import INDEX
from annotator.reference import interpreters
from annotator.reference.commands import compile_commands
from annotator.reference.progress import Report
from annotator.reference.releases import selected
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree
from tests.oracle import agreement

NAMED = ("Include/object.h", "Objects/obmalloc.c", "Python/ceval.c", "Objects/dictobject.c")


def run() -> None:
    """Print one table for the named files, and one for all that their units reach."""
    built = interpreters.ensure("release", selected(), report=Report())
    commands = {c.path: c for c in compile_commands(built)}
    units = [
        Unit(commands[p].file, commands[p].args, commands[p].cwd) for p in NAMED if p in commands
    ]
    index = Index.open(INDEX)
    seen = agreement.look_at(units, Tree(built.source, built.build))
    for title, paths in (
        ("the four named files", set(NAMED)),
        ("these and every header they reach", None),
    ):
        found = agreement.compare(seen, index, paths)
        print(f"\nLinks against libclang, {title}:\n")
        print(found.table())
        for group, path, line, col, name, theirs, mine in found.wrong[:10]:
            print(f"  other  {path}:{line}:{col} {name} ({group}): {theirs}, ours {mine}")
        builtin = [m for m in found.missing if str(m[4]).startswith(("__builtin_", "__atomic_"))]
        if builtin:
            print(
                f"  none   {len(builtin)} are builtins of the compiler, which libclang takes to be"
                " declared at their first use"
            )
        for group, path, line, col, name, theirs in found.missing[:10]:
            if (group, path, line, col, name, theirs) not in builtin:
                print(f"  none   {path}:{line}:{col} {name} ({group}): {theirs}")
