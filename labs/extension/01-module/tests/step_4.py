"""Step 4: a type that finds its module."""

import labkit


def test_clerk_counts_in_its_module():
    """A Clerk adds to the count of its key in the module that its type came from."""
    tally = labkit.fresh("tally")
    clerk = tally.Clerk("spam")
    labkit.equal(clerk.bump(), 1, "the first bump()")
    tally.bump("spam", 5)
    labkit.equal(clerk.bump(), 7, "bump() after tally.bump('spam', 5)")
    labkit.equal(tally.count("spam"), 7, "the count in the module")


def test_each_module_has_its_clerk():
    """Two module objects have two types, and their clerks do not meet."""
    first, second = labkit.fresh("tally"), labkit.fresh("tally")
    labkit.true(first.Clerk is not second.Clerk, "two modules share one Clerk")
    first.Clerk("spam").bump()
    labkit.equal(second.count("spam"), 0, "the count in the other module")
    labkit.equal(first.Clerk.__module__, "tally", "Clerk.__module__")


def test_subclass_finds_the_module():
    """A subclass written in Python counts in the same module."""
    tally = labkit.fresh("tally")

    class Senior(tally.Clerk):
        pass

    labkit.equal(Senior("spam").bump(), 1, "bump() of a subclass")
    labkit.equal(tally.count("spam"), 1, "the count in the module")


def test_clerk_passes_errors_on():
    """A key that cannot be counted is an error when it is counted, not when it is given."""
    tally = labkit.fresh("tally")
    clerk = tally.Clerk([])
    labkit.raises(TypeError, clerk.bump, text="unhashable")


def test_bump_takes_nothing():
    """``Clerk.bump`` refuses arguments, by position and by name."""
    clerk = labkit.fresh("tally").Clerk("spam")
    labkit.raises(TypeError, clerk.bump, 1)
    labkit.raises(TypeError, lambda: clerk.bump(by=1))


def test_clerks_leak_nothing():
    """Clerks come and go without a trace."""
    tally = labkit.fresh("tally")
    labkit.no_leak(lambda: tally.Clerk("spam").bump())
