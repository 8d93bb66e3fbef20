"""Analyse a piece of C as if it were a file of a tree: the tests' way to the resolver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from annotator.meaning.unit import KINDS, USES, Facts, analyse
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree


@dataclass(frozen=True, slots=True)
class Link:
    """A use as a test wants to see it: what stands where, and what line it leads to."""

    name: str
    line: int
    col: int
    kind: str
    use: str
    target: int  # line of the definition, otherwise of the first declaration


class Snippet:
    """The facts of one small unit called ``snippet.c``."""

    def __init__(self, folder: Path, code: str, **headers: str) -> None:
        for name, text in headers.items():
            (folder / f"{name}.h").write_text(text)
        (folder / "snippet.c").write_text(code)
        self.code = code
        unit = Unit(folder / "snippet.c", (), folder)
        self.facts: Facts = analyse(unit, Tree(folder))

    def links(self, path: str = "snippet.c") -> list[Link]:
        """Every use in a file, by place."""
        facts = self.facts
        found = []
        for file, line, col, _length, symbol, use, _function in facts.refs:
            if facts.files[file] == path:
                kind, name, *_, declarations = facts.symbols[symbol]
                best = sorted(declarations, key=lambda d: (not d[4], d[:3]))[0]
                found.append(Link(name, line, col, KINDS[kind].value, USES[use].value, best[1]))
        return sorted(found, key=lambda x: (x.line, x.col, x.name, x.use))

    def at(self, line: int, name: str) -> list[Link]:
        """The uses of *name* on a line."""
        return [x for x in self.links() if x.line == line and x.name == name]

    def one(self, line: int, name: str) -> Link:
        """The only use of *name* on a line."""
        found = self.at(line, name)
        assert len(found) == 1, found
        return found[0]

    @property
    def problems(self) -> list[str]:
        """What could not be understood."""
        return [d[1] for d in self.facts.diagnostics]
