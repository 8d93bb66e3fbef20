"""How places and functions hang together: what the index says beyond symbols and uses.

Data only; `annotator.index.query` and `annotator.index.edges` give it.
"""

from __future__ import annotations

from dataclasses import dataclass

from annotator.model import Place, Ref, Symbol


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A place that belongs to another: a generated case and its instruction, for one.

    ``relation`` says what ``place`` is to ``path:line:col``: "generated case", "clinic input".
    """

    path: str
    line: int
    col: int
    place: Place
    relation: str


@dataclass(frozen=True, slots=True)
class Edge:
    """*caller* calls *callee* at ``refs``.

    ``through`` is empty for a plain call; otherwise the macro whose body holds the call, or the
    member whose value is called: then ``table`` is the object that holds *callee* there.
    ``caller`` is None for what calls outside of any function.
    """

    caller: Symbol | None
    callee: Symbol
    refs: tuple[Ref, ...]
    through: Symbol | None = None
    table: Symbol | None = None
