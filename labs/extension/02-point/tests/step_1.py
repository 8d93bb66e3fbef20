"""Step 1: birth and death."""

import labkit


def test_points_are_made():
    """A point can be made without arguments, with one, with two, by position and by name."""
    Point = labkit.fresh("point").Point
    for arguments, names in (
        ((), {}),
        ((1,), {}),
        ((1, 2.5), {}),
        ((), {"y": 2, "x": 1}),
        ((True,), {"y": 1e308}),
    ):
        labkit.true(type(Point(*arguments, **names)) is Point, "Point(…) is no Point")


def test_bad_arguments():
    """What is no number, too many arguments and unknown names are a TypeError."""
    Point = labkit.fresh("point").Point
    labkit.raises(TypeError, Point, "1")
    labkit.raises(TypeError, Point, 1, None)
    labkit.raises(TypeError, Point, 1, 2, 3)
    labkit.raises(TypeError, Point, 1, 2, "label")
    labkit.raises(TypeError, lambda: Point(z=1))
    labkit.raises(TypeError, lambda: Point(1, x=1))
    labkit.raises(OverflowError, Point, 10**400)


def test_conversion_that_raises():
    """What ``__float__`` of an argument raises comes through as it is."""

    class Grumpy:
        def __float__(self):
            raise LookupError("no number today")

    labkit.raises(LookupError, labkit.fresh("point").Point, 1, Grumpy())


def test_instances_hold_their_type():
    """Each instance owns one reference to its type, and gives it up in the end."""
    import sys

    Point = labkit.fresh("point").Point
    before = sys.getrefcount(Point)
    points = [Point(i) for i in range(1000)]
    labkit.equal(sys.getrefcount(Point) - before, 1000, "references to Point by 1000 instances")
    del points
    labkit.equal(sys.getrefcount(Point) - before, 0, "references to Point when they are gone")


def test_points_leak_nothing():
    """Points come and go without a trace."""
    Point = labkit.fresh("point").Point
    labkit.no_leak(lambda: Point(1, 2))


def test_failures_leak_nothing():
    """Points that could not be made leave nothing behind."""
    Point = labkit.fresh("point").Point
    Point()

    def fail():
        for bad in (("x",), (1, "y"), (1, 2, 3)):
            try:
                Point(*bad)
            except TypeError:
                pass

    labkit.no_leak(fail)


def test_subclass():
    """A subclass written in Python is larger and known to the collector; it works and goes."""
    import gc

    Point = labkit.fresh("point").Point

    class Place(Point):
        def __init__(self, x=0.0, y=0.0):
            self.me = self  # a cycle through the instance's dict

    def make():
        Place(1, 2)

    place = Place(1, 2)
    labkit.true(gc.is_tracked(place), "an instance of the subclass is not known to the collector")
    labkit.equal(place.me is place, True, "place.me is place")
    del place
    labkit.no_leak(make)


def test_subclass_with_slots():
    """The additional members of a subclass do not lie on those of the point."""
    Point = labkit.fresh("point").Point

    class Pair(Point):
        __slots__ = ("one", "two")

    pair = Pair(1, 2)
    pair.one, pair.two = ["one"], ["two"]
    labkit.equal((pair.one, pair.two), (["one"], ["two"]), "the slots of the subclass")


def test_type_goes_with_its_module():
    """When module and instances are gone, the type is collected."""
    import weakref

    def make():
        module = labkit.fresh("point")
        module.Point(1, 2)
        return weakref.ref(module.Point)

    labkit.collected(make, "module -> state -> Point -> module")
