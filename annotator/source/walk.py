"""Walk the raw text beside the preprocessed unit: reads both, gives tokens and macro uses.

The compiler's output is the truth about what a unit consists of, the raw text about where it
stands.  The walk expands each macro as the compiler did and holds the result against what came
out; where they differ it says so, and keeps what the compiler said.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from annotator.errors import Diagnostic, DiagnosticKind
from annotator.model import Use
from annotator.source.conditions import truth
from annotator.source.directives import Directive, RawFile
from annotator.source.expansions import STRING, Expander, Token
from annotator.source.instances import Expansion, Include, Instance, MacroUse, Spelled
from annotator.source.lex import Lexeme
from annotator.source.lex import Token as RawToken
from annotator.source.macros import MacroTable
from annotator.source.output import PieceText

# Macros that are not defined anywhere and come out as something (GCC manual, "Predefined").
_DYNAMIC = {
    "__LINE__", "__FILE__", "__COUNTER__", "__DATE__", "__TIME__", "__TIMESTAMP__",
    "__BASE_FILE__", "__FILE_NAME__", "__INCLUDE_LEVEL__",
}  # fmt: skip


class Walker:
    """Walks the files of one unit.  ``raw_of`` gives a path's raw file, None if not ours."""

    def __init__(self, raw_of: Callable[[str], RawFile | None]) -> None:
        self.raw_of = raw_of
        self.macros = MacroTable()
        self.expander = Expander(self.macros)
        self.diagnostics: list[Diagnostic] = []

    def open(self, path: str, pieces: list[PieceText], resumed: list[int]) -> Instance:
        """Begin an inclusion of *path*, which goes on at *resumed* lines behind its includes."""
        instance = Instance(path, self.raw_of(path))
        if instance.raw is not None:
            lines = {line - 1 for line in resumed}
            for piece in pieces:
                lines |= piece.lines
            instance.settle(lines)
        return instance

    def feed(self, top: Instance, piece: PieceText, *, until: int | None) -> list[Spelled]:
        """Walk to the line *until* (None: the end); the tokens of *piece*, with their places."""
        top.needs.append({})
        top.changes.append([])
        top.fresh.clear()
        raw = top.raw
        for change in piece.changes:
            if raw is None or change.path != top.path:
                if change.undefines:
                    name = self.macros.undefine(change.text)
                    top.changes[-1].append((name, None))
                else:
                    macro = self.macros.define(change.text, change.path, change.line)
                    top.changes[-1].append((macro.name, macro))
        if raw is None:
            path = top.path
            return [(text, path, 0, 0, None) for text in piece.tokens]
        top.stop_at(until)
        out: list[Spelled] = []
        macros, items = self.macros, top.items
        while top.cursor < top.limit:
            item = items[top.cursor]
            if isinstance(item, tuple):
                if item[0] in macros and self._invoke(top, item, out):
                    continue
                out.append(item)
                top.cursor += 1
            else:
                top.cursor += 1
                self._directive(top, item)
        return self._check(top, out, piece.tokens)

    def resume(self, top: Instance, line: int, included: str) -> None:
        """Go on at *line* behind the #include of the file *included*."""
        if top.raw is None:
            return
        for d in top.raw.directives:
            if d.end_line == line - 1 and d.name in (b"include", b"include_next") and d.tokens:
                token = d.tokens[0]
                row, col = top.raw.lines.place(token.start)
                spelling = top.raw.spelling(token)
                length = token.end - token.start
                top.includes.append(Include(top.path, row, col, length, spelling, included))

    # -- invocations ------------------------------------------------------------------------

    def _invoke(self, top: Instance, name: Spelled, out: list[Spelled]) -> bool:
        """Expand the macro at the cursor; False if it is not invoked (C11 6.10.3 p10)."""
        begin = top.cursor

        def peek() -> str:
            item = top.items[top.cursor] if top.cursor < top.limit else None
            return item[0] if isinstance(item, tuple) else ""

        def take() -> Token | None:
            while top.cursor < top.limit:
                item = top.items[top.cursor]
                top.cursor += 1
                if isinstance(item, tuple):
                    return (*item[:4], None)
                self._directive(top, item)
            return None

        top.cursor = begin + 1
        if self.macros[name[0]].params is not None and peek() != "(":
            top.cursor = begin
            return False
        start = top.spans[begin][0]
        self.expander.invoked = []
        found = self.expander.expand([(*name[:4], None)], (peek, take))
        last = top.cursor - 1
        while last > begin and not isinstance(top.items[last], tuple):
            last -= 1
        end = top.spans[last][1]
        assert top.raw is not None
        end_line, end_col = top.raw.lines.place(end - 1)
        _, path, line, col, _ = name
        inside = Expansion(path, line, col, name[0], start, end, end_line, end_col + 1)
        for text, spelled_in, row, column, _ in found:
            if spelled_in:
                out.append((text, spelled_in, row, column, inside))
            else:
                out.append((text, path, line, col, inside))
        for text, spelled_in, row, column, names in self.expander.invoked:
            if names is None or (
                spelled_in == path and (line, col) <= (row, column) < (end_line, end_col)
            ):
                self._use(top, text, row, column, Use.EXPAND)
        return True

    def _use(self, top: Instance, name: str, line: int, col: int, use: Use) -> None:
        macro = self.macros.get(name)
        target = (macro.path, macro.line) if macro is not None else None
        top.uses[MacroUse(top.path, line, col, name, use, target)] = len(top.needs) - 1
        if name not in top.fresh:
            top.needs[-1].setdefault(name, target)

    # -- directives -------------------------------------------------------------------------

    def _directive(self, top: Instance, d: Directive) -> None:
        """Do what a directive says, and record what it names."""
        raw = top.raw
        assert raw is not None
        if d.name == b"define":
            if d.line in raw.macros:
                macro = self.macros.define_here(raw, top.path, d.line)
                top.fresh.add(macro.name)
                top.changes[-1].append((macro.name, macro))
                top.defined.append((macro.name, d.line))
        elif d.name == b"undef":
            if d.tokens and d.tokens[0].kind is Lexeme.IDENTIFIER:
                self._use_raw(top, d.tokens[0], Use.UNDEF)
                name = self.macros.undefine(raw.spelling(d.tokens[0]))
                top.fresh.add(name)
                top.changes[-1].append((name, None))
        elif d.name in (b"if", b"ifdef", b"ifndef"):
            if not self._choose(top, d):
                self._test(top, d)
        elif d.name in (b"elif", b"elifdef", b"elifndef"):
            self._test(top, d)

    def _use_raw(self, top: Instance, token: RawToken, use: Use) -> None:
        assert top.raw is not None
        self._use(top, top.raw.spelling(token), *top.raw.lines.place(token.start), use)

    def _test(self, top: Instance, d: Directive) -> None:
        """Record the macros that a condition names."""
        assert top.raw is not None
        if d.name not in (b"if", b"elif"):
            if d.tokens and d.tokens[0].kind is Lexeme.IDENTIFIER:
                self._use_raw(top, d.tokens[0], Use.TEST)
            return
        words = [top.raw.spelling(t) for t in d.tokens]
        for i, token in enumerate(d.tokens):
            if token.kind is not Lexeme.IDENTIFIER or words[i] == "defined":
                continue
            tested = words[i - 1 : i] == ["defined"] or words[max(i - 2, 0) : i] == ["defined", "("]
            known = words[i] in self.macros
            self._use_raw(top, token, Use.EXPAND if known and not tested else Use.TEST)

    def _choose(self, top: Instance, opening: Directive) -> bool:
        """Decide a conditional of which no branch left a trace; False if that is not open."""
        raw = top.raw
        assert raw is not None
        if not top.open_groups:
            return False
        first = next((b for b in raw.branches if b.directive is opening), None)
        if first is None or first.group not in top.open_groups:
            return False
        chosen = False
        for index, branch in enumerate(raw.branches):
            if branch.group != first.group:
                continue
            if not chosen:
                self._test(top, branch.directive)
                if self._holds(raw, branch.directive):
                    chosen = True
                    top.live.add(index)
                    continue
            top.drop(branch)
        # The directives of the group have been looked at.
        others = {id(b.directive) for b in raw.branches if b.group == first.group}
        for at in range(len(top.items) - 1, top.cursor - 1, -1):
            if id(top.items[at]) in others:
                del top.items[at], top.spans[at]
                top.limit -= at < top.limit
        return True

    def _holds(self, raw: RawFile, d: Directive) -> bool:
        words = [raw.spelling(t) for t in d.tokens]
        if d.name == b"else":
            return True
        if d.name in (b"ifdef", b"ifndef", b"elifdef", b"elifndef"):
            return bool(words) and (words[0] in self.macros) == (d.name in (b"ifdef", b"elifdef"))
        tokens: list[Token] = []
        i = 0
        while i < len(words):
            if words[i] == "defined":
                bracket = words[i + 1 : i + 2] == ["("]
                name = words[i + 2 : i + 3] if bracket else words[i + 1 : i + 2]
                i += 4 if bracket else 2
                known = bool(name) and name[0] in self.macros
                tokens.append(("1" if known else "0", "", 0, 0, None))
            else:
                tokens.append((words[i], "", 0, 0, None))
                i += 1
        try:
            return truth([t[0] for t in self.expander.expand(tokens)])
        except ValueError:
            return False  # __has_include and the like; a branch that matters leaves a trace

    # -- the compiler's word ----------------------------------------------------------------

    def _check(self, top: Instance, out: list[Spelled], tokens: list[str]) -> list[Spelled]:
        """*out* with the compiler's spellings; what differs is told, and has no place."""
        if [t[0] for t in out] == tokens:
            return out
        out = _without_pragmas(out)
        if len(out) == len(tokens) and all(
            a[0] == b or a[0] in _DYNAMIC or (a[0] == STRING and b.endswith('"'))
            for a, b in zip(out, tokens, strict=True)
        ):
            return [a if a[0] == b else (b, *a[1:]) for a, b in zip(out, tokens, strict=True)]
        mine = [t[0] for t in out]
        result: list[Spelled] = []
        place: Spelled = ("", top.path, 0, 0, None)
        told = False
        matcher = difflib.SequenceMatcher(None, mine, tokens, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                result += out[a:b]
                place = out[b - 1]
                continue
            if b - a == d - c and all(x in _DYNAMIC or x == STRING for x in mine[a:b]):
                result += [(t, *o[1:]) for t, o in zip(tokens[c:d], out[a:b], strict=True)]
                continue
            near = out[a] if a < len(out) else place
            if not told:
                message = f"the compiler expands this to {' '.join(tokens[c:d][:8])!r}, not to "
                message += repr(" ".join(mine[a:b][:8]))
                line, col = (near[4].line, near[4].col) if near[4] else (near[2], near[3])
                self.diagnostics.append(
                    Diagnostic(DiagnosticKind.PREPROCESS, message, top.path, line, col)
                )
                told = True
            result += [(t, near[1], near[2], near[3], near[4]) for t in tokens[c:d]]
        return result


def _without_pragmas(tokens: list[Spelled]) -> list[Spelled]:
    """Without ``_Pragma ( "..." )``, which comes out as a directive (C11 6.10.9)."""
    result: list[Spelled] = []
    i = 0
    while i < len(tokens):
        if tokens[i][0] == "_Pragma":
            i += 4
            continue
        result.append(tokens[i])
        i += 1
    return result
