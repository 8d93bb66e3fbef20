"""Step 1: a place in the order."""

import labkit


class Thing:
    """Compares by its key alone, and knows only ``<``; ``action`` runs in each comparison."""

    def __init__(self, key, name="", action=None):
        self.key, self.name, self.action = key, name, action

    def __lt__(self, other):
        for thing in (self, other):
            if thing.action:
                thing.action()
        return self.key < other.key


def items(s):
    """The items, asked for one by one: iteration has a step of its own."""
    return [s[index] for index in range(len(s))]


def test_items():
    """What was given and what was added stands in order, at positive and negative indices."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList([5, 1, 3])
    for item in (4, 0, 6, 2):
        s.add(item)
    labkit.equal(items(s), [0, 1, 2, 3, 4, 5, 6], "the items")
    labkit.equal((s[-1], s[-7]), (6, 0), "s[-1] and s[-7]")
    labkit.raises(IndexError, lambda: s[7])
    labkit.raises(IndexError, lambda: s[-8])
    labkit.raises(IndexError, lambda: SortedList()[0])


def test_model():
    """A thousand random additions agree with ``bisect.insort`` on a list, step by step."""
    import bisect
    import random

    SortedList = labkit.fresh("sortedlist").SortedList
    dice = random.Random(1991)
    s, model = SortedList(), []
    for _ in range(1000):
        item = dice.randrange(300)
        s.add(item)
        bisect.insort(model, item)
        place = dice.randrange(-len(model), len(model))
        labkit.equal(s[place], model[place], f"s[{place}]")
    labkit.equal(items(s), model, "the items in the end")


def test_equal_items_queue_up():
    """What is equal stands in the order in which it came."""
    import random

    SortedList = labkit.fresh("sortedlist").SortedList
    dice = random.Random(1991)
    things = [Thing(dice.randrange(10), number) for number in range(200)]
    s = SortedList(things[:100])
    for thing in things[100:]:
        s.add(thing)
    expected = [thing.name for thing in sorted(things, key=lambda thing: thing.key)]
    labkit.equal([thing.name for thing in items(s)], expected, "the order of equal items")


def test_few_comparisons():
    """Adding to a thousand items takes ten comparisons, eleven at most."""
    SortedList = labkit.fresh("sortedlist").SortedList
    count = []
    s = SortedList(Thing(number) for number in range(1000))
    for number in (-1, 0, 499.5, 999, 1000):
        count.clear()
        s.add(Thing(number, action=lambda: count.append(None)))
        labkit.true(0 < len(count) <= 11, f"{len(count)} comparisons to add one item")
        count.clear()


def test_comparison_that_raises():
    """When a comparison raises, that comes through, and the list is as it was."""
    SortedList = labkit.fresh("sortedlist").SortedList

    def grumble():
        raise LookupError("no order today")

    s = SortedList([Thing(1), Thing(2), Thing(3)])
    labkit.raises(LookupError, s.add, Thing(2, action=grumble))
    labkit.equal([thing.key for thing in items(s)], [1, 2, 3], "the keys afterwards")
    labkit.raises(TypeError, SortedList([1, 2]).add, "x")


def test_comparison_that_adds():
    """A comparison that changes the list itself is a RuntimeError, and no crash."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList([Thing(number) for number in range(100)])
    labkit.raises(RuntimeError, s.add, Thing(5, action=lambda: s.add(Thing(50))), text="changed")
    keys = [thing.key for thing in items(s)]
    labkit.equal(keys, sorted(keys), "the keys afterwards")


def test_comparison_that_clears():
    """The list may be emptied by a comparison, with the item that is just compared."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList(Thing(number) for number in range(64))
    labkit.raises(RuntimeError, s.add, Thing(7, action=s.clear), text="changed")
    labkit.equal(len(s), 0, "the length afterwards")
    s.add(Thing(1))
    labkit.equal(len(s), 1, "the length when something was added again")


def test_comparison_that_does_not_know():
    """An item that empties the list and then does not know the answer: the other one is asked,
    which nobody but the comparison holds any more."""
    SortedList = labkit.fresh("sortedlist").SortedList
    asked = []

    class Modest:
        def __lt__(self, other):
            s.clear()
            return NotImplemented

    class Other(Thing):
        def __gt__(self, other):
            asked.append(self.key)
            return NotImplemented

    for number in range(20):
        s = SortedList([Other(number)])
        labkit.raises(TypeError, s.add, Modest(), text="not supported")
        labkit.equal(len(s), 0, "the length afterwards")
    labkit.equal(asked, list(range(20)), "who was asked")


def test_an_item_that_ends_in_a_comparison():
    """What ends with the comparison, and clears the list as its last deed, harms nobody."""
    SortedList = labkit.fresh("sortedlist").SortedList

    class Mine(Thing):
        def __del__(self):
            s.clear()

    s = SortedList(Mine(number) for number in range(20))
    labkit.raises(RuntimeError, s.add, Thing(7, action=s.clear), text="changed")
    labkit.equal(len(s), 0, "the length afterwards")


def test_adding_leaks_nothing():
    """Lists that grow, fail to and go leave nothing behind."""
    SortedList = labkit.fresh("sortedlist").SortedList

    def use():
        s = SortedList()
        for item in ([3], [1], [2], [1]):
            s.add(item)
        try:
            s.add("x")
        except TypeError:
            pass
        return s[0]

    labkit.no_leak(use)


@labkit.holds_before("the life of the list is given; it must not get lost on the way")
def test_life():
    """Lists in cycles and lists nested deeply go."""
    import weakref

    SortedList = labkit.fresh("sortedlist").SortedList

    def make():
        holder = []
        s = SortedList([holder])
        holder.append(s)
        return weakref.ref(s)

    labkit.collected(make, "list -> item -> list")
    labkit.raises(TypeError, SortedList, 1)
    labkit.raises(TypeError, SortedList, [1, "x"])
    deep = None
    for _ in range(20_000):
        deep = SortedList([deep])
    del deep
