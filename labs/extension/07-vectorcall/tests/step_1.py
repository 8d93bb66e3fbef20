"""Step 1: with a tuple."""

import labkit


def test_arguments():
    """The given arguments come first, the others follow, by position and by name."""
    Tupled = labkit.fresh("bound").Tupled

    def show(*args, **kwargs):
        return args, kwargs

    labkit.equal(Tupled(show)(), ((), {}), "Tupled(show)()")
    labkit.equal(Tupled(show, 1)(2, a=3), ((1, 2), {"a": 3}), "Tupled(show, 1)(2, a=3)")
    labkit.equal(Tupled(show, 1, 2)(**{"self": 4}), ((1, 2), {"self": 4}), "a name self")
    numbers = tuple(range(1000))
    labkit.equal(Tupled(show, *numbers)(*numbers), ((*numbers, *numbers), {}), "2,000 arguments")


def test_exceptions():
    """What the function raises comes through, and a call that does not fit is a TypeError."""
    Tupled = labkit.fresh("bound").Tupled
    labkit.raises(ZeroDivisionError, Tupled(divmod, 1), 0)
    labkit.raises(TypeError, Tupled(divmod, 1))
    labkit.raises(TypeError, lambda: Tupled(len)(obj=()))
    labkit.raises(TypeError, Tupled)
    labkit.raises(TypeError, Tupled, 42)


def test_of_each_other():
    """A Tupled of a Tupled puts its own arguments between."""
    Tupled = labkit.fresh("bound").Tupled
    labkit.equal(Tupled(Tupled(max, 1), 9)(3), 9, "the maximum of 1, 9 and 3")
    labkit.equal(Tupled(Tupled(pow, 2), 5)(7), 4, "2 to the power of 5, modulo 7")


def test_calls_leak_nothing():
    """Calls leave nothing behind, those that fail included."""
    Tupled = labkit.fresh("bound").Tupled
    labkit.equal(Tupled(divmod, 7)(2), (3, 1), "Tupled(divmod, 7)(2)")

    def use():
        half = Tupled(divmod, 10**20)
        half(10**10)
        Tupled(dict, ())(a=10**10)
        for bad in (0, "x"):
            try:
                half(bad)
            except (ZeroDivisionError, TypeError):
                pass

    labkit.no_leak(use)
