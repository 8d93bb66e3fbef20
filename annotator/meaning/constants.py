"""Integer constant expressions (C11 6.6): reads syntax trees, gives numbers or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]+|[0-7]{1,3}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.S)
_ESCAPES = {
    "n": 10,
    "t": 9,
    "r": 13,
    "0": 0,
    "\\": 92,
    "'": 39,
    '"': 34,
    "a": 7,
    "b": 8,
    "f": 12,
    "v": 11,
    "?": 63,
}


def integer(spelling: str) -> int | None:
    """The value of an integer constant (C11 6.4.4.1), suffixes dropped."""
    text = spelling.replace("'", "").rstrip("uUlL")
    try:
        if text[:2] in ("0x", "0X", "0b", "0B"):
            return int(text, 0)
        if len(text) > 1 and text[0] == "0":
            return int(text, 8)
        return int(text)
    except ValueError:
        return None


def character(spelling: str) -> int | None:
    """The value of a character constant (C11 6.4.4.4) of one character."""
    inside = spelling[spelling.index("'") + 1 : -1]
    if not inside.startswith("\\"):
        return ord(inside) if len(inside) == 1 else None
    body = inside[1:]
    if body[:1] == "x":
        return int(body[1:], 16)
    if body.isdigit():
        return int(body, 8)
    return _ESCAPES.get(body)


def string_elements(spelling: str) -> int:
    """The number of array elements of a string literal, its terminator included (C11 6.4.5)."""
    total = 1
    for part in re.findall(r'"((?:[^"\\]++|\\.)*+)"', spelling, re.S):
        units = _ESCAPE.sub("?", part) if "\\" in part else part
        narrow = spelling[0] == '"'
        total += len(units.encode("utf-8", "surrogateescape")) if narrow else len(units)
    return total


def evaluate(
    node: Any,
    enumerator: Callable[[str], int | None],
    size_of: Callable[[Any], int | None],
    offset_of: Callable[[Any], int | None],
) -> int | None:
    """The value of *node*, or None when it is not constant or not known.

    ``enumerator`` gives the value of a name, ``size_of`` and ``offset_of`` those of the
    operands of ``sizeof``/``_Alignof`` and of an ``offsetof`` call.
    """

    def value(n: Any) -> int | None:
        kind = type(n).__name__
        if kind == "Constant":
            if n.type == "char":
                return character(n.value)
            return integer(n.value) if "int" in n.type else None
        if kind == "ID":
            return enumerator(n.name)
        if kind == "Cast":
            return value(n.expr)
        if kind == "TernaryOp":
            test = value(n.cond)
            return None if test is None else value(n.iftrue if test else n.iffalse)
        if kind == "UnaryOp":
            if n.op in ("sizeof", "_Alignof"):
                return size_of(n)
            inner = value(n.expr)
            return None if inner is None else _unary(n.op, inner)
        if kind == "BinaryOp":
            left = value(n.left)
            if left is None:
                return None
            if n.op == "&&" and not left:
                return 0
            if n.op == "||" and left:
                return 1
            right = value(n.right)
            return None if right is None else _binary(n.op, left, right)
        if kind == "FuncCall":
            return offset_of(n)
        return None

    return value(node)


def _unary(op: str, x: int) -> int | None:
    if op == "-":
        return -x
    if op == "+":
        return x
    if op == "~":
        return ~x
    if op == "!":
        return int(not x)
    return None


def _binary(op: str, a: int, b: int) -> int | None:
    """C's operators on integers; division truncates toward zero (C11 6.5.5 p6)."""
    if op in ("/", "%"):
        if not b:
            return None
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if op == "/" else a - quotient * b
    if op in ("<<", ">>") and not 0 <= b < 128:
        return None
    table: dict[str, Callable[[], int]] = {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "<<": lambda: a << b,
        ">>": lambda: a >> b,
        "&": lambda: a & b,
        "|": lambda: a | b,
        "^": lambda: a ^ b,
        "&&": lambda: int(bool(a and b)),
        "||": lambda: int(bool(a or b)),
        "==": lambda: int(a == b),
        "!=": lambda: int(a != b),
        "<": lambda: int(a < b),
        ">": lambda: int(a > b),
        "<=": lambda: int(a <= b),
        ">=": lambda: int(a >= b),
    }
    return table[op]() if op in table else None
