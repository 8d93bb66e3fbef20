"""Step 2: attributes."""

import labkit


def test_coordinates():
    """``x`` and ``y`` are floats, whatever kind of number was given."""
    Point = labkit.fresh("point").Point
    p = Point(3, True)
    labkit.equal((p.x, p.y), (3.0, 1.0), "the coordinates of Point(3, True)")
    labkit.equal(Point().x, 0.0, "Point().x")
    labkit.equal(Point(y=2.5).y, 2.5, "Point(y=2.5).y")


def test_coordinates_stay():
    """The coordinates can neither be set nor deleted."""
    p = labkit.fresh("point").Point(1, 2)
    labkit.raises(AttributeError, setattr, p, "x", 3.0, text="readonly")
    labkit.raises(AttributeError, delattr, p, "y", text="readonly")
    labkit.equal((p.x, p.y), (1.0, 2.0), "the coordinates afterwards")


def test_norm():
    """``norm`` is computed and cannot be set."""
    p = labkit.fresh("point").Point(3, -4)
    labkit.equal(p.norm, 5.0, "the norm of Point(3, -4)")
    labkit.raises(AttributeError, setattr, p, "norm", 1.0)
    labkit.raises(AttributeError, delattr, p, "norm")


def test_label():
    """The label is None, then what it is set to, and can be given to the constructor."""
    Point = labkit.fresh("point").Point
    p = Point()
    labkit.equal(p.label, None, "the label at first")
    p.label = "home"
    labkit.equal(p.label, "home", "the label after it was set")
    p.label = None
    labkit.equal(p.label, None, "the label after it was set to None")
    labkit.equal(Point(1, 2, label="work").label, "work", "the label given to the constructor")
    labkit.equal(Point(label=None).label, None, "the label None given to the constructor")


def test_label_refuses():
    """What is neither str nor None is a TypeError, and the old label stays."""
    Point = labkit.fresh("point").Point
    p = Point(label="home")
    labkit.raises(TypeError, setattr, p, "label", 42, text="int")
    labkit.raises(TypeError, setattr, p, "label", b"bytes", text="bytes")
    labkit.raises(TypeError, lambda: Point(label=42))
    labkit.equal(p.label, "home", "the label after failed assignments")


def test_label_is_not_deleted():
    """``del p.label`` is a TypeError, with and without a label."""
    Point = labkit.fresh("point").Point
    p = Point(label="home")
    labkit.raises(TypeError, delattr, p, "label")
    labkit.equal(p.label, "home", "the label afterwards")
    labkit.raises(TypeError, delattr, Point(), "label")


def test_label_owns_its_string():
    """The label lives as long as the point, also when everybody else has forgotten it, and what
    was read lives longer."""
    Point = labkit.fresh("point").Point
    p = Point()
    p.label = "".join(["spam", " and ", "eggs"])
    filler = ["".join(["spam", " or ", "eggs"]) for _ in range(100)]
    labkit.equal(p.label, "spam and eggs", "the label")
    for _ in range(10):
        labkit.equal(p.label, "spam and eggs", "the label, read again")
    read = p.label
    del p, filler
    labkit.equal(read + "!", "spam and eggs!", "what was read from a point that is gone")


def test_label_is_plain():
    """Of an instance of a subclass of str the text is kept, not the object: no cycle can form."""
    import weakref

    Point = labkit.fresh("point").Point

    class Name(str):
        pass

    p = Point(label=Name("home"))
    labkit.true(type(p.label) is str, f"the label is of class {type(p.label).__name__}, not str")
    labkit.equal(p.label, "home", "the label given as an instance of a subclass of str")

    def make():
        name = Name("home")
        name.point = Point()
        name.point.label = name
        return weakref.ref(name)

    labkit.collected(make, "name -> point -> label -> name")


def test_labels_leak_nothing():
    """Labels that are set, replaced, refused and forgotten leave nothing behind."""
    Point = labkit.fresh("point").Point

    def use():
        p = Point(label="".join(["a", " label"]))
        p.label = "".join(["another", " label"])
        p.label = p.label
        try:
            p.label = 1
        except TypeError:
            pass
        try:
            Point(label=1)
        except TypeError:
            pass
        return p.label

    labkit.no_leak(use)


def test_attributes_leak_nothing():
    """Reading attributes and showing a point leaves nothing behind."""
    p = labkit.fresh("point").Point(1, 2, label="home")
    labkit.no_leak(lambda: (p.x, p.y, p.norm, repr(p)))


def test_repr():
    """repr shows class and coordinates; for a subclass its own name."""
    Point = labkit.fresh("point").Point

    class Place(Point):
        pass

    labkit.equal(repr(Point(3, -0.5)), "Point(x=3.0, y=-0.5)", "repr(Point(3, -0.5))")
    labkit.equal(repr(Point(1e300)), "Point(x=1e+300, y=0.0)", "repr(Point(1e300))")
    labkit.equal(repr(Place(1, float("nan"))), "Place(x=1.0, y=nan)", "repr of a subclass")
