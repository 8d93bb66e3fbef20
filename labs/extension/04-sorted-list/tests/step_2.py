"""Step 2: indices and slices."""

import labkit


def model_pair():
    SortedList = labkit.fresh("sortedlist").SortedList
    return SortedList(range(10)), list(range(10))


def test_slices():
    """A slice is a plain list, with the items that a slice of a list has."""
    s, model = model_pair()
    ends = (None, 0, 1, 5, 9, 10, 11, -1, -5, -10, -11, 1 << 80, -(1 << 80))
    for start in ends:
        for stop in ends:
            for step in (None, 1, 2, 3, 20, -1, -3, 1 << 80):
                labkit.equal(
                    s[start:stop:step], model[start:stop:step], f"s[{start}:{stop}:{step}]"
                )


def test_indices():
    """What has an ``__index__`` is an index, what has none is a TypeError."""
    s, model = model_pair()

    class Five:
        def __index__(self):
            return 5

    labkit.equal(s[Five()], 5, "s[Five()]")
    labkit.equal(s[: Five()], model[:5], "s[:Five()]")
    labkit.raises(TypeError, lambda: s["5"], text="str")
    labkit.raises(TypeError, lambda: s[5.0], text="float")
    labkit.raises(TypeError, lambda: s["a":])
    labkit.raises(ValueError, lambda: s[::0])
    labkit.raises(IndexError, lambda: s[1 << 80])


def test_index_that_changes_the_list():
    """An ``__index__`` may empty the list: what counts is how long it is afterwards."""
    s, _ = model_pair()

    class Wrecker:
        def __index__(self):
            s.clear()
            return 3

    labkit.equal(s[Wrecker() : 8], [], "the slice of a list that was emptied meanwhile")
    for number in range(10):
        s.add(number)
    labkit.raises(IndexError, lambda: s[Wrecker()])
    for number in range(10):
        s.add(number)
    del s[Wrecker() : 8 : 2]
    labkit.equal(len(s), 0, "the length in the end")


def test_delete():
    """``del`` with an index and with a slice does to the list what it does to any list."""
    SortedList = labkit.fresh("sortedlist").SortedList
    for key in (
        0,
        -1,
        5,
        slice(2, 5),
        slice(None),
        slice(None, None, 2),
        slice(None, None, -1),
        slice(8, 1, -3),
        slice(5, 2),
        slice(1, None, 1 << 80),
    ):
        s, model = SortedList(range(10)), list(range(10))
        del s[key], model[key]
        labkit.equal(s[:], model, f"the items after del s[{key}]")
        s.add(5)
        labkit.equal(s[:], sorted([*model, 5]), "the items after one more was added")
    labkit.raises(IndexError, s.__delitem__, 20)
    labkit.raises(IndexError, SortedList().__delitem__, 0)


def test_delete_model():
    """Random additions and deletions agree with a list, step by step."""
    import bisect
    import random

    SortedList = labkit.fresh("sortedlist").SortedList
    dice = random.Random(1991)
    s, model = SortedList(), []
    for _ in range(1500):
        if dice.random() < 0.7:
            item = dice.randrange(1000)
            s.add(item)
            bisect.insort(model, item)
        else:
            ends = sorted(dice.randrange(-5, len(model) + 5) for _ in range(2))
            key = slice(*ends, dice.choice((1, 1, 2, 3, 7)))
            if dice.random() < 0.3:
                key = slice(ends[1], ends[0] if ends[0] >= 0 else None, -dice.choice((1, 2, 5)))
            del s[key], model[key]
        labkit.equal(s[:], model, "the items")


def test_no_assignment():
    """Nobody puts an item into a place of their choice."""
    s, model = model_pair()
    labkit.raises(TypeError, s.__setitem__, 0, 5, text="add()")
    labkit.raises(TypeError, s.__setitem__, slice(0, 2), [7, 8], text="add()")
    labkit.equal(s[:], model, "the items afterwards")


def test_what_goes_sees_a_whole_list():
    """When deleted items end, and look at the list or empty it, it is in order."""
    SortedList = labkit.fresh("sortedlist").SortedList
    seen = []

    class Last:
        def __init__(self, key):
            self.key = key

        def __lt__(self, other):
            return self.key < other.key

        def __del__(self):
            seen.append([thing.key for thing in s[:]])
            if self.key == 6:
                s.clear()

    s = SortedList(Last(key) for key in range(8))
    del s[3]
    labkit.equal(seen, [[0, 1, 2, 4, 5, 6, 7]], "the list as the item at 3 saw it")
    seen.clear()
    del s[::2]  # 0, 2, 5 and 7 go
    labkit.equal(seen, [[1, 4, 6]] * 4, "the list as the four items saw it")
    seen.clear()
    del s[2]  # this one empties it, so that 1 and 4 go with it
    labkit.equal(seen, [[1, 4], [], []], "the list as the last three items saw it")
    labkit.equal(len(s), 0, "the length in the end")


def test_subscripts_leak_nothing():
    """Slices, deletions and refusals leave nothing behind."""
    SortedList = labkit.fresh("sortedlist").SortedList

    def use():
        s = SortedList([float(number)] for number in range(20))
        s[2:8], s[::-1], s[3]
        del s[::3], s[0], s[::-2]
        for call in (lambda: s["x"], lambda: s[99], lambda: s.__setitem__(0, 1)):
            try:
                call()
            except (TypeError, IndexError):
                pass

    labkit.no_leak(use, rounds=300)
