"""From Python names to C and back: reads the names of an index, gives functions.

Names of builtins stand without their module (``list.append``, ``len``), others with it
(``math.sqrt``, ``itertools.chain.__next__``).
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass

from annotator.index.query import Index
from annotator.model import Symbol

_BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.MatMult: "matmul", ast.Div: "truediv",
    ast.Mod: "mod", ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitOr: "or",
    ast.BitXor: "xor", ast.BitAnd: "and", ast.FloorDiv: "floordiv",
}  # fmt: skip
_UNARY = {ast.UAdd: "pos", ast.USub: "neg", ast.Invert: "invert", ast.Not: "bool"}
_COMPARISONS = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.In: "contains", ast.NotIn: "contains",
}  # fmt: skip
_CALLS = (
    "len", "iter", "next", "abs", "hash", "repr", "str", "bool", "int", "float", "complex",
    "bytes", "format", "divmod", "pow", "round", "reversed", "dir",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PythonName:
    """A name and the C behind it.

    ``kind`` is "function", "method", "slot", "getset" or "type"; ``role`` tells a getset's two
    functions apart ("get", "set").  ``function`` is what the table or the object points to,
    ``implementation`` what Argument Clinic's parser calls then.  ``source`` says who knows:
    "agree" (table and running interpreter), "running", "table", or "differ", when the table
    names ``other``.
    """

    python: str
    kind: str
    role: str
    function: Symbol | None
    implementation: Symbol | None
    table: Symbol | None
    source: str
    other: Symbol | None


class Names:
    """The Python names of an index."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def all(self) -> list[PythonName]:
        """Every name, in order."""
        return self._where("1")

    def find(self, asked: str) -> list[PythonName]:
        """What a name or a phrase like ``a[b] for dict`` means; empty for nothing.

        ``builtins.`` may stand before a builtin; of a class only named by its last part, or of
        a method that is inherited from ``object``, the nearest is found.
        """
        name = phrase(asked) or asked.strip().removeprefix("builtins.")
        if found := self._where("python = ?", name):
            return found
        owner, _, attribute = name.rpartition(".")
        if owner and self._where("python = ?", owner):
            return self._where("python = ?", f"object.{attribute}")
        return self._where("python LIKE ? ESCAPE '!'", "%." + name.replace("_", "!_"))

    def of(self, symbol: Symbol) -> list[PythonName]:
        """The names that lead to a C function or object."""
        return self._where("symbol = ?1 OR impl = ?1", symbol.id)

    def nearest(self, asked: str, n: int = 5) -> list[str]:
        """Names that are spelled almost like this one."""
        every = [row[0] for row in self.index.rows("SELECT DISTINCT python FROM names")]
        return difflib.get_close_matches(phrase(asked) or asked, every, n=n, cutoff=0.7)

    def _where(self, where: str, *values: int | str) -> list[PythonName]:
        rows = self.index.rows(
            "SELECT python, kind, role, symbol, impl, owner, source, other FROM names"
            f" WHERE {where} ORDER BY python, role",
            *values,
        )
        symbols = self.index.symbols(i for r in rows for i in (*r[3:6], r[7]) if i)
        return [
            PythonName(
                python,
                kind,
                role,
                symbols.get(symbol),
                symbols.get(impl),
                symbols.get(table),
                source,
                symbols.get(other),
            )
            for python, kind, role, symbol, impl, table, source, other in rows
        ]


def phrase(asked: str) -> str:
    """The name that ``a[b] for dict`` or ``a + b for int`` stands for; empty when it is none."""
    what, between, owner = asked.partition(" for ")
    owner = owner.strip()
    if not between or not owner.replace(".", "").replace("_", "").isalnum():
        return ""
    try:
        statement = ast.parse(what.strip()).body[0]
    except (SyntaxError, IndexError, ValueError):
        return ""
    dunder = _dunder(statement)
    return f"{owner}.__{dunder}__" if dunder else ""


def _dunder(node: ast.stmt) -> str:
    """The special method that a statement calls, without its underscores."""
    if isinstance(node, ast.Delete):
        target = node.targets[0]
        return {ast.Subscript: "delitem", ast.Attribute: "delattr"}.get(type(target), "")
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        return {ast.Subscript: "setitem", ast.Attribute: "setattr"}.get(type(target), "")
    if isinstance(node, ast.AugAssign):
        return "i" + _BINARY.get(type(node.op), "")
    if not isinstance(node, ast.Expr):
        return ""
    e = node.value
    if isinstance(e, ast.BinOp):
        return _BINARY.get(type(e.op), "")
    if isinstance(e, ast.UnaryOp):
        return _UNARY.get(type(e.op), "")
    if isinstance(e, ast.Compare):
        return _COMPARISONS.get(type(e.ops[0]), "")
    if isinstance(e, ast.Subscript):
        return "getitem"
    if isinstance(e, ast.Attribute):
        return "getattribute"
    if isinstance(e, ast.Await):
        return "await"
    if isinstance(e, ast.Call):
        called = getattr(e.func, "id", "")
        return called if called in _CALLS else "call"
    return ""
