"""Objects and references, drawn: reads a snapshot of ``inside.heap``, gives an SVG and its twin.

Graphviz places boxes and arrows.  Its colours are replaced by classes, so that the page's own
colours hold in light and dark.
"""

from __future__ import annotations

import re
import subprocess
from typing import Any

from annotator.errors import UserError
from annotator.pages.escape import text

_TIMEOUT = 60  # seconds
# Colours that stand for classes, until the SVG is written.
_CLASSES = {"#010101": "head", "#020202": "row", "#030303": "label", "#040404": "fact"}
Snapshot = dict[str, Any]


def picture(snapshot: Snapshot, *, title: str) -> str:
    """The SVG.  Raises `UserError` when graphviz is not there or does not end."""
    lines = [
        "digraph heap {",
        'rankdir=LR; bgcolor="transparent"; nodesep=0.25; ranksep=0.55; pad=0.05;',
        'node [shape=plain, fontname="DejaVu Sans Mono", fontsize=11];',
        "edge [arrowsize=0.6];",
    ]
    if snapshot["names"]:
        lines.append(_node("names", "names", "", snapshot["names"], kind="names"))
        lines += _edges("names", snapshot["names"])
    for number, box in enumerate(snapshot["boxes"]):
        lines.append(_node(f"b{number}", box["title"], facts(box), box["rows"], kind="object"))
        lines += _edges(f"b{number}", box["rows"])
    lines.append("}")
    return _styled(_dot("\n".join(lines)), title)


def facts(box: dict[str, Any]) -> str:
    """What stands beside the title of a box."""
    refs = box.get("refs")
    if refs is None:
        return ""
    return "immortal" if refs < 0 else f"refs {refs}"


def _node(name: str, title: str, fact: str, rows: list[list[Any]], *, kind: str) -> str:
    head = f'<FONT COLOR="#030303"><B>{_label(title)}</B></FONT>'
    if fact:
        head += f'<FONT COLOR="#040404" POINT-SIZE="9">  {_label(fact)}</FONT>'
    cells = [f'<TR><TD COLSPAN="2" ALIGN="LEFT" PORT="head" BGCOLOR="#010101">{head}</TD></TR>']
    for number, (label, value, target) in enumerate(rows):
        shown = "●" if target is not None else _label(value)
        side = "RIGHT" if target is not None else "LEFT"
        cells.append(
            f'<TR><TD ALIGN="LEFT" BGCOLOR="#020202"><FONT COLOR="#040404">{_label(label) or " "}'
            f'</FONT></TD><TD ALIGN="{side}" BGCOLOR="#020202" PORT="r{number}">'
            f'<FONT COLOR="#030303">{shown or " "}</FONT></TD></TR>'
        )
    table = (
        f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="4">{"".join(cells)}</TABLE>'
    )
    return f'{name} [class="{kind}", label=<{table}>];'


def _edges(name: str, rows: list[list[Any]]) -> list[str]:
    return [
        f"{name}:r{number}:e -> b{target}:head;"
        for number, (_, _, target) in enumerate(rows)
        if target is not None
    ]


def _label(value: str) -> str:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in value)
    return text(shown).replace(" ", "&#160;")


def _dot(source: str) -> str:
    try:
        done = subprocess.run(
            ["dot", "-Tsvg"],
            input=source,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_TIMEOUT,
            check=False,
        )
    except FileNotFoundError:
        raise UserError("graphviz is not there: no program dot", todo="Install it.") from None
    except subprocess.TimeoutExpired:
        raise UserError(f"graphviz did not end within {_TIMEOUT} s: too large a picture") from None
    if done.returncode:
        raise UserError(f"graphviz failed: {done.stderr.strip()[:300]}")
    return done.stdout


def _styled(svg: str, title: str) -> str:
    svg = re.sub(r"^.*?(?=<svg)", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<title>.*?</title>\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r' id="[^"]*"', "", svg)
    svg = re.sub(r' xmlns:xlink="[^"]*"', "", svg)
    for colour, name in _CLASSES.items():
        svg = svg.replace(f'fill="{colour}"', f'class="{name}"')
    svg = re.sub(r' (stroke|fill)="(black|none|transparent)"', "", svg)
    svg = re.sub(r' font-family="[^"]*"', "", svg)
    width = re.search(r'<svg width="(\d+)pt"', svg)
    wide = round(int(width[1]) * 4 / 3) if width else 0
    return re.sub(
        r'<svg width="\d+pt" height="\d+pt"',
        f'<svg class="heap" role="img" aria-label="{text(title)}" style="width:{wide}px;'
        f'min-width:{round(wide * 0.72)}px"',
        svg,
        count=1,
    )


def words(snapshot: Snapshot) -> str:
    """The same as text: a list of boxes with their rows, as HTML."""
    boxes = snapshot["boxes"]

    def row(label: str, value: str, target: int | None) -> str:
        what = f"<b>{text(label)}</b> " if label else ""
        if target is None:
            return f"<li>{what}{'= ' if label else ''}<code>{text(value)}</code></li>"
        return (
            f"<li>{what}→ {text(boxes[target]['title'])} <small>(object {target + 1})</small></li>"
        )

    out = []
    if snapshot["names"]:
        out.append(f"<li>names<ul>{''.join(row(*r) for r in snapshot['names'])}</ul></li>")
    for number, box in enumerate(boxes):
        about = f", {text(facts(box))}" if facts(box) else ""
        inner = "".join(row(*r) for r in box["rows"])
        rows = f"<ul>{inner}</ul>" if inner else ""
        out.append(f"<li>object {number + 1}: {text(box['title'])}{about}{rows}</li>")
    return f"<ul>{''.join(out)}</ul>"
