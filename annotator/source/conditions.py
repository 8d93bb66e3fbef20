"""Conditions of ``#if`` and ``#elif`` (C11 6.10.1): reads expanded spellings, gives their truth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|[0-9]+)[uUlL]*\Z")
_IDENTIFIER = re.compile(r"[A-Za-z_$]")
_BINARY: dict[str, tuple[int, Callable[[int, int], int]]] = {
    "*": (10, lambda a, b: a * b),
    "/": (10, lambda a, b: _divide(a, b)[0]),
    "%": (10, lambda a, b: _divide(a, b)[1]),
    "+": (9, lambda a, b: a + b),
    "-": (9, lambda a, b: a - b),
    "<<": (8, lambda a, b: a << min(b, 64)),
    ">>": (8, lambda a, b: a >> min(b, 64)),
    "<": (7, lambda a, b: int(a < b)),
    ">": (7, lambda a, b: int(a > b)),
    "<=": (7, lambda a, b: int(a <= b)),
    ">=": (7, lambda a, b: int(a >= b)),
    "==": (6, lambda a, b: int(a == b)),
    "!=": (6, lambda a, b: int(a != b)),
    "&": (5, lambda a, b: a & b),
    "^": (4, lambda a, b: a ^ b),
    "|": (3, lambda a, b: a | b),
    "&&": (2, lambda a, b: int(bool(a and b))),
    "||": (1, lambda a, b: int(bool(a or b))),
}
_UNARY: dict[str, Callable[[int], int]] = {
    "!": lambda a: int(not a),
    "-": lambda a: -a,
    "+": lambda a: a,
    "~": lambda a: ~a,
}


def truth(words: Sequence[str]) -> bool:
    """Is the condition true?  Raises ValueError when it is none that can be told here."""
    reader = _Reader(list(words))
    value = reader.ternary()
    if reader.words:
        raise ValueError(f"unexpected {reader.words[0]!r}")
    return bool(value)


class _Reader:
    """A recursive descent over the spellings; what is not evaluated in C is all the same read."""

    def __init__(self, words: list[str]) -> None:
        self.words = words[::-1]

    def _next(self) -> str:
        if not self.words:
            raise ValueError("the condition ends early")
        return self.words.pop()

    def _accept(self, word: str) -> bool:
        if self.words and self.words[-1] == word:
            self.words.pop()
            return True
        return False

    def ternary(self) -> int:
        condition = self.binary(1)
        if not self._accept("?"):
            return condition
        first = self.ternary()
        if not self._accept(":"):
            raise ValueError("a ? without its :")
        second = self.ternary()
        return first if condition else second

    def binary(self, level: int) -> int:
        left = self.unary()
        while self.words and self.words[-1] in _BINARY and _BINARY[self.words[-1]][0] >= level:
            precedence, operate = _BINARY[self.words.pop()]
            left = operate(left, self.binary(precedence + 1))
        return left

    def unary(self) -> int:
        word = self._next()
        if word in _UNARY:
            return _UNARY[word](self.unary())
        if word == "(":
            value = self.ternary()
            if not self._accept(")"):
                raise ValueError("a ( without its )")
            return value
        if m := _NUMBER.match(word):
            digits = m[1]
            octal = digits[0] == "0" and digits.isdigit() and len(digits) > 1
            return int(digits, 8 if octal else 0)
        if word[0] == "'" and len(word) == 3:
            return ord(word[1])
        if _IDENTIFIER.match(word):
            if self.words and self.words[-1] == "(":
                raise ValueError(f"{word}() is not known here")
            return 0  # 6.10.1 p4
        raise ValueError(f"unexpected {word!r}")


def _divide(a: int, b: int) -> tuple[int, int]:
    """Quotient and remainder, toward zero (6.5.5 p6); of a division by zero 0."""
    if not b:
        return 0, 0
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient, a - quotient * b
