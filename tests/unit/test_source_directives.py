"""Directives, macro definitions and conditional branches of raw files."""

from __future__ import annotations

from annotator.source.directives import macro_text, read

SAMPLE = b"""\
#ifndef GUARD
#define GUARD
#define OBJECT(x) \\
    ((x)->member + #x + x##_tail)
# if defined(A) && B > 1
int a;
# elif C
int b;
# else
#  define EMPTY()
# endif
#endif
"""


def test_definitions() -> None:
    """Name, parameters, body and extent."""
    raw = read(SAMPLE)
    macros = {d.name: d for d in raw.macros.values()}
    assert macros["GUARD"].params is None
    assert macros["EMPTY"].params == ()
    object_like = macros["OBJECT"]
    assert object_like.params == ("x",)
    assert (object_like.line, object_like.col, object_like.end_line) == (3, 9, 4)
    assert macro_text(raw, object_like) == "#define OBJECT(x) ((x)->member + #x + x##_tail)"


def test_a_space_before_the_parenthesis_makes_it_object_like() -> None:
    """``#define F (x)`` takes no arguments (C11 6.10.3 p10)."""
    raw = read(b"#define F (x)\n#define G(...) __VA_ARGS__\n")
    assert raw.macros[1].params is None
    assert (raw.macros[2].params, raw.macros[2].variadic) == (("__VA_ARGS__",), True)


def test_gnu_names_of_variable_arguments() -> None:
    """``args...`` is one parameter, with a name (GCC manual, "Variadic Macros")."""
    raw = read(b"#define F(a, args...) args\n#define G(a, ...) a\n")
    assert [raw.macros[n].params for n in (1, 2)] == [("a", "args"), ("a", "__VA_ARGS__")]
    assert raw.macros[1].variadic


def test_branches() -> None:
    """Each branch knows its lines, its parent and its siblings."""
    raw = read(SAMPLE)
    lines = [(b.first, b.last, b.parent, b.group) for b in raw.branches]
    assert lines == [(2, 11, -1, 0), (6, 6, 0, 1), (8, 8, 0, 1), (10, 10, 0, 1)]


def test_text_outside_directives() -> None:
    """What remains is the tokens that the compiler could see."""
    raw = read(SAMPLE)
    assert [raw.spelling(t) for t in raw.text] == ["int", "a", ";", "int", "b", ";"]
