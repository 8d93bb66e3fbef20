"""Expand macros as the preprocessor does: reads tokens and macros, gives tokens with their place.

C11 6.10.3.  The compiler says what comes out, but not which token came from where; this says
both, and ``walk`` holds one against the other.  A token is (spelling, path, line, column,
names): where it is spelled, and the macros that it comes out of, which do not expand it again
(6.10.3.4 p2).  One that ``#`` or ``##`` made has the path "".
"""

from __future__ import annotations

from collections.abc import Callable

from annotator.source.macros import Macro, MacroTable, Operand, Paste

Names = frozenset[str] | None
Token = tuple[str, str, int, int, Names]

STRING = '"'  # the spelling of what # makes: the compiler knows it better
# Finds the next token of the source, and takes it: (peek, take)
Source = tuple[Callable[[], str], Callable[[], Token | None]]


class Expander:
    """Expands lists of tokens; ``macros`` are those in force."""

    def __init__(self, macros: MacroTable) -> None:
        self.macros = macros
        self.invoked: list[Token] = []  # every name that was replaced
        self._unions: dict[tuple[Names, Names | str], frozenset[str]] = {}

    def expand(self, tokens: list[Token], source: Source | None = None) -> list[Token]:
        """Replace all macros in *tokens*; an invocation may go on in *source*."""
        pending = tokens[::-1]
        out: list[Token] = []
        macros = self.macros
        while pending:
            token = pending.pop()
            text, names = token[0], token[4]
            macro = macros.get(text)
            if macro is None or (names is not None and text in names):
                out.append(token)
                continue
            params = macro.params
            if params is None:
                self.invoked.append(token)
                self._substitute(macro, [], self._union(names, macro), token, pending)
                continue
            following = pending[-1][0] if pending else source[0]() if source else ""
            if following != "(":
                out.append(token)
                continue
            arguments, closing = self._arguments(macro, pending, source)
            if arguments is None:
                out.append(token)
                continue
            self.invoked.append(token)
            # GCC re-enables what the closing parenthesis is not part of, as C11 lets it.
            both = names & closing if names is not None and closing is not None else None
            self._substitute(macro, arguments, self._union(both, macro), token, pending)
        return out

    def _union(self, names: Names, macro: Macro) -> frozenset[str]:
        key = (names, macro.name)
        known = self._unions.get(key)
        if known is None:
            known = frozenset((*(names or ()), macro.name))
            self._unions[key] = known
        return known

    def _arguments(
        self, macro: Macro, pending: list[Token], source: Source | None
    ) -> tuple[list[list[Token]] | None, Names]:
        """The arguments of an invocation, and the names of its closing parenthesis."""
        params = macro.params or ()
        most = len(params) - 1 if macro.variadic else 1 << 30
        arguments: list[list[Token]] = [[]]
        current = arguments[0]
        taken: list[Token] = []
        depth = 0
        while True:
            token = pending.pop() if pending else source[1]() if source else None
            if token is None:  # never closed: no invocation
                pending.extend(reversed(taken))
                return None, None
            taken.append(token)
            text = token[0]
            if text == "(":
                depth += 1
                if depth == 1:
                    continue
            elif text == ")":
                depth -= 1
                if not depth:
                    break
            elif text == "," and depth == 1 and len(arguments) <= most:
                current = []
                arguments.append(current)
                continue
            current.append(token)
        if not params and arguments == [[]]:
            arguments = []
        return arguments, token[4]

    def _substitute(
        self,
        macro: Macro,
        arguments: list[list[Token]],
        names: Names,
        name: Token,
        pending: list[Token],
    ) -> None:
        """Put the replacement list before *pending*, from which it is read again."""
        out: list[Token] = []
        expanded: dict[int, list[Token]] = {}
        for op in macro.body:
            if isinstance(op, tuple):
                text, path, line, col = op
                out.append((text, path, line, col, names))
            elif isinstance(op, int):
                known = expanded.get(op)
                if known is None:
                    argument = arguments[op] if op < len(arguments) else []
                    known = self._hide(self.expand(argument), names)
                    expanded[op] = known
                out += known
            elif op is None:
                out.append((macro.name, name[1], name[2], name[3], names))
            else:
                out += self._hide(self._paste(op, arguments), names)
        pending.extend(reversed(out))

    def _hide(self, tokens: list[Token], names: Names) -> list[Token]:
        """The same tokens, which *names* too do not expand."""
        unions = self._unions
        result: list[Token] = []
        for text, path, line, col, before in tokens:
            if before is None:
                together = names
            else:
                together = unions.get((before, names))
                if together is None:
                    together = unions[before, names] = before | (names or frozenset())
            result.append((text, path, line, col, together))
        return result

    def _paste(self, paste: Paste, arguments: list[list[Token]]) -> list[Token]:
        parts = [self._operand(operand, arguments) for operand in paste.operands]
        if paste.comma:
            left_out = int(paste.operands[1][1]) >= len(arguments)  # not even empty
            return [] if left_out else [*parts[0], *self.expand(parts[1])]
        result = parts[0]
        for right in parts[1:]:
            if not result:
                result = right
            elif right:
                left, first = result[-1], right[0]
                both = left[4] | first[4] if left[4] and first[4] else left[4] or first[4]
                result = [*result[:-1], (left[0] + first[0], "", 0, 0, both), *right[1:]]
        return result

    def _operand(self, operand: Operand, arguments: list[list[Token]]) -> list[Token]:
        if len(operand) == 4:
            text, path, line, col = operand
            return [(text, path, line, col, None)]
        how, index = operand
        if how == "#":
            return [(STRING, "", 0, 0, None)]
        return arguments[index] if index < len(arguments) else []
