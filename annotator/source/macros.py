"""The macros in force at a point of a unit: reads #define and #undef events, answers by name."""

from __future__ import annotations

from collections.abc import Iterable

from annotator.source.directives import MacroDefinition, read
from annotator.source.lex import Lexeme


class Macro:
    """A definition in force; its replacement list is read only when somebody asks."""

    __slots__ = ("_definition", "line", "path", "text")

    def __init__(self, path: str, line: int, text: str) -> None:
        self.path, self.line, self.text = path, line, text
        self._definition: MacroDefinition | None = None

    @property
    def definition(self) -> MacroDefinition:
        if self._definition is None:
            raw = read(b"#define " + self.text.encode("utf-8", "surrogateescape"))
            self._definition = raw.macros[1]
        return self._definition

    def names(self) -> Iterable[str]:
        """The identifiers of the replacement list."""
        data = b"#define " + self.text.encode("utf-8", "surrogateescape")
        for token in self.definition.body:
            if token.kind is Lexeme.IDENTIFIER:
                yield data[token.start : token.end].decode("utf-8", "replace")


class MacroTable:
    """Definitions by name, and by the line on which they stand."""

    def __init__(self) -> None:
        self.by_name: dict[str, Macro] = {}
        self._at: dict[tuple[str, int], str] = {}  # (path, line) of a #define -> its name
        self._reach: dict[str, frozenset[str]] = {}

    def define(self, text: str, path: str, line: int) -> str:
        """Take in ``#define`` *text* (without the directive's name); the macro's name."""
        name = text.split("(", 1)[0].split(None, 1)[0]
        self.by_name[name] = Macro(path, line, text)
        self._at[path, line] = name
        self._reach.clear()
        return name

    def undefine(self, text: str) -> None:
        """Take in ``#undef`` *text*."""
        self.by_name.pop(text.split(None, 1)[0], None)
        self._reach.clear()

    def at(self, path: str, line: int) -> str | None:
        """The macro whose definition begins at this line."""
        return self._at.get((path, line))

    def reachable(self, name: str) -> frozenset[str]:
        """*name* and every macro that its replacement can lead to."""
        known = self._reach.get(name)
        if known is None:
            seen: set[str] = set()
            todo = [name]
            while todo:
                one = todo.pop()
                macro = self.by_name.get(one)
                if one in seen or macro is None:
                    continue
                seen.add(one)
                todo.extend(macro.names())
            known = self._reach[name] = frozenset(seen)
        return known
