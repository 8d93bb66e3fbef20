"""A map of the tree: reads folders and sizes, gives an SVG in which area is lines of source.

Squarified treemaps (Bruls, Huizing and van Wijk, 2000): rows of rectangles, each row as long as
keeps its rectangles near to squares.  What would be too small to see goes together into one cell
that leads to its folder.  The table of the same page says the same in words.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from annotator.pages.addresses import file_address, folder_address, relative
from annotator.pages.escape import text

WIDTH, HEIGHT = 1000, 560
_HEAD = 17  # the strip with a folder's name
_GAP = 3
_SMALL = 130  # square pixels below which a cell is not drawn on its own
_CHAR = 6.3  # pixels of a character


@dataclass(frozen=True, slots=True)
class Cell:
    """A file, or some files together; ``cells`` when it is a folder that is drawn open."""

    name: str
    address: str  # from the site's root
    lines: int
    told: bool = False  # whether the book explains it
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    w: float
    h: float


def tree_map(cells: Sequence[Cell], *, base: str, label: str) -> str:
    """The SVG; *base* is the address of the page that shows it."""
    out: list[str] = []
    _fill(cells, Box(0, 0, WIDTH, HEIGHT), base, out)
    return (
        f'<svg class="tree-map" viewBox="0 0 {WIDTH} {HEIGHT}" role="group"'
        f' aria-label="{text(label)}">\n{"".join(out)}</svg>\n'
    )


def squarify(weights: Sequence[float], box: Box) -> Iterator[Box]:
    """Rectangles for *weights*, largest first, that fill *box* and are as square as they can be."""
    total = sum(weights)
    if not total:
        return
    scale = box.w * box.h / total
    areas = [weight * scale for weight in weights]
    at = 0
    while at < len(areas):
        side = min(box.w, box.h)
        end = at + 1
        while end < len(areas) and _worst(areas[at : end + 1], side) <= _worst(areas[at:end], side):
            end += 1
        thick = sum(areas[at:end]) / side if side else 0
        along = 0.0
        for area in areas[at:end]:
            length = area / thick if thick else 0
            if box.w >= box.h:
                yield Box(box.x, box.y + along, thick, length)
            else:
                yield Box(box.x + along, box.y, length, thick)
            along += length
        if box.w >= box.h:
            box = Box(box.x + thick, box.y, box.w - thick, box.h)
        else:
            box = Box(box.x, box.y + thick, box.w, box.h - thick)
        at = end


def _worst(row: Sequence[float], side: float) -> float:
    """The largest ratio of sides in a row along *side*."""
    total = sum(row)
    if not total or not side:
        return 0
    return max(side * side * max(row) / total**2, total**2 / (side * side * min(row)))


def _fill(cells: Iterable[Cell], box: Box, base: str, out: list[str]) -> None:
    order = sorted((c for c in cells if c.lines), key=lambda c: (-c.lines, c.name))
    total = sum(c.lines for c in order)
    if not total or box.w <= 0 or box.h <= 0:
        return
    area = box.w * box.h
    large = [c for c in order if c.lines / total * area >= _SMALL]
    small = order[len(large) :]
    if small:
        rest = sum(c.lines for c in small)
        folder = posixpath.dirname(small[0].address) + "/index.html"
        large.append(Cell(f"{len(small)} smaller", folder, rest))
    for cell, where in zip(large, squarify([c.lines for c in large], box), strict=True):
        inner = Box(where.x, where.y, max(where.w - _GAP / 2, 0.5), max(where.h - _GAP / 2, 0.5))
        if cell.cells and inner.h > 3 * _HEAD and inner.w > 40:
            _folder(cell, inner, base, out)
        else:
            _cell(cell, inner, base, out)


def _folder(cell: Cell, box: Box, base: str, out: list[str]) -> None:
    href = relative(cell.address, base)
    title = f"{cell.name}: {cell.lines:,} lines"
    out.append(
        f'<a class="folder" href="{href}"><title>{text(title)}</title>'
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.w:.1f}" height="{box.h:.1f}"/>'
        f"{_label(cell.name, Box(box.x, box.y, box.w, _HEAD))}</a>\n"
    )
    inside = Box(box.x + 2, box.y + _HEAD, box.w - 4, box.h - _HEAD - 2)
    _fill(cell.cells, inside, base, out)


def _cell(cell: Cell, box: Box, base: str, out: list[str]) -> None:
    kind = "file told" if cell.told else "file"
    title = f"{cell.name}: {cell.lines:,} lines" + (", explained" if cell.told else "")
    out.append(
        f'<a class="{kind}" href="{relative(cell.address, base)}"><title>{text(title)}</title>'
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.w:.1f}" height="{box.h:.1f}"/>'
        f"{_label(cell.name, box)}</a>\n"
    )


def _label(name: str, box: Box) -> str:
    room = int((box.w - 6) / _CHAR)
    if box.h < 13 or room < 4:
        return ""
    shown = name if len(name) <= room else f"{name[: room - 1]}…"
    return f'<text x="{box.x + 4:.1f}" y="{box.y + 12:.1f}">{text(shown)}</text>'


def cells_of(
    path: str,
    folders: Mapping[str, tuple[Sequence[str], Sequence[tuple[str, int]]]],
    told: Iterable[str],
    *,
    depth: int,
) -> tuple[Cell, ...]:
    """What lies in *path*: files, and folders that are open for *depth* levels.

    *folders* gives for each folder the paths of those in it, and (path, lines) of its files.
    """
    explained = told if isinstance(told, (set, frozenset)) else frozenset(told)
    inside, files = folders[path]
    out = [
        Cell(posixpath.basename(p), file_address(p), lines, p in explained) for p, lines in files
    ]
    for folder in inside:
        cells = cells_of(folder, folders, explained, depth=depth - 1)
        lines = sum(c.lines for c in cells)
        name = f"{posixpath.basename(folder)}/"
        out.append(Cell(name, folder_address(folder), lines, False, cells if depth > 0 else ()))
    return tuple(out)
