"""Step 4: what the collector is not told."""

import labkit


def test_shelf_on_itself():
    """A shelf that stands on itself is collected."""
    Shelf = labkit.fresh("stock").Shelf

    def make():
        import weakref

        class Thing:
            pass

        thing = Thing()
        shelf = Shelf("upper")
        shelf.put(shelf)
        shelf.put(thing)
        return weakref.ref(thing)

    labkit.collected(make, "a thing on a shelf that stands on itself")


def test_type_goes():
    """When its shelves and its module are gone, the type goes too."""
    import gc
    import weakref

    stock = labkit.fresh("stock")
    shelves = [stock.Shelf(number) for number in range(10)]
    reference = weakref.ref(stock.Shelf)
    del stock, shelves
    gc.collect()
    gc.collect()
    labkit.equal(reference(), None, "the type")


def test_type_in_a_ring():
    """A shelf that its own type's module holds does not keep the type alive."""
    import gc
    import weakref

    stock = labkit.fresh("stock")
    stock.shelf = stock.Shelf("upper")
    stock.shelf.put(stock)
    reference = weakref.ref(stock.Shelf)
    del stock
    gc.collect()
    labkit.equal(reference(), None, "the type")


def test_shelves_leave_nothing():
    """Shelves that come and go leave no reference behind, to their type or to anything."""
    import sys

    Shelf = labkit.fresh("stock").Shelf
    before = sys.getrefcount(Shelf)
    for _ in range(100):
        shelf = Shelf("upper")
        shelf.put(shelf)
        Shelf("lower")
    del shelf
    import gc

    gc.collect()
    labkit.equal(sys.getrefcount(Shelf), before, "references to the type")
    labkit.no_leak(lambda: Shelf("upper").put(object()))
