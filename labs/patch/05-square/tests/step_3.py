"""Step 3: it says what ``**`` says."""

import labkit


def square(x):
    return x**2


def emitted():
    labkit.true("SQUARE" in labkit.instructions(square), "x ** 2 is not compiled to SQUARE")


def test_own_power():
    """A class with ``__pow__`` is asked for it, with the int 2; ``__mul__`` is not asked."""
    emitted()

    class Powerful:
        def __mul__(self, other):
            return "mul"

        def __pow__(self, other):
            return ("pow", other, type(other).__name__)

    labkit.equal(square(Powerful()), ("pow", 2, "int"), "Powerful() ** 2")


def test_subclass_of_int():
    """A subclass of int with a ``__pow__`` of its own is no exact int."""
    emitted()

    class Loud(int):
        def __pow__(self, other):
            return "loud"

    labkit.equal(square(Loud(5)), "loud", "Loud(5) ** 2")


def test_floats_overflow():
    """``1e200 ** 2`` is an OverflowError, though ``1e200 * 1e200`` is infinity."""
    emitted()
    labkit.raises(OverflowError, square, 1e200, text="Numerical result out of range")
    labkit.equal(square(1.5), 2.25, "1.5 ** 2")
    labkit.equal(square(-0.0), 0.0, "-0.0 ** 2")
    infinity = float("inf")
    labkit.equal(square(-infinity), infinity, "(-inf) ** 2")


@labkit.holds_before("bool inherits its product from int")
def test_bools():
    """``True ** 2`` is the int 1."""
    emitted()
    labkit.equal(square(True), 1, "True ** 2")
    labkit.equal(square(False), 0, "False ** 2")


def test_error_message():
    """What cannot be raised to a power says so, in the words of ``**``."""
    emitted()
    labkit.raises(
        TypeError,
        square,
        "ab",
        text="unsupported operand type(s) for ** or pow(): 'str' and 'int'",
    )


def test_traceback():
    """The traceback underlines ``x ** 2``, with the operator marked."""
    emitted()
    import sys
    import traceback

    filename = "<square>"
    source = "def f(x):\n    return 1 + x ** 2\n"
    import linecache

    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = {}
    exec(compile(source, filename, "exec"), space)
    try:
        space["f"]([])
    except TypeError:
        text = traceback.format_exception(*sys.exc_info())
    labkit.true(
        any("for ** or pow(): 'list' and 'int'" in line for line in text), f"it ends {text[-1]!r}"
    )
    labkit.true(
        any("           ~~^^~~" in line for line in text),
        "expected the line '~~^^~~' below 'x ** 2'; the traceback is\n" + "".join(text),
    )


def test_references():
    """Ints, floats and objects: nothing is left behind, nothing is released twice."""
    emitted()

    class Powerful:
        def __pow__(self, other):
            return self

    thing = Powerful()
    for value in (10**30, 2.5, thing):
        labkit.no_leak(lambda value=value: square(value))


def test_no_product_no_square():
    """A value that can be raised to a power but not multiplied has a square."""
    emitted()

    class Only:
        def __pow__(self, other):
            return f"to the {other}"

    labkit.equal(square(Only()), "to the 2", "Only() ** 2")


@labkit.holds_before("the operands never met another way")
def test_complex():
    """For complex numbers and fractions it is what ``pow`` gives."""
    emitted()
    for z in (1 + 2j, -1j, 0j, 2.5 - 0.5j):
        labkit.equal(square(z), pow(z, 2), f"{z} ** 2")
