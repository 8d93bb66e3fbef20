"""Step 2: nothing there."""

import labkit


def test_empty():
    """Of an empty iterable there is no first item: ValueError, as with ``max``."""
    for empty in ([], (), "", {}, iter([])):
        labkit.raises(ValueError, first, empty, text="first() iterable argument is empty")


def test_exhausted_generator():
    """A generator that ends without a ``yield`` is empty as well."""

    def nothing():
        return 5
        yield

    labkit.raises(ValueError, first, nothing(), text="is empty")


def test_empty_leaks_nothing():
    """The error path releases what the good path does."""

    def call():
        try:
            first([])
        except ValueError:
            pass

    labkit.no_leak(call)


@labkit.holds_before("PyIter_Next passes it on; the check for emptiness must not bury it")
def test_errors_pass_through():
    """What the iterator raises reaches the caller as it is, and is no emptiness."""

    def broken():
        raise KeyError("from inside")
        yield

    labkit.raises(KeyError, first, broken(), text="from inside")

    class NoIterator:
        def __iter__(self):
            raise ZeroDivisionError("no iterator today")

    labkit.raises(ZeroDivisionError, first, NoIterator(), text="no iterator today")


@labkit.holds_before("a None in front is an item like any other")
def test_none_is_an_item():
    """``None`` and other false things count as items."""
    labkit.equal(first([None, 1]), None, "first([None, 1])")
    labkit.equal(first([0, 1]), 0, "first([0, 1])")
