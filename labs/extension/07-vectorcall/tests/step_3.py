"""Step 3: without a copy."""

import labkit


def test_nothing_in_front():
    """With nothing to put in front the array goes on as it is, with the permission or without."""
    bound = labkit.fresh("bound")
    call = bound.Bound(bound.Probe())
    for permitted in (False, True):
        args, values, _, same, may = bound.spy(call, (1, 2, 3), ("a",), permitted)
        labkit.equal((args, values), ((1, 2), (3,)), "the arguments")
        labkit.equal(same, True, "whether they came in the caller's array")
        labkit.equal(may, permitted, "whether the place in front of them may be used")


def test_one_in_front():
    """One argument goes to the place in front of the caller's array, and nobody is told that there
    is another such place."""
    bound = labkit.fresh("bound")
    call = bound.Bound(bound.Probe(), 1)
    args, values, names, same, may = bound.spy(call, (2, 3, 4), ("a", "b"), True)
    labkit.equal((args, values, names), ((1, 2), (3, 4), ("a", "b")), "the arguments")
    labkit.equal(same, True, "whether they came in the caller's array")
    labkit.equal(may, False, "whether there is still a place in front of them")
    labkit.equal(bound.spy(call, (), (), True)[0], (1,), "the arguments of a call with none")


def test_not_without_permission():
    """Who does not permit it finds nothing written, and two arguments do not fit into one place:
    they are copied, with a free place in front."""
    bound = labkit.fresh("bound")
    probe = bound.Probe()
    for first, permitted in (((1,), False), ((1, 2), True), ((1, 2), False), (range(20), True)):
        args, values, _, same, may = bound.spy(
            bound.Bound(probe, *first), (3, 4), ("a",), permitted
        )
        labkit.equal((args, values), ((*first, 3), (4,)), "the arguments")
        labkit.equal(same, False, "whether they came in the caller's array")
        labkit.equal(may, True, "whether the place in front of them may be used")


def test_put_back():
    """Whatever the function does, the caller's array is afterwards as it was."""
    bound = labkit.fresh("bound")
    args = bound.spy(bound.Bound(bound.Probe(), 1), (2,), (), True)
    labkit.equal(args[3], True, "whether the arguments came in the caller's array")
    labkit.raises(ZeroDivisionError, bound.spy, bound.Bound(divmod, 1), (0,), (), True)
    labkit.raises(TypeError, bound.spy, bound.Bound(divmod, 1), (), (), True)
    method = bound.Bound([1, 2, 3].index)
    labkit.equal(bound.spy(method, (2,), (), True), 1, "the index of 2")


def test_of_each_other():
    """A Bound of a Bound of a Bound: each in front of the others, copied where there is no room."""
    bound = labkit.fresh("bound")
    Bound, probe = bound.Bound, bound.Probe()
    call = Bound(Bound(Bound(Bound(probe, 1), 2), 3, 4))
    args, values, _, _, _ = bound.spy(call, (5, 6), ("a",), True)
    labkit.equal((args, values), ((1, 2, 3, 4, 5), (6,)), "the arguments")
    last = bound.spy(Bound(Bound(probe, 1), 2), (3,), (), True)
    labkit.equal((last[0], last[4]), ((1, 2, 3), True), "the arguments, and the place in front")


def test_calls_leak_nothing():
    """Calls without a copy leave nothing behind."""
    bound = labkit.fresh("bound")
    one, none = bound.Bound(divmod, 10**20), bound.Bound(divmod)
    probe = bound.Bound(bound.Probe(), 1)
    labkit.equal(bound.spy(probe, (2,), (), True)[3], True, "whether it went without a copy")

    def use():
        bound.spy(one, (10**10,), (), True)
        bound.spy(none, (10**20, 10**10), (), True)
        try:
            bound.spy(one, (0,), (), True)
        except ZeroDivisionError:
            pass

    labkit.no_leak(use)
