"""Step 3: every call can fail."""

import labkit


class Grumpy:
    """A key whose methods raise what they are told to; all of them share one hash."""

    def __init__(self, error=None, hashing=None):
        self.error, self.hashing = error, hashing

    def __hash__(self):
        if self.hashing:
            raise self.hashing
        return 42

    def __eq__(self, other):
        error = self.error or other.error
        if error:
            raise error
        return self is other


def test_unhashable_key():
    """A key without a hash is a TypeError, from ``bump`` and from ``count``."""
    tally = labkit.fresh("tally")
    labkit.raises(TypeError, tally.bump, [], text="unhashable")
    labkit.raises(TypeError, tally.count, {}, text="unhashable")


def test_hash_that_raises():
    """What the key's ``__hash__`` raises comes through as it is."""
    tally = labkit.fresh("tally")
    labkit.raises(OSError, tally.bump, Grumpy(hashing=OSError("no hash today")))
    labkit.raises(OSError, tally.count, Grumpy(hashing=OSError("no hash today")))


def test_comparison_that_raises():
    """What the key's ``__eq__`` raises comes through, and the count in the way stays."""
    tally = labkit.fresh("tally")
    there = Grumpy()
    tally.bump(there, 3)
    for function in (tally.bump, tally.count):
        labkit.raises(LookupError, function, Grumpy(error=LookupError("no comparison")))
    labkit.equal(tally.count(there), 3, "the count of the key it was compared with")


def test_negative_amount():
    """A negative amount is a TallyError that says which, and changes nothing."""
    tally = labkit.fresh("tally")
    tally.bump("spam", 3)
    labkit.true(
        issubclass(tally.TallyError, ValueError), "TallyError is not a subclass of ValueError"
    )
    labkit.raises(tally.TallyError, tally.bump, "spam", -2, text="-2")
    labkit.equal(tally.count("spam"), 3, "the count after the failed call")


def test_error_belongs_to_its_module():
    """Each module object has a TallyError of its own."""
    first, second = labkit.fresh("tally"), labkit.fresh("tally")
    labkit.true(first.TallyError is not second.TallyError, "two modules share one TallyError")
    labkit.raises(first.TallyError, first.bump, "spam", -1)
    labkit.equal(first.TallyError.__module__, "tally", "TallyError.__module__")


def test_errors_leak_nothing():
    """A call that fails leaves no reference behind."""
    tally = labkit.fresh("tally")
    there = Grumpy()
    tally.bump(there)

    def fail():
        for key, by in (([], 1), ("spam", -1), (Grumpy(error=LookupError()), 1)):
            try:
                tally.bump(key, by)
            except (TypeError, ValueError, LookupError):
                pass

    labkit.no_leak(fail)


def test_counting_leaks_nothing():
    """Counting the same key a thousand times leaves nothing behind but a number."""
    tally = labkit.fresh("tally")
    labkit.no_leak(lambda: tally.bump("spam", 1000))
    labkit.raises(tally.TallyError, tally.bump, "spam", -1)


@labkit.holds_before("PyArg_ParseTuple has always done this part")
def test_bad_arguments():
    """Too few, too many and too large arguments are refused."""
    tally = labkit.fresh("tally")
    labkit.raises(TypeError, tally.bump)
    labkit.raises(TypeError, tally.bump, "spam", 1, 2)
    labkit.raises(TypeError, tally.bump, "spam", "many")
    labkit.raises(OverflowError, tally.bump, "spam", 1 << 100)
