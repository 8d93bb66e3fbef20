"""Step 3: a data descriptor."""

import labkit


def box(record):
    class Box:
        width = record.Field(int)
        height = record.Field(int, 1)

    return Box


def test_set_and_read():
    """What was set is read, each object has its own, and it stands in the object's dict."""
    Box = box(labkit.fresh("record"))
    one, two = Box(), Box()
    one.width, two.height = 3, 4
    labkit.equal((one.width, one.height), (3, 1), "the first box")
    labkit.equal(two.height, 4, "the height of the second box")
    labkit.equal((one.__dict__, two.__dict__), ({"width": 3}, {"height": 4}), "the dicts")
    labkit.raises(TypeError, setattr, one, "width", "3")


def test_kind():
    """A value of another kind is a TypeError that says so, and the old value stays."""
    Box = box(labkit.fresh("record"))
    it = Box()
    it.width = True
    labkit.equal(it.width, True, "a value of a subclass")
    labkit.raises(TypeError, setattr, it, "width", "3", text="'width' must be int, not str")
    labkit.raises(TypeError, setattr, it, "width", None, text="NoneType")
    labkit.equal(it.width, True, "the width after failed assignments")


def test_kind_that_decides():
    """The kind is asked as isinstance asks it, and what it raises comes through."""
    Field = labkit.fresh("record").Field

    class Meta(type):
        def __instancecheck__(cls, value):
            if value == 0:
                raise LookupError("zero")
            return value > 0

    class Positive(metaclass=Meta):
        pass

    class Box:
        width = Field(Positive)

    it = Box()
    it.width = 5
    labkit.equal(it.width, 5, "box.width")
    labkit.raises(TypeError, setattr, it, "width", -5)
    labkit.raises(LookupError, setattr, it, "width", 0)


def test_delete():
    """``del`` takes the value away, and is an AttributeError when there is none."""
    Box = box(labkit.fresh("record"))
    it = Box()
    it.height = 4
    labkit.raises(TypeError, setattr, it, "height", "4")
    del it.height
    labkit.equal(it.height, 1, "the height after del")
    labkit.raises(AttributeError, delattr, it, "height", text="'height'")
    labkit.raises(AttributeError, delattr, it, "width", text="'width'")


def test_comes_before_the_dict():
    """A data descriptor comes before the object's dict: no way around the check."""
    record = labkit.fresh("record")
    Box = box(record)
    labkit.true(hasattr(record.Field, "__set__"), "Field has no __set__")
    labkit.true(hasattr(record.Field, "__delete__"), "Field has no __delete__")
    calls = []

    class Loud:
        def __get__(self, it, owner):
            calls.append("get")

        def __set__(self, it, value):
            calls.append("set")

    Box.width = Loud()  # no Field, but the same rule
    it = Box()
    it.width, it.height = 3, 4
    it.__dict__["height"] = 5
    labkit.equal((it.width, calls), (None, ["set", "get"]), "what Loud was asked")
    labkit.equal(it.height, 5, "the height that was put into the dict by hand")


def test_no_name_no_place():
    """A field without a name, or on an object without a dict, or on a class, is refused."""
    Field = labkit.fresh("record").Field

    class Box:
        pass

    Box.late = Field(int, 1)
    labkit.raises(TypeError, setattr, Box(), "late", 1, text="no name")
    labkit.raises(TypeError, getattr, Box(), "late", text="no name")

    class Slim:
        __slots__ = ()
        width = Field(int)

    labkit.raises(AttributeError, setattr, Slim(), "width", 1, text="__dict__")

    class Meta(type):
        width = Field(int)

    class Thing(metaclass=Meta):
        pass

    labkit.raises(TypeError, setattr, Thing, "width", 1, text="of a class")
    labkit.equal(hasattr(Thing(), "width"), False, "whether a Thing has a width now")


def test_both_ways_of_reading():
    """Code that is warm reads the same as code that is cold."""
    Box = box(labkit.fresh("record"))

    def read(it):
        return it.height

    labkit.warmed(read, Box())
    it = Box()
    it.height = 4
    labkit.equal((read(it), read(Box())), (4, 1), "read(box) of a box with and one without height")
    labkit.raises(TypeError, setattr, it, "height", "4")


def test_values_leak_nothing():
    """Values that are set, replaced, refused and deleted leave nothing behind."""
    Box = box(labkit.fresh("record"))
    labkit.raises(TypeError, setattr, Box(), "width", "3")

    def use():
        it = Box()
        it.width = 10**20
        it.width = 10**21
        for value in ("3", None):
            try:
                it.width = value
            except TypeError:
                pass
        read = it.width
        del it.width
        try:
            del it.width
        except AttributeError:
            pass
        return read

    labkit.no_leak(use)
