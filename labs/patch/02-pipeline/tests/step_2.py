"""Step 2: the grammar knows it."""

import labkit


def value(source, **names):
    """The value of an expression; that it does not parse is a failure of the test."""
    try:
        code = compile(source, "<lab>", "eval")
    except SyntaxError as error:
        raise labkit.Failed(f"{source} does not parse: {error.msg}") from None
    return eval(code, names)


def test_value():
    """``x |> f`` is ``f(x)``."""
    labkit.equal(value("'abc' |> len"), 3, "'abc' |> len")
    labkit.equal(value("x |> f", x=20, f=lambda n: n + 22), 42, "x |> f")


def test_from_left_to_right():
    """A chain runs from left to right: ``x |> f |> g`` is ``g(f(x))``."""
    labkit.equal(value("[3, 1, 2] |> sorted |> tuple"), (1, 2, 3), "[3, 1, 2] |> sorted |> tuple")
    labkit.equal(
        value("x |> f |> g", x=1, f=lambda n: (n, "f"), g=lambda n: (n, "g")),
        ((1, "f"), "g"),
        "x |> f |> g",
    )


def test_precedence_below():
    """What binds tighter: arithmetic, ``|``, comparisons, ``not``, ``and``, ``or``, ``await``."""
    f = repr
    labkit.equal(value("1 + 2 |> f", f=f), "3", "1 + 2 |> f")
    labkit.equal(value("1 | 2 |> f", f=f), "3", "1 | 2 |> f")
    labkit.equal(value("1 < 2 |> f", f=f), "True", "1 < 2 |> f")
    labkit.equal(value("not 0 |> f", f=f), "True", "not 0 |> f")
    labkit.equal(value("0 or 7 |> f", f=f), "7", "0 or 7 |> f")
    labkit.equal(value("1 |> f or g", f=None, g=f), "1", "1 |> f or g, without f")


def test_precedence_above():
    """What binds looser: the conditional expression, ``lambda``, ``:=``, commas."""
    f = repr
    labkit.equal(value("1 |> f if c else 2", f=f, c=False), 2, "1 |> f if c else 2")
    labkit.equal(value("0 if c else 2 |> f", f=f, c=False), "2", "0 if c else 2 |> f")
    labkit.equal(value("(lambda: 1 |> f)()", f=f), "1", "(lambda: 1 |> f)()")
    labkit.equal(value("[y := 1 |> f, y]", f=f), ["1", "1"], "[y := 1 |> f, y]")
    labkit.equal(value("(1 |> f, 2)", f=f), ("1", 2), "(1 |> f, 2)")
    labkit.equal(value("g(1 |> f, k=2 |> f)", f=f, g=lambda a, k: a + k), "12", "as arguments")
    labkit.equal(value("{1 |> f: 2 |> f}", f=f), {"1": "2"}, "in a dict")


def test_the_tree():
    """The tree is that of the call: ``ast.dump`` sees no difference, ``ast.unparse`` writes one."""
    import ast

    for pipe, call in (
        ("x |> f", "f(x)"),
        ("x |> f |> g.h", "g.h(f(x))"),
        ("x |> f(1)", "f(1)(x)"),
    ):
        try:
            tree = ast.parse(pipe)
        except SyntaxError as error:
            raise labkit.Failed(f"{pipe} does not parse: {error.msg}") from None
        labkit.equal(ast.dump(tree), ast.dump(ast.parse(call)), f"the tree of {pipe}")
        labkit.equal(ast.unparse(tree), call, f"{pipe}, unparsed")


def test_positions():
    """The node of the call begins with its argument and ends with its function."""
    import ast

    try:
        node = ast.parse("(a |>\n   ff)", mode="eval").body
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}") from None
    place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    labkit.equal(place, (1, 1, 2, 5), "first line and column, last line and column")


def test_in_statements():
    """It stands wherever an expression may: assignment, return, loops, arguments, f-strings."""
    source = """
def f(items, key=3 |> str):
    for item in items |> sorted:
        if item |> bool:
            return item |> key_of
    return f"{key |> len:|>4}"

def key_of(item):
    return -item

result = [0, 5, 2] |> f
text = [] |> f
"""
    space = {}
    try:
        exec(compile(source, "<lab>", "exec"), space)
    except SyntaxError as error:
        raise labkit.Failed(f"line {error.lineno} does not parse: {error.text}") from None
    labkit.equal(space["result"], -2, "result")
    labkit.equal(space["text"], "|||1", "text")


@labkit.holds_before("it was no syntax before either")
def test_not_two_tokens():
    """``x | > f``, with a space, is a SyntaxError."""
    labkit.raises(SyntaxError, compile, "x | > f", "<lab>", "eval")
