"""Align raw text with the preprocessed unit: reads events and raw files, gives tokens and uses.

The preprocessor says where each token was spelled, but not which expansion brought it to
where it stands, nor which macros were expanded to nothing.  Both follow from walking the
raw text of each file beside the events: what stands in the raw text and does not come out
as a token was a macro's name or its arguments (C11 6.10.3), or was skipped (6.10.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from annotator.model import Use
from annotator.source.directives import Directive, RawFile
from annotator.source.instances import Expansion, Include, Instance, MacroUse, Spelled
from annotator.source.lex import Lexeme, Token
from annotator.source.macros import MacroTable
from annotator.source.preprocess import Event, Item


class Aligner:
    """Walks the files of one unit.  ``raw_of`` gives a path's raw file, None if not ours."""

    def __init__(self, raw_of: Callable[[str], RawFile | None]) -> None:
        self.raw_of = raw_of
        self.macros = MacroTable()

    def open(self, path: str, items: Iterable[Item], resumed: Iterable[int]) -> Instance:
        """Begin an inclusion of *path*.

        *items* are all its own events, *resumed* the lines on which it goes on after the
        files that it includes: together they tell which of its branches are live.
        """
        instance = Instance(path, self.raw_of(path))
        if instance.raw is not None:
            for _, _, spelled_in, line, _ in items:
                if spelled_in == path and line > 0:
                    instance.evidence.add(line)
            instance.evidence.update(line - 1 for line in resumed)
            instance.settle()
        return instance

    def feed(self, top: Instance, items: Iterable[Item]) -> list[Spelled]:
        """Walk a piece of an inclusion; its tokens, each with the invocation it comes from."""
        tokens: list[Spelled] = []
        top.needs.append({})
        top.fresh.clear()
        ours = top.raw is not None
        starts = top.raw.lines.starts if top.raw is not None else []
        macros, own, home = self.macros.by_name, top.items, top.path
        last = len(own)
        for event, text, path, line, col in items:
            if event is Event.TOKEN:
                # Most tokens simply are the next of the text.
                if path == home and top.cursor < last and 0 < line <= len(starts):
                    item = own[top.cursor]
                    if (
                        not isinstance(item, Directive)
                        and item.start == starts[line - 1] + col - 1
                        and item.end - item.start == len(text)
                        and text not in macros
                        and text.isascii()
                    ):
                        top.cursor += 1
                        top.current = None
                        tokens.append((text, path, line, col, None))
                        continue
                expansion = self._locate(top, text, path, line, col) if ours else None
                tokens.append((text, path, line, col, expansion))
            elif event is Event.DEFINE:
                if top.raw is not None and path == top.path:
                    self._advance(top, top.raw.lines.starts[line - 1])
                name = self.macros.define(text, path, line)
                top.fresh.add(name)
                if path == top.path:
                    top.defined.append((name, line))
            elif event is Event.UNDEF:
                if top.raw is not None and path == top.path:
                    self._advance(top, top.raw.lines.starts[line - 1] + 1)
                self.macros.undefine(text)
                top.fresh.add(text.split(None, 1)[0])
        return tokens

    def resume(self, top: Instance, line: int, included: str) -> None:
        """Go on at *line* after the file *included* has ended."""
        if top.raw is not None:
            self._advance(top, _line_offset(top.raw, line))
            self._include(top, line - 1, included)

    def finish(self, top: Instance) -> None:
        """Walk to the end of the file: what is left came out as nothing."""
        if top.raw is not None:
            self._advance(top, len(top.raw.data) + 1)

    def _locate(self, top: Instance, text: str, path: str, line: int, col: int) -> Expansion | None:
        """The invocation that a token comes from; None when it stands in the text itself."""
        raw = top.raw
        if raw is None:
            return None
        if path == top.path and 0 < line <= len(raw.lines):
            offset = raw.lines.offset(line, col)
            current = top.current
            if current is not None and current.start < offset < current.end:
                return current
            item = self._advance(top, offset)
            if item is not None and item.start == offset:
                spelling = raw.data[item.start : item.end]
                if spelling == text.encode("utf-8", "surrogateescape"):
                    if item.kind is Lexeme.IDENTIFIER and self._invoked(top, top.cursor):
                        self._expand(top)  # a macro that expands to its own name
                        return top.current
                    top.cursor += 1
                    top.current = None
                    return None
            for extent in reversed(top.extents):
                if extent.start <= offset < extent.end:
                    top.current = extent
                    return extent
        name = self.macros.at(path, line)
        if top.current is not None and self._stays(top, top.current, name, path, line):
            if name != top.current.macro or (path, line, col) != self._opening(name):
                return top.current
            # The replacement list begins.  Again?  Then the next of adjacent invocations does.
            if not top.begun or not self._adjacent(top):
                top.begun = True
                return top.current
            self._expand(top)
            top.begun = True
            return top.current
        self._next_use(top, name)
        if name is not None and top.current is not None and name == top.current.macro:
            top.begun = top.begun or (path, line, col) == self._opening(name)
        return top.current

    def _stays(
        self, top: Instance, current: Expansion, name: str | None, path: str, line: int
    ) -> bool:
        """Can a token out of the body of macro *name* still come from this invocation?"""
        if name is None:
            # A pasted token has the place of the invocation that pasted it.
            return path != top.path or line <= current.end_line
        return self._leads_to(top.seeds, name)

    def _opening(self, name: str) -> tuple[str, int, int] | None:
        """The place of the first token of a macro's replacement list, in a file of ours."""
        macro = self.macros.by_name.get(name)
        raw = self.raw_of(macro.path) if macro is not None else None
        if macro is None or raw is None or macro.line not in raw.macros:
            return None
        body = raw.macros[macro.line].body
        return (macro.path, *raw.lines.place(body[0].start)) if body else None

    def _adjacent(self, top: Instance) -> bool:
        """Does an invocation of the same macro follow directly?"""
        if top.raw is None or top.current is None or top.cursor >= len(top.items):
            return False
        item = top.items[top.cursor]
        return (
            not isinstance(item, Directive)
            and item.kind is Lexeme.IDENTIFIER
            and top.raw.spelling(item) == top.current.macro
            and self._invoked(top, top.cursor)
        )

    def _leads_to(self, seeds: set[str], name: str) -> bool:
        return name in seeds or any(name in self.macros.reachable(seed) for seed in seeds)

    def _advance(self, top: Instance, offset: int) -> Token | None:
        """Walk up to *offset*, recording every macro use passed; the token at the cursor."""
        items = top.items
        raw = top.raw
        assert raw is not None
        while top.cursor < len(items):
            item = items[top.cursor]
            if isinstance(item, Directive):
                if raw.lines.starts[item.line - 1] >= offset:
                    return None
                self._directive(top, item)
                top.cursor += 1
            elif item.start >= offset:
                return item
            elif item.kind is Lexeme.IDENTIFIER and self._invoked(top, top.cursor):
                self._expand(top)
            else:
                top.cursor += 1
        return None

    def _next_use(self, top: Instance, name: str | None) -> None:
        """Make the next invocation the current one, unless only the present one fits *name*."""
        at = top.cursor
        while at < len(top.items):
            item = top.items[at]
            if (
                not isinstance(item, Directive)
                and item.kind is Lexeme.IDENTIFIER
                and self._invoked(top, at)
            ):
                break
            at += 1
        if at == len(top.items):
            return
        if name is not None and top.current is not None:
            before = top.seeds
            top.seeds = set()
            self._invocation(top, at, record=False)
            fits = self._leads_to(top.seeds, name)
            top.seeds = before
            if not fits:
                return
        while top.cursor < at:
            item = top.items[top.cursor]
            if isinstance(item, Directive):
                self._directive(top, item)
            top.cursor += 1
        self._expand(top)

    def _invoked(self, top: Instance, index: int) -> bool:
        """Does the identifier at *index* invoke a macro?  C11 6.10.3 p10."""
        item = top.items[index]
        assert top.raw is not None
        assert isinstance(item, Token)
        macro = self.macros.by_name.get(top.raw.spelling(item))
        if macro is None:
            return False
        return macro.definition.params is None or self._opens(top, index) > 0

    def _opens(self, top: Instance, index: int) -> int:
        """The index of the ``(`` behind the identifier at *index*, 0 if there is none."""
        assert top.raw is not None
        for at in range(index + 1, len(top.items)):
            item = top.items[at]
            if isinstance(item, Token):
                return at if top.raw.data[item.start : item.end] == b"(" else 0
        return 0

    def _expand(self, top: Instance) -> None:
        """Record the invocation at the cursor, those in its arguments, and step past it."""
        begin = top.cursor
        top.seeds = set()
        end = self._invocation(top, begin, record=True)
        first, last = top.items[begin], top.items[end - 1]
        assert top.raw is not None
        assert isinstance(first, Token)
        assert isinstance(last, Token)
        line, col = top.raw.lines.place(first.start)
        end_line, end_col = top.raw.lines.place(last.end - 1)
        top.current = Expansion(
            top.path,
            line,
            col,
            top.raw.spelling(first),
            first.start,
            last.end,
            end_line,
            end_col + 1,
        )
        top.extents.append(top.current)
        top.begun = False
        top.cursor = end

    def _invocation(self, top: Instance, index: int, *, record: bool) -> int:
        """Walk one invocation; the index behind it.  Arguments are walked only if expanded."""
        raw = top.raw
        token = top.items[index]
        assert raw is not None
        assert isinstance(token, Token)
        name = raw.spelling(token)
        macro = self.macros.by_name[name]
        top.seeds.add(name)
        if record:
            self._use(top, token, Use.EXPAND)
        params = macro.definition.params
        if params is None:
            return index + 1
        at = self._opens(top, index) + 1
        depth, position = 1, 0
        variadic = "__VA_ARGS__" in params
        while at < len(top.items):
            item = top.items[at]
            if isinstance(item, Directive):
                at += 1
                continue
            spelling = raw.data[item.start : item.end]
            if spelling == b"(":
                depth += 1
            elif spelling == b")":
                depth -= 1
                if not depth:
                    return at + 1
            elif spelling == b"," and depth == 1:
                if not (variadic and position >= len(params) - 1):
                    position += 1
            elif item.kind is Lexeme.IDENTIFIER and self._invoked(top, at):
                known = params[position] if position < len(params) else ""
                inner = record and known in macro.definition.expanded
                at = self._invocation(top, at, record=inner)
                continue
            elif item.kind is Lexeme.IDENTIFIER and raw.spelling(item) in self.macros.by_name:
                top.seeds.add(raw.spelling(item))  # FOREACH(MACRO): the body will invoke it
            at += 1
        return at

    def _use(self, top: Instance, token: Token, use: Use) -> None:
        assert top.raw is not None
        name = top.raw.spelling(token)
        macro = self.macros.by_name.get(name)
        line, col = top.raw.lines.place(token.start)
        target = (macro.path, macro.line) if macro is not None else None
        top.uses[MacroUse(top.path, line, col, name, use, target)] = len(top.needs) - 1
        if name not in top.fresh and top.needs:
            top.needs[-1].setdefault(name, target)

    def _directive(self, top: Instance, d: Directive) -> None:
        """Record what a directive names: tests, expansions in conditions, #undef."""
        assert top.raw is not None
        if d.name in (b"ifdef", b"ifndef", b"elifdef", b"elifndef", b"undef"):
            if d.tokens and d.tokens[0].kind is Lexeme.IDENTIFIER:
                self._use(top, d.tokens[0], Use.UNDEF if d.name == b"undef" else Use.TEST)
        elif d.name in (b"if", b"elif"):
            for i, token in enumerate(d.tokens):
                if token.kind is not Lexeme.IDENTIFIER:
                    continue
                before = [top.raw.spelling(t) for t in d.tokens[max(0, i - 2) : i]]
                spelling = top.raw.spelling(token)
                if spelling == "defined":
                    continue
                if before[-1:] == ["defined"] or before[-2:] == ["defined", "("]:
                    self._use(top, token, Use.TEST)
                else:
                    self._use(
                        top, token, Use.EXPAND if spelling in self.macros.by_name else Use.TEST
                    )

    def _include(self, parent: Instance, line: int, target: str) -> None:
        """Tie the #include that ends on *line* to the file it led to."""
        assert parent.raw is not None
        for d in parent.raw.directives:
            if d.end_line == line and d.name == b"include" and d.tokens:
                token = d.tokens[0]
                row, col = parent.raw.lines.place(token.start)
                parent.includes.append(
                    Include(
                        parent.path,
                        row,
                        col,
                        token.end - token.start,
                        parent.raw.spelling(token),
                        target,
                    )
                )


def _line_offset(raw: RawFile, line: int) -> int:
    starts = raw.lines.starts
    if line <= 0:  # "<command-line>" ends before the unit begins
        return 0
    return starts[line - 1] if line <= len(starts) else len(raw.data)
