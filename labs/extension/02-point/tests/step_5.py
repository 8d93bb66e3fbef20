"""Step 5: arithmetic."""

import labkit


def coordinates(p):
    return p.x, p.y


def test_negative():
    """``-p`` is a new point on the other side of the origin."""
    Point = labkit.fresh("point").Point
    p = Point(1, -2)
    labkit.equal(coordinates(-p), (-1.0, 2.0), "-Point(1, -2)")
    labkit.equal(coordinates(p), (1.0, -2.0), "the point itself, afterwards")


def test_sum():
    """Two points add up, coordinate by coordinate; nothing else adds to a point."""
    Point = labkit.fresh("point").Point
    labkit.equal(coordinates(Point(1, 2) + Point(0.5, -2)), (1.5, 0.0), "the sum")
    for other in (1, 2.0, "x", None, (1.0, 2.0)):
        labkit.raises(TypeError, lambda other=other: Point(1, 2) + other, text="unsupported")
        if other != "x" and other != (1.0, 2.0):
            labkit.raises(TypeError, lambda other=other: other + Point(1, 2), text="unsupported")


def test_product():
    """A point times an int or a float, the number on either side."""
    Point = labkit.fresh("point").Point
    for number in (2, 2.0, -1, -1.0, True, 0):
        expected = (1.0 * number, 2.0 * number)
        labkit.equal(coordinates(Point(1, 2) * number), expected, f"Point(1, 2) * {number}")
        labkit.equal(coordinates(number * Point(1, 2)), expected, f"{number} * Point(1, 2)")


def test_no_product():
    """A point times a point, or a complex number, is a TypeError that names the operator."""
    Point = labkit.fresh("point").Point
    labkit.equal(coordinates(Point(1, 2) * 3.0), (3.0, 6.0), "Point(1, 2) * 3.0")
    for other in (Point(1), 1j, None):
        labkit.raises(TypeError, lambda other=other: Point(1, 2) * other, text="for *")
        labkit.raises(TypeError, lambda other=other: other * Point(1, 2), text="for *")


def test_the_other_side_is_asked():
    """What knows how to add a point to itself gets the chance, on either side."""
    Point = labkit.fresh("point").Point

    class Origin:
        def __radd__(self, other):
            return "radd"

        def __rmul__(self, other):
            return "rmul"

        def __float__(self):
            return 1.0

    labkit.equal(coordinates(Point(1) + Point(1)), (2.0, 0.0), "Point(1) + Point(1)")
    labkit.equal(Point() + Origin(), "radd", "Point() + Origin()")
    labkit.equal(Point() * Origin(), "rmul", "Point() * Origin()")


def test_too_large_a_factor():
    """An int that no double can hold is an OverflowError, on either side."""
    Point = labkit.fresh("point").Point
    labkit.equal(coordinates(Point(1) * 10**300), (1e300, 0.0), "Point(1) * 10**300")
    labkit.raises(OverflowError, lambda: Point(1) * 10**400)
    labkit.raises(OverflowError, lambda: 10**400 * Point(1))


def test_results_are_plain_points():
    """What is computed from instances of a subclass is a Point, as with int and float."""
    Point = labkit.fresh("point").Point

    class Place(Point):
        def __new__(cls, name):
            return super().__new__(cls, 1, 2, label=name)

    place = Place("home")
    for result in (-place, place + place, 2 * place, place + Point(), Point() + place):
        labkit.true(type(result) is Point, f"the result is a {type(result).__name__}, no Point")
        labkit.equal(result.label, None, "the label of a result")


def test_two_modules_do_not_add():
    """Points of two loads of the module do not add up."""
    one, two = labkit.fresh("point").Point, labkit.fresh("point").Point
    labkit.equal(coordinates(one(1) + one(1)), (2.0, 0.0), "the sum within one module")
    labkit.raises(TypeError, lambda: one(1) + two(1), text="unsupported")


def test_in_subinterpreters():
    """The type works in two subinterpreters at once, each of which has its own."""
    with labkit.Interpreter() as one, labkit.Interpreter() as two:
        for interpreter in (one, two):
            interpreter.run("from point import Point")
        labkit.equal(one.value("(2 * Point(1, 2) + Point(1)).x"), 3.0, "x in the first")
        labkit.equal(two.value("repr(-Point(1, 2))"), "Point(x=-1.0, y=-2.0)", "in the second")


def test_arithmetic_leaks_nothing():
    """Results, refusals and overflows leave nothing behind."""
    Point = labkit.fresh("point").Point
    p = Point(1, 2)

    def use():
        for other in (1, 2.0, p, None, 10**400):
            for call in (lambda: p + other, lambda: p * other, lambda: other * p, lambda: -p):
                try:
                    call()
                except (TypeError, OverflowError):
                    pass

    -p  # before the step is done, this is a TypeError
    labkit.no_leak(use, rounds=200)
