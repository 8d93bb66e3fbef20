"""Step 2: the compiler emits it."""

import labkit


def names(source, mode="eval"):
    """The instructions that ``source`` is compiled to."""
    import dis

    return [entry.opname for entry in dis.get_instructions(compile(source, "<lab>", mode))]


def test_seen_in_dis():
    """``x ** 2`` compiles to SQUARE, and neither loads the 2 nor runs BINARY_OP."""
    labkit.equal(
        names("x ** 2"), ["RESUME", "LOAD_NAME", "SQUARE", "RETURN_VALUE"], "the code of x ** 2"
    )


def test_wherever_it_stands():
    """Inside larger expressions, nested in itself, and in f-strings as well."""
    labkit.equal(names("(x ** 2) ** 2").count("SQUARE"), 2, "SQUAREs in (x ** 2) ** 2")
    labkit.equal(names("a ** 2 + b ** 2").count("SQUARE"), 2, "SQUAREs in a ** 2 + b ** 2")
    labkit.equal(names("f'{x ** 2}'").count("SQUARE"), 1, "SQUAREs in an f-string")
    labkit.equal(names("-x ** 2").count("SQUARE"), 1, "SQUAREs in -x ** 2")
    labkit.equal(eval("-x ** 2", {"x": 3}), -9, "-x ** 2 for 3")


def test_ints():
    """The values for ints are those of ``pow``, and the count of the stack still fits."""

    def f(x):
        return (x, x**2, (x + 1) ** 2, [x**2 for _ in range(2)])

    labkit.true("SQUARE" in labkit.instructions(f), "f does not contain SQUARE")
    for x in (0, 7, -7, 2**15, 2**31, 3**100):
        labkit.equal(f(x), (x, pow(x, 2), pow(x + 1, 2), [pow(x, 2)] * 2), f"f({x})")


@labkit.holds_before("these must go on as before")
def test_nothing_else_is_square():
    """Other exponents, a 2 from a variable, 2.0, True and the builtin pow stay what they were."""
    for source in ("x ** 3", "x ** y", "x ** 2.0", "x ** True", "x ** -2", "2 ** x", "pow(x, 2)"):
        labkit.true("SQUARE" not in names(source), f"{source} compiles to {names(source)}")
    labkit.equal(eval("x ** 2.0", {"x": 3}), 9.0, "x ** 2.0 for 3")


@labkit.holds_before("the folding of constants comes first, in the AST")
def test_constants_are_folded():
    """``12 ** 2`` is no instruction at all, but the constant 144."""
    labkit.true("SQUARE" not in names("12 ** 2"), "12 ** 2 is not folded any more")
    labkit.true(144 in compile("12 ** 2", "<lab>", "eval").co_consts, "144 is no constant")


@labkit.holds_before("**= has a special method of its own, __ipow__")
def test_in_place_is_another_thing():
    """``x **= 2`` asks for ``__ipow__`` first, so it must not become SQUARE."""

    class InPlace:
        def __ipow__(self, other):
            return ("ipow", other)

    space = {"x": InPlace()}
    exec("x **= 2", space)
    labkit.equal(space["x"], ("ipow", 2), "x after x **= 2")


@labkit.holds_before("left operand and result are the stack's business")
def test_evaluation_order():
    """The operand is evaluated once."""
    seen = []

    def operand():
        seen.append("operand")
        return 4

    labkit.equal(operand() ** 2, 16, "operand() ** 2")
    labkit.equal(seen, ["operand"], "evaluations")
