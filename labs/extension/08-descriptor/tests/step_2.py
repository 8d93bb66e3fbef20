"""Step 2: reading."""

import labkit


def box(record):
    class Box:
        width = record.Field(int)
        height = record.Field(int, 1)

    return Box


def test_on_an_object():
    """On an object a field gives what it falls back on."""
    Box = box(labkit.fresh("record"))
    labkit.equal(Box().height, 1, "box.height")
    labkit.equal(getattr(Box(), "height", 5), 1, "getattr(box, 'height', 5)")


def test_nothing_to_fall_back_on():
    """Without that, reading is an AttributeError that names class and attribute."""
    Box = box(labkit.fresh("record"))
    labkit.raises(AttributeError, getattr, Box(), "width", text="Box")
    labkit.raises(AttributeError, getattr, Box(), "width", text="'width'")
    labkit.equal(getattr(Box(), "width", 5), 5, "getattr(box, 'width', 5)")
    labkit.equal(hasattr(Box(), "width"), False, "hasattr(box, 'width')")


@labkit.holds_before("without __get__ the class gives what stands in its dict; it should stay so")
def test_on_the_class():
    """On the class one gets the field itself."""
    record = labkit.fresh("record")
    Box = box(record)
    labkit.true(Box.width is Box.__dict__["width"], "Box.width is not the field in Box.__dict__")
    labkit.true(type(Box.height) is record.Field, "Box.height is no Field")


def test_owned():
    """Each reading gives a reference that the reader owns."""
    import sys

    value = object()
    Field = labkit.fresh("record").Field
    Box = type("Box", (), {"width": Field(object, value)})
    box, field = Box(), Box.__dict__["width"]
    counts = sys.getrefcount(value), sys.getrefcount(field)
    read = [(box.width, Box.width) for _ in range(100)]
    labkit.equal(sys.getrefcount(value) - counts[0], 100, "references by 100 readings of box.width")
    labkit.equal(sys.getrefcount(field) - counts[1], 100, "references by 100 readings of Box.width")
    del read


def test_called_by_hand():
    """``__get__`` can be called by name, with None for "on the class"."""
    Box = box(labkit.fresh("record"))
    field = Box.__dict__["height"]
    labkit.equal(field.__get__(Box(), Box), 1, "field.__get__(box, Box)")
    labkit.equal(field.__get__(Box()), 1, "field.__get__(box)")
    labkit.true(field.__get__(None, Box) is field, "field.__get__(None, Box) is not the field")


def test_getattr_of_the_class():
    """A ``__getattr__`` of the class is asked when the field has nothing to say."""
    Field = labkit.fresh("record").Field

    class Box:
        width = Field(int)

        def __getattr__(self, name):
            return f"no {name}"

    labkit.equal(Box().width, "no width", "box.width")


def test_readings_leak_nothing():
    """Readings leave nothing behind, those that fail included."""
    Box = box(labkit.fresh("record"))
    it = Box()
    it.height
    labkit.equal(getattr(it, "width", None), None, "getattr(box, 'width', None)")
    labkit.no_leak(lambda: (it.height, Box.width, getattr(it, "width", None)))
