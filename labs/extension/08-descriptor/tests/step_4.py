"""Step 4: a descriptor that is none of data."""

import labkit


def boxes():
    Computed = labkit.fresh("record").Computed

    class Box:
        def __init__(self, width):
            self.width = width
            self.calls = 0

        @Computed
        def area(self):
            self.calls += 1
            return self.width**2

    return Box


def test_computed_once():
    """The first reading calls the function, all others find the value in the object's dict."""
    it = boxes()(3)
    labkit.equal([it.area, it.area, it.area], [9, 9, 9], "three readings")
    labkit.equal(it.calls, 1, "how often the function was called")
    labkit.equal(it.__dict__["area"], 9, "the value in the object's dict")


def test_each_its_own():
    """Every object computes its own value."""
    Box = boxes()
    labkit.equal([Box(n).area for n in range(4)], [0, 1, 4, 9], "the areas of four boxes")


def test_set_and_delete():
    """The value can be set, as no ``__set__`` is in the way, and deleted, to be computed again."""
    it = boxes()(3)
    labkit.equal(it.area, 9, "the area")
    it.area = "large"
    labkit.equal((it.area, it.calls), ("large", 1), "the area that was set, and the calls")
    del it.area
    labkit.equal((it.area, it.calls), (9, 2), "the area after del, and the calls")
    labkit.raises(AttributeError, type(it)(1).__delattr__, "area")


@labkit.holds_before("without __get__ the class gives what stands in its dict; it should stay so")
def test_on_the_class():
    """On the class one gets the object itself."""
    Box = boxes()
    labkit.true(Box.area is Box.__dict__["area"], "Box.area is not the object in Box.__dict__")


def test_function_that_raises():
    """What the function raises comes through, and nothing is kept."""
    Computed = labkit.fresh("record").Computed

    class Box:
        tries = 0

        @Computed
        def area(self):
            self.tries += 1
            if self.tries == 1:
                raise LookupError("not today")
            return 9

    it = Box()
    labkit.raises(LookupError, lambda: it.area)
    labkit.equal("area" in it.__dict__, False, "whether the dict has an area")
    labkit.equal(it.area, 9, "the area at the second try")


def test_function_that_changes_the_dict():
    """A function that gives its object another dict finds the value in that one."""
    Computed = labkit.fresh("record").Computed

    class Box:
        @Computed
        def area(self):
            self.__dict__ = {"width": 3}
            return 9

    it = Box()
    labkit.equal(it.area, 9, "the area")
    labkit.equal(it.__dict__, {"width": 3, "area": 9}, "the dict afterwards")


def test_no_name_no_place():
    """Without a name or without a dict there is no place to keep the value: refused."""
    Computed = labkit.fresh("record").Computed

    class Box:
        pass

    class Slim:
        __slots__ = ()
        area = Computed(lambda it: 9)

    Box.area = Computed(lambda it: 9)
    labkit.raises(TypeError, lambda: Box().area, text="no name")
    labkit.raises(AttributeError, lambda: Slim().area, text="__dict__")


def test_computing_leaks_nothing():
    """Values, refusals and exceptions leave nothing behind."""
    Computed = labkit.fresh("record").Computed

    class Box:
        area = Computed(lambda it: 10**20)
        fails = Computed(lambda it: {}["missing"])

    Box.late = Computed(lambda it: 10**20)
    labkit.equal(Box().area, 10**20, "the area")

    def use():
        it = Box()
        for name in ("area", "fails", "late", "area"):
            try:
                getattr(it, name)
            except (KeyError, TypeError):
                pass

    labkit.no_leak(use)
