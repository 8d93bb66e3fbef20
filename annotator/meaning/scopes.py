"""Scopes and name spaces: reads names and tokens, gives entities; collects what is emitted.

C11 6.2.1 (scopes) and 6.2.3 (name spaces): ordinary identifiers, tags and labels apart;
members live in their struct.  The base of the resolver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.meaning.entities import Declaration, Entity, Reference
from annotator.meaning.tables import Row
from annotator.model import Kind, Linkage, Use

_COMPILER_NAMES = ("__builtin_", "__atomic_", "__sync_", "__c11_", "__extension__")
_FUNCTION_NAMES = ("__func__", "__FUNCTION__", "__PRETTY_FUNCTION__")


@dataclass(slots=True)
class Log:
    """What resolving some external declarations brought forth."""

    references: dict[Reference, None] = field(default_factory=dict)  # an ordered set
    declared: dict[tuple[int, Declaration], Entity] = field(default_factory=dict)
    completed: list[Entity] = field(default_factory=list)  # structs, and typedefs of unnamed ones
    tables: list[Row] = field(default_factory=list)  # constant tables that name functions
    diagnostics: list[Diagnostic] = field(default_factory=list)
    # Names of the file's scope: those bound, and those found bound before.
    bound: dict[tuple[str, str], Entity] = field(default_factory=dict)
    needed: dict[tuple[str, str], Entity | None] = field(default_factory=dict)


class FileScope(dict[str, Entity]):
    """The outermost scope of a name space: tells the log what is bound in it."""

    def __init__(self, space: str, log: Callable[[], Log]) -> None:
        super().__init__()
        self.space = space
        self._log = log

    def __setitem__(self, name: str, entity: Entity) -> None:
        self._log().bound[self.space, name] = entity
        super().__setitem__(name, entity)

    def look(self, name: str) -> Entity | None:
        """The entity bound to *name*; the log learns that it mattered."""
        found = self.get(name)
        log = self._log()
        if (self.space, name) not in log.bound:
            log.needed.setdefault((self.space, name), found)
        return found


class Scopes:
    """The scopes of one unit; what comes forth goes into ``log``."""

    def __init__(self) -> None:
        self.log = Log()
        self.file_ordinary = FileScope("ordinary", lambda: self.log)
        self.file_tags = FileScope("tag", lambda: self.log)
        self.ordinary: list[dict[str, Entity]] = [self.file_ordinary]
        self.tags: list[dict[str, Entity]] = [self.file_tags]
        self.labels: dict[str, Entity] = {}
        self.function: Entity | None = None
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
        one = Reference(path, line, col, entity.name, entity, use, function)
        self.log.references[one] = None

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
        for scope in reversed(self.ordinary[1:]):
            if name in scope:
                return scope[name]
        return self.file_ordinary.look(name)

    def find_tag(self, name: str) -> Entity | None:
        for scope in reversed(self.tags[1:]):
            if name in scope:
                return scope[name]
        return self.file_tags.look(name)

    def here(self, name: str) -> Entity | None:
        """The ordinary identifier that the innermost scope itself declares."""
        if self.at_file_scope:
            return self.file_ordinary.look(name)
        return self.ordinary[-1].get(name)

    def tag_here(self, name: str) -> Entity | None:
        """The tag that the innermost scope itself declares."""
        return self.file_tags.look(name) if self.at_file_scope else self.tags[-1].get(name)

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
        return Entity(kind, name, linkage, parent, type)

    def note(self, entity: Entity, declaration: Declaration) -> None:
        """Record a declaration with the entity and in the log."""
        if declaration not in entity.declarations:
            entity.declarations.append(declaration)
        self.log.declared[id(entity), declaration] = entity

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
        self.note(entity, known)
        self.refer(token, entity, Use.DEFINITION if definition else Use.DECLARATION)

    def unresolved(self, token: Any, what: str) -> None:
        """Report a name without a declaration, but for those that the compiler provides."""
        name = token.value
        if name.startswith(_COMPILER_NAMES) or name in _FUNCTION_NAMES:
            return
        path, line, col = self.place(token)
        self.log.diagnostics.append(
            Diagnostic(DiagnosticKind.RESOLVE, f"{what} {name!r} is not declared", path, line, col)
        )
