"""Step 5: a metaclass."""

import labkit


def names(cls):
    return [field.name for field in cls.fields]


def shapes(record):
    class Shape(record.Record):
        name = record.Field(str, "shape")
        sides = record.Field(int)

    class Box(Shape):
        width = record.Field(int)
        area = record.Computed(lambda box: box.width**2)

    return Shape, Box


def test_fields():
    """A class knows its fields, inherited ones first, and how many there are."""
    record = labkit.fresh("record")
    Shape, Box = shapes(record)
    labkit.equal(names(Shape), ["name", "sides"], "the fields of Shape")
    labkit.equal(names(Box), ["name", "sides", "width"], "the fields of Box")
    labkit.equal((len(Shape), len(Box)), (2, 3), "len(Shape), len(Box)")
    labkit.true(type(Box.fields) is tuple, f"Box.fields is a {type(Box.fields).__name__}")
    labkit.true(Box.fields[2] is Box.__dict__["width"], "the third field of Box is not Box.width")


def test_record_itself():
    """``Record`` has no fields; its class is RecordType, whose base is type."""
    record = labkit.fresh("record")
    labkit.equal((record.Record.fields, len(record.Record)), ((), 0), "the fields of Record")
    labkit.true(type(record.Record) is record.RecordType, "the class of Record is not RecordType")
    labkit.equal(record.RecordType.__base__, type, "the base of RecordType")
    labkit.equal(record.Record.__module__, "record", "the module of Record")
    labkit.true(isinstance(record.Record(), record.Record), "Record() is no Record")


def test_overridden():
    """A field that is overridden keeps its place; one that something else hides is gone."""
    record = labkit.fresh("record")
    Shape, _ = shapes(record)

    class Point(Shape):
        sides = 0
        name = record.Field(str, "point")

    class Again(Point):
        sides = record.Field(int)

    labkit.equal(names(Point), ["name"], "the fields of Point")
    labkit.true(Point.fields[0] is Point.name, "Point has the field of its base")
    labkit.equal(names(Again), ["name", "sides"], "the fields of Again")


def test_two_bases():
    """With two bases the nearer one in the MRO decides."""
    record = labkit.fresh("record")

    class One(record.Record):
        both = record.Field(int)
        one = record.Field(int)

    class Two(record.Record):
        both = record.Field(str)
        two = record.Field(int)

    class Both(One, Two):
        pass

    labkit.equal(names(Both), ["both", "two", "one"], "the fields of Both")
    labkit.true(Both.fields[0] is One.both, "Both has the field of its farther base")


def test_on_the_class_alone():
    """``fields`` and ``len`` belong to the class, not to its instances; it cannot be set."""
    _, Box = shapes(labkit.fresh("record"))
    labkit.equal(hasattr(Box(), "fields"), False, "hasattr(box, 'fields')")
    labkit.raises(TypeError, lambda: len(Box()))
    labkit.raises(AttributeError, setattr, Box, "fields", ())
    labkit.equal(len(Box.fields), 3, "how many fields Box has afterwards")


def test_called_directly():
    """The metaclass can be called like type, and refuses what type refuses."""
    record = labkit.fresh("record")
    made = record.RecordType("Made", (record.Record,), {"x": record.Field(int), 42: 43})
    labkit.equal(names(made), ["x"], "the fields of Made")
    labkit.raises(TypeError, record.RecordType, "Made", (int, list), {})
    labkit.raises(TypeError, record.RecordType, "Made")


def test_derived_metaclass():
    """A metaclass derived in Python works, also one that forgets to call ``__init__``."""
    record = labkit.fresh("record")

    class Meta(record.RecordType):
        def shout(cls):
            return cls.__name__.upper()

    class Forgets(record.RecordType):
        def __init__(cls, *args):
            pass

    class Box(record.Record, metaclass=Meta):
        width = record.Field(int)

    class Bare(record.Record, metaclass=Forgets):
        width = record.Field(int)

    labkit.equal((names(Box), Box.shout(), len(Box)), (["width"], "BOX", 1), "Box")
    labkit.equal((Bare.fields, len(Bare)), ((), 0), "the fields of a class nobody initialised")
    Meta.__init__(Bare, "Bare", (), {})
    labkit.equal(names(Bare), ["width"], "the fields of Bare at last")


def test_slots_beside_the_fields():
    """What a class has of its own and what its ``__slots__`` are kept in do not overlap, also with
    a metaclass derived in Python."""
    record = labkit.fresh("record")

    class Meta(record.RecordType):
        pass

    class Box(record.Record, metaclass=Meta):
        __slots__ = ("lid", "lock")
        width = record.Field(int)

    box = Box()
    labkit.equal((names(Box), len(Box)), (["width"], 1), "the fields of Box")
    labkit.raises(AttributeError, lambda: box.lid, text="no attribute 'lid'")
    box.lid, box.lock = "lid", "lock"
    labkit.equal((box.lid, box.lock), ("lid", "lock"), "the slots of a box")


def test_seen_by_the_collector():
    """The collector sees what a class holds: its metaclass, its fields, all of a class."""
    import gc

    record = labkit.fresh("record")
    _, Box = shapes(record)
    seen = gc.get_referents(Box)
    for what, it in (
        ("metaclass", record.RecordType),
        ("tuple of fields", Box.fields),
        ("base", Box.__base__),
    ):
        labkit.true(any(one is it for one in seen), f"the {what} of Box is not shown")


def test_classes_are_collected():
    """A class that nobody needs goes, with its fields, its metaclass and its module."""
    import weakref

    def make_class():
        _, Box = shapes(labkit.fresh("record"))
        return weakref.ref(Box)

    def make_meta():
        return weakref.ref(labkit.fresh("record").RecordType)

    class Witness:
        pass

    def make_through_fields():
        record = labkit.fresh("record")
        witness = Witness()
        held = []
        Box = record.RecordType("Box", (record.Record,), {"x": record.Field(list, held)})
        held.extend((Box, witness))
        del Box.x  # now the tuple alone holds the field
        return weakref.ref(witness)

    labkit.collected(make_class, "Box -> MRO -> Box")
    labkit.collected(make_meta, "module -> RecordType -> module")
    labkit.collected(make_through_fields, "Box -> fields -> field -> list -> Box")


def test_in_subinterpreters():
    """Each subinterpreter has a metaclass of its own."""
    with labkit.Interpreter() as one, labkit.Interpreter() as two:
        for interpreter, count in ((one, 1), (two, 2)):
            interpreter.run(
                "from record import *; import record\n"
                "names = {f'x{n}': record.Field(int) for n in range(%d)}\n"
                "Box = record.RecordType('Box', (record.Record,), names)" % count
            )
        labkit.equal((one.value("len(Box)"), two.value("len(Box)")), (1, 2), "len(Box) in each")


def test_classes_leak_nothing():
    """Classes come and go without a trace, those that could not be made included."""
    record = labkit.fresh("record")

    def use():
        Shape, Box = shapes(record)
        Box().width = 3
        len(Box), Box.fields
        try:
            record.RecordType("Made", (int, list), {})
        except TypeError:
            pass

    labkit.equal(len(shapes(record)[1]), 3, "len(Box)")
    labkit.no_leak(use, rounds=100)
