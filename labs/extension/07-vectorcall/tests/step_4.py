"""Step 4: how deep."""

import labkit


def chain(bound, length):
    call = max
    for number in range(length):
        call = bound.Bound(call, number)
    return call


def test_too_deep():
    """A hundred thousand Bounds, each of the one before, are a RecursionError and no crash."""
    bound = labkit.fresh("bound")
    labkit.raises(RecursionError, chain(bound, 100_000), 1, text="while calling a Bound")


def test_deep_enough():
    """After many such errors, and after other exceptions, one can go as deep as before."""
    bound = labkit.fresh("bound")
    deep = chain(bound, 100)
    call = chain(bound, 20_000)
    labkit.equal(deep(5), 99, "the maximum through a hundred Bounds")
    wrong = bound.Bound(divmod, 1)
    for _ in range(3):
        labkit.raises(RecursionError, call, 1, text="while calling a Bound")
    for _ in range(20_000):
        try:
            wrong(0)
        except ZeroDivisionError:
            pass
    labkit.equal(deep(5), 99, "the maximum through a hundred Bounds, afterwards")


def test_deep_by_python():
    """A function in Python that calls itself through a Bound gets its RecursionError too."""
    Bound = labkit.fresh("bound").Bound

    def down(call, depth):
        return call(depth + 1)

    calls = []
    calls.append(Bound(lambda depth: down(calls[0], depth)))
    labkit.raises(RecursionError, calls[0], 0)
    calls.clear()
    labkit.raises(RecursionError, chain(labkit.fresh("bound"), 100_000), 1, text="a Bound")
