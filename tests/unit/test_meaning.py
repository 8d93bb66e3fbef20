"""Names resolve by C's scopes, members by the type before them, uses by what is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.snippet import Analysed, Snippet


@pytest.fixture
def snippet(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Analyses C code given as text."""

    def make(code: str, **headers: str) -> Snippet:
        return Snippet(tmp_path, code, **headers)

    return make


def test_inner_declarations_hide_outer_ones(snippet) -> None:  # type: ignore[no-untyped-def]
    """C11 6.2.1 p4: the innermost declaration wins, and only to the end of its block."""
    s = snippet(
        "int x;\n"
        "int f(int x) {\n"
        "  { int x = 1; x++; }\n"
        "  for (int x = 0; x < 3; x++) { }\n"
        "  return x;\n"
        "}\n"
        "int g(void) { return x; }\n"
    )
    assert [x.target for x in s.at(3, "x")] == [3, 3]
    assert {x.target for x in s.at(4, "x")} == {4}
    assert s.one(5, "x").target == 2
    assert s.one(7, "x").target == 1
    assert s.problems == []


def test_tags_members_and_labels_have_name_spaces_of_their_own(snippet) -> None:  # type: ignore[no-untyped-def]
    """C11 6.2.3: one spelling, five entities."""
    s = snippet("struct x { int x; };\nint f(struct x *x) {\n  goto y;\ny: return x->x;\n}\n")
    assert {(x.col, x.kind, x.target) for x in s.at(2, "x")} == {
        (14, "struct", 1), (17, "parameter", 2)
    }  # fmt: skip
    assert {(x.kind, x.target) for x in s.at(4, "x")} == {("parameter", 2), ("member", 1)}
    assert s.one(3, "y").use == "goto"


def test_members_are_found_through_the_type(snippet) -> None:  # type: ignore[no-untyped-def]
    """Pointers, arrays, calls through pointers, casts, conditionals, anonymous members."""
    s = snippet(
        "typedef struct A { int v; struct A *next; union { int u; float w; }; } A;\n"
        "struct B { int v; A a[3]; A *(*get)(int); };\n"
        "int f(struct B *b, void *p, int i) {\n"
        "  return b->v\n"
        "    + b->a[i].v\n"
        "    + b->get(i)->next->v\n"
        "    + ((A *)p)->v\n"
        "    + (i ? &b->a[0] : b->get(1))->u\n"
        "    + (*b->get)(2)->w\n"
        "    + (b->a + 1)->v\n"
        "    + ({ A *q = b->a; q; })->v\n"
        "    + ((struct B){.v = 1}).v\n"
        "    + (i, b)->v\n"
        "    + ((__typeof__(b->a[0]) *)p)->v;\n"
        "}\n"
    )
    assert s.problems == []
    lines = {4: 2, 5: 1, 6: 1, 7: 1, 10: 1, 11: 1, 13: 2, 14: 1}
    assert {n: s.one(n, "v").target for n in lines} == lines
    assert {x.target for x in s.at(12, "v")} == {2}
    assert s.one(8, "u").target == 1
    assert s.one(9, "w").target == 1


def test_designators_lead_to_members(snippet) -> None:  # type: ignore[no-untyped-def]
    """C11 6.7.9 p6–7: through nested and array designators, and into nested braces."""
    s = snippet(
        "struct in { int a, b; };\n"
        "struct out { struct in one; struct in many[4]; int last; };\n"
        "struct out o = {\n"
        "  .one = { .a = 1, .b = 2 },\n"
        "  .many[2].b = 3,\n"
        "  .last = 4,\n"
        "};\n"
        "struct out p = { { .b = 1 }, { { .a = 1 }, [3] = { .b = 2 } } };\n"
    )
    assert s.problems == []
    assert [(x.name, x.use, x.target) for x in s.links() if x.line in (4, 5, 6)] == [
        ("one", "initialise", 2), ("a", "initialise", 1), ("b", "initialise", 1),
        ("many", "initialise", 2), ("b", "initialise", 1), ("last", "initialise", 2),
    ]  # fmt: skip
    assert [x.name for x in s.links() if x.line == 8 and x.kind == "member"] == ["b", "a", "b"]


def test_uses_say_what_is_done(snippet) -> None:  # type: ignore[no-untyped-def]
    """Read, write, both, address, call, sizeof; of a part, and of what holds it."""
    s = snippet(
        "struct S { int m; int (*fn)(void); } s, *p;\n"
        "int g(void); int n; int arr[2];\n"
        "void f(void) {\n"
        "  n = 1;\n"
        "  n += 2;\n"
        "  n++;\n"
        "  (void)&n;\n"
        "  (void)sizeof(n);\n"
        "  (void)n;\n"
        "  g();\n"
        "  p->fn = g;\n"
        "  p->fn();\n"
        "  s.m = 3;\n"
        "  arr[0] = n;\n"
        "  *&p->m = 1;\n"
        "}\n"
    )
    uses = {(x.line, x.name): x.use for x in s.links()}
    assert [uses[line, "n"] for line in range(4, 10)] == [
        "write", "read-write", "read-write", "address", "sizeof", "read",
    ]  # fmt: skip
    assert uses[10, "g"] == "call"
    assert (uses[11, "g"], uses[11, "fn"], uses[11, "p"]) == ("address", "write", "read")
    assert (uses[12, "fn"], uses[12, "p"]) == ("call", "read")
    assert (uses[13, "m"], uses[13, "s"]) == ("write", "write")
    assert (uses[14, "arr"], uses[14, "n"]) == ("write", "read")
    assert uses[15, "m"] == "address"


