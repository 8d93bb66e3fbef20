"""Step 1: count what you want to change."""

import labkit


def resizes(action):
    """How many times a list got memory of another size while ``action()`` ran."""
    labkit.true(hasattr(list, "_resizes"), "list has no method _resizes")
    before = list._resizes()
    action()
    return list._resizes() - before


def expected(sizes, allocated=0):
    """The same, by the formula of 3.13, for a list that takes these sizes one after the other."""
    count = 0
    for size in sizes:
        if not (allocated >= size >= allocated >> 1):
            allocated = (size + (size >> 3) + 6) & ~3
            count += 1
    return count


def test_appends():
    """1,000 appends are 28 resizes; 10 or 10,000 are what the formula says."""
    for length in (1, 4, 5, 10, 1_000, 10_000):
        items = []

        def action(items=items, length=length):
            for _ in range(length):
                items.append(None)

        labkit.equal(resizes(action), expected(range(1, length + 1)), f"{length} appends")


def test_pops():
    """A list that is popped empty gives memory back in a few steps, and frees the last at once."""
    items = [None] * 1000

    def action():
        while len(items) > 1:
            items.pop()

    labkit.equal(resizes(action), expected(range(999, 0, -1), 1000), "999 pops of 1,000")


def test_no_resize():
    """A literal, a repetition, a copy and ``clear`` ask for memory elsewhere."""
    items = [1, 2, 3]

    def action():
        other = [None] * 1000
        copy = items[:]
        other.clear()
        copy.clear()

    labkit.equal(resizes(action), 0, "resizes")


def test_one_resize_for_many():
    """``extend`` with a thousand items resizes once, whatever the policy."""
    items = [0]
    more = tuple(range(1000))
    labkit.equal(resizes(lambda: items.extend(more)), 1, "resizes of an extend")


def test_the_interface():
    """It is a method of the class, takes no argument, and has a signature for tools."""
    labkit.true(hasattr(list, "_resizes"), "list has no method _resizes")
    labkit.equal(type(list._resizes()), int, "the type of list._resizes()")
    labkit.equal([]._resizes() - list._resizes(), 0, "the difference of two calls")
    labkit.raises(TypeError, list._resizes, 1, text="takes no arguments")
    labkit.equal(list._resizes.__text_signature__, "($type, /)", "__text_signature__")
