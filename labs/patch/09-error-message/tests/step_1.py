"""Step 1: reading says which index, and of how many."""

import labkit


def refused(items, index):
    """What reading ``items[index]`` says."""
    return str(labkit.raises(IndexError, lambda: items[index]))


def test_message():
    """The message has the old words, the index and the length."""
    labkit.equal(refused([1, 2, 3], 3), "list index out of range: index 3, length 3", "items[3]")
    labkit.equal(refused([], 0), "list index out of range: index 0, length 0", "[][0]")


def test_negative():
    """A negative index is shown as it was written, not as it was counted from the other end."""
    labkit.equal(refused([1, 2, 3], -4), "list index out of range: index -4, length 3", "items[-4]")
    labkit.equal(
        refused([1, 2, 3], -100), "list index out of range: index -100, length 3", "items[-100]"
    )


def test_large():
    """The largest indices there are come out whole."""
    import sys

    for index in (sys.maxsize, -sys.maxsize - 1):
        labkit.equal(
            refused([1], index), f"list index out of range: index {index}, length 1", f"[1][{index}]"
        )


def test_subclasses_and_objects():
    """Subclasses of list, and objects with ``__index__``, which is asked once."""

    class Items(list):
        pass

    asked = []

    class Seven:
        def __index__(self):
            asked.append(7)
            return 7

    labkit.equal(
        refused(Items([1]), Seven()), "list index out of range: index 7, length 1", "Items([1])[7]"
    )
    labkit.equal(asked, [7], "calls of __index__")


def test_length_after_index():
    """``__index__`` may change the list: the length is the one that counted."""
    items = [1, 2, 3]

    class Clearing:
        def __index__(self):
            items.clear()
            return 1

    labkit.equal(refused(items, Clearing()), "list index out of range: index 1, length 0", "cleared")


def test_specialised():
    """Warm code that used the fast path gives the same message when it leaves it."""

    def read(items, index):
        return items[index]

    labkit.warmed(read, [1, 2, 3], 1)
    labkit.true(
        "BINARY_SUBSCR_LIST_INT" in labkit.instructions(read), "it is not specialised any more"
    )
    error = labkit.raises(IndexError, read, [1, 2, 3], 5)
    labkit.equal(str(error), "list index out of range: index 5, length 3", "the message")


def test_no_leak():
    """Failing leaves nothing behind."""
    items = []

    def fail():
        try:
            items[10**6]
        except IndexError as error:
            labkit.true("length 0" in str(error), f"the message is {error}")

    labkit.no_leak(fail)


@labkit.holds_before("what can be read was always read")
def test_what_is_there():
    """Every index within the list gives its item, from both ends."""
    items = list("abc")
    labkit.equal([items[n] for n in range(-3, 3)], list("abcabc"), "items[-3] … items[2]")


@labkit.holds_before("other errors have messages of their own")
def test_other_errors():
    """Wrong types, indices that fit no machine word, and what ``__index__`` raises."""

    class Broken:
        def __index__(self):
            raise KeyError("mine")

    labkit.raises(TypeError, lambda: [1]["a"], text="list indices must be integers or slices")
    labkit.raises(IndexError, lambda: [1][10**30], text="cannot fit 'int'")
    labkit.raises(KeyError, lambda: [1][Broken()], text="mine")


@labkit.holds_before("it is measured, and nothing is asserted of it")
def test_cost():
    """What a read costs that succeeds, and one that fails, with the specialised instruction and by a call."""
    from time import perf_counter

    def there(items):
        for _ in numbers:
            items[1]

    def by_call(items):
        for _ in numbers:
            getitem(items, 1)

    def beyond(items):
        for _ in numbers:
            try:
                items[3]
            except IndexError:
                pass

    def best(function):
        times = []
        for _ in range(5):
            begun = perf_counter()
            function([1, 2, 3])
            times.append(perf_counter() - begun)
        return f"{min(times) / len(numbers) * 1e9:.0f} ns"

    numbers, getitem = range(5000), list.__getitem__
    labkit.figure("a read that succeeds, specialised (debug build)", best(there))
    labkit.figure("a read that succeeds, by the general way (debug build)", best(by_call))
    labkit.figure("a read that fails and is caught (debug build)", best(beyond))
