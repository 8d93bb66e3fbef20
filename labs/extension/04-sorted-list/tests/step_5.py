"""Step 5: company."""

import labkit


def test_match():
    """``match`` takes the list, and one of a subclass, for a sequence."""
    SortedList = labkit.fresh("sortedlist").SortedList

    class Ranking(SortedList):
        pass

    def shape(thing):
        match thing:
            case []:
                return "empty"
            case [one]:
                return ("one", one)
            case [first, *rest, last]:
                return (first, rest, last)
            case _:
                return "no sequence"

    labkit.equal(shape(SortedList()), "empty", "an empty list")
    labkit.equal(shape(SortedList([7])), ("one", 7), "a list of one")
    labkit.equal(shape(SortedList([3, 1, 2])), (1, [2], 3), "a list of three")
    labkit.equal(shape(Ranking([3, 1, 2, 0])), (0, [1, 2], 3), "a list of a subclass")


def test_match_is_no_mapping():
    """What is a sequence for ``match`` is no mapping."""
    s = labkit.fresh("sortedlist").SortedList([1])
    match s:
        case {}:
            kind = "mapping"
        case [_]:
            kind = "sequence"
        case _:
            kind = "neither"
    labkit.equal(kind, "sequence", "what match takes it for")


def test_repr():
    """repr shows the items in order."""
    SortedList = labkit.fresh("sortedlist").SortedList
    labkit.equal(repr(SortedList()), "SortedList([])", "repr of an empty list")
    labkit.equal(repr(SortedList("ba")), "SortedList(['a', 'b'])", "repr of a list of strings")


def test_repr_of_itself():
    """A list that holds itself, directly or not, is shown in finitely many words."""
    SortedList = labkit.fresh("sortedlist").SortedList
    s = SortedList()
    s.add(s)
    labkit.equal(repr(s), "SortedList([SortedList([...])])", "a list that holds itself")
    s.clear()
    s.add([s])
    labkit.equal(repr(s), "SortedList([[SortedList([...])]])", "a list in a list in itself")
    s.clear()
    labkit.equal(repr(s), "SortedList([])", "the same list afterwards")


def test_repr_that_changes_the_list():
    """An item whose repr empties the list, or raises, does no harm."""
    SortedList = labkit.fresh("sortedlist").SortedList

    class Wrecker:
        def __lt__(self, other):
            return False

        def __repr__(self):
            s.clear()
            return "wreck"

    s = SortedList([Wrecker() for _ in range(10)])
    labkit.equal(repr(s), f"SortedList([{', '.join(['wreck'] * 10)}])", "the list as it was")
    Wrecker.__repr__ = lambda self: 1 // 0
    s = SortedList([Wrecker()])
    labkit.raises(ZeroDivisionError, repr, s)
    labkit.raises(ZeroDivisionError, repr, s)


def test_equality():
    """Two lists are equal when their items are; a plain list is something else."""
    SortedList = labkit.fresh("sortedlist").SortedList
    labkit.equal(SortedList([1, 2]) == SortedList([2, 1]), True, "lists of the same items")
    labkit.equal(SortedList([1, 2]) == SortedList([1, 2.0]), True, "lists of equal items")
    labkit.equal(SortedList([1, 2]) != SortedList([1, 2]), False, "!= of the same items")
    labkit.equal(SortedList([1, 2]) == SortedList([1, 2, 3]), False, "a list and a longer one")
    labkit.equal(SortedList([1, 3]) != SortedList([1, 2]), True, "lists of different items")
    labkit.equal(SortedList([1]) == [1], False, "a sorted list and a plain one")
    labkit.raises(TypeError, lambda: SortedList([1]) < SortedList([2]))
    labkit.raises(TypeError, hash, SortedList(), text="unhashable")


def test_comparison_that_changes():
    """An item's ``==`` may empty both lists, or raise."""
    SortedList = labkit.fresh("sortedlist").SortedList

    class Wrecker:
        def __init__(self, action):
            self.action = action

        def __lt__(self, other):
            return False

        def __eq__(self, other):
            self.action()
            return True

        __hash__ = None

    def clear():
        a.clear()
        b.clear()

    a, b = (SortedList([Wrecker(clear) for _ in range(20)]) for _ in range(2))
    labkit.equal(a == b, True, "two lists that were emptied while they were compared")
    a, b = (SortedList([Wrecker(lambda: b.clear()) for _ in range(20)]) for _ in range(2))
    labkit.equal(a == b, False, "two lists, one of which was emptied meanwhile")
    a, b = (SortedList([Wrecker(lambda: 1 // 0)]) for _ in range(2))
    labkit.raises(ZeroDivisionError, lambda: a == b)


def test_company_leaks_nothing():
    """Showing, comparing and matching leaves nothing behind."""
    SortedList = labkit.fresh("sortedlist").SortedList
    a, b = SortedList([[1], [2], [3]]), SortedList([[1], [2], [4]])

    class Bad(list):
        def __repr__(self):
            raise LookupError("no words")

    bad = SortedList([Bad()])

    def use():
        repr(a), a == b, a != b, a == a
        try:
            repr(bad)
        except LookupError:
            pass
        match a:
            case [_, *rest]:
                return rest

    labkit.equal(repr(a), "SortedList([[1], [2], [3]])", "repr(a)")
    labkit.no_leak(use)
