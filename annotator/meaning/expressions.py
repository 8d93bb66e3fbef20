"""Expressions: reads expression nodes, gives their types and records each use (C11 6.5).

``use`` says what the surrounding expression does with the designated object; it travels down
to the name that it is about: in ``a->b.c = 1`` the member ``c`` is written, so is ``b``,
which holds it, and ``a`` is read.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from annotator.meaning.constants import string_elements
from annotator.meaning.declarations import Declarations
from annotator.meaning.types import (
    INT,
    SIZE,
    UNKNOWN,
    Array,
    Basic,
    Function,
    Pointer,
    Record,
    Type,
    decayed,
    pointee,
    record_of,
)
from annotator.model import Kind, Use

_ASSIGNMENT = "="
_COMPARISONS = {"==", "!=", "<", ">", "<=", ">=", "&&", "||"}


class Expressions(Declarations, ABC):
    """The types and uses of expressions and initialisers."""

    def expression(self, node: Any, use: Use = Use.READ) -> Type:
        method = getattr(self, "_" + type(node).__name__, None)
        if method is None:
            return UNKNOWN
        found: Type = method(node, use)
        return found

    # primary-expression
    def _ID(self, node: Any, use: Use) -> Type:
        entity = self.find(node.name)
        if entity is None:
            self.unresolved(node.coord, "the name")
            return UNKNOWN
        if entity.kind is Kind.FUNCTION and use is Use.READ:
            use = Use.ADDRESS  # a function designator becomes a pointer: C11 6.3.2.1 p4
        self.refer(node.coord, entity, use)
        return entity.type if isinstance(entity.type, Type) else UNKNOWN

    def _Constant(self, node: Any, use: Use) -> Type:
        if node.type == "string":
            element = "char" if node.value[0] in '"u' else "wchar_t"
            return Array(Basic(element), string_elements(node.value))
        return Basic(node.type)

    def _Compound(self, node: Any, use: Use) -> Type:
        """A statement expression has the value of its last expression statement."""
        return self.statement_expression(node)

    @abstractmethod
    def statement_expression(self, node: Any) -> Type:
        """The type of a statement expression: only statements know what a block means."""

    def _GenericSelection(self, node: Any, use: Use) -> Type:
        self.expression(node.expr)
        found: Type = UNKNOWN
        for association in node.associations:
            if association.type is not None:
                self.type_of(association.type)
            found = self.expression(association.expr, use)
        return found

    # postfix-expression
    def _ArrayRef(self, node: Any, use: Use) -> Type:
        # Peek at the kind of the base: an element of an array is part of it.
        inner = self.expression(node.name, self._through(node.name, use))
        subscript = self.expression(node.subscript)
        if not isinstance(decayed(inner).resolved(), Pointer):
            inner = subscript  # 2[a] is a[2]: C11 6.5.2.1
        return pointee(inner)

    def _through(self, base: Any, use: Use) -> Use:
        """The use of an array of which an element is used: of a pointer it is a read."""
        if use is Use.READ:
            return use
        return use if isinstance(self._quiet(base).resolved(), Array) else Use.READ

    def _quiet(self, node: Any) -> Type:
        """The type of a designator, without recording anything."""
        kind = type(node).__name__
        if kind == "ID":
            entity = self.find(node.name)
            if entity is not None and isinstance(entity.type, Type):
                return entity.type
        elif kind == "StructRef":
            base = self._quiet(node.name)
            record = record_of(pointee(base) if node.type == "->" else base)
            field = record.member(node.field.name) if record is not None else None
            if field is not None:
                return field.type
        elif kind == "ArrayRef":
            return pointee(self._quiet(node.name))
        elif kind == "UnaryOp" and node.op == "*":
            return pointee(self._quiet(node.expr))
        elif kind == "Cast":
            return self.type_of(node.to_type)
        return UNKNOWN

    def _FuncCall(self, node: Any, use: Use) -> Type:
        name = getattr(node.name, "name", None)
        if name in ("offsetof", "__builtin_offsetof") and node.args is not None:
            return self._offsetof(node)
        if name == "__builtin_va_arg":
            self.expression(node.args.exprs[0])
            return self.type_of(node.args.exprs[1])
        callee = self.expression(node.name, Use.CALL)
        arguments = []
        for argument in node.args.exprs if node.args is not None else ():
            if type(argument).__name__ == "Typename":
                self.type_of(argument)
            else:
                arguments.append(self.expression(argument))
        if name == "__builtin_choose_expr" and len(arguments) == 3:
            test = self.constant(node.args.exprs[0])
            return arguments[1 if test else 2]
        found = callee.resolved()
        if isinstance(found, Pointer):
            found = found.to.resolved()
        return found.returns if isinstance(found, Function) else _builtin(name, arguments)

    def _offsetof(self, node: Any) -> Type:
        """C11 7.19 p3: the second operand is a designator within the first, a type."""
        of, designator = node.args.exprs
        self._designate(designator, self.type_of(of))
        return SIZE

    def _designate(self, node: Any, base: Type) -> Type:
        kind = type(node).__name__
        if kind == "ID":
            return self._member(node, base, Use.READ)
        if kind == "StructRef":
            return self._member(node.field, self._designate(node.name, base), Use.READ)
        if kind == "ArrayRef":
            inner = self._designate(node.name, base)
            self.expression(node.subscript)
            return pointee(inner)
        return UNKNOWN

    def _StructRef(self, node: Any, use: Use) -> Type:
        if node.type == "->":
            base = pointee(self.expression(node.name))
        else:
            # A part of an object is used, so the object is.  Calling a member reads it.
            base = self.expression(node.name, Use.READ if use is Use.CALL else use)
        return self._member(node.field, base, use)

    def _member(self, field: Any, base: Type, use: Use) -> Type:
        record = record_of(base)
        if record is None:
            self.unresolved(field.coord, "the member")
            return UNKNOWN
        found = record.member(field.name)
        if found is None or found.entity is None:
            self.unresolved(field.coord, f"in {record.keyword} {record.entity.name} the member")
            return UNKNOWN
        self.refer(field.coord, found.entity, use)
        return found.type

    def _CompoundLiteral(self, node: Any, use: Use) -> Type:
        t = self.type_of(node.type)
        self.initializer(node.init, t)
        return t

    # unary-expression, cast-expression
    def _UnaryOp(self, node: Any, use: Use) -> Type:
        op = node.op
        if op in ("sizeof", "_Alignof"):
            if type(node.expr).__name__ == "Typename":
                self.type_of(node.expr)
            else:
                self.expression(node.expr, Use.SIZEOF)
            return SIZE
        if op in ("++", "--", "p++", "p--"):
            return self.expression(node.expr, Use.READ_WRITE)
        if op == "&":
            return Pointer(self.expression(node.expr, Use.ADDRESS))
        if op == "&&":
            self.use_label(node.coord)
            return Pointer(Basic("void"))
        if op == "*":
            return pointee(self.expression(node.expr, Use.CALL if use is Use.CALL else Use.READ))
        inner = self.expression(node.expr)
        return INT if op == "!" else inner

    @abstractmethod
    def use_label(self, token: Any) -> None:
        """A label whose address is taken: only statements know a function's labels."""

    def _Cast(self, node: Any, use: Use) -> Type:
        t = self.type_of(node.to_type)
        self.expression(node.expr, use if use is Use.CALL else Use.READ)
        return t

    # binary, conditional, assignment and comma expressions
    def _BinaryOp(self, node: Any, use: Use) -> Type:
        left = self.expression(node.left)
        right = self.expression(node.right)
        if node.op in _COMPARISONS:
            return INT
        left, right = decayed(left), decayed(right)
        if isinstance(left.resolved(), Pointer):
            if node.op == "-" and isinstance(right.resolved(), Pointer):
                return Basic("long")
            return left
        if isinstance(right.resolved(), Pointer):
            return right
        return left

    def _TernaryOp(self, node: Any, use: Use) -> Type:
        self.expression(node.cond)
        inner = use if use is Use.CALL else Use.READ
        first = self.expression(node.iftrue, inner)
        second = self.expression(node.iffalse, inner)
        if record_of(pointee(decayed(first))) is None and record_of(pointee(decayed(second))):
            return second  # (void *)0 and a typed pointer: C11 6.5.15 p6
        return decayed(first)

    def _Assignment(self, node: Any, use: Use) -> Type:
        t = self.expression(node.lvalue, Use.WRITE if node.op == _ASSIGNMENT else Use.READ_WRITE)
        self.expression(node.rvalue)
        return t

    def _ExprList(self, node: Any, use: Use) -> Type:
        found: Type = UNKNOWN
        for one in node.exprs:
            found = self.expression(one)
        return found

    def _Goto(self, node: Any, use: Use) -> Type:
        self.use_label(node.coord)
        return UNKNOWN

    def _Typename(self, node: Any, use: Use) -> Type:
        return self.type_of(node)

    # -- initialisers --------------------------------------------------------------------------

    def initializer(self, node: Any, type: Type) -> None:
        """C11 6.7.9; designators lead to members through the type of the current object."""
        kind = node.__class__.__name__
        if kind == "NamedInitializer":
            self.initializer(node.expr, self._designators(node.name, type))
            return
        if kind != "InitList":
            self.expression(node)
            return
        found = type.resolved()
        position = 0
        for one in node.exprs:
            if one.__class__.__name__ == "NamedInitializer":
                self.initializer(one.expr, self._designators(one.name, type))
                position = self._position(one.name[0], found) + 1
            else:
                self.initializer(one, self._element(found, position))
                position += 1

    def _element(self, type: Type, position: int) -> Type:
        """The type of the element at *position* of an aggregate."""
        if isinstance(type, Array):
            return type.of
        if isinstance(type, Record) and type.fields:
            named = [f for f in type.fields if f.name or f.bits < 0]
            if type.keyword == "union":
                position = 0
            if position < len(named):
                return named[position].type
        return UNKNOWN

    def _position(self, designator: Any, type: Type) -> int:
        if isinstance(type, Record) and designator.__class__.__name__ == "ID":
            for i, f in enumerate(f for f in type.fields or () if f.name or f.bits < 0):
                if f.name == designator.name:
                    return i
        return 0

    def _designators(self, designators: list[Any], type: Type) -> Type:
        for d in designators:
            if d.__class__.__name__ == "ID":
                type = self._member(d, type, Use.INITIALISE)
            else:
                subscript = d.expr if hasattr(d, "expr") else d
                self.expression(subscript)
                type = pointee(type)
        return type


def _builtin(name: str | None, arguments: list[Type]) -> Type:
    """The type of a call to a builtin of GCC that gives back what it was handed."""
    if name is None:
        return UNKNOWN
    if name.startswith(("__atomic_load_n", "__atomic_exchange_n", "__atomic_fetch", "__sync_")):
        return pointee(arguments[0]) if arguments else UNKNOWN
    if name in ("__builtin_expect", "__builtin_assume_aligned") and arguments:
        return arguments[0]
    if name.startswith("__builtin_"):
        return INT
    return UNKNOWN
