"""Step 3: doubling."""

import labkit


class Policy:
    """Sets a policy for the time of a ``with`` block."""

    def __init__(self, shift):
        self.shift = shift

    def __enter__(self):
        self.old = list._growth()
        try:
            list._growth(self.shift)
        except ValueError as error:
            raise labkit.Failed(f"list._growth({self.shift}): {error}") from None

    def __exit__(self, *_):
        list._growth(self.old)


def room(items):
    """For how many items a list has room."""
    return (items.__sizeof__() - [].__sizeof__()) // 8


def test_series():
    """With 0 a list gets as much again: room for 8, 24, 56, 120, 248 …"""
    with Policy(0):
        items, found = [], [0]
        for _ in range(1000):
            items.append(None)
            if room(items) != found[-1]:
                found.append(room(items))
    labkit.equal(found, [0, 8, 24, 56, 120, 248, 504, 1016], "the room, whenever it changed")


def test_few_resizes():
    """Twenty thousand inserts at the end are a dozen resizes under that policy, as appends are."""
    for method in (list.append, lambda items, item: items.insert(len(items), item)):
        with Policy(0):
            items = []
            before = list._resizes()
            for _ in range(20_000):
                method(items, None)
            count = list._resizes() - before
        labkit.true(count <= 13, f"{count} resizes for 20,000 items")


def test_at_the_edge():
    """To append and pop in turns, where the memory ends, does not ask for memory each time."""
    for shift in (0, 1, 2, 3):
        with Policy(shift):
            items = []
            while len(items) < 1000 or len(items) < room(items):
                items.append(None)
            before = list._resizes()
            for _ in range(1000):
                items.append(None)
                items.pop()
            count = list._resizes() - before
        labkit.true(
            count <= 2, f"policy {shift}: {count} resizes for 1,000 pairs of append and pop"
        )


def test_memory_comes_back():
    """A list that has shrunk to a hundredth does not keep its memory, under any policy."""
    for shift in (0, 1, 3):
        with Policy(shift):
            items = []
            for _ in range(10_000):
                items.append(None)
            while len(items) > 100:
                items.pop()
        labkit.true(room(items) <= 450, f"policy {shift}: room for {room(items)} with 100 items")


@labkit.holds_before("a rule for doubling is no rule for the others")
def test_the_others_shrink_as_before():
    """Under policy 3, a list gives memory back as soon as it is half empty, as in 3.13."""
    items = [None] * 1000
    for _ in range(500):
        items.pop()
    labkit.equal(room(items), 1000, "room with 500 of 1,000 left")
    items.pop()
    labkit.equal(room(items), (499 + (499 >> 3) + 6) & ~3, "room with 499 left")


def test_a_liar():
    """Doubling what an iterator promises must not wrap around to something small."""

    class Liar:
        def __init__(self, promise):
            self.promise = promise

        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration

        def __length_hint__(self):
            return self.promise

    with Policy(0):
        for promise in (2**61, 2**62, 2**63 - 2):
            items = [1]
            labkit.raises(MemoryError, items.extend, Liar(promise))
            labkit.equal(items, [1], "the list afterwards")
