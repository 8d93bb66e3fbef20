"""Programs that nobody wrote: what gcc accepts parses here, and links agree with libclang."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.source.preprocess import Unit
from annotator.source.tree import Tree
from tests.oracle.clang import look
from tests.unit.snippet import Analysed

# Few names, so that they hide one another; T and S are types somewhere, objects elsewhere.
NAMES = ("a", "b", "c", "T", "S")


@dataclass(slots=True)
class Scope:
    """What names mean where the next line is written: int, T (a typedef), or S * (a struct)."""

    names: dict[str, str]
    lines: list[str] = field(default_factory=list)
    depth: int = 1

    def of(self, *kinds: str) -> list[str]:
        return [name for name, kind in self.names.items() if kind in kinds]

    def say(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)


PRELUDE = """\
typedef int T;
struct S { T a; int b; struct S *next; struct { int c; union { int S; T T; } in[2]; }; };
typedef struct S S;
enum { ONE = 1, TWO };
#define ADD(x, y) ((x) + (y))
#define FIELD(p, f) ((p)->f)
#define TWICE(x) ADD(x, x)
#define LOCAL(name, value) int name = value;
static int call(int x, S *p) { return x + p->a; }
"""


@st.composite
def expressions(draw: st.DrawFn, scope: Scope, depth: int = 0) -> str:
    """An expression of type int; parenthesised where precedence could matter."""
    leaves = ["1", "ONE", "TWO", "sizeof(struct S)", *scope.of("int")]
    if "T" not in scope.names:
        leaves += ["sizeof(T)", "(T)3"]
    if depth > 2:
        return draw(st.sampled_from(leaves))
    kind = draw(st.integers(0, 12))
    inner = expressions(scope, depth + 1)
    pointers = scope.of("S *")
    if kind < 3:
        return draw(st.sampled_from(leaves))
    if kind == 3:
        op = draw(st.sampled_from(["+", "*", "-", "&&", "<", "==", "|", ",", "<<"]))
        return f"({draw(inner)} {op} {draw(inner)})"
    if kind == 4:
        return f"({draw(inner)} ? {draw(inner)} : {draw(inner)})"
    if kind == 5:
        return f"{draw(st.sampled_from(['ADD', 'TWICE']))}({draw(inner)}{{}})"
    if kind == 6 and pointers:
        return f"FIELD({draw(st.sampled_from(pointers))}, {draw(st.sampled_from('abc'))})"
    if kind == 7 and pointers:
        path = draw(st.sampled_from(["a", "b", "c", "next->a", "in[1].S", "in[ONE].T", "next->c"]))
        return f"{draw(st.sampled_from(pointers))}->{path}"
    if kind == 8 and pointers:
        return f"call({draw(inner)}, {draw(st.sampled_from(pointers))})"
    if kind == 9:
        return f"({{ int b = {draw(inner)}; b + 1; }})"
    if kind == 10:
        return f"((struct S){{ .a = {draw(inner)}, .in[1].S = {draw(inner)} }}.b)"
    if kind == 11 and scope.of("int"):
        op = draw(st.sampled_from(["=", "+="]))
        return f"({draw(st.sampled_from(scope.of('int')))} {op} {draw(inner)})"
    return f"- {draw(inner)}"


def _complete(text: str) -> str:
    """ADD takes a second argument, TWICE does not."""
    while "{}" in text:
        at = text.index("{}")
        depth, start = 0, at - 1
        while True:
            depth += (text[start] == ")") - (text[start] == "(")
            if depth < 0:
                break
            start -= 1
        second = ", 2" if text[:start].endswith("ADD") else ""
        text = text[:at] + second + text[at + 2 :]
    return text


@st.composite
def statements(draw: st.DrawFn, scope: Scope, level: int = 0, taken: tuple[str, ...] = ()) -> None:
    """Writes some statements; declarations hide what stands further out, but not *taken*."""
    declared = set(taken)
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 7))
        if kind in (0, 1, 2):
            name = draw(st.sampled_from(NAMES))
            if name in declared:
                continue
            declared.add(name)
            value = _complete(draw(expressions(scope)))
            if kind == 2 and "S" not in scope.names:
                scope.names[name] = "S *"
                scope.say(f"S *{name} = 0;")
            elif kind == 1:
                scope.names[name] = "int"
                scope.say(f"LOCAL({name}, 0)")
            else:
                # The name means itself in its own initialiser (C11 6.2.1 p7).
                hides = scope.names.get(name) != "int" and re.search(rf"\b{name}\b", value)
                scope.say(f"int {name} = {'1' if hides else value};")
                scope.names[name] = "int"
        elif kind == 3 and level < 3:
            inside = Scope(dict(scope.names), scope.lines, scope.depth + 1)
            opening = draw(st.sampled_from(["{", "if (1) {", "while (0) {", "do {"]))
            scope.say(opening)
            draw(statements(inside, level + 1))
            scope.say("} while (0);" if opening == "do {" else "}")
        elif kind == 4 and level < 3:
            name = draw(st.sampled_from(NAMES))
            inside = Scope({**scope.names, name: "int"}, scope.lines, scope.depth + 1)
            scope.say(f"for (int {name} = 0; {name} < 2; {name}++) {{")
            draw(statements(inside, level + 1))
            scope.say("}")
        elif kind == 5:
            value = _complete(draw(expressions(scope)))
            scope.say(f"switch ({value}) {{ case ONE: case TWO: break; }}")
        else:
            scope.say(f"(void)({_complete(draw(expressions(scope)))});")


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A file of one to three functions."""
    text = PRELUDE
    for i in range(draw(st.integers(1, 3))):
        params = draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True))
        scope = Scope(dict.fromkeys(params, "int"))
        draw(statements(scope, taken=tuple(params)))
        inside = ", ".join(f"int {p}" for p in params) or "void"
        text += f"int f{i}({inside})\n{{\n" + "\n".join(scope.lines) + "\n    return 0;\n}\n"
    return text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_generated_programs(tmp_path_factory, program: str) -> None:  # type: ignore[no-untyped-def]
    """Parsed without loss, and each use that libclang sees leads to the same line."""
    folder: Path = tmp_path_factory.mktemp("generated")
    (folder / "program.c").write_text(program)
    command = ["gcc", "-std=gnu11", "-fsyntax-only", "-w", "program.c"]
    accepted = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert accepted.returncode == 0, accepted.stderr + program
    ours = Analysed(folder, "program.c")
    assert [u.parsed for u in ours.units] == [True]
    assert ours.program.diagnostics == []
    links: dict[tuple[int, int, str], set[int]] = {}
    for link in ours.links("program.c"):
        links.setdefault((link.line, link.col, link.name), set()).add(link.target)
    seen = look(Unit(folder / "program.c", ("-std=gnu11",), folder), Tree(folder))
    assert seen.errors == []
    for (_, line, col, name, group), targets in sorted(seen.uses.items()):
        found = links.get((line, col, name), set())
        assert found & {t[1] for t in targets}, (line, col, name, group, targets, found, program)
