"""Analyse a piece of C as if it were a file of a tree: the tests' way to the resolver."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from annotator.index.merge import Program
from annotator.meaning.facts import Facts
from annotator.meaning.unit import Session
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


class Analysed:
    """Units analysed in one session, merged."""

    def __init__(self, folder: Path, *names: str) -> None:
        chunks: dict[str, Facts] = {}

        def keep(name: str, data: bytes) -> None:
            chunks[name] = Facts.load(data)

        session = Session(Tree(folder), keep)
        self.program = Program()
        self.units = [session.analyse(Unit(folder / name, (), folder)) for name in names]
        for unit in self.units:
            self.program.add_unit(unit, 0)
        for name in dict.fromkeys(c for unit in self.units for c in unit.chunks):
            self.program.add(chunks[name], 1)
        self.uses = self.program.uses({root: root + 1 for root, _ in self.program.symbols()})

    def links(self, path: str) -> list[Link]:
        """Every use in a file, by place."""
        symbols = dict(self.program.symbols())
        found = []
        for line, col, _, symbol, use, _ in self.uses.get(path, ()):
            s = symbols[symbol - 1]
            best = sorted(s.places, key=lambda p: (not s.places[p][1], p))[0]
            found.append(Link(s.name, line, col, s.kind.value, use, best[1]))
        return sorted(found, key=lambda x: (x.line, x.col, x.name, x.use))


class Snippet:
    """The facts of one small unit called ``snippet.c``."""

    def __init__(self, folder: Path, code: str, **headers: str) -> None:
        for name, text in headers.items():
            (folder / f"{name}.h").write_text(text)
        (folder / "snippet.c").write_text(code)
        self.code = code
        self.all = Analysed(folder, "snippet.c")

    def links(self, path: str = "snippet.c") -> list[Link]:
        """Every use in a file, by place."""
        return self.all.links(path)

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
        return [d[2] for d in self.all.program.diagnostics]
