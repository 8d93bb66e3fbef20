"""Step 3: memory that is no object."""

import labkit


def blocks_left(call, rounds=300):
    """Blocks of memory that each of many calls leaves behind, on average."""
    import gc
    import sys

    for _ in range(10):
        call()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(rounds):
        call()
    gc.collect()
    return round((sys.getallocatedblocks() - before) / rounds, 1)


def fails(names):
    stock = labkit.fresh("stock")

    def call():
        try:
            stock.label(names)
        except (TypeError, ValueError):
            return
        raise labkit.Failed("no exception")

    return blocks_left(call)


def test_name_that_is_no_text():
    """When a name is no string, no block of memory is left behind."""
    labkit.equal(fails(["nut", "bolt", 5]), 0.0, "blocks a call")


def test_name_that_cannot_be_printed():
    """Nor when a letter is no ASCII, or half a surrogate pair."""
    labkit.equal(fails(["nut", "écrou"]), 0.0, "blocks a call with 'écrou'")
    labkit.equal(fails(["nut", "\ud800"]), 0.0, "blocks a call with half a pair")


@labkit.holds_before("what it says was right all the time")
def test_label():
    """Labels are right, and those that can be made leave nothing behind."""
    stock = labkit.fresh("stock")
    labkit.equal(stock.label(["nut", "bolt"]), "NUT+BOLT", "the label")
    labkit.equal(stock.label([]), "", "the label of nothing")
    labkit.raises(ValueError, stock.label, ["écrou"], text="cannot print 'écrou'")
    labkit.raises(TypeError, stock.label, 5, text="a sequence of names is needed")
    labkit.equal(blocks_left(lambda: stock.label(["nut"] * 20)), 0.0, "blocks a call")
