"""Step 1: a name."""

import labkit


def test_name_from_the_class():
    """A field is told its name when its class has been made, and has none before."""
    record = labkit.fresh("record")
    width, area = record.Field(int), record.Computed(len)
    labkit.equal((width.name, area.name), (None, None), "the names before there is a class")

    class Box:
        w = width
        a = area

    labkit.equal(width.name, "w", "the name of the Field")
    labkit.equal(area.name, "a", "the name of the Computed")


def test_same_name_again():
    """The same name in a second class is no second name."""
    Field = labkit.fresh("record").Field
    width = Field(int)
    type("One", (), {"width": width})
    type("Two", (), {"wid" + "th": width})
    labkit.equal(width.name, "width", "the name after the second class")


def test_second_name():
    """A second name is a TypeError, and the first one stays; a note says in which class."""
    Field = labkit.fresh("record").Field
    width = Field(int)
    error = labkit.raises(TypeError, type, "Box", (), {"width": width, "breadth": width})
    labkit.equal(width.name, "width", "the name after a second one was refused")
    labkit.true(
        any("Error calling __set_name__" in note and "'Box'" in note for note in error.__notes__),
        f"the exception has the notes {error.__notes__}",
    )


def test_no_name():
    """What is no str is a TypeError."""
    field = labkit.fresh("record").Field(int)
    labkit.raises(TypeError, field.__set_name__, object, 42)
    labkit.raises(TypeError, field.__set_name__, object, b"name")
    labkit.equal(field.name, None, "the name after two that were refused")


def test_owns_its_name():
    """The field owns a reference to its name, and gives it up at its end."""
    import sys

    Field = labkit.fresh("record").Field
    name = "".join(["wi", "dth"])
    field = Field(int)
    before = sys.getrefcount(name)
    field.__set_name__(object, name)
    labkit.equal(sys.getrefcount(name) - before, 1, "references to the name by the field")
    del field
    labkit.equal(sys.getrefcount(name) - before, 0, "references when the field is gone")


def test_names_leak_nothing():
    """Names and refusals leave nothing behind."""
    Field = labkit.fresh("record").Field

    def use():
        field = Field(int)
        field.__set_name__(object, "".join(["wi", "dth"]))
        for name in ("width", "breadth", 42):
            try:
                field.__set_name__(object, name)
            except TypeError:
                pass
        return field.name

    labkit.equal(use(), "width", "the name")
    labkit.no_leak(use)
