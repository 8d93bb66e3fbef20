"""What a file says without a compiler, as plain data: reads a raw file, gives its scan.

Sizes, macro definitions with the names in their replacement lists, #include lines, comments.
A scan is small where the tokens of a file are not, and is kept in the cache.
"""

from __future__ import annotations

import hashlib
import marshal
import re
from dataclasses import dataclass, field

from annotator.source.comments import Comments
from annotator.source.directives import RawFile, macro_text
from annotator.source.lex import Lexeme, tokens
from annotator.source.names import names, surroundings

# What config.status makes of a macro that is not defined on this system.
_UNDEF = re.compile(r"/\* #undef (\w+) \*/")


@dataclass(slots=True)
class Scan:
    """One file.

    - ``macros``: (name, line, col, end_line, text, names), where names are (name, line, col,
      length, what stands around), the identifiers of the replacement list that are no parameters
    - ``undefs``: (name, line, col) of the macros that configure left undefined, in comments
    - ``names``: the identifiers in branches of conditionals
    - ``includes``: (line, col, length, spelling without its delimiters)
    - ``above``, ``beside``: comments by the line on which they end, or on which they begin
    """

    lines: int = 0
    size: int = 0
    text: str = ""  # a digest of the bytes
    macros: list[tuple[str, int, int, int, str, list[tuple[str, int, int, int, int]]]] = field(
        default_factory=list
    )
    undefs: list[tuple[str, int, int]] = field(default_factory=list)
    names: tuple[list[str], bytes] = field(default_factory=lambda: ([], b""))
    includes: list[tuple[int, int, int, str]] = field(default_factory=list)
    above: dict[int, str] = field(default_factory=dict)
    beside: dict[int, str] = field(default_factory=dict)

    def dump(self) -> bytes:
        """As bytes."""
        return marshal.dumps({name: getattr(self, name) for name in self.__slots__}, 2)

    @classmethod
    def load(cls, data: bytes) -> Scan:
        """The scan that `dump` gave *data* for.  ValueError, EOFError, TypeError if none."""
        return cls(**marshal.loads(data))

    def comment(self, start_line: int, line: int) -> str:
        """The comment of a declaration that begins on *start_line* and names on *line*."""
        return self.above.get(start_line - 1) or self.beside.get(line, "")


def scan(raw: RawFile, *, c: bool) -> Scan:
    """Scan a file; of one that is not C only the size is of interest."""
    count = len(raw.lines) - (1 if raw.data.endswith(b"\n") else 0)
    result = Scan(count, len(raw.data), hashlib.blake2b(raw.data, digest_size=16).hexdigest())
    if not c:
        return result
    for d in raw.macros.values():
        params = set(d.params or ())
        called = []
        for i, token in enumerate(d.body):
            if token.kind is Lexeme.IDENTIFIER:
                name = raw.spelling(token)
                if name not in params and name != d.name:
                    line, col = raw.lines.place(token.start)
                    around = int(surroundings(raw.data, d.body, i))
                    called.append((name, line, col, token.end - token.start, around))
        result.macros.append((d.name, d.line, d.col, d.end_line, macro_text(raw, d), called))
    for directive in raw.directives:
        if directive.name == b"include" and directive.tokens:
            token = directive.tokens[0]
            if token.kind is Lexeme.HEADER:
                line, col = raw.lines.place(token.start)
                spelling = raw.spelling(token)[1:-1]
                result.includes.append((line, col, token.end - token.start, spelling))
    for token in tokens(raw.data):
        if token.kind is Lexeme.COMMENT and (m := _UNDEF.fullmatch(raw.spelling(token))):
            result.undefs.append((m[1], *raw.lines.place(token.start + m.start(1))))
    result.names = names(raw).dump()
    comments = Comments(raw)
    result.above, result.beside = comments.above, comments.beside
    return result
