"""Step 2: a policy that can be chosen."""

import labkit


class Policy:
    """Sets a policy for the time of a ``with`` block."""

    def __init__(self, shift):
        self.shift = shift

    def __enter__(self):
        labkit.true(hasattr(list, "_growth"), "list has no method _growth")
        self.old = list._growth(self.shift)

    def __exit__(self, *_):
        list._growth(self.old)


def room(items):
    """For how many items a list has room."""
    return (items.__sizeof__() - [].__sizeof__()) // 8


def series(appends):
    """The room of a list after each of so many appends."""
    items, found = [], [0] * appends
    for n in range(appends):
        items.append(None)
        found[n] = room(items)
    return found


def formula(appends, shift):
    """The same, by the formula."""
    allocated, found = 0, []
    for size in range(1, appends + 1):
        if not (allocated >= size >= allocated >> 1):
            allocated = (size + (size >> shift) + 6) & ~3
        found.append(allocated)
    return found


def test_default():
    """Before anybody chooses, the policy is 3, that of 3.13."""
    labkit.true(hasattr(list, "_growth"), "list has no method _growth")
    labkit.equal(list._growth(), 3, "list._growth()")
    labkit.equal(series(500), formula(500, 3), "the room after 1 to 500 appends")


def test_generous():
    """With 1, a list gets half as much again: the series of ``__sizeof__`` follows the formula."""
    with Policy(1):
        found = series(500)
    labkit.equal(found, formula(500, 1), "the room after 1 to 500 appends, policy 1")


def test_thrifty():
    """With 5 it gets a thirty-second; with 31 nothing but the few at the end."""
    for shift in (5, 31):
        with Policy(shift):
            found = series(500)
        labkit.equal(found, formula(500, shift), f"the room after 1 to 500 appends, policy {shift}")


def test_get_and_set():
    """Setting gives the old policy back; asking changes nothing."""
    with Policy(2):
        labkit.equal(list._growth(), 2, "list._growth() after list._growth(2)")
        labkit.equal(list._growth(4), 2, "list._growth(4)")
        labkit.equal(list._growth(-1), 4, "list._growth(-1)")
        labkit.equal(list._growth(), 4, "list._growth() after that")
    labkit.equal(list._growth(), 3, "list._growth() at the end")


def test_nonsense_is_refused():
    """A shift beyond the width of a C int, a negative one, and what is no int are errors."""
    labkit.true(hasattr(list, "_growth"), "list has no method _growth")
    for shift in (32, 63, 64, 100, -2, -100):
        labkit.raises(ValueError, list._growth, shift, text=f"to 31, not {shift}")
    labkit.raises(OverflowError, list._growth, 2**40)
    labkit.raises(TypeError, list._growth, "3")
    labkit.raises(TypeError, list._growth, 1.5)
    labkit.equal(list._growth(), 3, "the policy after the errors")


def test_lists_stay_lists():
    """Under every policy, lists hold what they should, through a thousand random operations."""
    import random

    for shift in (1, 2, 5, 31):
        with Policy(shift):
            chance = random.Random(shift)
            items, model = [], ()
            for _ in range(1000):
                where = chance.randint(0, len(model))
                match chance.randint(0, 4):
                    case 0:
                        items.append(where)
                        model = (*model, where)
                    case 1:
                        items.insert(where, -1)
                        model = (*model[:where], -1, *model[where:])
                    case 2:
                        items.extend(range(where))
                        model = (*model, *range(where))
                    case 3:
                        del items[where:]
                        model = model[:where]
                    case 4 if model:
                        items.pop(where - 1)
                        kept = (where - 1) % len(model)
                        model = (*model[:kept], *model[kept + 1 :])
            labkit.equal(tuple(items), model, f"the list under policy {shift}")


def test_a_liar():
    """An iterator that promises more items than memory can hold is a MemoryError, or believed not."""
    labkit.true(hasattr(list, "_growth"), "list has no method _growth")

    class Liar:
        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration

        def __length_hint__(self):
            return 2**62

    for shift in (1, 3):
        with Policy(shift):
            items = [1]
            labkit.raises(MemoryError, items.extend, Liar())
            labkit.equal(items, [1], "the list afterwards")
