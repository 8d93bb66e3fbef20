"""Step 3: a key."""

import labkit


def test_first_that_fits():
    """With a key, it is the first item for which the key's answer is true."""
    labkit.equal(first([1, 3, 4, 6], lambda n: n % 2 == 0), 4, "the first even number")
    labkit.equal(first(["", "a", "b"], len), "a", "the first string with a length")
    labkit.equal(first(["x", "1"], key=str.isdigit), "1", "by keyword")


def test_none_means_no_key():
    """``key=None`` is the same as no key."""
    labkit.equal(first([0, 1], None), 0, "first([0, 1], None)")
    labkit.equal(first([0, 1], key=None), 0, "first([0, 1], key=None)")


def test_it_stops_there():
    """The key sees the items up to the one that fits, once each, and the rest stays unread."""
    seen = []

    def key(item):
        seen.append(item)
        return item > 2

    numbers = iter([1, 2, 3, 4, 5])
    labkit.equal(first(numbers, key), 3, "the item found")
    labkit.equal(seen, [1, 2, 3], "what the key has seen")
    labkit.equal(list(numbers), [4, 5], "what is left in the iterator")


def test_signature():
    """``inspect.signature`` reads it: one parameter for position only, one with a default."""
    import builtins

    labkit.equal(
        builtins.first.__text_signature__,
        "($module, iterable, /, key=None)",
        "first.__text_signature__",
    )


def test_nothing_fits():
    """When no item fits, the ValueError does not claim that there were none."""
    labkit.raises(ValueError, first, [1, 2], lambda n: n > 2, text="first() found no such item")
    labkit.raises(ValueError, first, [], text="first() iterable argument is empty")


def test_key_may_raise():
    """What the key raises reaches the caller; nothing after it is read."""
    numbers = iter([1, 0, 2])
    labkit.raises(ZeroDivisionError, lambda: first(numbers, lambda n: 1 // n > 5), text="by zero")
    labkit.equal(list(numbers), [2], "what is left in the iterator")
    labkit.raises(TypeError, first, [1], 5, text="'int' object is not callable")


def test_truth_may_raise():
    """The answer is asked whether it is true, and that may raise too."""

    class Undecided:
        def __bool__(self):
            raise OverflowError("cannot say")

    labkit.raises(OverflowError, first, [1], lambda item: Undecided(), text="cannot say")


def test_every_path_releases():
    """Found, not found, key raises, truth raises: nothing is left behind."""

    class Undecided:
        def __bool__(self):
            raise OverflowError

    def attempt(items, key):
        try:
            return first(items, key)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None

    undecided = Undecided()
    for what, key in (
        ("found at once", lambda item: True),
        ("found later", lambda item: item[0] == 2),
        ("not found", lambda item: False),
        ("the key raises", lambda item: 1 // 0),
        ("the truth raises", lambda item: undecided),
    ):
        try:
            labkit.no_leak(lambda key=key: attempt([[1], [2]], key))
        except labkit.Failed as failure:
            raise labkit.Failed(f"{what}: {failure}") from None


def test_items_may_vanish():
    """A key that empties the list under the function's feet does no harm."""
    items = [[n] for n in range(100)]

    def key(item):
        items.clear()
        return item == [0]

    labkit.equal(first(items, key), [0], "the item found")
