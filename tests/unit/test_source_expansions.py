"""Macros come out as the compiler expands them, and each token knows where it is spelled."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.source import preprocess
from annotator.source.conditions import truth
from annotator.source.instances import Instance, Spelled
from annotator.source.output import lex, read_piece
from annotator.source.pieces import cut
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree
from annotator.source.walk import Walker


def walk(folder: Path, code: str | bytes) -> tuple[list[Spelled], Instance, list[str]]:
    """Preprocess and walk a file without includes: its tokens, its instance, what differed."""
    file = folder / "walked.c"
    file.write_bytes(code if isinstance(code, bytes) else code.encode())
    output = preprocess.run(Unit(file, (), folder))
    tree = Tree(folder)
    walker = Walker(tree.raw)
    pieces = [p for p in cut(output, str(file).encode(), tree.name) if p.instance == 0]
    texts = [read_piece(output[p.start : p.end], p.path, p.marked, p.line or 1) for p in pieces]
    top = walker.open("walked.c", texts, [p.line for p in pieces if p.line])
    tokens: list[Spelled] = []
    for i, text in enumerate(texts):
        until = pieces[i + 1].line if i + 1 < len(texts) else None
        tokens += walker.feed(top, text, until=until)
    return tokens, top, [d.message for d in walker.diagnostics]


# What is hard about macros, a file for each matter.
HARD = sorted((Path(__file__).parent.parent / "golden" / "macros").glob("*.c"))


@pytest.mark.parametrize("file", HARD, ids=lambda file: file.stem)
def test_expansions_are_the_compilers(tmp_path: Path, file: Path) -> None:
    """Nothing differs from what gcc -E says, token by token."""
    _, _, differences = walk(tmp_path, file.read_bytes())
    assert differences == []


def test_tokens_know_where_they_are_spelled(tmp_path: Path) -> None:
    """Arguments in the text, the rest in the replacement list, made ones at the invocation."""
    code = "#define M(a, b) a + one##b + b\n#define N M\nint i = N(first,\n  second);\n"
    tokens, _, _ = walk(tmp_path, code)
    places = {t[0]: t[2:4] for t in tokens}
    assert places["first"] == (3, 11)
    assert places["second"] == (4, 3)
    assert places["+"] == (1, 28)
    assert places["onesecond"] == (3, 9)
    lines = code.split("\n")
    for text, _, line, col, _ in tokens:
        assert text == "onesecond" or lines[line - 1][col - 1 :].startswith(text)


def test_macros_named_in_the_text_are_uses(tmp_path: Path) -> None:
    """Also where only the replacement list makes an invocation of them; not if unexpanded."""
    code = "#define EACH(V) V(1)\n#define ONE(n) n\n#define STR(x) #x\nEACH(ONE) STR(ONE(2)) ONE\n"
    _, top, _ = walk(tmp_path, code)
    assert [(u.name, u.col) for u in top.uses] == [("EACH", 1), ("ONE", 6), ("STR", 11)]


def test_branches_without_a_trace_are_decided(tmp_path: Path) -> None:
    """By their conditions: what they test is recorded, and which lines are live."""
    code = "#if 0\n#elif defined(X)\n// a\n#else\n// b\n#if 1\n#endif\n#endif\nint i;\n"
    _, top, differences = walk(tmp_path, code)
    assert differences == []
    assert [(u.name, u.line) for u in top.uses] == [("X", 2)]
    assert top.raw is not None
    assert sorted(top.raw.branches[i].first for i in top.live) == [5, 7]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("1", True), ("0x10 == 16 && 010 == 8u", True), ("1 ? 0 : 1", False), ("!X", True),
        ("2 + 3 * 4 == 14", True), ("(2 + 3) * 4 - 20", False), ("-7 / 2 == -3", True),
        ("-7 % 2 == -1", True), ("1 << 3 | 1", True), ("'a' == 97", True), ("1 || 1 / 0", True),
        ("~0 == -1", True), ("3 > 2 > 1", False), ("1 ? 2 : 0 ? 3 : 4", True),
    ],
)  # fmt: skip
def test_conditions(condition: str, holds: bool) -> None:
    """C11 6.10.1: integers, all of C's operators, unknown identifiers are 0."""
    assert truth(lex(condition)) is holds


@pytest.mark.parametrize("condition", ["", "1 +", "(1", "f(1)", "1 2", "1 ? 2", '"s"'])
def test_what_is_no_condition(condition: str) -> None:
    """A ValueError, not a guess."""
    with pytest.raises(ValueError, match=r"\w"):
        truth(lex(condition))


_WORD = st.sampled_from(["A", "B", "C", "x", "y", "1", "+", "(", ")", ",", "f", '"s"', "A ( 1 )"])
_OPERATORS = st.sampled_from(["p", "q", "# p", "p ## q", "q ## x", "B ( p )"])
_BODY = st.lists(st.one_of(_WORD, _OPERATORS), max_size=6)
_OBJECT = st.lists(_WORD, max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_OBJECT, _BODY, _BODY, st.lists(_WORD, max_size=15))
def test_any_macros(tmp_path_factory, a, b, c, text) -> None:  # type: ignore[no-untyped-def]
    """Whatever gcc accepts comes out the same: one object-like and two function-like macros."""
    folder = tmp_path_factory.mktemp("macros")
    one = " ".join(word.replace("q", "y") for word in b)
    code = f"#define A {' '.join(a)}\n#define B(p) {one}\n#define C(p, q) {' '.join(c)}\n"
    code += " ".join(text) + "\n"
    try:
        _, _, differences = walk(folder, code)
    except preprocess.PreprocessError:
        return  # gcc does not accept it: an invocation that is never closed, a paste of no token
    assert differences == [], code
