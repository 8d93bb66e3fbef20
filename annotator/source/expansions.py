"""Align raw text with the preprocessed unit: reads events and raw files, gives tokens and uses.

The preprocessor says where each token was spelled, but not which expansion brought it to
where it stands, nor which macros were expanded to nothing.  Both follow from walking the
raw text of each file beside the events: what stands in the raw text and does not come out
as a token was a macro's name or its arguments (C11 6.10.3), or was skipped (6.10.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from annotator.model import Use
from annotator.source.directives import Branch, Directive, MacroDefinition, RawFile, read
from annotator.source.lex import Lexeme, Token
from annotator.source.preprocess import Event, Item

IN_BRANCHES = (b"elif", b"elifdef", b"elifndef", b"else")


@dataclass(frozen=True, slots=True)
class Expansion:
    """One macro invocation in a file's text: from the name to the closing parenthesis."""

    path: str
    line: int
    col: int
    macro: str
    start: int  # byte offsets in the file
    end: int
    end_line: int
    end_col: int  # of the byte behind the invocation

    def holds(self, path: str, line: int, col: int) -> bool:
        """Is this place inside the invocation, that is: in its arguments?"""
        return (
            path == self.path
            and (self.line, self.col) < (line, col)
            and (line, col) < (self.end_line, self.end_col)
        )


# (text, path, line, col, expansion): where a token is spelled and, if an invocation brought
# it, which one
Spelled = tuple[str, str, int, int, "Expansion | None"]


@dataclass(frozen=True, slots=True)
class MacroUse:
    """A place that names a macro; ``target`` is the place of the #define in force, if any."""

    path: str
    line: int
    col: int
    name: str
    use: Use
    target: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Include:
    """An #include line; ``target`` is the file it led to."""

    path: str
    line: int
    col: int
    length: int
    spelling: str
    target: str


@dataclass(slots=True)
class Aligned:
    """A unit's tokens, and what the preprocessor did on the way to them."""

    tokens: list[Spelled] = field(default_factory=list)
    uses: list[MacroUse] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    defined: list[tuple[str, str, int]] = field(default_factory=list)  # (name, path, line)
    live: dict[str, set[int]] = field(default_factory=dict)  # path -> indices of branches
    files: set[str] = field(default_factory=set)


class _Macro:
    """A definition in force; its replacement list is read only when somebody asks."""

    __slots__ = ("_definition", "line", "path", "text")

    def __init__(self, path: str, line: int, text: str) -> None:
        self.path, self.line, self.text = path, line, text
        self._definition: MacroDefinition | None = None

    @property
    def definition(self) -> MacroDefinition:
        if self._definition is None:
            raw = read(b"#define " + self.text.encode("utf-8", "surrogateescape"))
            self._definition = raw.macros[1]
        return self._definition

    def names(self) -> Iterable[str]:
        """The identifiers of the replacement list."""
        data = b"#define " + self.text.encode("utf-8", "surrogateescape")
        for token in self.definition.body:
            if token.kind is Lexeme.IDENTIFIER:
                yield data[token.start : token.end].decode("utf-8", "replace")


class _Instance:
    """One inclusion of a file: which of its branches are live, and how far the walk has come."""

    __slots__ = (
        "begun",
        "current",
        "cursor",
        "evidence",
        "extents",
        "items",
        "live",
        "path",
        "raw",
        "seeds",
    )

    def __init__(self, path: str, raw: RawFile | None) -> None:
        self.path = path
        self.raw = raw
        self.evidence: set[int] = set()  # lines that certainly were compiled
        self.live: set[int] = set()
        self.items: list[Token | Directive] = []
        self.cursor = 0
        self.extents: list[Expansion] = []
        self.current: Expansion | None = None
        self.seeds: set[str] = set()  # the macros named in the current invocation
        self.begun = False  # has the first token of its replacement list come out?

    def settle(self) -> None:
        """From the evidence, find the live branches and what is left to walk."""
        assert self.raw is not None
        owner = branch_of_lines(self.raw)
        branches = self.raw.branches
        for line in self.evidence:
            index = owner[line] if line < len(owner) else -1
            while index >= 0 and index not in self.live:
                self.live.add(index)
                index = branches[index].parent
        dead = [b for i, b in enumerate(branches) if i not in self.live]
        lines = self.raw.lines
        skipped = [
            (lines.starts[b.first - 1], _end_offset(self.raw, b)) for b in dead if b.last >= b.first
        ]
        skipped.sort()
        items: list[tuple[int, Token | Directive]] = []
        at, limit = 0, len(skipped)
        for token in self.raw.text:
            while at < limit and skipped[at][1] <= token.start:
                at += 1
            if at < limit and skipped[at][0] <= token.start:
                continue
            items.append((token.start, token))
        taken: dict[int, int] = {}  # group -> first live branch
        by_directive = {id(b.directive): (i, b) for i, b in enumerate(branches)}
        for i, b in enumerate(branches):
            if i in self.live:
                taken.setdefault(b.group, i)
        for d in self.raw.directives:
            if self._evaluated(d, owner, by_directive, taken):
                items.append((lines.starts[d.line - 1], d))
        items.sort(key=lambda pair: pair[0])
        self.items = [item for _, item in items]

    def _evaluated(
        self,
        d: Directive,
        owner: list[int],
        by_directive: dict[int, tuple[int, Branch]],
        taken: dict[int, int],
    ) -> bool:
        """Does the preprocessor look at this directive's operands?  C11 6.10.1 p6."""
        found = by_directive.get(id(d))
        if found is None:
            parent = owner[d.line] if d.line < len(owner) else -1
        else:
            index, branch = found
            parent = branch.parent
            first = taken.get(branch.group)
            if d.name in IN_BRANCHES and first is not None and first < index:
                return False
        return parent < 0 or parent in self.live


