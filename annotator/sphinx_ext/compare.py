"""Statements timed beside each other: the ``compare`` directive.

Reads lines ``label: statement``; gives a table of what one execution takes in the release
interpreter.  Only the order that ``:order:`` names is asserted; the figures are measured ones.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from annotator.errors import UserError
from annotator.pages.escape import text
from annotator.running.program import TIMEOUT, Program, Result, run
from annotator.sphinx_ext import access
from annotator.sphinx_ext.programs import Ran, add_block, check, code_before, frame, interpreter_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Row = tuple[str, str, float, float, float]
_TRIES = 4  # measurements before a claimed order is said to be wrong


class comparison(nodes.General, nodes.Element):
    """``rows``: label, statement, least, lower and upper quartile in nanoseconds."""


class Compare(SphinxDirective):
    """``.. compare::`` with ``:order: a < b``, ``:setup:``, ``:after:`` and ``:name:``."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "name": directives.unchanged_required,
        "after": directives.unchanged_required,
        "setup": directives.unchanged_required,
        "order": directives.unchanged_required,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Time the statements and check their order."""
        name = self.options.get("name", "")
        label = f"compare {name!r}" if name else "compare"
        try:
            statements = self._statements()
            order = self._order([one for one, _ in statements])
            before = code_before(self.env, self.options.get("after", ""))
            setup = self.options.get("setup", "")
            code = (
                f"{before}{setup}\nimport inside.timing as _timing\n"
                f"_timing.compare({statements!r}, globals())\n"
            )
            python, key = interpreter_of(self)
            rows: list[Row] = []
            for again in range(_TRIES):
                # Other programs disturb a measurement; another one is another program.
                program = Program(code + f"# {again}\n" * (again > 0))
                result = run(program, python, key, measured=True, timeout=2 * TIMEOUT)
                check({}, result)
                rows = _least(rows, [tuple(row) for row in result.given[-1]])
                if not _wrong(order, rows):
                    break
            if wrong := _wrong(order, rows):
                raise access.Miss(wrong)
        except (access.Miss, UserError) as error:
            access.warn(f"{label}: {error}", self.get_location())
            return []
        if name:
            add_block(self.env, name, Ran("", _values(rows), measured=True))
        node = comparison(rows=rows)
        self.set_source_info(node)
        box = frame(self, "comparison")
        box += node
        return [box]

    def _statements(self) -> list[tuple[str, str]]:
        out = []
        for line in self.content:
            if not line.strip():
                continue
            label, colon, statement = line.partition(": ")
            if not colon or not statement.strip():
                raise access.Miss(f"wants lines 'label: statement', has {line!r}")
            out.append((label.strip(), statement.strip()))
        if len(out) < 2:
            raise access.Miss("wants two statements or more")
        return out

    def _order(self, labels: list[str]) -> list[tuple[str, str]]:
        """The pairs of which the first must be the faster."""
        out = []
        for chain in self.options.get("order", "").splitlines():
            names = [part.strip() for part in chain.split("<")]
            for one in names:
                if one not in labels:
                    raise access.Miss(f":order: names {one!r}{access.near(labels)}")
            out += list(itertools.pairwise(names))
        return out


def _least(before: list[Row], now: list[Row]) -> list[Row]:
    """The rows of *now*, each with the least time that was ever seen."""
    known = {row[0]: row for row in before}
    return [min(row, known.get(row[0], row), key=lambda one: one[2]) for row in now]


def _wrong(order: list[tuple[str, str]], rows: list[Row]) -> str:
    """What is not in the order that is claimed; "" when all of it is."""
    least = {row[0]: row[2] for row in rows}
    for fast, slow in order:
        if not least[fast] < least[slow]:
            return (
                f"{fast!r} should be faster than {slow!r}, took {duration(least[fast])} "
                f"against {duration(least[slow])}"
            )
    return ""


def _values(rows: list[Row]) -> Result:
    """What roles may ask for: ``name.label`` a time, ``name.label/other`` a ratio."""
    values = {}
    for label, _, least, *_ in rows:
        values[_word(label)] = duration(least)
        for other, _, base, *_ in rows:
            if other != label:
                values[f"{_word(label)}/{_word(other)}"] = ratio(least / base)
    return Result("", "", 0, values=values)


def _word(label: str) -> str:
    return re.sub(r"\W+", "-", label).strip("-")


def duration(nanoseconds: float) -> str:
    """A time as people say it, with three digits at most."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{_digits(nanoseconds / size)} {unit}"
    return f"{_digits(nanoseconds)} ns"


def ratio(value: float) -> str:
    """How many times, with two digits or so."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _visit(self: Any, node: comparison) -> None:
    rows: list[Row] = node["rows"]
    fastest = min(row[2] for row in rows)
    slowest = max(row[2] for row in rows)
    out = [
        '<div class="layout-scroll" tabindex="0"><table class="comparison"><thead><tr>'
        "<th>what</th><th>statement</th><th>one execution</th>"
        "<th>middle half of the rounds</th><th>times the fastest</th></tr></thead><tbody>"
    ]
    for label, statement, least, low, high in rows:
        share = 100 * least / slowest
        out.append(
            f"<tr><td>{text(label)}</td><td><code>{text(statement)}</code></td>"
            f"<td data-measured>{text(duration(least))}</td>"
            f"<td data-measured>{text(duration(low))} – {text(duration(high))}</td>"
            f'<td class="bar" data-measured><span style="width:{share:.1f}%"></span>'
            f"<b>{text(ratio(least / fastest))}</b></td></tr>"
        )
    self.body.append("".join(out) + "</tbody></table></div>\n")
    raise nodes.SkipNode


def _skip(self: Any, node: comparison) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node and the directive."""
    app.add_node(comparison, html=(_visit, None), text=(_skip, None))
    app.add_directive("compare", Compare)
