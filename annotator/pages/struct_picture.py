"""A struct in memory, drawn: reads a `Layout`, gives an SVG and the table that says the same.

Each row is eight bytes, the lowest address first.  Members that share bytes (of a union) stand
below one another, marked "or".  A line marks each 64 bytes, a cache line of the machines at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from annotator.model import Layout, MemberLayout
from annotator.pages.escape import text

ROW, LEFT, BYTE, TOP = 30, 64, 80, 26  # pixels: a row's height, offsets, a byte's width, the scale
WIDTH = LEFT + 8 * BYTE + 8
_TALL = 3  # rows at most for one member; more are said in words
_CHAR = 7.3  # pixels of a character of the label


@dataclass(slots=True)
class _Band:
    """Rows that are drawn together: a range of bytes, and layers of what lies in them."""

    start: int
    end: int
    layers: list[list[MemberLayout]] = field(default_factory=list)


def picture(layout: Layout, *, title: str) -> str:
    """The SVG; its colours are classes of ``book.css``."""
    out: list[str] = []
    y = TOP
    for band in _bands(layout):
        for i, layer in enumerate(band.layers or [[]]):
            y = _layer(layout, band, layer, i, y, out)
        if band.end % 64 == 0 and band.end < layout.size:
            out.append(
                f'<path class="line" d="M0 {y}H{WIDTH}"/>'
                f'<text class="off" x="{WIDTH - 4}" y="{y - 3}" text-anchor="end">'
                f"cache line: {band.end}</text>"
            )
    scale = "".join(
        f'<text class="off" x="{LEFT + BYTE // 2 + i * BYTE}" y="16" text-anchor="middle">'
        f"+{i}</text>"
        for i in range(8)
    )
    what = text(f"{title}: {layout.size} bytes, aligned to {layout.align}")
    return (
        f'<svg class="layout" viewBox="0 0 {WIDTH} {y + 2}" role="img" aria-label="{what}">'
        f"{scale}{''.join(out)}</svg>\n"
    )


def _bands(layout: Layout) -> list[_Band]:
    """Cut the struct at multiples of 8 that no member crosses; put members into layers."""
    pieces = sorted(layout.members, key=lambda m: (m.offset, -_end(m)))
    bands: list[_Band] = []
    for member in pieces:
        start, end = member.offset // 8 * 8, -(-_end(member) // 8) * 8
        if bands and start < bands[-1].end:
            bands[-1].end = max(bands[-1].end, end)
        else:
            if (bands and bands[-1].end < start) or (not bands and start > 0):
                bands.append(_Band(bands[-1].end if bands else 0, start))  # nothing but a hole
            bands.append(_Band(start, end))
        band = bands[-1]
        for layer in band.layers:
            if all(_apart(member, other) for other in layer):
                layer.append(member)
                break
        else:
            band.layers.append([member])
    if bands and bands[-1].end < layout.size:
        bands.append(_Band(bands[-1].end, layout.size))
    return bands


def _bits(member: MemberLayout) -> tuple[int, int]:
    if member.bit_offset >= 0:
        start = member.offset * 8 + member.bit_offset
        return start, start + member.bit_size
    return member.offset * 8, (member.offset + member.size) * 8


def _end(member: MemberLayout) -> int:
    return max(-(-_bits(member)[1] // 8), member.offset + 1)


def _apart(a: MemberLayout, b: MemberLayout) -> bool:
    (a0, a1), (b0, b1) = _bits(a), _bits(b)
    return a1 <= b0 or b1 <= a0


def _layer(
    layout: Layout, band: _Band, layer: list[MemberLayout], number: int, y: int, out: list[str]
) -> int:
    """Draw one layer of a band at *y*; returns where the next begins."""
    rows = (band.end - band.start) // 8 or 1
    tall = [m for m in layer if _bits(m)[1] - _bits(m)[0] > 64 and m.offset % 8 == 0]
    shown: list[tuple[int, int]] = []  # first byte of each drawn row, its height in rows
    row = 0
    while row < rows:
        start = band.start + row * 8
        big = next((m for m in tall if m.offset == start), None)
        span = (_end(big) - start) // 8 if big else 1
        if big and span > 1:
            height = min(span, _TALL)
            _box(big, LEFT, y, 8 * BYTE, height * ROW, out)
            shown.append((start, height))
            _offset(start, y, number, out)
            y += height * ROW
            row += span
            continue
        for member in layer:
            first, last = _bits(member)
            a, b = max(first, start * 8), min(last, start * 8 + 64)
            if a < b:
                x = LEFT + (a - start * 8) * BYTE / 8
                _box(member, x, y, (b - a) * BYTE / 8, ROW, out)
        if number == 0:
            _holes(layout, start, y, out)
        _offset(start, y, number, out)
        y += ROW
        row += 1
    return y


def _offset(start: int, y: int, number: int, out: list[str]) -> None:
    label = str(start) if number == 0 else "or"
    out.append(f'<text class="off" x="{LEFT - 10}" y="{y + 19}" text-anchor="end">{label}</text>')


def _box(member: MemberLayout, x: float, y: int, width: float, height: int, out: list[str]) -> None:
    bits = f" : {member.bit_size}" if member.bit_offset >= 0 else ""
    name, full = member.name, f"{member.type} {member.name}{bits}"
    room = int((width - 8) / _CHAR)
    if len(name) <= room:
        label = f"<tspan>{text(name)}</tspan>"
        rest = f"{member.type}{bits}"
        if member.size > _TALL * 8:
            rest += f", {member.size} bytes"
        if len(name) + 2 + len(rest) <= room:
            label += f'<tspan class="type" dx="10">{text(rest)}</tspan>'
    else:
        label = f"<tspan>{text(name[: room - 1])}…</tspan>" if room > 3 else ""
    out.append(
        f"<g><title>{text(full)}</title>"
        f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{height}"/>'
        f'<text x="{x + 6:g}" y="{y + height / 2 + 4.5:g}">{label}</text></g>'
    )


def _holes(layout: Layout, start: int, y: int, out: list[str]) -> None:
    for offset, size in layout.holes:
        a, b = max(offset, start), min(offset + size, start + 8)
        if a < b:
            x = LEFT + (a - start) * BYTE
            out.append(
                f'<g class="hole"><title>{size} unused bytes</title>'
                f'<rect x="{x}" y="{y}" width="{(b - a) * BYTE}" height="{ROW}"/>'
                f'<text x="{x + 6}" y="{y + ROW / 2 + 4.5:g}">unused</text></g>'
            )


def table(layout: Layout, *, href: Callable[[MemberLayout], str]) -> str:
    """The same as a table; *href* gives a member's address, ``""`` for none."""
    rows = []
    lines: list[tuple[int, int, str]] = []
    for member in layout.members:
        name = f"<code>{text(member.name)}</code>"
        target = href(member)
        if target:
            name = f'<a href="{target}">{name}</a>'
        if member.bit_offset >= 0:
            first = member.offset * 8 + member.bit_offset
            size = f"{member.bit_size} bit{'s' if member.bit_size > 1 else ''}"
            where = f"{first // 8}" + (f" + {first % 8} bits" if first % 8 else "")
        else:
            first, where, size = member.offset * 8, str(member.offset), str(member.size)
        lines.append(
            (
                first,
                0,
                f"<tr><td>{where}</td><td>{size}</td><td>{name}</td>"
                f"<td><code>{text(member.type)}</code></td></tr>\n",
            )
        )
    for offset, size_ in layout.holes:
        lines.append(
            (
                offset * 8,
                1,
                f'<tr class="hole"><td>{offset}</td><td>{size_}</td>'
                "<td>unused</td><td></td></tr>\n",
            )
        )
    rows = [row for _, _, row in sorted(lines, key=lambda line: line[:2])]
    return (
        '<table class="layout-table"><thead><tr><th scope="col">Offset</th>'
        '<th scope="col">Size</th><th scope="col">Member</th><th scope="col">Type</th></tr></thead>'
        f"<tbody>\n{''.join(rows)}</tbody></table>\n"
    )
