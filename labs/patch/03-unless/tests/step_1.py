"""Step 1: a statement."""

import labkit


def run(source, **names):
    """The names after running ``source``; that it does not parse is a failure of the test."""
    try:
        code = compile(source, "<lab>", "exec")
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}\n  {error.text}") from None
    exec(code, names)
    return names


def test_it_runs_when_false():
    """The block runs when the condition is false, and does not run when it is true."""
    source = "unless x:\n    result.append('ran')\n"
    for x, expected in ((0, ["ran"]), ("", ["ran"]), (None, ["ran"]), (1, []), ("a", [])):
        labkit.equal(run(source, x=x, result=[])["result"], expected, f"with x = {x!r}")


def test_on_one_line():
    """The block may stand on the same line; the condition may assign with ``:=``."""
    labkit.equal(run("unless 0: a = 1; b = 2")["b"], 2, "b")
    labkit.equal(run("unless y := []: a = y")["a"], [], "a")


def test_the_tree():
    """The tree is that of ``if not``: there is no new kind of node."""
    import ast

    try:
        tree = ast.parse("unless a or b:\n    c\n")
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}") from None
    labkit.equal(ast.dump(tree), ast.dump(ast.parse("if not (a or b):\n    c\n")), "ast.dump of it")
    labkit.equal(ast.unparse(tree), "if not (a or b):\n    c", "unparsed")


def test_positions():
    """The node of the negation stands where the condition stands, not on the whole statement."""
    import ast

    try:
        node = ast.parse("unless cond:\n    pass\n").body[0]
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}") from None
    test = node.test
    place = (test.lineno, test.col_offset, test.end_lineno, test.end_col_offset)
    labkit.equal(place, (1, 7, 1, 11), "line and column, end line and end column of the test")
    place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    labkit.equal(place, (1, 0, 2, 8), "those of the statement")


def test_no_instruction_for_not():
    """The negation costs nothing: one jump that goes the other way."""
    import dis

    space = run("def f(x):\n    unless x:\n        return 1\n")
    names = [entry.opname for entry in dis.get_instructions(space["f"])]
    labkit.true("UNARY_NOT" not in names, f"the function runs {names}")
    labkit.true("POP_JUMP_IF_TRUE" in names, f"the function runs {names}")


def test_nested():
    """It nests in itself and in other statements, and they in it."""
    source = """
def f(n):
    for i in range(n):
        unless i % 2:
            unless i:
                continue
            while True:
                return i
    return None
"""
    f = run(source)["f"]
    labkit.equal([f(n) for n in range(5)], [None, None, None, 2, 2], "f(0) to f(4)")


def test_soft_keyword():
    """``keyword.softkwlist`` lists it; ``keyword.kwlist`` does not."""
    import keyword

    labkit.true("unless" in keyword.softkwlist, f"softkwlist is {keyword.softkwlist}")
    labkit.true("unless" not in keyword.kwlist, "it is a hard keyword")


@labkit.holds_before("no program may lose its name")
def test_it_stays_a_name():
    """``unless`` goes on being a name: variable, function, argument, attribute, annotation."""
    space = run(
        """
unless = 1
unless += unless
class C:
    unless: int = 3
    def f(self, unless=4): return unless
def g(**names): return names
value = (unless, C.unless, C().f(unless=5), g(unless=6))
unless: float = 2.5
"""
    )
    labkit.equal(space["value"], (2, 3, 5, {"unless": 6}), "value")
    callable_int = type(
        "T",
        (int,),
        {"__call__": lambda self, x: None, "__getitem__": lambda self, x: None},
    )
    space = run("unless(1)\nunless [0]\nunless -1\n", **{"unless": callable_int(3)})
    labkit.true("unless" in space, "the name is gone")