def test_macros_do_not_move_names(snippet) -> None:  # type: ignore[no-untyped-def]
    """Arguments are linked where they are spelled, bodies where they are defined."""
    s = snippet(
        "struct T { int field; };\n"
        "#define GET(o, f) ((o)->f + twice(o->field))\n"
        "int twice(int);\n"
        "int f(struct T *t) {\n"
        "  return GET(t, field) + GET(t,\n"
        "      field);\n"
        "}\n"
    )
    assert s.problems == []
    assert {(x.name, x.kind, x.target) for x in s.links() if x.line == 5} == {
        ("GET", "macro", 2), ("t", "parameter", 4), ("field", "member", 1),
    }  # fmt: skip
    assert [(x.name, x.col) for x in s.links() if x.line == 6] == [("field", 7)]
    assert {(x.name, x.kind) for x in s.links() if x.line == 2 and x.use != "define"} == {
        ("twice", "function"), ("field", "member"),
    }  # fmt: skip


def test_a_macro_that_names_its_function(snippet) -> None:  # type: ignore[no-untyped-def]
    """``#define F(x) F(CAST(x))``: the use leads to the macro and to the function."""
    s = snippet(
        "#define CAST(x) ((int)(x))\n"
        "static inline int F(int x) { return x; }\n"
        "#define F(x) F(CAST(x))\n"
        "int g(int i) { return F(F(i) + 1); }\n"
        "#define TWICE(x) ((x) + 1)\n"
        "int h(int i) { return TWICE(F(i)); }\n"
    )
    assert s.problems == []
    assert {(x.col, x.kind, x.target) for x in s.at(4, "F")} == {
        (23, "macro", 3), (23, "function", 2), (25, "macro", 3), (25, "function", 2),
    }  # fmt: skip
    assert {(x.kind, x.target) for x in s.at(6, "F")} == {("macro", 3), ("function", 2)}


def test_each_invocation_declares_its_own(snippet) -> None:  # type: ignore[no-untyped-def]
    """A member out of a macro's body is declared where the macro is invoked."""
    s = snippet(
        "#define HEAD int base;\n"
        "#define FIELDS(prefix) int prefix##_one; int prefix##_two;\n"
        "struct A { HEAD FIELDS(a) };\n"
        "struct B {\n"
        "    HEAD\n"
        "    FIELDS(b)\n"
        "};\n"
        "int f(struct A *a, struct B *b) {\n"
        "  return a->base + b->base\n"
        "    + a->a_two + b->b_one;\n"
        "}\n"
    )
    assert s.problems == []
    assert [x.target for x in s.at(9, "base")] == [3, 5]
    assert s.one(10, "a_two").target == 3
    assert s.one(10, "b_one").target == 6


def test_x_macros(snippet) -> None:  # type: ignore[no-untyped-def]
    """A list macro applied to another macro: enumerators are declared at the invocation."""
    s = snippet(
        "#define COLOURS(V) V(RED) V(GREEN)\n"
        "typedef enum {\n"
        "#define ENUM(c) COLOUR_##c,\n"
        "  COLOURS(ENUM)\n"
        "#undef ENUM\n"
        "} Colour;\n"
        "Colour c = COLOUR_GREEN;\n"
    )
    assert s.problems == []
    assert s.one(7, "COLOUR_GREEN").target == 4
    assert s.one(7, "Colour").target == 6


def test_conditionals_and_dead_branches(snippet) -> None:  # type: ignore[no-untyped-def]
    """Tests are uses; what is skipped has none; live lines are known."""
    s = snippet(
        "#define YES 1\n"
        "#if YES && defined(YES)\n"
        "int live;\n"
        "#elif NO\n"
        "int dead;\n"
        "#else\n"
        "int dead;\n"
        "#endif\n"
        "#ifdef YES\n"
        "#undef YES\n"
        "#endif\n"
    )
    assert [x.use for x in s.at(2, "YES")] == ["expand", "test"]
    assert s.one(9, "YES").use == "test"
    assert s.one(10, "YES").use == "undef"
    assert not [x for x in s.links() if x.name == "dead"]
    assert s.all.program.live[0, "snippet.c"] == {1, 2, 3, 4, 6, 8, 9, 10, 11, 12}


