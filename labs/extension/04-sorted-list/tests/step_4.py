"""Step 4: searching."""

import labkit


class Thing:
    """Ordered by key, equal by key and name; counts comparisons and does as it is told."""

    compared = 0

    def __init__(self, key, name="", action=None, wants=()):
        self.key, self.name, self.action, self.wants = key, name, action, wants

    def _act(self, other, kind):
        Thing.compared += 1
        for thing in (self, other):
            if thing.action and kind in thing.wants:
                thing.action()

    def __lt__(self, other):
        self._act(other, "order")
        return self.key < other.key

    def __eq__(self, other):
        self._act(other, "equality")
        return (self.key, self.name) == (other.key, other.name)

    __hash__ = None


def grumble():
    raise LookupError("no answer today")


def test_contains():
    """``in`` finds what is there, and only that."""
    s = labkit.fresh("sortedlist").SortedList(range(0, 20, 2))
    for number in range(-2, 22):
        labkit.equal(number in s, number in range(0, 20, 2), f"{number} in s")
    labkit.equal(4.0 in s, True, "4.0 in s")
    labkit.true(s.count(4) == 1, "4 is there once")


def test_few_comparisons():
    """Among a thousand items, ``in`` needs a dozen comparisons and not hundreds."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList(Thing(number) for number in range(1000))
    for number in (-1, 0, 0.5, 500, 999, 1000):
        Thing.compared = 0
        found = Thing(number) in s
        labkit.equal(found, number in range(1000), f"{number} in s")
        labkit.true(Thing.compared <= 13, f"{Thing.compared} comparisons for {number} in s")


def test_equality_decides():
    """Of items with the same place, only the equal one is found: the first of several."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList(Thing(key, name) for key in range(3) for name in "abca")
    labkit.equal(Thing(1, "c") in s, True, "a thing that is there")
    labkit.equal(Thing(1, "d") in s, False, "a thing of a known key and another name")
    labkit.equal(s.index(Thing(1, "a")), 4, "the first of two equal things")
    labkit.equal(s.index(Thing(1, "c")), 6, "the third of four with one key")
    labkit.raises(ValueError, s.index, Thing(1, "d"), text="not in")
    labkit.equal(s.count(Thing(1, "d")), 4, "how many are neither smaller nor larger")


def test_model():
    """Random questions and removals agree with a list, step by step."""
    import bisect
    import random

    SortedList = labkit.fresh("sortedlist").SortedList
    dice = random.Random(1991)
    s, model = SortedList(), []
    for _ in range(2000):
        item = dice.randrange(60)
        labkit.equal(item in s, item in model, f"{item} in s")
        labkit.equal(s.count(item), model.count(item), f"s.count({item})")
        if item in model:
            labkit.equal(s.index(item), model.index(item), f"s.index({item})")
        else:
            labkit.raises(ValueError, s.index, item)
        if dice.random() < 0.5:
            s.add(item)
            bisect.insort(model, item)
        elif item in model:
            s.remove(item)
            model.remove(item)
        else:
            labkit.raises(ValueError, s.remove, item)
    labkit.equal(s[:], model, "the items in the end")


def test_what_cannot_be_compared():
    """What has no order with the items is a TypeError, not simply absent."""
    s = labkit.fresh("sortedlist").SortedList([1, 2, 3])
    for call in (s.__contains__, s.index, s.count, s.remove):
        labkit.raises(TypeError, call, "x", text="not supported")
    labkit.equal("x" in type(s)(), False, "'x' in an empty list")


def test_comparison_that_raises():
    """What a comparison raises comes through, from the order and from equality, and changes
    nothing."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList(Thing(number) for number in range(9))
    for wants in (("order",), ("equality",)):
        for call in (s.__contains__, s.index, s.remove):
            labkit.raises(LookupError, call, Thing(4, action=grumble, wants=wants))
    labkit.raises(LookupError, s.count, Thing(4, action=grumble, wants=("order",)))
    labkit.equal(len(s), 9, "the length afterwards")


def test_comparison_that_clears():
    """A comparison that empties the list is a RuntimeError, and no crash."""
    SortedList = labkit.fresh("sortedlist").SortedList
    for wants in (("order",), ("equality",)):
        for name in ("__contains__", "index", "count", "remove"):
            if (name, wants) == ("count", ("equality",)):
                continue  # counting asks for the order alone
            s = SortedList(Thing(number, str(number)) for number in range(50))
            thing = Thing(20, action=s.clear, wants=wants)
            labkit.raises(RuntimeError, getattr(s, name), thing, text="changed")
            labkit.equal(len(s), 0, "the length afterwards")


def test_removed_item_sees_a_whole_list():
    """When a removed item ends, and looks at the list or empties it, it is in order."""
    SortedList = labkit.fresh("sortedlist").SortedList
    seen = []

    class Last(float):
        def __del__(self):
            seen.append(len(s))
            if self == 3:
                s.clear()

    s = SortedList(Last(number) for number in range(6))
    s.remove(2)
    labkit.equal(seen, [5], "the length as the removed item saw it")
    s.remove(3)
    labkit.equal(seen[1], 4, "the length as the second one saw it")
    labkit.equal(len(s), 0, "the length after it has emptied the list")


def test_iterator_notices_a_removal():
    """``remove`` is a change that an iterator notices."""
    s = labkit.fresh("sortedlist").SortedList(range(5))
    iterator = iter(s)
    next(iterator)
    s.remove(4)
    labkit.raises(RuntimeError, next, iterator, text="changed")


def test_searching_leaks_nothing():
    """Answers, refusals and removals leave nothing behind."""
    s = labkit.fresh("sortedlist").SortedList(float(number) for number in range(10))

    def use():
        5.0 in s, 5.5 in s, s.count(3), s.index(7)  # noqa: B018 -- only what is left behind counts
        s.add(4.5)
        s.remove(4.5)
        for call in (s.index, s.remove, s.__contains__, s.count):
            for wrong in (99, "x"):
                try:
                    call(wrong)
                except (ValueError, TypeError):
                    pass

    labkit.equal(s.count(5), 1, "s.count(5)")
    labkit.no_leak(use)
