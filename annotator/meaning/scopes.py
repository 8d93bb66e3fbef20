"""Scopes and name spaces: reads names and tokens, gives entities; collects what is emitted.

C11 6.2.1 (scopes) and 6.2.3 (name spaces): ordinary identifiers, tags and labels apart;
members live in their struct.  The base of the resolver.
"""

from __future__ import annotations

from typing import Any

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.meaning.entities import Declaration, Entity, Reference
from annotator.model import Kind, Linkage, Use

_COMPILER_NAMES = ("__builtin_", "__atomic_", "__sync_", "__c11_", "__extension__")
_FUNCTION_NAMES = ("__func__", "__FUNCTION__", "__PRETTY_FUNCTION__")


class Scopes:
    """The scopes of one unit, its entities, references and diagnostics."""

    def __init__(self) -> None:
        self.ordinary: list[dict[str, Entity]] = [{}]
        self.tags: list[dict[str, Entity]] = [{}]
        self.labels: dict[str, Entity] = {}
        self.function: Entity | None = None
        self.entities: list[Entity] = []
        self.references: dict[Reference, None] = {}  # an ordered set
        self.diagnostics: list[Diagnostic] = []
        self.start_line = 0  # where the external declaration in hand begins
        self.start_path = ""

    # -- places ---------------------------------------------------------------------------

    def place(self, token: Any) -> tuple[str, int, int]:
        """Where a declaration stands: for a name out of a macro's body, the invocation."""
        e = token.expansion
        if e is None or e.holds(token.filename, token.lineno, token.column):
            return token.filename, token.lineno, token.column
        return e.path, e.line, e.col

    def refer(self, token: Any, entity: Entity, use: Use) -> None:
        """Record a use of *entity* where *token* is spelled."""
        e = token.expansion
        inside = e is None or e.holds(token.filename, token.lineno, token.column)
        # Out of a macro's body a use belongs to no one function.
        function = self.function if inside else None
        path, line, col = token.filename, token.lineno, token.column
        if e is not None and not inside and e.macro == entity.name:
            path, line, col = e.path, e.line, e.col  # a macro that expands to its own name
            function = self.function
        self.references[Reference(path, line, col, entity.name, entity, use, function)] = None

    # -- names ----------------------------------------------------------------------------

    def push(self) -> None:
        self.ordinary.append({})
        self.tags.append({})

    def pop(self) -> None:
        self.ordinary.pop()
        self.tags.pop()

    @property
    def at_file_scope(self) -> bool:
        return len(self.ordinary) == 1

    def find(self, name: str) -> Entity | None:
        """The ordinary identifier in the innermost scope that declares it."""
        for scope in reversed(self.ordinary):
            if name in scope:
                return scope[name]
        return None

    def find_tag(self, name: str) -> Entity | None:
        for scope in reversed(self.tags):
            if name in scope:
                return scope[name]
        return None

    def new(
        self,
        kind: Kind,
        name: str,
        *,
        linkage: Linkage = Linkage.NONE,
        parent: Entity | None = None,
        type: object = None,
    ) -> Entity:
        """A new entity of this unit, in no scope yet."""
        entity = Entity(kind, name, linkage, parent, type)
        self.entities.append(entity)
        return entity

    def declare(
        self,
        token: Any,
        entity: Entity,
        *,
        definition: bool,
        end_line: int = 0,
        whole: bool = False,
    ) -> None:
        """Record that *token* declares *entity*.

        ``whole``: the declaration begins where the external declaration in hand does.
        """
        path, line, col = self.place(token)
        start = self.start_line if whole and path == self.start_path else line
        known = Declaration(path, line, col, end_line, definition, start)
        if known not in entity.declarations:
            entity.declarations.append(known)
        self.refer(token, entity, Use.DEFINITION if definition else Use.DECLARATION)

    def unresolved(self, token: Any, what: str) -> None:
        """Report a name without a declaration, but for those that the compiler provides."""
        name = token.value
        if name.startswith(_COMPILER_NAMES) or name in _FUNCTION_NAMES:
            return
        path, line, col = self.place(token)
        self.diagnostics.append(
            Diagnostic(DiagnosticKind.RESOLVE, f"{what} {name!r} is not declared", path, line, col)
        )
