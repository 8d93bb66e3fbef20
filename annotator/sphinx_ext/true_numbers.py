"""Numbers in the prose: reads a sentence, gives the figures that nobody computed."""

from __future__ import annotations

import re

# What is a name and not a figure: versions, standards, word sizes, clauses, parts of the book;
# and nought, one, two, which are words.
_NAMES = re.compile(
    r"""
    \b(?:Python|CPython|PEP|C|Unicode|Debian|Linux|gcc|Doxygen)[ \u00a0]?\d[\w.]*
    | \b(?:2\.7|3\.1?\d(?:\.\d+)?)\b(?![ ]?(?:times|[mnµ]?s\b|[KMG]B|bytes|per|%|×))  # releases
    | \bC(?:99|11|17|23)\b | \bUTF-\d+\b | \bUCS-?\d\b | \bLatin-1\b | \bx86-64\b | \bSHA-\d+\b
    | \b\d+-bit\b | \b(?:8|16|32|64)[ ]bits\b | \b[0-2]\b(?![.,]\d)
    | \bi\d86\b | \bIEEE[ ]\d+\b | \bISO[ ]\d+\b | \bPython/C\b
    | \b(?:[Cc]hapters?|[Ss]teps?|[Ll]abs?|[Pp]arts?|[Tt]iers?|[Ll]evels?|[Cc]lause|[Pp]aragraph
        |[Ff]igures?|[Gg]enerations?|[Ss]ections?|[Tt]able)[ \u00a0]\d+(?:\.\d+)*
    | \b\d+(?:\.\d+){2,}\b                       # clauses of a standard
    | \b(?:19|20)\d\d\b                          # years
    | \#\d+ | \b(?:gh|bpo)-\d+
    | \b[A-Za-z_]+\d\w*\b                        # names with digits
    """,
    re.VERBOSE,
)
_FIGURE = re.compile(r"[-+]?\b\d[\d,._]*\d\b|\b\d\b")
_WORDS = "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty " \
    "fifty sixty seventy eighty ninety hundred"  # fmt: skip
_SPOKEN = re.compile(
    rf"\b(?:{'|'.join(_WORDS.split())})[ -](?:per[ ]cent|percent|times[ ](?:as|faster|slower)"
    r"|nanoseconds|microseconds|milliseconds|megabytes|kilobytes)\b"
)


def figures(sentence: str) -> list[str]:
    """The figures in *sentence* that are stated and not computed."""
    left = _NAMES.sub(" ", sentence)
    return [m.group() for m in _FIGURE.finditer(left)] + [m.group() for m in _SPOKEN.finditer(left)]
