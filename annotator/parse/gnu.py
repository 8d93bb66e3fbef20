"""pycparser with exact places and GNU C: reads classified tokens, gives declarations.

GCC's extensions that CPython and the system headers use are parsed in a subclass, each at
the grammar rule it extends (GCC manual, "Extensions to the C Language Family").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pycparser import c_ast
from pycparser.c_parser import ParseError

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.parse.stream import TokenParser
from annotator.parse.tokens import CToken

# Types that GCC knows without a declaration.
BUILTIN_TYPEDEFS = ("__builtin_va_list", "__int128_t", "__uint128_t")


@dataclass(slots=True)
class External:
    """One external declaration: its nodes and the tokens ``first`` to ``last``, inclusive."""

    nodes: list[Any]
    first: int
    last: int


class Parser(TokenParser):
    """Parses a list of ``CToken``; a node's coordinate is the token it stands at."""

    def __init__(self) -> None:
        super().__init__()
        self.begin()
        self.ends: dict[int, CToken] = {}  # id of a struct, union, enum or body -> its last token

    # -- a unit -------------------------------------------------------------------------

    def begin(self) -> None:
        """Forget all names: a new unit."""
        self.begin_scopes(BUILTIN_TYPEDEFS)

    def externals(self, tokens: list[CToken], report: list[Diagnostic]) -> Iterator[External]:
        """Parse one external declaration after the other (C11 6.9).

        What cannot be parsed is reported and skipped up to the next ``;`` or ``}`` outside
        of brackets, so that one odd construct costs one declaration.
        """
        self.feed(tokens)
        while self._at < len(tokens):
            first = self._at
            try:
                nodes = self._parse_external_declaration()
            except (ParseError, ValueError, AssertionError, RecursionError) as error:
                del self._scope_stack[1:]
                report.append(self._diagnose(error, tokens))
                self._skip(first, tokens)
                continue
            yield External(nodes, first, self._at - 1)

    def _diagnose(self, error: Exception, tokens: list[CToken]) -> Diagnostic:
        token = tokens[min(self._at, len(tokens) - 1)]
        place = token.expansion
        path, line, col = (
            (place.path, place.line, place.col)
            if place is not None
            else (token.filename, token.lineno, token.column)
        )
        message = str(error).rsplit(": ", 1)[-1] or type(error).__name__
        return Diagnostic(
            DiagnosticKind.PARSE,
            f"cannot parse this near {token.value!r} ({message})",
            path,
            line,
            col,
        )

    def _skip(self, first: int, tokens: list[CToken]) -> None:
        depth, at = 0, first
        while at < len(tokens):
            kind = tokens[at].type
            depth += (kind in ("LBRACE", "LPAREN")) - (kind in ("RBRACE", "RPAREN"))
            at += 1
            if depth <= 0 and kind in ("SEMI", "RBRACE"):
                break
        self._at = max(at, first + 1)

    # -- where things end, and exact names ------------------------------------------------

    def _parse_struct_or_union_specifier(self) -> Any:
        keyword = self._peek()
        node = super()._parse_struct_or_union_specifier()
        if node.decls is not None:
            end = self.ends[id(node)] = self._last()
            end.packed = end.packed or keyword.packed
        return node

    def _parse_enum_specifier(self) -> Any:
        name = self._peek(2)
        node = super()._parse_enum_specifier()
        if node.name is not None:
            node.coord = name  # pycparser gives the keyword's place
        if node.values is not None:
            self.ends[id(node)] = self._last()
        return node

    def _parse_atomic_specifier(self) -> Any:
        """``_Atomic(T)`` names the type that ``typeof(T)`` names, for all that meaning needs.

        pycparser would splice T's declarator into the declaration and lose the name's place.
        """
        token = self._expect("_ATOMIC")
        self._expect("LPAREN")
        inner = self._parse_type_name()
        self._expect("RPAREN")
        return c_ast.TypeOf("typeof", inner, token)

    # -- statements -----------------------------------------------------------------------

    def _parse_jump_statement(self) -> Any:
        """``goto *expression;`` — GCC manual, "Labels as Values"; and the label's own place."""
        if self._peek_type() != "GOTO":
            return super()._parse_jump_statement()
        self._advance()
        if self._accept("TIMES"):
            expr = self._parse_expression()
            self._expect("SEMI")
            return c_ast.UnaryOp("goto*", expr, expr.coord)
        name = self._advance()
        self._expect("SEMI")
        return c_ast.Goto(name.value, name)

    def _parse_labeled_statement(self) -> Any:
        """``case 1 ... 5:`` — GCC manual, "Case Ranges"."""
        if self._peek_type() != "CASE":
            return super()._parse_labeled_statement()
        token = self._advance()
        expr = self._parse_constant_expression()
        if self._accept("ELLIPSIS"):
            high = self._parse_constant_expression()
            expr = c_ast.ExprList([expr, high], expr.coord)
        self._expect("COLON")
        if self._starts_statement():
            body = self._parse_pragmacomp_or_statement()
        else:
            body = c_ast.EmptyStatement(token)
        return c_ast.Case(expr, [body], token)

    def _parse_label(self) -> Any:
        """``name: statement`` (C11 6.8.1)."""
        name = self._advance()
        self._expect("COLON")
        if self._starts_statement():
            body = self._parse_pragmacomp_or_statement()
        else:
            body = c_ast.EmptyStatement(name)
        return c_ast.Label(name.value, body, name)

    def _starts_statement(self) -> Any:
        return self._peek_type() == "ASM" or super()._starts_statement()

    def _parse_statement(self) -> Any:
        """``asm volatile ("…" : outputs : inputs : clobbers : labels);``"""
        if self._peek_type() != "ASM":
            if self._peek_type() == "TYPEID" and self._peek_type(2) == "COLON":
                return self._parse_label()  # it may share a typedef's name, C11 6.2.3
            return super()._parse_statement()
        return self._parse_asm()

    def _parse_external_declaration(self) -> list[Any]:
        if self._peek_type() == "ASM":
            self._parse_asm()
            return []
        result: list[Any] = super()._parse_external_declaration()
        return result

    def _parse_asm(self) -> Any:
        """Keeps the operands: outputs as ``=``, ``+`` writes, inputs as reads."""
        start = self._advance()
        while self._peek_type() in ("VOLATILE", "INLINE", "GOTO", "CONST"):
            self._advance()
        self._expect("LPAREN")
        self._parse_unified_string_literal()
        section = 0
        operands: list[Any] = []
        while self._peek_type() not in ("RPAREN", None):
            if self._accept("COLON"):
                section += 1
            elif self._accept("COMMA"):
                pass
            elif self._peek_type() == "STRING_LITERAL":
                constraint = self._parse_unified_string_literal()
                if self._peek_type() == "LPAREN":
                    self._advance()
                    expr = self._parse_expression()
                    self._expect("RPAREN")
                    if section == 1:
                        op = "+=" if "+" in constraint.value else "="
                        expr = c_ast.Assignment(op, expr, c_ast.ExprList([]), start)
                    operands.append(expr)
            elif self._accept("LBRACKET"):
                self._advance()
                self._expect("RBRACKET")
            elif section >= 4 and self._peek_type() in ("ID", "TYPEID"):
                label = self._advance()
                operands.append(c_ast.Goto(label.value, label))
            else:
                self._parse_error("unknown form of asm", self._peek())
        self._expect("RPAREN")
        self._expect("SEMI")
        return c_ast.ExprList(operands, start)

    # -- expressions ----------------------------------------------------------------------

    def _starts_expression(self, tok: Any = None) -> Any:
        tok = tok or self._peek()
        return tok is not None and (tok.type == "LAND" or super()._starts_expression(tok))

    def _parse_unary_expression(self) -> Any:
        """``&&label`` and ``__alignof__ expression``."""
        kind = self._peek_type()
        if kind == "LAND":
            self._advance()
            name = self._advance()
            return c_ast.UnaryOp("&&", c_ast.ID(name.value, name), name)
        if kind == "_ALIGNOF":
            token = self._advance()
            found = self._try_parse_paren_type_name()
            operand = found[0] if found is not None else self._parse_unary_expression()
            return c_ast.UnaryOp("_Alignof", operand, token)
        return super()._parse_unary_expression()

    def _parse_conditional_expression(self) -> Any:
        """``a ?: b`` — GCC manual, "Conditionals with Omitted Operands"."""
        expr = self._parse_binary_expression()
        if self._accept("CONDOP"):
            middle = expr if self._peek_type() == "COLON" else self._parse_expression()
            self._expect("COLON")
            last = self._parse_conditional_expression()
            return c_ast.TernaryOp(expr, middle, last, expr.coord)
        return expr

    def _parse_argument_expression_list(self) -> Any:
        """Builtins that take types: ``__builtin_types_compatible_p(int, T)``."""
        exprs = [self._parse_argument()]
        while self._accept("COMMA"):
            exprs.append(self._parse_argument())
        return c_ast.ExprList(exprs, exprs[0].coord)

    def _parse_argument(self) -> Any:
        if self._starts_declaration():
            return self._parse_type_name()
        return self._parse_assignment_expression()
