"""Step 4: borrow."""

import labkit


def ring(capacity=4):
    return labkit.fresh("ring").Ring(capacity)


def test_extend():
    """The numbers of an array of doubles are appended, in their order."""
    import array

    r = ring()
    r.extend(array.array("d", [1, 2, 3]))
    labkit.equal([*r], [1.0, 2.0, 3.0], "the numbers")
    r.extend(array.array("d", [4, 5, 6, 7, 8, 9]))
    labkit.equal([*r], [6.0, 7.0, 8.0, 9.0], "the numbers after more than there is room for")
    r.extend(array.array("d"))
    labkit.equal([*r], [6.0, 7.0, 8.0, 9.0], "the numbers after none")
    other = ring(2)
    other.extend(r)
    labkit.equal([*other], [8.0, 9.0], "the numbers of a ring, in a smaller one")


def test_strides():
    """Parts of arrays are taken with their steps, backwards too."""
    import array

    numbers = memoryview(array.array("d", range(10)))
    for part in (slice(2, 5), slice(None, None, 3), slice(None, None, -1), slice(8, 2, -2)):
        r = ring(20)
        r.extend(numbers[part])
        labkit.equal([*r], numbers[part].tolist(), f"the numbers of {part}")


def test_odd_places():
    """Doubles may stand where no double may stand: at an odd address."""
    import array

    raw = bytearray(8 * 4 + 1)
    raw[1:] = array.array("d", [1, 2, 3, 4]).tobytes()
    r = ring()
    r.extend(memoryview(raw)[1:].cast("d"))
    labkit.equal([*r], [1.0, 2.0, 3.0, 4.0], "the numbers from an odd address")


def test_other_formats():
    """Other formats, other dimensions and what has no buffer are a TypeError, and nothing is
    appended."""
    import array

    r = ring()
    r.append(1)
    wrong = memoryview(array.array("d", range(4))).cast("B")
    for source in (
        array.array("f", [1, 2]),
        array.array("q", [1, 2]),  # as large as a double
        array.array("Q", [1, 2]),
        b"12345678",
        wrong,
        wrong.cast("d", (2, 2)),
        wrong[:8].cast("d", ()),
        [1.0, 2.0],
        1.0,
    ):
        labkit.raises(TypeError, r.extend, source)
    labkit.equal([*r], [1.0], "the numbers afterwards")


def test_refused_buffers_are_given_back():
    """Of what was refused, nothing is kept: its owner can change it at once."""
    import array

    r = ring()
    for numbers in (array.array("f", [1, 2]), array.array("q", [1]), bytearray(b"12345678")):
        labkit.raises(TypeError, r.extend, numbers)
        numbers.append(1)
    numbers = array.array("d", [1, 2])
    r.extend(numbers)
    numbers.append(3)
    with memoryview(r):
        labkit.raises(BufferError, r.extend, numbers)
    numbers.append(4)
    labkit.equal(numbers.tolist(), [1.0, 2.0, 3.0, 4.0], "the array in the end")


def test_itself():
    """A ring cannot be extended by itself or by a view of itself, and is free afterwards."""
    r = ring()
    r.append(1)
    labkit.raises(BufferError, r.extend, r)
    view = memoryview(r)
    labkit.raises(BufferError, r.extend, view[::-1])
    view.release()
    r.append(2)
    labkit.equal([*r], [1.0, 2.0], "the numbers afterwards")


def test_a_source_in_python():
    """A source may be a class with ``__buffer__``, which changes the ring while it is asked."""
    import array

    r = ring()

    class Source:
        def __init__(self):
            self.released = 0

        def __buffer__(self, flags):
            r.append(7)
            r.resize(3)
            return memoryview(array.array("d", [1, 2]))

        def __release_buffer__(self, view):
            self.released += 1
            r.append(8)
            view.release()

    source = Source()
    r.extend(source)
    labkit.equal([*r], [1.0, 2.0, 8.0], "the numbers afterwards")
    labkit.equal(source.released, 1, "how often the buffer was given back")

    class Refusing:
        def __buffer__(self, flags):
            raise LookupError("no buffer today")

    labkit.raises(LookupError, r.extend, Refusing())


def test_in_subinterpreters():
    """Rings work in two subinterpreters at once."""
    with labkit.Interpreter() as one, labkit.Interpreter() as two:
        for interpreter in (one, two):
            interpreter.run("from ring import Ring; from array import array; r = Ring(2)")
        one.run("r.extend(array('d', [1, 2, 3]))")
        labkit.equal(one.value("memoryview(r).tolist()"), [2.0, 3.0], "in the first")
        labkit.equal(two.value("len(r)"), 0, "in the second")


def test_borrowing_leaks_nothing():
    """What was borrowed and what was refused leaves nothing behind."""
    import array

    r = ring()
    good, bad = array.array("d", [1, 2, 3]), array.array("q", [1])

    def use():
        r.extend(good)
        r.extend(memoryview(good)[::-1])
        for source in (bad, b"x", [1.0], r):
            try:
                r.extend(source)
            except (TypeError, BufferError):
                pass

    use()
    labkit.no_leak(use)
