"""Declarations: reads declaration nodes, gives types and entities (C11 6.7).

One method per production; the grammar's name stands above each.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from annotator.meaning.constants import evaluate
from annotator.meaning.entities import Declaration, Entity
from annotator.meaning.layout import offset_of, size_and_align
from annotator.meaning.scopes import Scopes
from annotator.meaning.tables import Reader
from annotator.meaning.types import (
    INT,
    UNKNOWN,
    Array,
    Basic,
    Enumeration,
    Field,
    Function,
    Pointer,
    Record,
    Type,
    Typedef,
    decayed,
    spell,
)
from annotator.model import Kind, Linkage, Use


class Declarations(Scopes):
    """Turns declaration nodes into entities with types."""

    def __init__(self, ends: dict[int, Any]) -> None:
        super().__init__()
        self.ends = ends  # id of a node -> its last token, from the parser
        self._specifiers: dict[int, Type] = {}  # nodes shared by the declarators of one list
        self._keep: list[Any] = []  # keeps those nodes alive, so that ids stay unique
        self.tables = Reader(self.find, self.constant, self.type_of, self.place)

    @abstractmethod
    def expression(self, node: Any, use: Use = Use.READ) -> Type:
        """The type of an expression; records the uses in it."""

    @abstractmethod
    def initializer(self, node: Any, type: Type) -> None:
        """Record the uses in an initialiser for an object of *type*."""

    # -- types ------------------------------------------------------------------------------

    def type_of(self, node: Any) -> Type:
        """The type of a declarator or type name (C11 6.7.6, 6.7.7)."""
        kind = type(node).__name__
        if kind in ("TypeDecl", "Typename", "Decl", "Typedef", "AttributedType"):
            return self.type_of(node.type)
        if kind == "PtrDecl":
            return Pointer(self.type_of(node.type))
        if kind == "ArrayDecl":
            of = self.type_of(node.type)
            length = -1
            if node.dim is not None:
                self.expression(node.dim)
                value = self.constant(node.dim)
                length = -1 if value is None else value
            return Array(of, length)
        if kind == "FuncDecl":
            return self.function_type(node)
        known = self._specifiers.get(id(node))
        if known is None:
            known = self._specifier(kind, node)
            self._specifiers[id(node)] = known
            self._keep.append(node)
        return known

    def _specifier(self, kind: str, node: Any) -> Type:
        """type-specifier (C11 6.7.2)."""
        if kind == "IdentifierType":
            if len(node.names) == 1:
                name = node.names[0]
                entity = self.find(name)
                if entity is not None and entity.kind is Kind.TYPEDEF:
                    self.refer(node.coord, entity, Use.TYPE)
                    target = entity.type
                    return Typedef(entity, target if isinstance(target, Type) else UNKNOWN)
                return Basic(name)
            return Basic(" ".join(node.names))
        if kind in ("Struct", "Union"):
            return self.record(node, "struct" if kind == "Struct" else "union")
        if kind == "Enum":
            return self.enumeration(node)
        if kind == "TypeOf":
            inner = node.expr if hasattr(node, "expr") else node.type
            if type(inner).__name__ == "Typename":
                return self.type_of(inner)
            return self.expression(inner, Use.SIZEOF)
        return UNKNOWN

    def function_type(self, node: Any) -> Function:
        """The type alone; parameters become entities when their declaration is recorded."""
        returns = self.type_of(node.type)
        if node.args is None:
            return Function(returns, None, False)
        params: list[tuple[str, Type]] = []
        variadic = False
        for param in node.args.params:
            kind = type(param).__name__
            if kind == "EllipsisParam":
                variadic = True
            elif kind == "ID":
                params.append((param.name, INT))
            else:
                t = self.type_of(param)
                if isinstance(t, Basic) and t.name == "void" and not param.name:
                    continue
                params.append((param.name or "", t))
        return Function(returns, params, variadic)

    # struct-or-union-specifier
    def record(self, node: Any, keyword: str) -> Record:
        """C11 6.7.2.1, and 6.7.2.3 for which tag is meant."""
        kind = Kind.STRUCT if keyword == "struct" else Kind.UNION
        complete = node.decls is not None
        token = node.coord
        entity = None
        if node.name:
            # A tag with a body means this scope's; one without, any that is visible.
            entity = self.tag_here(node.name) if complete else self.find_tag(node.name)
            if entity is not None and entity.kind is not kind:
                entity = None
        fresh = entity is None
        if entity is None:
            entity = self.new(kind, node.name or "")
            entity.type = Record(keyword, entity)
            entity.text = f"{keyword} {node.name}" if node.name else keyword
            if node.name:
                self.tags[-1][node.name] = entity
        found = entity.type
        assert isinstance(found, Record)
        if not complete:
            if node.name:
                if fresh:
                    self._note(entity, token)
                self.refer(token, entity, Use.TYPE)
            return found
        end = self.ends.get(id(node))
        end_line = self._end_line(token, end)
        if node.name:
            self.declare(token, entity, definition=True, end_line=end_line)
        else:
            self._note(entity, token, end_line, definition=True)
        found.fields = []
        found.packed = end is not None and end.packed
        found._index = found.laid = None
        for declaration in node.decls:
            if type(declaration).__name__ != "Decl":
                if type(declaration).__name__ == "StaticAssert":
                    self.expression(declaration.cond)
                continue
            self.member(found, declaration)
        self.log.completed.append(entity)
        return found

    def _note(
        self,
        entity: Entity,
        token: Any,
        end_line: int = 0,
        *,
        definition: bool = False,
    ) -> None:
        """Record a place where no name is declared: of a tag's use, of an unnamed struct."""
        path, line, col = self.place(token)
        self.note(entity, Declaration(path, line, col, end_line, definition, line))

    def _end_line(self, first: Any, last: Any) -> int:
        """The line on which *last* stands, if that is in the same file."""
        if last is None:
            return 0
        path, line, _ = self.place(first)
        end_path, end_line, _ = self.place(last)
        return end_line if end_path == path and end_line >= line else 0

    # struct-declaration
    def member(self, record: Record, node: Any) -> None:
        """A member, a bit-field, or an anonymous struct or union."""
        assert record.fields is not None
        t = self.type_of(node.type)
        bits = -1
        if node.bitsize is not None:
            self.expression(node.bitsize)
            value = self.constant(node.bitsize)
            bits = 0 if value is None else value
        if not node.name:
            record.fields.append(Field("", t, bits, None))
            return
        entity = self.new(Kind.MEMBER, node.name, parent=record.entity, type=t)
        entity.text = spell(t, node.name) + (f" : {bits}" if bits >= 0 else "")
        self.declare(_name_token(node), entity, definition=True)
        record.fields.append(Field(node.name, t, bits, entity))
        self.parameters(node.type, entity)

    # enum-specifier
    def enumeration(self, node: Any) -> Enumeration:
        """C11 6.7.2.2."""
        entity = None
        if node.name:
            entity = (
                self.tag_here(node.name) if node.values is not None else self.find_tag(node.name)
            )
        if entity is None:
            entity = self.new(Kind.ENUM, node.name or "")
            entity.type = Enumeration(entity)
            entity.text = f"enum {node.name}" if node.name else "enum"
            if node.name:
                self.tags[-1][node.name] = entity
        found = entity.type
        assert isinstance(found, Enumeration)
        if node.values is None:
            self.refer(node.coord, entity, Use.TYPE)
            return found
        end_line = self._end_line(node.coord, self.ends.get(id(node)))
        if node.name:
            self.declare(node.coord, entity, definition=True, end_line=end_line)
        else:
            self._note(entity, node.coord, end_line, definition=True)
        value: int | None = -1
        for one in node.values.enumerators:
            if type(one).__name__ != "Enumerator":
                continue
            if one.value is not None:
                self.expression(one.value)
                value = self.constant(one.value)
            elif value is not None:
                value += 1
            constant = self.new(Kind.ENUMERATOR, one.name, parent=entity, type=INT)
            constant.number = value
            constant.value = "" if value is None else str(value)
            constant.text = one.name + (f" = {value}" if value is not None else "")
            self.ordinary[-1][one.name] = constant
            self.declare(one.coord, constant, definition=True)
        return found

    # -- constants ---------------------------------------------------------------------------

    def constant(self, node: Any) -> int | None:
        """The value of an integer constant expression, if it has one that is known here."""
        return evaluate(node, self._enumerator, self._size, self._offset)

    def _enumerator(self, name: str) -> int | None:
        entity = self.find(name)
        return entity.number if entity is not None else None

    def _size(self, node: Any) -> int | None:
        operand = node.expr
        if type(operand).__name__ == "Typename":
            t = self.type_of(operand)
        else:
            t = self.expression(operand, Use.SIZEOF)
        measured = size_and_align(t)
        if measured is None:
            return None
        return measured[0] if node.op == "sizeof" else measured[1]

    def _offset(self, node: Any) -> int | None:
        if getattr(node.name, "name", "") not in ("offsetof", "__builtin_offsetof"):
            return None
        of, designator = node.args.exprs
        record = self.type_of(of).resolved()
        if isinstance(record, Record) and type(designator).__name__ == "ID":
            return offset_of(record, designator.name)
        return None

    # -- declarations --------------------------------------------------------------------------

    # declaration
    def declaration(self, node: Any) -> None:
        """C11 6.7; linkage as in 6.2.2."""
        kind = type(node).__name__
        if kind == "Typedef":
            self.typedef(node)
            return
        if kind == "StaticAssert":
            self.expression(node.cond)
            return
        if kind != "Decl":
            return
        if not node.name:
            bare = type(node.type).__name__ in ("Struct", "Union") and node.type.decls is None
            if bare:
                self.forward(node.type)
            else:
                self.type_of(node.type)
            return
        t = self.type_of(node.type)
        storage = node.storage
        if isinstance(t.resolved(), Function):
            entity = self.ordinary_name(Kind.FUNCTION, node, t, storage)
            self.declare(_name_token(node), entity, definition=False, whole=True)
            self.parameters(node.type, entity)
            return
        local = not self.at_file_scope and "extern" not in storage
        entity = self.ordinary_name(Kind.LOCAL if local else Kind.VARIABLE, node, t, storage)
        definition = "extern" not in storage or node.init is not None
        self.declare(_name_token(node), entity, definition=definition, whole=self.at_file_scope)
        self.parameters(node.type, entity)
        if node.init is not None:
            if isinstance(t, Basic) and t.name == "__auto_type":
                entity.type = decayed(self.expression(node.init))
            else:
                self.initializer(node.init, t)
                if not local or "static" in storage:
                    self.log.tables.extend(self.tables.rows(entity, node.init, t))

    # struct-or-union identifier ;
    def forward(self, node: Any) -> None:
        """``struct tag;`` declares the tag in this very scope (C11 6.7.2.3 p7)."""
        keyword = "struct" if type(node).__name__ == "Struct" else "union"
        entity = self.tag_here(node.name)
        if entity is None:
            entity = self.new(Kind.STRUCT if keyword == "struct" else Kind.UNION, node.name)
            entity.type = Record(keyword, entity)
            entity.text = f"{keyword} {node.name}"
            self.tags[-1][node.name] = entity
        self.declare(node.coord, entity, definition=False)

    def typedef(self, node: Any) -> None:
        """C11 6.7.8."""
        t = self.type_of(node.type)
        entity = self.here(node.name)
        if entity is None or entity.kind is not Kind.TYPEDEF:
            entity = self.new(Kind.TYPEDEF, node.name, type=t)
            self.ordinary[-1][node.name] = entity
        entity.text = f"typedef {spell(t, node.name)}"
        if isinstance(t, Record) and not t.entity.name:
            self.log.completed.append(entity)
        self.declare(_name_token(node), entity, definition=True, whole=self.at_file_scope)
        self.parameters(node.type, entity)

    def ordinary_name(self, kind: Kind, node: Any, t: Type, storage: list[str]) -> Entity:
        """The entity that an ordinary declaration means: a new one, or one declared before."""
        linkage = Linkage.NONE
        if kind is not Kind.LOCAL:
            linkage = Linkage.INTERNAL if "static" in storage else Linkage.EXTERNAL
        scope = self.ordinary[-1]
        known = self.here(node.name)
        if known is None and linkage is not Linkage.NONE:
            known = self.file_ordinary.look(node.name)  # extern in a block: C11 6.2.2 p4
            if known is not None and known.linkage is Linkage.NONE:
                known = None
        if known is not None and known.kind is kind and kind is not Kind.LOCAL:
            scope[node.name] = known
            if not isinstance(known.type, Type) or _more_complete(t, known.type):
                known.type = t
            return known
        entity = self.new(kind, node.name, linkage=linkage, type=t, parent=self.function)
        words = [*storage, *(getattr(node, "funcspec", None) or [])]
        entity.text = " ".join([*(w for w in words if w != "extern"), spell(t, node.name)])
        scope[node.name] = entity
        if kind is not Kind.LOCAL and node.name not in self.file_ordinary:
            self.file_ordinary[node.name] = entity
        return entity

    def parameters(self, declarator: Any, owner: Entity) -> None:
        """Name the parameters of a prototype (C11 6.2.1: they end with their declarator)."""
        node = declarator
        while type(node).__name__ in ("PtrDecl", "ArrayDecl"):
            node = node.type
        if type(node).__name__ != "FuncDecl" or node.args is None:
            return
        for param in node.args.params:
            if type(param).__name__ == "Decl" and param.name:
                t = self.type_of(param.type)
                entity = self.new(Kind.PARAMETER, param.name, parent=owner, type=t)
                entity.text = spell(t, param.name)
                self.declare(_name_token(param), entity, definition=False)


def _name_token(node: Any) -> Any:
    """The token of the declared name: pycparser's coordinate can be that of a ``*``."""
    inner = node.type
    while type(inner).__name__ != "TypeDecl":
        inner = inner.type
    return inner.coord


def _more_complete(new: Type, old: Type) -> bool:
    """Does a later declaration tell an array's length that the first left out?"""
    a, b = new.resolved(), old.resolved()
    return isinstance(a, Array) and isinstance(b, Array) and b.length < 0 <= a.length
