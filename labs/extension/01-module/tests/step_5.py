"""Step 5: the end of a module."""

import labkit


def test_a_thousand_loads_leak_nothing():
    """A thousand modules are loaded, used and dropped, and nothing is left of them."""

    def load():
        tally = labkit.fresh("tally")
        tally.bump("spam")
        tally.Clerk("eggs").bump()

    labkit.no_leak(load)


def test_cycle_through_the_counts():
    """A key that refers to the module does not keep it alive for ever."""
    import weakref

    class Key:
        pass

    def make():
        key = Key()
        key.module = labkit.fresh("tally")
        key.module.bump(key)
        return weakref.ref(key)

    labkit.collected(make, "module -> state -> counts -> key -> module")


def test_cycle_through_the_error():
    """An attribute of TallyError that refers to the module does not keep it alive for ever."""
    import weakref

    class Owner:
        pass

    def make():
        owner = Owner()
        owner.module = labkit.fresh("tally")
        owner.module.TallyError.owner = owner
        return weakref.ref(owner)

    labkit.collected(make, "module -> state -> TallyError -> owner -> module")


def test_cycle_through_the_type():
    """The type refers to its module and the module's state to the type: that cycle goes too."""
    import weakref

    labkit.collected(
        lambda: weakref.ref(labkit.fresh("tally").Clerk), "module -> state -> Clerk -> module"
    )


@labkit.holds_before("a module that clears too early would break it")
def test_clerk_outlives_the_module_variable():
    """A Clerk works on when nobody but its type remembers the module."""
    import gc

    clerk = labkit.fresh("tally").Clerk("spam")
    gc.collect()
    labkit.equal(clerk.bump(), 1, "bump() after the module's name is gone")
    labkit.equal(clerk.bump(), 2, "and once more")