@pytest.mark.parametrize(
    "code",
    [
        "void f(void) { static void *t[] = { &&a, &&b }; goto *t[0]; a: b: ; }",
        "int f(int c) { switch (c) { case 1 ... 5: return 1; default: return 0; } }",
        "int f(int a, int b) { return a ?: b; }",
        'int f(int x) { __asm__ volatile ("nop" : "=r"(x) : "0"(x) : "memory"); return x; }',
        "extern int f(int) __asm__(\"g\") __attribute__((nothrow, warn_unused_result));",
        "__auto_type n = 3; int f(void) { __auto_type p = &n; return *p; }",
        "_Atomic(int *) ap; _Atomic int ai; int f(void) { return *ap + ai; }",
        "#include <stddef.h>\nstruct s { int a, b; };"
        " size_t f(void) { return offsetof(struct s, b); }",
        "#include <stdarg.h>\nint f(int n, ...) { va_list v; va_start(v, n);"
        " int r = va_arg(v, int); va_end(v); return r; }",
        "_Static_assert(sizeof(int) == 4, \"\"); struct s { _Static_assert(1, \"\"); int a; };",
        "int f(void) { return __builtin_types_compatible_p(int, long) + __alignof__(int); }",
        "typedef int T; int f(T T) { return T; } struct s { T T; };",
        "__extension__ typedef long long L; static __inline__ L f(const L *__restrict p)"
        " { return *p; }",
        "int f(int x) { return _Generic(x, int: 1, default: x); }",
        "enum e { A = 1 << 3, B, C = sizeof(int) }; int a[C]; struct s { unsigned b : B; };",
        "int (*table(int a))(int b) { return 0; }",
    ],
)  # fmt: skip
def test_gnu_c_parses_and_resolves(snippet, code: str) -> None:  # type: ignore[no-untyped-def]
    """Each construct that pycparser alone refuses or misplaces, in full."""
    assert snippet(code).problems == []


def test_what_does_not_parse_costs_one_declaration(snippet) -> None:  # type: ignore[no-untyped-def]
    """A diagnostic with the place, and the declarations around it intact."""
    s = snippet("int a;\nint b = = 2;\nint c = 1;\nint f(void) { return a + c; }\n")
    found = [(d[1], d[3], d[4]) for d in s.all.program.diagnostics]
    assert found == [("parse", "snippet.c", 2)]
    assert s.one(4, "c").target == 3


def test_what_does_not_preprocess_is_told(snippet) -> None:  # type: ignore[no-untyped-def]
    """The compiler's own words, and no facts."""
    s = snippet('#include "missing.h"\nint a;\n')
    assert "missing.h" in s.problems[0]
    assert not list(s.all.program.symbols())
    assert [u.parsed for u in s.all.units] == [False]


def test_headers_and_includes(snippet) -> None:  # type: ignore[no-untyped-def]
    """Names lead into headers, and #include lines to the files they open."""
    s = snippet(
        '#include "inner.h"\nstruct node n;\nint f(void) { return n.value; }\n',
        inner="struct node {\n  int value;\n};\n",
    )
    assert (s.one(3, "value").kind, s.one(3, "value").target) == ("member", 2)
    assert s.all.program.includes == {("snippet.c", 1, 10, 9): "inner.h"}


def test_names_that_only_the_text_can_place(snippet) -> None:  # type: ignore[no-untyped-def]
    """Every use stands where its name is spelled."""
    s = snippet(
        "#define PASTE(a) f_##a(1) + #a[0]\nint f_x(int);\nint g(void) { return PASTE(x); }\n"
    )
    lines = s.code.split("\n")
    for link in s.links():
        assert lines[link.line - 1][link.col - 1 :].startswith(link.name)


def test_a_header_known_again_gives_the_same(tmp_path: Path) -> None:
    """Two units in one session: the second takes the header's facts from the first."""
    (tmp_path / "h.h").write_text(
        "#ifndef H\n#define H\n#define TWO 2\nstruct s { int m; };\n"
        "static inline int one(struct s *p) { return p->m; }\n#endif\n"
    )
    (tmp_path / "a.c").write_text('#include "h.h"\nint a(struct s *p) { return one(p) + TWO; }\n')
    (tmp_path / "b.c").write_text('#include "h.h"\nint b(struct s *p) { return p->m + TWO; }\n')
    together = Analysed(tmp_path, "a.c", "b.c")
    alone = Analysed(tmp_path, "b.c")
    assert together.links("b.c") == alone.links("b.c")
    shared = set(together.units[0].chunks) & set(together.units[1].chunks)
    assert len(shared) >= 2  # the header's macros, and its declarations
    assert set(alone.units[0].chunks) == set(together.units[1].chunks)


def test_a_header_that_means_something_else_is_resolved_anew(tmp_path: Path) -> None:
    """The same text after another typedef leads to that typedef."""
    (tmp_path / "h.h").write_text("T *value;\n")
    (tmp_path / "a.c").write_text('typedef int T;\n#include "h.h"\n')
    (tmp_path / "b.c").write_text('\n\ntypedef long T;\n#include "h.h"\n')
    found = Analysed(tmp_path, "a.c", "b.c")
    targets = {x.target for x in found.links("h.h") if x.name == "T"}
    assert targets == {1, 3}
    assert found.program.diagnostics == []
