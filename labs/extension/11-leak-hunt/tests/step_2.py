"""Step 2: the ways out."""

import labkit


def fails(error, items, prices):
    """Nothing is left behind when ``pairs`` of new iterables fails."""
    stock = labkit.fresh("stock")

    def call():
        try:
            stock.pairs(items(), prices())
        except error:
            return
        raise labkit.Failed(f"no {error.__name__}")

    labkit.no_leak(call, 300)


def new(count):
    return lambda: [object() for _ in range(count)]


def broken():
    yield object()
    yield object()
    raise LookupError


def test_more_items():
    """More items than prices: no item, no pair and no list is left."""
    fails(ValueError, new(5), new(3))


def test_more_prices():
    """More prices than items: no price either."""
    fails(ValueError, new(3), new(5))


def test_no_iterable():
    """Prices that are no iterable: the items' iterator is given back."""
    fails(TypeError, new(5), lambda: 5)


def test_iterator_that_raises():
    """An iterator that raises, on either side, after some pairs."""
    fails(LookupError, broken, new(5))
    fails(LookupError, new(5), broken)


@labkit.holds_before("what it says was right all the time")
def test_pairs():
    """It pairs as ``zip(strict=True)`` does, and when all goes well leaves nothing."""
    stock = labkit.fresh("stock")
    labkit.equal(stock.pairs("ab", [1, 2]), [("a", 1), ("b", 2)], "pairs('ab', [1, 2])")
    labkit.equal(stock.pairs([], ()), [], "pairs([], ())")
    labkit.raises(ValueError, stock.pairs, "abc", "ab", text="more items than prices")
    labkit.raises(ValueError, stock.pairs, "a", "ab", text="more prices than items")
    labkit.no_leak(lambda: stock.pairs(new(5)(), new(5)()), 300)
