"""Make pycparser's tokens: reads spelled tokens, gives classified ones that know their place.

A token is its own coordinate: every node of the syntax tree then leads to the exact token
in the source and to the invocation that brought it.  GNU spellings are mapped or dropped here,
on the stream.
"""

from __future__ import annotations

from collections.abc import Iterable

from pycparser.c_lexer import CLexer

from annotator.source.instances import Expansion, Spelled


class CToken:
    """A token as the parser wants it; ``filename`` is the path where it is spelled."""

    __slots__ = ("column", "expansion", "filename", "lineno", "packed", "type", "value")

    def __init__(
        self,
        type: str,
        value: str,
        filename: str,
        lineno: int,
        column: int,
        expansion: Expansion | None,
    ) -> None:
        self.type = type
        self.value = value
        self.filename = filename
        self.lineno = lineno
        self.column = column
        self.expansion = expansion
        self.packed = False  # followed by __attribute__((packed))

    def __str__(self) -> str:
        return f"{self.filename}:{self.lineno}:{self.column}"


# GNU C and C23 spellings that mean something pycparser knows under another name.
_MAPPED = {
    "__inline": "INLINE",
    "__inline__": "INLINE",
    "__const": "CONST",
    "__const__": "CONST",
    "__restrict": "RESTRICT",
    "__restrict__": "RESTRICT",
    "__volatile": "VOLATILE",
    "__volatile__": "VOLATILE",
    "__signed": "SIGNED",
    "__signed__": "SIGNED",
    "__complex__": "_COMPLEX",
    "__alignof__": "_ALIGNOF",
    "__alignof": "_ALIGNOF",
    "__thread": "_THREAD_LOCAL",
    "__typeof__": "TYPEOF",
    "__typeof": "TYPEOF",
    "typeof": "TYPEOF",
    "__builtin_offsetof": "OFFSETOF",
    "__builtin_va_arg": "__BUILTIN_VA_ARG",
    "__asm__": "ASM",
    "__asm": "ASM",
    "asm": "ASM",
    # Types without a keyword token of their own travel as simple specifiers.
    "__auto_type": "VOID",
    "_Float16": "DOUBLE",
    "_Float32": "DOUBLE",
    "_Float64": "DOUBLE",
    "_Float128": "DOUBLE",
    "_Float32x": "DOUBLE",
    "_Float64x": "DOUBLE",
    "__float128": "DOUBLE",
    "__float80": "DOUBLE",
}
_LEFT_OUT = {
    "__extension__": "DROPPED",
    "__attribute__": "ATTRIBUTE",  # with its parentheses
    "__attribute": "ATTRIBUTE",
}
_OFFSETOF = "offsetof"  # an identifier unless <stddef.h> made it the builtin


class Classifier:
    """Gives each spelling its token type, asking pycparser's lexer once per spelling."""

    def __init__(self) -> None:
        self._known = _MAPPED | _LEFT_OUT
        self._known[_OFFSETOF] = "ID"
        self._lexer = CLexer(error_func=self._refuse)

    def _refuse(self, message: str, line: int, column: int) -> None:
        raise ValueError(message)

    def type_of(self, spelling: str) -> str:
        """The type of a token; ``OTHER`` for what is no token of C."""
        if spelling[0] == '"' and len(spelling) > 1 and spelling[-1] == '"':
            return "STRING_LITERAL"  # not kept: there are many, each once
        known = self._known.get(spelling)
        if known is None and not spelling.isascii() and spelling.isidentifier():
            known = self._known[spelling] = "ID"  # C11 6.4.2.1: pycparser knows ASCII alone
        if known is None:
            self._lexer.input(spelling)
            try:
                token = self._lexer.token()
                whole = token is not None and token.value == spelling
                known = token.type if whole else "OTHER"
            except ValueError:
                known = "OTHER"
            self._known[spelling] = known
        return known

    def classify(self, spelled: Iterable[Spelled]) -> list[CToken]:
        """The unit's tokens for the parser, attributes and ``__extension__`` left out."""
        known, type_of = self._known, self.type_of
        result: list[CToken] = []
        append = result.append
        tokens = iter(spelled)
        asm = False
        for text, path, line, col, expansion in tokens:
            kind = known.get(text) or type_of(text)
            if kind == "ATTRIBUTE":
                depth = 0
                for text, *_ in tokens:
                    depth += (text == "(") - (text == ")")
                    if text in ("packed", "__packed__") and result:
                        result[-1].packed = True
                    if depth <= 0:
                        break
            elif kind != "DROPPED":
                append(CToken(kind, text, path, line, col, expansion))
                asm = asm or kind == "ASM"
        if asm:
            result = _without_asm_names(result)
        return result


def _without_asm_names(tokens: list[CToken]) -> list[CToken]:
    """Drop ``asm("symbol")`` behind declarators; asm statements stay."""
    result: list[CToken] = []
    i, n = 0, len(tokens)
    while i < n:
        token = tokens[i]
        if (
            token.type == "ASM"
            and result
            and result[-1].type in ("RPAREN", "ID", "RBRACKET")
            and i + 2 < n
            and tokens[i + 1].type == "LPAREN"
        ):
            j = i + 2
            while j < n and tokens[j].type == "STRING_LITERAL":
                j += 1
            if j < n and tokens[j].type == "RPAREN" and j > i + 2:
                i = j + 1
                continue
        result.append(token)
        i += 1
    return result
