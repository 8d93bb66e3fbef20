"""What libclang sees in many units: reads units, gives each one's view, looked at once.

A view costs a second or two, all of them eight minutes, so they are kept in the user's cache
under a key of everything they depend on: the interpreter (release, options, compiler), the
unit's flags, libclang's version, and the code that looks.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import marshal
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from annotator.paths import cache_root
from annotator.reference.cache import write_whole
from annotator.reference.configurations import Configuration
from annotator.reference.family import tie_children
from annotator.reference.interpreters import Interpreter
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree
from tests.oracle import clang
from tests.oracle.clang import Seen


def views(
    units: Iterable[Unit], interpreter: Interpreter | Configuration, *, quiet: bool = False
) -> Iterator[tuple[Unit, Seen]]:
    """Each unit with what libclang sees in it, in the order of *units*."""
    wanted = list(units)
    keys = [_key(unit, interpreter) for unit in wanted]
    missing = [(u, k) for u, k in zip(wanted, keys, strict=True) if _load(k) is None]
    if missing:
        tie_children()
        roots = (str(interpreter.source), str(interpreter.build))
        with ProcessPoolExecutor(os.cpu_count(), initializer=_start, initargs=roots) as pool:
            futures = [pool.submit(_look, unit, key) for unit, key in missing]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if not quiet and done % 50 == 0:
                    print(f"  libclang: {done}/{len(missing)} units", file=sys.stderr)
    for unit, key in zip(wanted, keys, strict=True):
        seen = _load(key)
        assert seen is not None
        yield unit, seen


def _key(unit: Unit, interpreter: Interpreter | Configuration) -> str:
    code = hashlib.sha256(Path(clang.__file__).read_bytes()).hexdigest()
    version = importlib.metadata.version("libclang")
    parts = (code, version, interpreter.key, str(unit.path), unit.flags)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _path(key: str) -> Path:
    return cache_root() / "facts" / "libclang" / key[:2] / key


def _load(key: str) -> Seen | None:
    """A view from the cache; None when it is not there or damaged."""
    try:
        whole = _path(key).read_bytes()
        if hashlib.sha256(whole[32:]).digest() != whole[:32]:
            return None
        uses, definitions, errors = marshal.loads(whole[32:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return Seen({key: set(places) for key, places in uses}, set(definitions), errors)


_TREE: Tree | None = None


def _start(source: str, build: str) -> None:
    global _TREE
    _TREE = Tree(Path(source), Path(build))


def _look(unit: Unit, key: str) -> None:
    assert _TREE is not None
    seen = clang.look(unit, _TREE)
    uses = [(place, sorted(targets)) for place, targets in sorted(seen.uses.items())]
    data = marshal.dumps((uses, sorted(seen.definitions), seen.errors))
    write_whole(_path(key), hashlib.sha256(data).digest() + data)