def _end_offset(raw: RawFile, branch: Branch) -> int:
    starts = raw.lines.starts
    return starts[branch.last] if branch.last < len(starts) else len(raw.data)


def branch_of_lines(raw: RawFile) -> list[int]:
    """For each line (index from 1) the innermost branch that holds it, -1 for none."""
    owner = [-1] * (len(raw.lines) + 2)
    for index, branch in enumerate(raw.branches):  # inner branches come later
        for line in range(branch.first, min(branch.last, len(raw.lines)) + 1):
            owner[line] = index
    return owner


class Aligner:
    """Walks one unit.  ``raw_of`` gives the raw file of a path, None for files not ours."""

    def __init__(self, raw_of: Callable[[str], RawFile | None]) -> None:
        self.raw_of = raw_of
        self.macros: dict[str, _Macro] = {}
        self.out = Aligned()
        self._reach: dict[str, frozenset[str]] = {}
        self._at: dict[tuple[str, int], str] = {}  # (path, line) of a #define -> its name

    def align(self, root: str, items: list[Item]) -> Aligned:
        """Walk the events of the unit whose file is *root*."""
        instances = self._gather(root, items)
        order = iter(instances)
        stack = [next(order)]
        for event, text, path, line, col in items:
            top = stack[-1]
            if event is Event.TOKEN:
                expansion = self._locate(top, text, path, line, col)
                self.out.tokens.append((text, path, line, col, expansion))
            elif event is Event.DEFINE:
                if top.raw is not None and path == top.path:
                    self._advance(top, top.raw.lines.starts[line - 1])
                name = text.split("(", 1)[0].split(None, 1)[0]
                self.macros[name] = _Macro(path, line, text)
                self._at[path, line] = name
                self._reach.clear()
                self.out.defined.append((name, path, line))
            elif event is Event.UNDEF:
                if top.raw is not None and path == top.path:
                    self._advance(top, top.raw.lines.starts[line - 1] + 1)
                self.macros.pop(text.split(None, 1)[0], None)
                self._reach.clear()
            elif event is Event.ENTER:
                stack.append(next(order))
            elif event is Event.LEAVE and len(stack) > 1:
                done = stack.pop()
                self._finish(done)
                parent = stack[-1]
                if parent.raw is not None:
                    self._advance(parent, _line_offset(parent.raw, line))
                    self._include(parent, line - 1, done.path)
        while stack:
            self._finish(stack.pop())
        self._bodies()
        return self.out

    # -- first pass ------------------------------------------------------------------

    def _gather(self, root: str, items: list[Item]) -> list[_Instance]:
        """Collect for each inclusion the lines that something came from."""
        first = _Instance(root, self.raw_of(root))
        instances, stack = [first], [first]
        for event, text, path, line, _ in items:
            top = stack[-1]
            if event is Event.ENTER:
                new = _Instance(text, self.raw_of(text))
                instances.append(new)
                stack.append(new)
            elif event is Event.LEAVE:
                if len(stack) > 1:
                    stack.pop()
                    stack[-1].evidence.add(line - 1)
            elif path == top.path and line > 0:
                top.evidence.add(line)
        for instance in instances:
            if instance.raw is not None:
                instance.settle()
                self.out.files.add(instance.path)
                self.out.live.setdefault(instance.path, set()).update(instance.live)
        return instances

    # -- second pass -----------------------------------------------------------------

    def _locate(
        self, top: _Instance, text: str, path: str, line: int, col: int
    ) -> Expansion | None:
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
        name = self._at.get((path, line))
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
        self, top: _Instance, current: Expansion, name: str | None, path: str, line: int
    ) -> bool:
        """Can a token out of the body of macro *name* still come from this invocation?"""
        if name is None:
            # A pasted token has the place of the invocation that pasted it.
            return path != top.path or line <= current.end_line
        return self._leads_to(top.seeds, name)

    def _opening(self, name: str) -> tuple[str, int, int] | None:
        """The place of the first token of a macro's replacement list, in a file of ours."""
        macro = self.macros.get(name)
        raw = self.raw_of(macro.path) if macro is not None else None
        if macro is None or raw is None or macro.line not in raw.macros:
            return None
        body = raw.macros[macro.line].body
        return (macro.path, *raw.lines.place(body[0].start)) if body else None

    def _adjacent(self, top: _Instance) -> bool:
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
        return name in seeds or any(name in self._reachable(seed) for seed in seeds)

    def _advance(self, top: _Instance, offset: int) -> Token | None:
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

    def _next_use(self, top: _Instance, name: str | None) -> None:
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

    def _invoked(self, top: _Instance, index: int) -> bool:
        """Does the identifier at *index* invoke a macro?  C11 6.10.3 p10."""
        item = top.items[index]
        assert top.raw is not None
        assert isinstance(item, Token)
        macro = self.macros.get(top.raw.spelling(item))
        if macro is None:
            return False
        return macro.definition.params is None or self._opens(top, index) > 0

    def _opens(self, top: _Instance, index: int) -> int:
        """The index of the ``(`` behind the identifier at *index*, 0 if there is none."""
        assert top.raw is not None
        for at in range(index + 1, len(top.items)):
            item = top.items[at]
            if isinstance(item, Token):
                return at if top.raw.data[item.start : item.end] == b"(" else 0
        return 0

    def _expand(self, top: _Instance) -> None:
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

    def _invocation(self, top: _Instance, index: int, *, record: bool) -> int:
        """Walk one invocation; the index behind it.  Arguments are walked only if expanded."""
        raw = top.raw
        token = top.items[index]
        assert raw is not None
        assert isinstance(token, Token)
        name = raw.spelling(token)
        macro = self.macros[name]
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
            elif item.kind is Lexeme.IDENTIFIER and raw.spelling(item) in self.macros:
                top.seeds.add(raw.spelling(item))  # FOREACH(MACRO): the body will invoke it
            at += 1
        return at

    def _use(self, top: _Instance, token: Token, use: Use) -> None:
        assert top.raw is not None
        name = top.raw.spelling(token)
        macro = self.macros.get(name)
        line, col = top.raw.lines.place(token.start)
        target = (macro.path, macro.line) if macro is not None else None
        self.out.uses.append(MacroUse(top.path, line, col, name, use, target))

    def _directive(self, top: _Instance, d: Directive) -> None:
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
                    self._use(top, token, Use.EXPAND if spelling in self.macros else Use.TEST)

    def _include(self, parent: _Instance, line: int, target: str) -> None:
        """Tie the #include that ends on *line* to the file it led to."""
        assert parent.raw is not None
        for d in parent.raw.directives:
            if d.end_line == line and d.name == b"include" and d.tokens:
                token = d.tokens[0]
                row, col = parent.raw.lines.place(token.start)
                self.out.includes.append(
                    Include(
                        parent.path,
                        row,
                        col,
                        token.end - token.start,
                        parent.raw.spelling(token),
                        target,
                    )
                )

    def _finish(self, instance: _Instance) -> None:
        if instance.raw is not None:
            self._advance(instance, len(instance.raw.data) + 1)

    def _reachable(self, name: str) -> frozenset[str]:
        """*name* and every macro that its replacement can lead to."""
        known = self._reach.get(name)
        if known is None:
            seen: set[str] = set()
            todo = [name]
            while todo:
                one = todo.pop()
                if one in seen:
                    continue
                macro = self.macros.get(one)
                if macro is None:
                    continue
                seen.add(one)
                todo.extend(macro.names())
            known = self._reach[name] = frozenset(seen)
        return known

    def _bodies(self) -> None:
        """Record the macros named in the replacement lists of the macros defined here."""
        done: set[tuple[str, int]] = set()
        for _, path, line in self.out.defined:
            raw = self.raw_of(path) if (path, line) not in done else None
            done.add((path, line))
            if raw is None or line not in raw.macros:
                continue
            definition = raw.macros[line]
            params = set(definition.params or ())
            for token in definition.body:
                if token.kind is not Lexeme.IDENTIFIER:
                    continue
                name = raw.spelling(token)
                macro = self.macros.get(name)
                if macro is not None and name not in params:
                    row, col = raw.lines.place(token.start)
                    self.out.uses.append(
                        MacroUse(path, row, col, name, Use.EXPAND, (macro.path, macro.line))
                    )


def _line_offset(raw: RawFile, line: int) -> int:
    starts = raw.lines.starts
    if line <= 0:  # "<command-line>" ends before the unit begins
        return 0
    return starts[line - 1] if line <= len(starts) else len(raw.data)
