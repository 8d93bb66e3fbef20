"""Links in ``bytecodes.c``, which no compiler sees: reads the uses in what is generated from it.

A use in a generated case whose token was spelled in ``bytecodes.c`` is a use there.  What the
generator swallows (names of stack items in headers, ``ERROR_IF``) is resolved by the rules
of its language; what is left, by name.
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from dataclasses import dataclass, field

from annotator.index.threads import dsl
from annotator.index.threads.cases import OUTPUTS, origins
from annotator.index.threads.store import Row, Spot, Store, Text
from annotator.model import Kind, Use
from annotator.source.lex import Lexeme, tokens

SOURCES = ("Python/bytecodes.c", "Python/optimizer_bytecodes.c")
# fmt: off
KEYWORDS = frozenset((
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
    "enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "while",
))
# fmt: on
# What the headers of C declare (C11 7.2, 7.18 to 7.20), and compilers predefine.
_STANDARD = re.compile(
    r"assert|NULL|bool|true|false|size_t|u?int(8|16|32|64|ptr)_t|U?INT\d*_MAX|__[A-Z0-9_]+__"
)
# Names the functions that replace words of this language.
GENERATOR = "Tools/cases_generator/generators_common.py"
# Where the body of a definition comes out, and what that place is to it.
_CASES = {
    "Python/generated_cases.c.h": (re.compile(rb"\bTARGET\((\w+)\)"), "generated case"),
    "Python/executor_cases.c.h": (
        re.compile(rb"\bcase (\w+):"),
        "micro-op case",
    ),
    "Python/optimizer_cases.c.h": (re.compile(rb"\bcase (\w+):"), "optimizer case"),
}


@dataclass(slots=True)
class Outcome:
    """How many identifiers stand in C code or in definitions, and which of them lead nowhere.

    ``system`` of them name what the system's headers declare, which are not of the tree.
    """

    identifiers: int = 0
    system: int = 0
    unlinked: list[tuple[str, int, int, str]] = field(default_factory=list)


def weave(store: Store) -> dict[str, Outcome]:
    """Link both files of definitions; what came of each."""
    found: dict[str, Outcome] = {}
    definitions: dict[str, int] = {}  # name -> symbol, of instructions and micro-ops
    words: dict[str, int] = {}
    for path in SOURCES:
        text = store.text(path)
        if text is not None and (source := dsl.read(text.data)).definitions:
            found[path] = _File(store, text, source, definitions, words).weave()
    return found


class _File:
    def __init__(
        self,
        store: Store,
        text: Text,
        source: dsl.Source,
        definitions: dict[str, int],
        words: dict[str, int],
    ) -> None:
        self.store = store
        self.text = text
        self.source = source
        self.known = definitions
        self.mine: dict[str, int] = {}
        self.linked: set[tuple[int, int]] = set()
        self.inside: dict[tuple[int, int], dsl.Definition] = {}
        self.items: dict[tuple[str, str], int] = {}  # (definition, stack item) -> symbol
        # (is it a member, name) -> how often it means what in this file
        self.seen: dict[tuple[bool, str], Counter[int]] = {}
        self.words: dict[tuple[int, int], dsl.Word] = {}
        self.directives: dict[tuple[int, int], str] = {}
        self.known_words = words  # of the generators

    def spot(self, line: int, col: int) -> Spot:
        return Spot(self.text.number, line, col)

    def link(
        self, word: dsl.Word, symbol: int, use: Use | str, configs: int = 0, name: str = ""
    ) -> None:
        """Record that *word* names *symbol*."""
        d = self.inside.get((word.line, word.col))
        function = self.mine.get(d.name.text, 0) if d is not None else 0
        spot = self.spot(word.line, word.col)
        length = len((name or word.text).encode())
        self.store.add_ref(spot, length, symbol, use, function=function, configs=configs)
        counts = self.seen.setdefault((self._is_member(word), word.text), Counter())
        counts[symbol] += 1
        self.linked.add((word.line, word.col))

    def weave(self) -> Outcome:
        for w in (*self.source.outside, *self.source.inside):
            if w.kind is Lexeme.IDENTIFIER and w.text not in KEYWORDS:
                self.words[w.line, w.col] = w
        self._find_directives()
        cases = self._cases()
        for d in self.source.definitions:
            self._define(d, cases.get(d.name.text, []))
        for d in self.source.definitions:
            self._parts(d)
        for output in OUTPUTS:
            self._generated(output)
        self._outside()
        self._rest()
        outcome = Outcome(len(self.words))
        for at, w in sorted(self.words.items()):
            if at not in self.linked and _STANDARD.fullmatch(w.text):
                outcome.system += 1
            elif at not in self.linked:
                outcome.unlinked.append((self.text.path, w.line, w.col, w.text))
        return outcome

    # -- definitions ---------------------------------------------------------------------------

    def _cases(self) -> dict[str, list[Spot]]:
        """Where each definition's code comes out."""
        found: dict[str, list[Spot]] = {}
        for output, (pattern, _) in _CASES.items():
            text = self.store.text(output)
            if text is None or self.text.path not in OUTPUTS[output][1][:1]:
                continue
            for m in pattern.finditer(text.data):
                spot = Spot(text.number, *text.lines.place(m.start(1)))
                found.setdefault(m[1].decode(), []).append(spot)
        return found

    def _define(self, d: dsl.Definition, cases: list[Spot]) -> None:
        name = d.name.text
        spot = self.spot(d.name.line, d.name.col)
        symbol = self.store.add_symbol(
            d.kind,
            name,
            spot,
            end_line=d.end_line,
            declaration=d.text,
            doc=self._doc(d),
            others=[] if d.kind is Kind.FAMILY else cases,
        )
        self.linked.add((d.name.line, d.name.col))
        if d.kind is not Kind.FAMILY:
            self.mine.setdefault(name, symbol)
            # The optimizer's file says again what the interpreter's says first.
            first = self.known.setdefault(name, symbol)
            if first != symbol:
                place = self.store.symbols([first])[first][2]
                self.store.pair(place, spot, "as the optimizer sees it", "definition")
            for case in cases:
                path = next(p for p in _CASES if (t := self.store.text(p)) and t.number == case[0])
                self.store.pair(spot, case, _CASES[path][1], d.kind.value)
            number = self.store.named(name)
            if number:
                found = self.store.symbols([number])[number]
                if found[1] == Kind.MACRO.value:
                    self.store.pair(spot, found[2], "its number", d.kind.value)
        for w in (*d.inputs, *d.outputs, *d.others, *d.parts, *d.body):
            self.inside[w.line, w.col] = d
        self._items(d, symbol)

    def _items(self, d: dsl.Definition, symbol: int) -> None:
        """Stack items and cache entries are names within their definition."""
        inputs = {w.text for w in d.inputs}
        outputs = {w.text for w in d.outputs}
        for w in (*d.inputs, *d.outputs):
            if w.text == "unused":
                if macro := self._macro_here(w.text):
                    self.link(w, macro, Use.EXPAND)
                else:
                    self.words.pop((w.line, w.col), None)  # a keyword of this language
                continue
            key = (d.name.text, w.text)
            if key in self.items:
                self.link(w, self.items[key], Use.DECLARATION)
                continue
            role = "in and out" if w.text in inputs & outputs else "in"
            role = "out" if w.text in outputs - inputs else role
            self.items[key] = self.store.add_symbol(
                Kind.LOCAL,
                w.text,
                self.spot(w.line, w.col),
                declaration=f"{w.text}: {role}, {d.text}",
                parent=symbol,
                parent_name=d.name.text,
            )
            self.linked.add((w.line, w.col))

    def _doc(self, d: dsl.Definition) -> str:
        """The comment lines directly above a definition."""
        lines: list[str] = []
        for number in range(d.first.line - 1, 0, -1):
            start = self.text.lines.starts[number - 1]
            raw = self.text.data[start : self.text.lines.starts[number]].strip()
            if not raw.startswith(b"//"):
                break
            lines.append(raw.lstrip(b"/ ").decode("utf-8", "replace"))
        return "\n".join(reversed(lines))

    def _parts(self, d: dsl.Definition) -> None:
        for w in d.annotations:
            if macro := self._macro_here(w.text):
                self.link(w, macro, Use.EXPAND)
            else:
                self.words.pop((w.line, w.col), None)  # a keyword of this language
        for w in d.parts:
            symbol = self.mine.get(w.text) or self.known.get(w.text) or self._macro_here(w.text)
            symbol = symbol or self.store.named(w.text)
            if symbol:
                self.link(w, symbol, Use.READ)

    def _macro_here(self, name: str) -> int:
        """A macro that this very file defines for editors; 0 for none."""
        row = self.store.db.execute(
            "SELECT s.id FROM symbols s JOIN places p ON p.symbol = s.id"
            " WHERE s.name = ? AND s.kind = 'macro' AND p.file = ?",
            (name, self.text.number),
        ).fetchone()
        return row[0] if row is not None else 0

    def _find_directives(self) -> None:
        """The identifiers in conditionals count too; #define and #include lines are scanned."""
        directive, hold = b"", False
        for kind, start, end in tokens(self.text.data):
            if kind is Lexeme.HASH:
                directive, hold = b"#", True
            elif kind is Lexeme.NEWLINE:
                directive = b""
            elif directive and kind is Lexeme.IDENTIFIER:
                spelled = self.text.data[start:end]
                if hold:
                    directive, hold = spelled, False
                elif directive in (b"if", b"ifdef", b"ifndef", b"elif") and spelled != b"defined":
                    line, col = self.text.lines.place(start)
                    name = spelled.decode()
                    self.words[line, col] = dsl.Word(kind, name, line, col, start)
                    self.directives[line, col] = name

    # -- bodies, through what is generated -----------------------------------------------------

    def _generated(self, output: str) -> None:
        text = self.store.text(output)
        if text is None:
            return
        rows = self.store.rows(text.number)
        symbols = self.store.symbols(r.symbol for r in rows)
        places = [o for o in origins(self.store.tree, output) if o.path == self.text.path]
        by_offset: dict[int, list[Row]] = {}
        for r in rows:
            by_offset.setdefault(text.lines.offset(r.line, r.col), []).append(r)
        starts = {o.offset: (o.line, o.col) for o in places}
        locals_here = self._locals(text, rows, symbols, starts)
        mapped = {o.offset for o in places}
        for n, o in enumerate(places):
            word = self.words.get((o.line, o.col))
            if word is None:
                self._directive(text, o.offset, (o.line, o.col), by_offset)
                continue
            spelled = word.text.encode()
            if text.data.startswith(spelled, o.offset) and by_offset.get(o.offset):
                for r in by_offset[o.offset]:
                    self._take(word, r, symbols, locals_here)
            elif not text.data.startswith(spelled, o.offset):
                behind = self._behind(word)
                end = next(
                    (p.offset for p in places[n + 1 : n + 400] if (p.line, p.col) >= behind),
                    o.offset + 1,
                )
                made = [
                    r
                    for at in range(o.offset, end)
                    if at not in mapped or at == o.offset
                    for r in by_offset.get(at, ())
                ]
                self._expansion(word, made, text)

    def _locals(
        self,
        text: Text,
        rows: list[Row],
        symbols: dict[int, tuple[str, str, Spot]],
        starts: dict[int, tuple[int, int]],
    ) -> dict[int, int]:
        """Locals that bodies declare: symbol there -> symbol here."""
        found: dict[int, int] = {}
        here: dict[tuple[int, int], int] = {}
        for r in rows:
            name, kind, spot = symbols[r.symbol]
            if kind != Kind.LOCAL.value or spot != (text.number, r.line, r.col):
                continue
            origin = starts.get(text.lines.offset(r.line, r.col))
            word = self.words.get(origin) if origin is not None else None
            if word is None or origin is None or word.text != name:
                continue
            if origin not in here:
                row = self.store.db.execute(
                    "SELECT symbol FROM refs WHERE file = ? AND line = ? AND col = ?"
                    " AND use = 'definition'",
                    (self.text.number, *origin),
                ).fetchone()
                here[origin] = row[0] if row is not None else self._declare_local(word, r.symbol)
            found[r.symbol] = here[origin]
        return found

    def _declare_local(self, word: dsl.Word, there: int) -> int:
        d = self.inside.get((word.line, word.col))
        declaration = self.store.db.execute(
            "SELECT declaration FROM symbols WHERE id = ?", (there,)
        ).fetchone()[0]
        self.linked.add((word.line, word.col))
        name = d.name.text if d is not None else ""
        symbol = self.store.add_symbol(
            Kind.LOCAL,
            word.text,
            self.spot(word.line, word.col),
            declaration=declaration,
            parent=self.mine.get(name, 0),
            parent_name=name,
        )
        self.items.setdefault((name, word.text), symbol)
        return symbol

    def _take(
        self,
        word: dsl.Word,
        row: Row,
        symbols: dict[int, tuple[str, str, Spot]],
        locals_here: dict[int, int],
    ) -> None:
        """A use in the output is a use here."""
        symbol = row.symbol
        if symbols[symbol][1] == Kind.LOCAL.value:
            d = self.inside.get((word.line, word.col))
            item = self.items.get((d.name.text, word.text)) if d is not None else None
            symbol = locals_here.get(symbol) or item or symbol
        elif symbols[symbol][1] in (Kind.INSTRUCTION.value, Kind.MICRO_OP.value):
            return
        self.link(word, symbol, row.use, row.configs)

    def _directive(
        self,
        text: Text,
        offset: int,
        origin: tuple[int, int],
        by_offset: dict[int, list[Row]],
    ) -> None:
        """A whole directive is one token to the generator."""
        if text.data[offset : offset + 1] != b"#":
            return
        line, col = origin
        end = text.data.find(b"\n", offset)
        for at in range(offset, end):
            for r in by_offset.get(at, ()):
                word = self.words.get((line, col + at - offset))
                if word is not None:
                    self.link(word, r.symbol, r.use, r.configs)

    def _behind(self, word: dsl.Word) -> tuple[int, int]:
        """Where what follows the arguments of *word* begins."""
        stream = self.source.inside
        at = bisect.bisect_left(stream, word.offset, key=lambda w: w.offset) + 1
        depth = 0
        while at < len(stream):
            depth += {"(": 1, ")": -1}.get(stream[at].text, 0)
            at += 1
            if depth <= 0:
                break
        return (stream[at].line, stream[at].col) if at < len(stream) else (1 << 30, 0)

    def _expansion(self, word: dsl.Word, made: list[Row], output: Text) -> None:
        """A word of the generator's own: it leads to what replaces it, and to what came out."""
        symbol = self._replaced(word.text)
        if symbol:
            self.link(word, symbol, Use.EXPAND)
            for r in made[:1]:
                there = Spot(output.number, r.line, r.col)
                self.store.pair(self.spot(word.line, word.col), there, "what comes out", word.text)

    def _replaced(self, name: str) -> int:
        """The symbol of a word that the generators replace by C; 0 when it is none."""
        if name not in self.known_words:
            text = self.store.text(GENERATOR)
            found = None
            if text is not None:
                found = re.search(rb'"(%s)": (\w+),' % re.escape(name.encode()), text.data)
            self.known_words[name] = 0
            if found is not None and text is not None:
                self.known_words[name] = self.store.add_symbol(
                    Kind.MACRO,
                    name,
                    Spot(text.number, *text.lines.place(found.start(1))),
                    declaration=f"{name}, which the generator's {found[2].decode()} replaces by C",
                )
        return self.known_words[name]

    # -- what is left --------------------------------------------------------------------------

    def _outside(self) -> None:
        """The C code around the definitions: for editors, never compiled; linked by name."""
        declared: dict[str, int] = {}
        stream = self.source.outside
        for n, w in enumerate(stream):
            if w.kind is not Lexeme.IDENTIFIER or w.text in KEYWORDS:
                continue
            if w.text in declared:
                self.link(w, declared[w.text], Use.READ)
                continue
            after = stream[n + 1].text if n + 1 < len(stream) else ""
            before = stream[n - 1] if n else None
            declares = before is not None and (
                before.text in ("*", ",") or before.kind is Lexeme.IDENTIFIER
            )
            if declares and after in (",", ";", ")", "[", "=", "("):
                declared[w.text] = self.store.add_symbol(
                    Kind.VARIABLE, w.text, self.spot(w.line, w.col), declaration=w.text
                )
                self.linked.add((w.line, w.col))
            elif symbol := self.store.named(w.text):
                self.link(w, symbol, Use.TYPE)
            elif after == ":":
                declared[w.text] = self.store.add_symbol(
                    Kind.LABEL, w.text, self.spot(w.line, w.col), declaration=w.text
                )
                self.linked.add((w.line, w.col))

    def _rest(self) -> None:
        """Names that came out nowhere, by what they can mean where they stand."""
        labels = dict(
            self.store.db.execute(
                "SELECT s.name, s.id FROM symbols s JOIN places p ON p.symbol = s.id"
                " JOIN files f ON f.id = p.file WHERE s.kind = 'label'"
                " AND f.path = 'Python/ceval.c' ORDER BY s.id DESC"
            )
        )
        for at, w in sorted(self.words.items()):
            if at in self.linked:
                continue
            d = self.inside.get(at)
            item = self.items.get((d.name.text, w.text)) if d is not None else None
            if self._is_member(w):
                for symbol in self._members(w.text):
                    self.link(w, symbol, Use.READ)
            elif item:
                self.link(w, item, Use.READ)
            elif symbol := self._replaced(w.text):
                self.link(w, symbol, Use.EXPAND)
            elif at in self.directives:
                if symbol := self.store.named(w.text):
                    self.link(w, symbol, Use.TEST)
            elif w.text in self.mine or w.text in self.known:
                self.link(w, self.mine.get(w.text) or self.known[w.text], Use.READ)
            elif w.text in labels:
                self.link(w, labels[w.text], Use.GOTO)
            elif symbol := (
                self._seen_elsewhere(w) or self._macro_here(w.text) or self.store.named(w.text)
            ):
                self.link(w, symbol, Use.READ)
            else:  # an argument that a macro pastes behind a dot
                for symbol in self._members(w.text):
                    self.link(w, symbol, Use.READ)

    def _is_member(self, word: dsl.Word) -> bool:
        return self.text.data[max(0, word.offset - 2) : word.offset].endswith((b"->", b"."))

    def _seen_elsewhere(self, word: dsl.Word) -> int:
        """What the name means in most of its other uses in this file; 0 for nothing."""
        found = self.seen.get((self._is_member(word), word.text))
        return min(found, key=lambda symbol: (-found[symbol], symbol)) if found else 0

    def _members(self, name: str) -> list[int]:
        """The members of this name: the one seen elsewhere, or all that there are, if few."""
        if found := self.seen.get((True, name)):
            return [min(found, key=lambda symbol: (-found[symbol], symbol))]
        rows = self.store.db.execute(
            "SELECT id FROM symbols WHERE name = ? AND kind = 'member' ORDER BY id LIMIT 5", (name,)
        ).fetchall()
        return [row[0] for row in rows] if len(rows) < 5 else []
