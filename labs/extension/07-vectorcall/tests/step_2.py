"""Step 2: with an array."""

import labkit


def show(*args, **kwargs):
    return args, kwargs


def test_arguments():
    """The same results as those of a Tupled, however it is called."""
    Bound = labkit.fresh("bound").Bound
    labkit.equal(Bound(show)(), ((), {}), "Bound(show)()")
    labkit.equal(Bound(show, 1)(2, a=3), ((1, 2), {"a": 3}), "Bound(show, 1)(2, a=3)")
    labkit.equal(Bound(show, 1, 2)(**{"self": 4}), ((1, 2), {"self": 4}), "a name self")
    labkit.equal(Bound(show, 1)(*(2, 3), **{"a": 4}), ((1, 2, 3), {"a": 4}), "with * and **")
    labkit.equal(Bound(show, 1).__call__(2, a=3), ((1, 2), {"a": 3}), "__call__ by name")
    labkit.equal([*map(Bound(pow, 2), range(4))], [1, 2, 4, 8], "map(Bound(pow, 2), …)")
    labkit.raises(ZeroDivisionError, Bound(divmod, 1), 0)
    labkit.raises(TypeError, Bound(divmod, 1))


def test_many():
    """Any number of arguments, before and after, by position and by name, all in their places."""
    Bound = labkit.fresh("bound").Bound
    for before in (0, 1, 2, 6, 7, 8, 9, 300):
        for after in (0, 1, 2, 7, 8, 9, 300):
            for named in (0, 1, 2, 9):
                names = {f"n{i}": -i for i in range(named)}
                got = Bound(show, *range(before))(*range(after), **names)
                labkit.true(
                    got == ((*range(before), *range(after)), names),
                    f"{before} arguments, then {after} and {named} by name: wrong ones arrived",
                )


def test_has_the_flag():
    """The type says that it knows vectorcall; Tupled does not."""
    bound = labkit.fresh("bound")
    flag = 1 << 11  # Py_TPFLAGS_HAVE_VECTORCALL
    labkit.equal(bool(bound.Bound.__flags__ & flag), True, "the flag of Bound")
    labkit.equal(bool(bound.Tupled.__flags__ & flag), False, "the flag of Tupled")


def test_nothing_is_packed():
    """On the way to the function nobody takes a reference to an argument, as a tuple would."""
    import sys

    Bound = labkit.fresh("bound").Bound
    thing = object()
    labkit.equal(Bound(sys.getrefcount)(thing), sys.getrefcount(thing), "the references")


def test_what_arrives():
    """The function gets what its caller has, also from a caller who permits more than that."""
    bound = labkit.fresh("bound")
    probe = bound.Probe()
    for permitted in (False, True):
        for first in ((), (1,), (1, 2), tuple(range(50))):
            args, values, names, _, _ = bound.spy(
                bound.Bound(probe, *first), (3, 4, 5), ("a", "b"), permitted
            )
            labkit.equal(args, (*first, 3), "the positional arguments")
            labkit.equal((values, names), ((4, 5), ("a", "b")), "the named arguments")


def test_subclass():
    """A subclass is called the same way; with a ``__call__`` of its own, that one is called, and
    can go on to the base."""
    Bound = labkit.fresh("bound").Bound

    class Plain(Bound):
        pass

    class Loud(Bound):
        def __call__(self, *args):
            return "loud", super().__call__(*args)

    labkit.equal(Plain(pow, 2)(5), 32, "Plain(pow, 2)(5)")
    labkit.equal(Loud(pow, 2)(5), ("loud", 32), "Loud(pow, 2)(5)")
    Plain.__call__ = lambda self, *args: "late"
    labkit.equal(Plain(pow, 2)(5), "late", "after __call__ was set on the class")


def test_cost():
    """What a call costs, both ways: shown, not asserted."""
    import functools
    import time

    bound = labkit.fresh("bound")
    labkit.equal(bound.Bound(abs)(-5), 5, "Bound(abs)(-5)")
    labkit.equal(bound.Bound(divmod, 7)(2), (3, 1), "Bound(divmod, 7)(2)")
    rounds = 1000 if labkit.MODE else 20_000

    def cost(call):
        best = 1e9
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(rounds):
                call(2)
            best = min(best, time.perf_counter() - start)
        return best / rounds * 1e9

    ways = {
        "lambda two: max(1, two)": lambda two: max(1, two),
        "Tupled(max, 1)(2)": bound.Tupled(max, 1),
        "Bound(max, 1)(2)": bound.Bound(max, 1),
        "functools.partial(max, 1)(2)": functools.partial(max, 1),
    }
    figures = {name: cost(call) for name, call in ways.items()}
    for name, each in figures.items():
        labkit.figure(name, f"{each:.0f} ns")
    ratio = figures["Tupled(max, 1)(2)"] / figures["Bound(max, 1)(2)"]
    labkit.figure("Tupled to Bound", f"{ratio:.2f}")


def test_calls_leak_nothing():
    """Calls leave nothing behind, those that fail included, with few arguments and with many."""
    Bound = labkit.fresh("bound").Bound
    labkit.equal(Bound(divmod, 7)(2), (3, 1), "Bound(divmod, 7)(2)")

    def use():
        half = Bound(divmod, 10**20)
        half(10**10)
        Bound(max, *range(20))(10**10, key=float)
        for bad in (0, "x"):
            try:
                half(bad)
            except (ZeroDivisionError, TypeError):
                pass
        try:
            Bound(max, *range(20))(None)
        except TypeError:
            pass

    labkit.no_leak(use)
