"""What a file defines, as a list beside its source: reads entries, gives HTML.

The list is there without JavaScript: a column on a wide screen, a popover (which HTML opens by
itself) on a narrow one.  With it, it gets a filter, and tells the scripts where functions end.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotator.model import Kind
from annotator.pages.escape import text

Entry = tuple[int, int, Kind, str]  # line, last line, kind, name

# The class of an entry, which gives it a letter and a colour.
_CLASS = {
    Kind.FUNCTION: "f",
    Kind.MACRO: "m",
    Kind.VARIABLE: "v",
    Kind.TYPEDEF: "t",
    Kind.STRUCT: "t",
    Kind.UNION: "t",
    Kind.ENUM: "t",
}


def outline_of(entries: Sequence[Entry]) -> str:
    """The list; nothing for a file that defines nothing."""
    if not entries:
        return ""
    items: list[str] = []
    seen: set[tuple[int, str]] = set()
    for line, end, kind, name in entries:
        if (line, name) in seen:  # a struct and its typedef
            continue
        seen.add((line, name))
        last = f" data-e={end}" if end > line else ""
        items.append(f"<li><a class={_CLASS[kind]} href=#L{line}{last}>{text(name)}</a>\n")
    return (
        '<nav id=outline class=outline popover aria-label="In this file">\n'
        f"<p class=outline-title>In this file</p>\n<ol>\n{''.join(items)}</ol></nav>\n"
    )
