"""Step 1: a store that takes nothing."""

import labkit


def test_count_leaves_nothing():
    """Counting beyond the small ints leaves nothing behind."""
    stock = labkit.fresh("stock")
    many = ["nut"] * 1000
    labkit.no_leak(lambda: stock.count(many), 50)


def test_failed_count_leaves_nothing():
    """So does counting that an item's ``__eq__`` or the iterator breaks off."""
    stock = labkit.fresh("stock")

    class Same:
        def __hash__(self):
            return 1

        def __eq__(self, other):
            raise LookupError

    def items(last):
        yield from ["bolt"] * 1000
        yield from last

    def fails(last):
        try:
            stock.count(items(last))
        except LookupError:
            pass

    def broken():
        yield "nut"
        raise LookupError

    labkit.no_leak(lambda: fails([Same(), Same()]), 50)
    labkit.no_leak(lambda: fails(broken()), 50)


@labkit.holds_before("what it says was right all the time")
def test_count():
    """It counts as ``collections.Counter`` does."""
    from collections import Counter

    stock = labkit.fresh("stock")
    for items in ([], "abracadabra", [1, 1.0, True], ["nut"] * 1000 + ["bolt"]):
        labkit.equal(stock.count(items), dict(Counter(items)), f"count({items!r:.30})")
    labkit.raises(TypeError, stock.count, 5)
    labkit.raises(TypeError, stock.count, [[]], text="unhashable")
