"""pycparser on a list of tokens: reads ``CToken`` objects, gives them to the grammar, fast.

A million tokens go through here, most of them several times: the token helpers and the rules
of the commonest expressions are pycparser's own, said shorter.  A token is its own coordinate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pycparser import c_ast
from pycparser.c_parser import CParser

from annotator.parse.tokens import CToken

_AHEAD = 8  # the grammar never looks further than this past the end
_POSTFIX = {"LBRACKET", "LPAREN", "PERIOD", "ARROW", "PLUSPLUS", "MINUSMINUS"}
_BINARY = {
    "LOR", "LAND", "OR", "XOR", "AND", "EQ", "NE", "GT", "GE", "LT", "LE", "RSHIFT", "LSHIFT",
    "PLUS", "MINUS", "TIMES", "DIVIDE", "MOD",
}  # fmt: skip


class TokenParser(CParser):  # type: ignore[misc]
    """``CParser`` without its lexer; names are types when the innermost scope says so."""

    def __init__(self) -> None:
        super().__init__()
        self._list: list[CToken | None] = [None] * _AHEAD
        self._at = 0
        # Every name that is a typedef's in any scope: all others need no second look.
        self._typedefs: set[str] = set()

    def feed(self, tokens: list[CToken]) -> None:
        """Parse these from here on."""
        self._list = [*tokens, *[None] * _AHEAD]
        self._at = 0

    def begin_scopes(self, names: Iterable[str]) -> None:
        """Forget all names but *names*, which are types."""
        self._scope_stack = [dict.fromkeys(names, True)]
        self._typedefs = set(self._scope_stack[0])

    def know(self, names: Iterable[tuple[str, bool]]) -> None:
        """Take in names of the file's scope, and whether each is a typedef's."""
        for name, is_type in names:
            self._scope_stack[0][name] = is_type
            if is_type:
                self._typedefs.add(name)

    def _add_typedef_name(self, name: str, coord: Any) -> None:
        super()._add_typedef_name(name, coord)
        self._typedefs.add(name)

    # -- the token stream -------------------------------------------------------------------

    def _settle(self, tok: CToken) -> str:
        """The type of a token whose spelling is a typedef's name somewhere."""
        tok.type = "TYPEID" if self._is_type_in_scope(tok.value) else "ID"
        return tok.type

    def _peek(self, k: int = 1) -> Any:
        tok = self._list[self._at + k - 1]
        if tok is not None and tok.value in self._typedefs:
            self._settle(tok)
        return tok

    def _peek_type(self, k: int = 1) -> Any:
        tok = self._list[self._at + k - 1]
        if tok is None:
            return None
        return self._settle(tok) if tok.value in self._typedefs else tok.type

    def _advance(self) -> Any:
        tok = self._list[self._at]
        if tok is None:
            self._parse_error("the file ends in the middle of a declaration", self._last())
        elif tok.value in self._typedefs:
            self._settle(tok)
        self._at += 1
        return tok

    def _accept(self, token_type: str) -> Any:
        tok = self._list[self._at]
        if tok is None:
            return None
        if tok.value in self._typedefs:
            self._settle(tok)
        if tok.type == token_type:
            self._at += 1
            return tok
        return None

    def _mark(self) -> int:
        return self._at

    def _reset(self, mark: int) -> None:
        self._at = mark

    def _tok_coord(self, tok: Any) -> Any:
        return tok

    def _last(self) -> Any:
        return self._list[self._at - 1] if self._at else None

    # -- expressions (C11 6.5), the common ways through their rules -----------------------------

    def _parse_binary_expression(self, min_prec: int = 0, lhs: Any = None) -> Any:
        if lhs is None:
            lhs = self._parse_cast_expression()
        tok = self._list[self._at]
        if tok is None or tok.type not in _BINARY:
            return lhs
        return super()._parse_binary_expression(min_prec, lhs)

    def _parse_cast_expression(self) -> Any:
        tok = self._list[self._at]
        if tok is not None and tok.type == "LPAREN":
            return super()._parse_cast_expression()
        return self._parse_unary_expression()

    def _parse_unary_expression(self) -> Any:
        if self._peek_type() == "ID":
            return self._parse_postfix_expression()
        return super()._parse_unary_expression()

    def _parse_postfix_expression(self) -> Any:
        """6.5.2; a parenthesis in front is for pycparser: a compound literal may begin there."""
        tok = self._list[self._at]
        kind = self._peek_type()
        if tok is not None and kind == "ID":
            self._at += 1
            expr: Any = c_ast.ID(tok.value, tok)
        elif kind == "LPAREN":
            return super()._parse_postfix_expression()
        else:
            expr = self._parse_primary_expression()
        while (tok := self._list[self._at]) is not None and tok.type in _POSTFIX:
            self._at += 1
            kind = tok.type
            if kind == "ARROW" or kind == "PERIOD":
                name = self._advance()
                if name.type != "ID" and name.type != "TYPEID":
                    self._parse_error("the name of a member is missing", name)
                expr = c_ast.StructRef(expr, tok.value, c_ast.ID(name.value, name), expr.coord)
            elif kind == "LPAREN":
                args = None
                if not self._accept("RPAREN"):
                    args = self._parse_argument_expression_list()
                    self._expect("RPAREN")
                expr = c_ast.FuncCall(expr, args, expr.coord)
            elif kind == "LBRACKET":
                subscript = self._parse_expression()
                self._expect("RBRACKET")
                expr = c_ast.ArrayRef(expr, subscript, expr.coord)
            else:
                expr = c_ast.UnaryOp("p" + tok.value, expr, expr.coord)
        return expr
