"""Step 2: writing, deleting and popping say it too."""

import labkit


def test_writing():
    """``items[index] = …`` has its old words, the index as written and the length."""
    items = [1, 2, 3]
    for index in (3, -4, 10**9):
        error = labkit.raises(IndexError, items.__setitem__, index, None)
        labkit.equal(
            str(error),
            f"list assignment index out of range: index {index}, length 3",
            f"items[{index}] = None",
        )
    labkit.equal(items, [1, 2, 3], "the list afterwards")


def test_deleting():
    """``del items[index]`` says the same as writing."""
    items = [1, 2, 3]
    for index in (3, -4):
        error = labkit.raises(IndexError, items.__delitem__, index)
        labkit.equal(
            str(error),
            f"list assignment index out of range: index {index}, length 3",
            f"del items[{index}]",
        )
    labkit.equal(items, [1, 2, 3], "the list afterwards")


def test_popping():
    """``items.pop(index)`` too, though it counts a negative index in place."""
    items = [1, 2, 3]
    for index in (3, -4, -100):
        error = labkit.raises(IndexError, items.pop, index)
        labkit.equal(
            str(error), f"pop index out of range: index {index}, length 3", f"items.pop({index})"
        )
    labkit.equal(items, [1, 2, 3], "the list afterwards")


def test_specialised():
    """Warm code that wrote on the fast path gives the same message."""

    def write(items, index):
        items[index] = None

    labkit.warmed(write, [1, 2, 3], 1)
    labkit.true(
        "STORE_SUBSCR_LIST_INT" in labkit.instructions(write), "it is not specialised any more"
    )
    error = labkit.raises(IndexError, write, [1, 2, 3], 5)
    labkit.equal(
        str(error), "list assignment index out of range: index 5, length 3", "the message"
    )


def test_no_leak():
    """What was to be stored is released when it cannot be."""
    items = []

    def fail():
        try:
            items[5] = [object()]
        except IndexError as error:
            labkit.true("index 5" in str(error), f"the message is {error}")

    labkit.no_leak(fail)


@labkit.holds_before("an empty list was always told apart")
def test_popping_from_nothing():
    """``[].pop()`` still says that the list is empty."""
    labkit.raises(IndexError, [].pop, text="pop from empty list")
    labkit.raises(IndexError, [].pop, 5, text="pop from empty list")


@labkit.holds_before("what is there was always written, deleted and popped")
def test_what_is_there():
    """Indices within the list work from both ends."""
    items = list("abcdef")
    items[-6] = "A"
    items[5] = "F"
    del items[-2]
    labkit.equal(items.pop(-2), "d", "items.pop(-2)")
    labkit.equal(items, list("AbcF"), "the list afterwards")
