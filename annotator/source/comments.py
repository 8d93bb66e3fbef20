"""Doc comments: reads a raw file, gives the comment that belongs to a declaration.

C has no doc comments; what its authors do is to write one directly above a declaration or
behind it on the same line.  Argument Clinic's markers are not prose and are passed over.
"""

from __future__ import annotations

import re

from annotator.source.directives import RawFile
from annotator.source.lex import Lexeme, tokens

_LIMIT = 1200  # characters; a longer comment is cut at a word


class Comments:
    """The comments of one file, ``above`` by their last line, ``beside`` code by their first."""

    def __init__(self, raw: RawFile) -> None:
        above: dict[int, str] = {}
        beside: dict[int, str] = {}
        fresh = True  # nothing but blanks so far on this line
        run: list[str] = []  # adjacent // comments
        run_end = 0
        for token in tokens(raw.data):
            if token.kind is Lexeme.NEWLINE:
                fresh = True
            elif token.kind is Lexeme.COMMENT:
                text = raw.spelling(token)
                line = raw.lines.place(token.start)[0]
                end = raw.lines.place(max(token.end - 1, token.start))[0]
                if not fresh:
                    beside.setdefault(line, text)
                elif text.startswith("//"):
                    run = [*run, text] if run_end == line - 1 else [text]
                    run_end = end
                    above[end] = "\n".join(run)
                else:
                    above[end] = text
            elif token.kind is not Lexeme.SPACE:
                fresh = False
        self.above = {line: found for line, text in above.items() if (found := clean(text))}
        self.beside = {line: found for line, text in beside.items() if (found := clean(text))}


def clean(text: str) -> str:
    """The prose of a comment: without its markers, decoration and common indentation."""
    if "[clinic" in text:
        return ""
    lines = []
    for raw_line in text.splitlines():
        line = raw_line.strip()
        line = re.sub(r"^(/\*+[!<]?|//+[!<]?|\*+(?!/))\s?", "", line)
        line = re.sub(r"\s*\*+/$", "", line)
        if re.fullmatch(r"[-=*_#~/ ]*", line):
            line = ""
        lines.append(line.rstrip())
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(joined) > _LIMIT:
        joined = joined[:_LIMIT].rsplit(None, 1)[0] + " …"
    return joined
