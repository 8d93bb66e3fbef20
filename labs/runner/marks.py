"""The marked solution: one file from which every stage of a lab is made.

Reads C or Python text with markers; gives the text after any number of solved steps, and where
in it each step's work stands. Markers are comments, so the marked file itself compiles and *is*
the solution. In C (``#:`` and ``#|`` in Python)::

    //: step 2
    //: todo  What the reader finds in the starter, as a comment.
    //: why   A remark on the line that follows, for the solution on the page.
        the solution's lines
    //: instead
    //| the starter's lines, until step 2 is solved
    //: instead after 1
    //| the same, but once step 1 is solved
    //: end 2

``todo``, ``why`` and ``instead`` may be left out; a ``todo`` or ``why`` goes on in further lines
of the same word. A region may hold regions of later steps (never of the same or an earlier
one): they come to light when the outer one is solved. ``instead`` lines hold no markers.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import PurePath

from annotator.errors import UserError

_LEADERS = {".c": "//", ".h": "//", ".py": "#"}
_WIDTH = 92  # of a todo comment, its indent included


@dataclass(frozen=True, slots=True)
class Span:
    """Lines ``first`` to ``last`` (from 1, inclusive) belong to step ``step``; ``first`` may
    exceed ``last`` by one when the step has nothing to show there."""

    step: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Note:
    """A remark on one line (from 1) of a stage."""

    line: int
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A file with its first ``solved`` steps solved and no marker left."""

    solved: int
    text: str
    spans: tuple[Span, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Region:
    step: int
    line: int
    indent: str
    todo: list[str] = field(default_factory=list)
    body: list[str | _Region | _Why] = field(default_factory=list)
    instead: dict[int, list[str]] = field(default_factory=dict)  # shown once step K is solved


@dataclass(slots=True)
class _Why:
    step: int
    text: str


class Marked:
    """A marked file, parsed and checked.

    Raises `UserError` with ``file:line`` when the markers do not pair, nest wrongly, or one is
    not known.
    """

    def __init__(self, text: str, *, name: str) -> None:
        suffix = PurePath(name).suffix
        if suffix not in _LEADERS:
            raise UserError(f"no markers are defined for {suffix or 'such'} files", where=name)
        self.name = name
        self._leader = _LEADERS[suffix]
        self._top = _Region(step=0, line=0, indent="")
        self._parse(text.splitlines())

    @property
    def steps(self) -> frozenset[int]:
        """The steps that have work in this file."""
        found: set[int] = set()

        def visit(region: _Region) -> None:
            for item in region.body:
                if isinstance(item, _Region):
                    found.add(item.step)
                    visit(item)

        visit(self._top)
        return frozenset(found)

    def stage(self, solved: int) -> Stage:
        """The file with steps 1 to ``solved`` solved; 0 is the starter."""
        lines: list[str] = []
        spans: list[Span] = []
        notes: list[Note] = []

        def emit(region: _Region) -> None:
            first = len(lines) + 1
            if region.step <= solved:
                for item in region.body:
                    if isinstance(item, _Region):
                        emit(item)
                    elif isinstance(item, _Why):
                        notes.append(Note(len(lines) + 1, item.step, item.text))
                    else:
                        lines.append(item)
            else:
                lines.extend(self._todo(region))
                after = max((k for k in region.instead if k <= solved), default=None)
                if after is not None:
                    lines.extend(region.instead[after])
            if region.step:
                spans.append(Span(region.step, first, len(lines)))

        emit(self._top)
        text = "".join(f"{line}\n" for line in lines)
        return Stage(solved, text, tuple(sorted(spans, key=lambda s: s.first)), tuple(notes))

    def _todo(self, region: _Region) -> list[str]:
        if not region.todo:
            return []
        text = f"STEP {region.step}: {' '.join(region.todo)}"
        width = _WIDTH - len(region.indent)
        if self._leader == "#":
            wrapped = textwrap.wrap(text, width - 2)
            return [f"{region.indent}# {line}" for line in wrapped]
        wrapped = textwrap.wrap(text, width - 6)
        opened = [f"{region.indent}/* {wrapped[0]}"]
        opened += [f"{region.indent} * {line}" for line in wrapped[1:]]
        opened[-1] += " */"
        return opened

    def _parse(self, lines: list[str]) -> None:
        lead = re.escape(self._leader)
        marker = re.compile(rf"(\s*){lead}:\s*(\w+)\b\s*(.*?)\s*\Z")
        kept = re.compile(rf"\s*{lead}\|(?: (.*)|)\Z")
        looks = re.compile(rf"\s*{lead}[:|]")
        stack = [self._top]
        instead: list[str] | None = None
        last = ""  # the word of the marker on the previous line
        for number, line in enumerate(lines, start=1):
            region = stack[-1]
            if not looks.match(line):
                if instead is not None and line.strip():
                    raise self._error(number, "only instead lines may follow 'instead'")
                if instead is None:
                    region.body.append(line.rstrip())
                last = ""
                continue
            if found := kept.match(line):
                if instead is None:
                    raise self._error(number, "an instead line without 'instead' before it")
                instead.append((found[1] or "").rstrip())
                last = ""
                continue
            mark = marker.match(line)
            if not mark:
                raise self._error(number, f"no marker: {line.strip()}")
            indent, word, rest = mark[1], mark[2], mark[3]
            if word == "step":
                if instead is not None:
                    raise self._error(number, "a step cannot begin inside 'instead'")
                step = self._number(number, rest)
                if step <= region.step:
                    raise self._error(
                        number, f"step {step} stands inside step {region.step} (line {region.line})"
                    )
                inner = _Region(step=step, line=number, indent=indent)
                region.body.append(inner)
                stack.append(inner)
            elif region is self._top:
                raise self._error(number, f"{word!r} outside a step")
            elif word == "end":
                if self._number(number, rest) != region.step:
                    raise self._error(
                        number, f"end {rest} closes step {region.step} (line {region.line})"
                    )
                stack.pop()
                instead = None
            elif word == "todo":
                region.todo.append(rest)
            elif word == "why":
                previous = region.body[-1] if region.body else None
                if last == "why" and isinstance(previous, _Why):
                    previous.text += f" {rest}"
                else:
                    region.body.append(_Why(region.step, rest))
            elif word == "instead":
                after = self._number(number, rest.removeprefix("after")) if rest else 0
                if after >= region.step or after in region.instead:
                    raise self._error(number, f"'instead after {after}' can never be shown")
                instead = region.instead[after] = []
            else:
                raise self._error(number, f"unknown marker {word!r}")
            last = word
        if len(stack) > 1:
            raise self._error(stack[-1].line, f"step {stack[-1].step} has no end")

    def _number(self, line: int, text: str) -> int:
        if not re.fullmatch(r"\s*[1-9]\d*", text):
            raise self._error(line, f"a step's number was expected, not {text!r}")
        return int(text)

    def _error(self, line: int, what: str) -> UserError:
        return UserError(what, where=f"{self.name}:{line}")
