"""From source to instructions: the ``trace`` directive.

Reads a snippet; gives its tokens, syntax tree, symbol table and instructions (as generated, as
optimised, as assembled, as adapted by running), as the reference interpreter made them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from annotator.errors import UserError
from annotator.pages.addresses import Linker
from annotator.pages.escape import text
from annotator.running.program import TIMEOUT, Program, run
from annotator.sphinx_ext import access
from annotator.sphinx_ext.programs import check, code_before, code_block, frame, interpreter_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from annotator.index.query import Index

STAGES = {
    "tokens": "Tokens",
    "ast": "Syntax tree",
    "symtable": "Symbol table",
    "before": "Instructions as generated",
    "flow": "After optimisation",
    "code": "Code object",
    "adaptive": "Adapted by running",
}
_BYTECODES = "Python/bytecodes.c"
_DEFINES = re.compile(
    rb"^[ \t]*(?:override |pure |tier1 |tier2 |specializing |replicate\(\d+\) )*"
    rb"(?:inst|macro|pseudo)\((\w+)[,)]",
    re.MULTILINE,
)


class trace_stages(nodes.General, nodes.Element):
    """``stages`` to show, in order, and what was ``told`` of each; ``marked`` names stand out."""


class Trace(SphinxDirective):
    """``.. trace::`` with ``:show:``, ``:function:``, ``:warm:``, ``:contains:``, ``:lacks:``."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "show": directives.unchanged_required,  # names of stages; default: code
        "function": directives.unchanged_required,  # of which function in the snippet
        "warm": directives.unchanged,  # run often before the adaptive form is taken
        "rounds": directives.positive_int,
        "after": directives.unchanged_required,
        "contains": directives.unchanged_required,  # lines: stage text
        "lacks": directives.unchanged_required,
        "mark": directives.unchanged_required,  # opcodes that stand out
        "hide-code": directives.flag,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Trace the snippet and check what it must hold."""
        source = "\n".join(self.content).rstrip() + "\n"
        try:
            wanted = self._wanted()
            before = code_before(self.env, self.options.get("after", ""))
            python, key = interpreter_of(self)
            held = self.options.get("contains", "") + self.options.get("lacks", "")
            code = (
                "import inside.stages as _stages\n"
                f"_stages.stages({source!r}, function={self.options.get('function', '')!r}, "
                f"adaptive={'adaptive' in wanted or 'adaptive ' in held}, "
                f"warm={(before + self.options.get('warm', '')).strip()!r}, "
                f"rounds={self.options.get('rounds', 100)})\n"
            )
            result = run(Program(code), python, key, measured=False, timeout=TIMEOUT)
            check({}, result)
            told = result.given[-1]
            self._hold(told)
        except (access.Miss, UserError) as error:
            access.warn(f"trace: {error}", self.get_location())
            return []
        access.depend_on_index(self.env)
        box = frame(self, "trace")
        if "hide-code" not in self.options:
            box += code_block(source)
        box += trace_stages(stages=wanted, told=told, marked=self.options.get("mark", "").split())
        return [box]

    def _wanted(self) -> list[str]:
        wanted = self.options.get("show", "code").replace(",", " ").split()
        if wanted == ["all"]:
            wanted = list(STAGES)
        for name in wanted:
            if name not in STAGES:
                raise access.Miss(f":show: knows no stage {name!r}{access.near(STAGES)}")
        return wanted

    def _hold(self, told: dict[str, Any]) -> None:
        for option, must in (("contains", True), ("lacks", False)):
            for line in self.options.get(option, "").splitlines():
                stage, _, wanted = line.strip().partition(" ")
                if stage not in told:
                    raise access.Miss(f":{option}: knows no stage {stage!r}{access.near(told)}")
                words = _words(told[stage])
                if (wanted.strip() in words) is not must:
                    has = "lacks" if must else "has"
                    near = access.near(sorted(set(words))[:60], hint="it has")
                    raise access.Miss(f"stage {stage!r} {has} {wanted.strip()!r}{near}")


def _words(told: Any) -> list[str]:
    """What ``:contains:`` may name: the cells of a table, or the names in a text."""
    if isinstance(told, str):
        return re.findall(r"\w+", told)
    return [str(cell) for row in told for cell in row if cell not in ("", None)]


@functools.lru_cache(maxsize=1)
def _instructions(opened: Index) -> dict[str, int]:
    """Where each instruction is defined: lines of bytecodes.c, by name."""
    try:
        source = opened.text(_BYTECODES)
    except (KeyError, OSError, UserError):
        return {}  # a release without such a file
    return {
        found[1].decode(): source.count(b"\n", 0, found.start(1)) + 1
        for found in _DEFINES.finditer(source)
    }


def _visit(self: Any, node: trace_stages) -> None:
    linker = Linker(access.page_of(node, self.builder))
    lines = _instructions(access.index(self.config))

    def opcode(name: str) -> str:
        mark = " class=marked" if name in node["marked"] else ""
        if name in lines:
            return f'<a{mark} href="{linker(_BYTECODES, lines[name])}">{text(name)}</a>'
        return f"<span{mark}>{text(name)}</span>"

    self.body.append('<div class="stages">')
    for stage in node["stages"]:
        if stage not in node["told"] or not node["told"][stage]:
            continue
        shown = _SHOW[stage](node["told"][stage], opcode)
        self.body.append(
            f'<section class="stage {stage}"><p class="stage-name">{STAGES[stage]}</p>'
            f'<div class="layout-scroll" tabindex="0">{shown}</div></section>'
        )
    self.body.append("</div>\n")
    raise nodes.SkipNode


Opcode = Callable[[str], str]


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{one}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _tokens(told: list[list[Any]], _: Opcode) -> str:
    rows = [
        [text(kind), f"<code>{text(repr(spelled)[1:-1])}</code>" if spelled else "",
         f"{line}:{col}–{last if last_line == line else f'{last_line}:{last}'}"]
        for kind, spelled, line, col, last_line, last in told
    ]  # fmt: skip
    return _table(("kind", "text", "place"), rows)


def _tree(told: str, _: Opcode) -> str:
    return f"<pre>{text(told)}</pre>"


def _symbols(told: list[list[Any]], _: Opcode) -> str:
    rows = []
    shown = ""
    for level, table, name, said in told:
        rows.append(
            [f"{'&#160;' * 3 * level}{text(table)}" if table != shown else "",
             f"<code>{text(name)}</code>", text(said)]
        )  # fmt: skip
        shown = table
    return _table(("scope", "name", "is"), rows)


def _sequence(told: list[list[Any]], opcode: Opcode) -> str:
    rows = []
    line = None
    for number, (name, argument, at) in enumerate(told):
        rows.append(
            [str(at) if at > 0 and at != line else "", str(number), opcode(name),
             "" if argument is None else str(argument)]
        )  # fmt: skip
        line = at
    return _table(("line", "at", "instruction", "argument"), rows)


def _listing(told: list[list[Any]], opcode: Opcode) -> str:
    rows = []
    line = None
    for offset, name, argument, meaning, at, label in told:
        about = f" <small>{text(meaning)}</small>" if meaning else ""
        first = str(at) if at and at != line else ""
        place = f"{offset} <b>L{label}</b>" if label else str(offset)
        rows.append([first, place, opcode(name), f"{text(argument)}{about}"])
        line = at
    return _table(("line", "offset", "instruction", "argument"), rows)


_SHOW: dict[str, Callable[[Any, Opcode], str]] = {
    "tokens": _tokens,
    "ast": _tree,
    "symtable": _symbols,
    "before": _sequence,
    "flow": _sequence,
    "code": _listing,
    "adaptive": _listing,
}


def _skip(self: Any, node: trace_stages) -> None:
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node and the directive."""
    app.add_node(trace_stages, html=(_visit, None), text=(_skip, None))
    app.add_directive("trace", Trace)
