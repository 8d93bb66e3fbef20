"""Macros: reads their definitions, gives replacement lists that are ready for substitution.

C11 6.10.3.  A definition in a file of ours is read from its raw text, so that each token of
its replacement list knows its place; one of another's from the text that the preprocessor
prints.
"""

from __future__ import annotations

from annotator.source.directives import RawFile, read

Token = tuple[str, str, int, int]  # spelling, path, line, column
Operand = Token | tuple[str, int]  # a token; or ("", i) or ("#", i): argument i, as spelled


class Paste:
    """Operands joined by ``##`` (6.10.3.3), or a single operand of ``#`` (6.10.3.2).

    ``comma``: the GNU form ``, ## __VA_ARGS__``, whose comma goes where these are left out.
    """

    __slots__ = ("comma", "operands")

    def __init__(self, operands: list[Operand]) -> None:
        self.operands = operands
        self.comma = False


# What a replacement list consists of: a token of its own; None for the macro's own name, which
# is not expanded again (6.10.3.4 p2); the number of an argument to expand (6.10.3.1); a Paste.
Op = Token | None | int | Paste


class Macro:
    """A definition in force; it is read only when somebody needs more than its place."""

    __slots__ = ("_body", "_params", "_raw", "_text", "_variadic", "line", "name", "path")

    def __init__(
        self, name: str, path: str, line: int, *, text: str = "", raw: RawFile | None = None
    ) -> None:
        """*text* is what follows ``#define``; *raw* the file in which it stands on *line*."""
        self.name, self.path, self.line = name, path, line
        self._text, self._raw = text, raw
        self._body: list[Op] | None = None
        self._params: tuple[str, ...] | None = None
        self._variadic = False

    @property
    def params(self) -> tuple[str, ...] | None:
        """The names of the parameters; None of an object-like macro."""
        if self._body is None:
            self._read()
        return self._params

    @property
    def variadic(self) -> bool:
        """Does the last parameter take all further arguments?"""
        if self._body is None:
            self._read()
        return self._variadic

    @property
    def body(self) -> list[Op]:
        """The replacement list."""
        if self._body is None:
            self._read()
        assert self._body is not None
        return self._body

    def _read(self) -> None:
        raw, line = self._raw, self.line
        if raw is None:
            raw = read(b"#define " + self._text.encode("utf-8", "surrogateescape"))
            line = 1
        definition = raw.macros[line]
        self._params, self._variadic = definition.params, definition.variadic
        tokens = []
        for token in definition.body:
            row, col = raw.lines.place(token.start)
            text = raw.data[token.start : token.end].decode("utf-8", "surrogateescape")
            if "\n" in text:
                text = text.replace("\\\r\n", "").replace("\\\n", "")
            tokens.append((text, self.path, row, col))
        self._body = _compile(tokens, self.name, self._params)


def _compile(tokens: list[Token], name: str, params: tuple[str, ...] | None) -> list[Op]:
    number = {p: i for i, p in enumerate(params or ())}
    ops: list[Op] = []
    pasting = False
    i, n = 0, len(tokens)
    while i < n:
        token = tokens[i]
        text = token[0]
        if text == "##" and ops and i + 1 < n:
            pasting = True
            i += 1
            continue
        operand: Operand
        plain: Op
        if text == "#" and params is not None and i + 1 < n and tokens[i + 1][0] in number:
            operand = ("#", number[tokens[i + 1][0]])
            plain = Paste([operand])
            i += 1
        elif text in number:
            operand, plain = ("", number[text]), number[text]
        else:
            operand, plain = token, (None if text == name else token)
        if pasting:
            last = ops[-1]
            if not isinstance(last, Paste):
                last = ops[-1] = Paste([_operand(last, name)])
            last.operands.append(operand)
            last.comma = (
                len(last.operands) == 2
                and last.operands[0][0] == ","
                and params is not None
                and operand == ("", len(params) - 1)
            )
            pasting = False
        else:
            ops.append(plain)
        i += 1
    return ops


def _operand(op: Op, name: str) -> Operand:
    if isinstance(op, int):
        return ("", op)
    if op is None:
        return (name, "", 0, 0)
    assert isinstance(op, tuple)
    return op


class MacroTable(dict[str, Macro]):
    """The macros in force, by name."""

    def define(self, text: str, path: str, line: int) -> Macro:
        """Take in what follows ``#define`` in a file that is not ours."""
        name = text.split("(", 1)[0].split(None, 1)[0]
        macro = self[name] = Macro(name, path, line, text=text)
        return macro

    def define_here(self, raw: RawFile, path: str, line: int) -> Macro:
        """Take in the ``#define`` that begins on *line* of a file of ours."""
        name = raw.macros[line].name
        macro = self[name] = Macro(name, path, line, raw=raw)
        return macro

    def undefine(self, text: str) -> str:
        """Take in what follows ``#undef``; the macro's name."""
        name = text.split(None, 1)[0]
        self.pop(name, None)
        return name
