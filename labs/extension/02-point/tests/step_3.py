"""Step 3: equality."""

import labkit


def test_equal_coordinates():
    """Points are equal when their coordinates are; the label does not count."""
    Point = labkit.fresh("point").Point
    labkit.equal(Point(1, 2) == Point(1.0, 2, label="home"), True, "Point(1, 2) == Point(1.0, 2)")
    labkit.equal(Point(1, 2) != Point(1, 2), False, "Point(1, 2) != Point(1, 2)")
    labkit.equal(Point(0.0) == Point(-0.0), True, "Point(0.0) == Point(-0.0)")
    labkit.equal(Point(1, 2) == Point(2, 1), False, "Point(1, 2) == Point(2, 1)")
    labkit.equal(Point(1, 2) == Point(1, 3), False, "Point(1, 2) == Point(1, 3)")
    labkit.equal(Point(1, 2) != Point(1, 3), True, "Point(1, 2) != Point(1, 3)")


def test_nan():
    """A point with a NaN is not equal to itself, as a NaN is not."""
    p = labkit.fresh("point").Point(float("nan"))
    labkit.equal(p == p, False, "p == p")
    labkit.equal(p != p, True, "p != p")


def test_no_order():
    """Points have no order, but they are equal or not."""
    Point = labkit.fresh("point").Point
    labkit.equal(Point(1) == Point(1), True, "Point(1) == Point(1)")
    for operator in ("__lt__", "__le__", "__gt__", "__ge__"):
        labkit.equal(getattr(Point(1), operator)(Point(1)), NotImplemented, operator)
    labkit.raises(TypeError, lambda: Point(1) < Point(2), text="not supported")


def test_the_other_side_is_asked():
    """What is no point decides itself whether it equals one; if it cannot, it does not."""
    Point = labkit.fresh("point").Point

    class Anything:
        def __eq__(self, other):
            return "asked"

    labkit.equal(Point(1) == Point(1), True, "Point(1) == Point(1)")
    labkit.equal(Point(1) == Anything(), "asked", "Point(1) == Anything()")
    labkit.equal(Point(1) == (1.0, 0.0), False, "Point(1) == (1.0, 0.0)")
    labkit.equal(Point(1) != None, True, "Point(1) != None")  # noqa: E711 -- it is the test


def test_subclasses_compare():
    """A point and an instance of a subclass are equal by their coordinates, either way round."""
    Point = labkit.fresh("point").Point

    class Place(Point):
        pass

    class Spot(Place):
        pass

    labkit.equal(Place(1, 2) == Point(1, 2), True, "Place(1, 2) == Point(1, 2)")
    labkit.equal(Point(1, 2) == Spot(1, 2), True, "Point(1, 2) == Spot(1, 2)")
    labkit.equal(Spot(1, 2) != Place(1, 2), False, "Spot(1, 2) != Place(1, 2)")


def test_two_modules_do_not_mix():
    """Points of two loads of the module are of two types, and unequal."""
    one, two = labkit.fresh("point").Point, labkit.fresh("point").Point
    labkit.equal(one(1) == one(1), True, "two points of one module")
    labkit.equal(one(1) == two(1), False, "points of two modules")


def test_in_a_list():
    """``in``, ``count`` and ``index`` of a list find points by what they are."""
    Point = labkit.fresh("point").Point
    points = [Point(i, -i) for i in range(10)]
    labkit.true(Point(3, -3) in points, "Point(3, -3) is not found in the list")
    labkit.equal(points.index(Point(7, -7)), 7, "points.index(Point(7, -7))")
    labkit.equal((points * 3).count(Point(5, -5)), 3, "how often Point(5, -5) occurs")


def test_comparing_leaks_nothing():
    """Comparisons leave nothing behind."""
    Point = labkit.fresh("point").Point
    p, q, other = Point(1, 2), Point(1, 2), object()
    labkit.equal(p == q, True, "p == q")
    labkit.no_leak(lambda: (p == q, p != q, p == other, p.__lt__(q)))
