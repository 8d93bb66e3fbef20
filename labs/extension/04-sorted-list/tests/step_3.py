"""Step 3: iteration."""

import labkit


def test_iterator():
    """A list gives an iterator of a type of its own, which is its own iterator."""
    module = labkit.fresh("sortedlist")
    s = module.SortedList([3, 1, 2])
    iterator = iter(s)
    labkit.equal(type(iterator).__name__, "SortedListIterator", "the iterator's type")
    labkit.true(iter(iterator) is iterator, "iter(iterator) is not the iterator")
    labkit.equal(list(iterator), [1, 2, 3], "the items")
    labkit.true(not hasattr(module, "SortedListIterator"), "the module shows the iterator's type")
    labkit.raises(TypeError, type(iterator), text="cannot create")


def test_two_iterators():
    """Two iterators over one list do not disturb each other."""
    s = labkit.fresh("sortedlist").SortedList(range(4))
    labkit.equal(type(iter(s)).__name__, "SortedListIterator", "the iterator's type")
    pairs = [(a, b) for a in s for b in s]
    labkit.equal(pairs, [(a, b) for a in range(4) for b in range(4)], "the pairs")


def test_change_while_iterating():
    """A list that was changed on the way is a RuntimeError, whatever the change was."""
    SortedList = labkit.fresh("sortedlist").SortedList
    for change in (
        lambda s: s.add(99),
        lambda s: s.add(-1),
        lambda s: s.clear(),
        lambda s: s.__delitem__(0),
        lambda s: s.__delitem__(slice(None, None, 2)),
    ):
        s = SortedList(range(10))
        iterator = iter(s)
        labkit.equal(next(iterator), 0, "the first item")
        change(s)
        for _ in range(3):
            labkit.raises(RuntimeError, next, iterator, text="changed")
    s = SortedList(range(10))
    iterator = iter(s)
    s.add(99)
    del s[-1]
    labkit.raises(RuntimeError, next, iterator, text="changed")


def test_no_change():
    """What changes nothing disturbs no iterator: an empty slice that is deleted, a failed
    addition."""
    s = labkit.fresh("sortedlist").SortedList(range(3))
    iterator = iter(s)
    labkit.equal(type(iterator).__name__, "SortedListIterator", "the iterator's type")
    del s[2:2]
    labkit.raises(TypeError, s.add, "x")
    labkit.equal(list(iterator), [0, 1, 2], "the items")


def test_the_end_is_the_end():
    """An iterator at its end stays there, also when the list grows, and lets go of the list."""
    import weakref

    s = labkit.fresh("sortedlist").SortedList([1])
    iterator = iter(s)
    labkit.equal(type(iterator).__name__, "SortedListIterator", "the iterator's type")
    labkit.equal(list(iterator), [1], "the items")
    s.add(2)
    labkit.raises(StopIteration, next, iterator)
    reference = weakref.ref(s)
    del s
    labkit.equal(reference(), None, "the list, held by nobody but an iterator at its end")
    labkit.raises(StopIteration, next, iterator)


def test_iterator_holds_the_list():
    """An iterator that is not at its end keeps the list."""
    iterator = iter(labkit.fresh("sortedlist").SortedList([["a"], ["b"]]))
    labkit.equal(type(iterator).__name__, "SortedListIterator", "the iterator's type")
    labkit.equal([*iterator], [["a"], ["b"]], "the items of a list that only the iterator holds")


def test_length_hint():
    """The iterator says how many items are still to come."""
    import operator

    s = labkit.fresh("sortedlist").SortedList(range(5))
    iterator = iter(s)
    labkit.equal(iterator.__length_hint__(), 5, "the hint at first")
    next(iterator), next(iterator)
    labkit.equal(operator.length_hint(iterator), 3, "the hint after two items")
    s.add(7)
    labkit.equal(operator.length_hint(iterator), 0, "the hint when the list was changed")
    iterator = iter(s)
    labkit.equal(len([*iterator]), 6, "how many items came")
    labkit.equal(operator.length_hint(iterator), 0, "the hint at the end")


def test_iterator_in_a_cycle():
    """An iterator in a cycle with its list is collected."""
    import weakref

    SortedList = labkit.fresh("sortedlist").SortedList

    class Holder:
        def __lt__(self, other):
            return False

    def make():
        holder = Holder()
        holder.iterator = iter(SortedList([holder]))
        labkit.equal(type(holder.iterator).__name__, "SortedListIterator", "the iterator's type")
        return weakref.ref(holder)

    labkit.collected(make, "iterator -> list -> item -> iterator")


def test_in_subinterpreters():
    """Lists and iterators work in two subinterpreters at once."""
    with labkit.Interpreter() as one, labkit.Interpreter() as two:
        for interpreter in (one, two):
            interpreter.run("from sortedlist import SortedList; s = SortedList('hello')")
        labkit.equal(one.value("type(iter(s)).__name__"), "SortedListIterator", "the type")
        labkit.equal(two.value("[*s]"), ["e", "h", "l", "l", "o"], "the items")


def test_iterating_leaks_nothing():
    """Iterators, run to the end or given up, leave nothing behind."""
    s = labkit.fresh("sortedlist").SortedList([number] for number in range(10))

    def use():
        list(s)
        next(iter(s))
        iterator = iter(s)
        next(iterator)
        s.add([5])
        try:
            next(iterator)
        except RuntimeError:
            del s[6]

    labkit.equal(type(iter(s)).__name__, "SortedListIterator", "the iterator's type")
    labkit.no_leak(use)
