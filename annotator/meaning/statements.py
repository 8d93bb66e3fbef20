"""Statements and function definitions: reads their nodes, opens and closes scopes (C11 6.8)."""

from __future__ import annotations

from typing import Any

from annotator.meaning.declarations import _name_token
from annotator.meaning.expressions import Expressions
from annotator.meaning.types import UNKNOWN, Basic, Pointer, Type, spell
from annotator.model import Kind, Use

_EXPRESSION_PARTS = ("cond", "next", "expr")


class Resolver(Expressions):
    """Resolves one translation unit, an external declaration at a time."""

    def external(self, node: Any, last: Any) -> None:
        """external-declaration (C11 6.9); *last* is its last token."""
        if type(node).__name__ == "FuncDef":
            self.function_definition(node, last)
        else:
            self.declaration(node)

    def forget_nodes(self) -> None:
        """Let go of the syntax trees resolved so far."""
        self._specifiers.clear()
        self._keep.clear()

    def function_definition(self, node: Any, last: Any) -> None:
        """C11 6.9.1; labels have function scope (6.2.1 p3), so gotos wait for the end."""
        decl = node.decl
        t = self.type_of(decl.type)
        entity = self.ordinary_name(Kind.FUNCTION, decl, t, decl.storage)
        token = _name_token(decl)
        self.declare(
            token, entity, definition=True, end_line=self._end_line(token, last), whole=True
        )
        outer, self.function = self.function, entity
        self.labels = {}
        self.push()
        self._parameters_of(decl.type)
        for item in node.body.block_items or ():
            self.statement(item)
        self.pop()
        self.function = outer
        self.labels = {}

    def _parameters_of(self, declarator: Any) -> None:
        node = declarator
        while type(node).__name__ != "FuncDecl":
            node = node.type
        # In "int (*f(int a))(int b)" the innermost function declarator is the one defined.
        inner = node.type
        while type(inner).__name__ in ("PtrDecl", "ArrayDecl", "FuncDecl"):
            inner = inner.type
        for param in node.args.params if node.args is not None else ():
            if type(param).__name__ != "Decl" or not param.name:
                continue
            t = self.type_of(param.type)
            entity = self.new(Kind.PARAMETER, param.name, parent=self.function, type=t)
            entity.text = spell(t, param.name)
            self.ordinary[-1][param.name] = entity
            self.declare(_name_token(param), entity, definition=True)

    # -- labels ---------------------------------------------------------------------------------

    def _label(self, name: str) -> Any:
        entity = self.labels.get(name)
        if entity is None:
            entity = self.labels[name] = self.new(Kind.LABEL, name, parent=self.function)
            entity.text = f"{name}:"
        return entity

    def use_label(self, token: Any) -> None:
        self.refer(token, self._label(token.value), Use.GOTO)

    # -- statements -------------------------------------------------------------------------------

    def statement(self, node: Any) -> Type:
        """Any block item; the type is that of an expression statement."""
        kind = type(node).__name__
        if kind in ("Decl", "Typedef", "StaticAssert"):
            self.declaration(node)
        elif kind == "Compound":
            self.push()
            for item in node.block_items or ():
                self.statement(item)
            self.pop()
        elif kind == "If":
            self.expression(node.cond)
            self.statement(node.iftrue)
            if node.iffalse is not None:
                self.statement(node.iffalse)
        elif kind in ("While", "Switch"):
            self.expression(node.cond)
            self.statement(node.stmt)
        elif kind == "DoWhile":
            self.statement(node.stmt)
            self.expression(node.cond)
        elif kind == "For":
            self.push()
            if node.init is not None:
                if type(node.init).__name__ == "DeclList":
                    for decl in node.init.decls:
                        self.declaration(decl)
                else:
                    self.expression(node.init)
            if node.cond is not None:
                self.expression(node.cond)
            if node.next is not None:
                self.expression(node.next)
            self.statement(node.stmt)
            self.pop()
        elif kind == "Label":
            self.declare(node.coord, self._label(node.name), definition=True)
            self.statement(node.stmt)
        elif kind == "Case":
            self.expression(node.expr)
            for one in node.stmts or ():
                self.statement(one)
        elif kind == "Default":
            for one in node.stmts or ():
                self.statement(one)
        elif kind == "Goto":
            self.use_label(node.coord)
        elif kind == "Return":
            if node.expr is not None:
                self.expression(node.expr)
        elif kind == "FuncDef":
            self.function_definition(node, None)
        elif kind == "AttributedStatement":
            self.statement(node.stmt)
        elif kind in ("EmptyStatement", "Break", "Continue", "Pragma"):
            pass
        else:
            return self.expression(node)
        return UNKNOWN

    def statement_expression(self, node: Any) -> Type:
        """GCC manual, "Statement Exprs"."""
        self.push()
        found: Type = Basic("void")
        for item in node.block_items or ():
            found = self.statement(item)
        self.pop()
        return found


__all__ = ["Pointer", "Resolver"]
