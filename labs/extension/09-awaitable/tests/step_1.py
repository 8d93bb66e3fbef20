"""Step 1: an answer in, a question out."""

import labkit


def test_questions_and_answers():
    """Each answer that is sent brings the next question, the last one the tuple of answers."""
    ask = labkit.fresh("ask")
    run = ask.Ask("name?", "city?").__await__()
    labkit.equal(ask.drive(run, None), ("next", "name?"), "the first")
    labkit.equal(ask.drive(run, "Ann"), ("next", "city?"), "the second")
    labkit.equal(ask.drive(run, None), ("return", ("Ann", None)), "the end")


def test_nothing_to_ask():
    """Without questions the end comes at once."""
    ask = labkit.fresh("ask")
    labkit.equal(ask.drive(ask.Ask().__await__(), None), ("return", ()), "the end")


def test_when_it_is_over():
    """After the end there is only None, as with a generator."""
    ask = labkit.fresh("ask")
    run = ask.Ask("name?").__await__()
    labkit.equal([ask.drive(run, it) for it in (None, "Ann")][1], ("return", ("Ann",)), "the end")
    labkit.equal(ask.drive(run, None), ("return", None), "after the end")
    labkit.equal(ask.drive(run, "Bob"), ("return", None), "an answer after the end")


def test_too_early():
    """An answer before the first question is a TypeError, after which one can begin all the
    same."""
    ask = labkit.fresh("ask")
    run = ask.Ask("name?").__await__()
    labkit.raises(TypeError, ask.drive, run, "Ann", text="before")
    labkit.equal(ask.drive(run, None), ("next", "name?"), "the first question")
    labkit.equal(ask.drive(run, "Bob"), ("return", ("Bob",)), "the end")


def test_again():
    """One Ask can be awaited many times, also at once, and each time has its own answers."""
    ask = labkit.fresh("ask")
    it = ask.Ask("name?")
    one, two = it.__await__(), it.__await__()
    for run in (one, two):
        labkit.equal(ask.drive(run, None), ("next", "name?"), "the question")
    labkit.equal(ask.drive(one, "Ann"), ("return", ("Ann",)), "the answers of the first")
    labkit.equal(ask.drive(two, "Bob"), ("return", ("Bob",)), "the answers of the second")


def test_subclass():
    """An Ask of a subclass can be awaited."""
    ask = labkit.fresh("ask")

    class Polite(ask.Ask):
        pass

    labkit.equal(ask.drive(Polite("please?").__await__(), None), ("next", "please?"), "the first")


def test_who_owns_what():
    """A run holds questions and answers until it is over, and no longer."""
    import sys

    ask = labkit.fresh("ask")
    question, value = object(), object()
    counts = sys.getrefcount(question), sys.getrefcount(value)
    it = ask.Ask(question)
    run = it.__await__()
    labkit.true(ask.drive(run, None)[1] is question, "the question is another object")
    del it
    labkit.equal(sys.getrefcount(question) - counts[0], 1, "references to the question")
    labkit.true(ask.drive(run, value)[1][0] is value, "the answer is another object")
    labkit.equal(sys.getrefcount(question) - counts[0], 0, "references to it after the end")
    labkit.equal(sys.getrefcount(value) - counts[1], 0, "references to the answer after the end")


def test_runs_leak_nothing():
    """Runs leave nothing behind: those that ended, that are given up, that were used wrongly."""
    ask = labkit.fresh("ask")
    it = ask.Ask("name?", "city?")

    def use():
        run = it.__await__()
        for value in (None, 10**20, 10**21, None):
            ask.drive(run, value)
        ask.drive(it.__await__(), None)
        run = it.__await__()
        ask.drive(run, None)
        ask.drive(run, run)  # a cycle
        try:
            ask.drive(it.__await__(), 42)
        except TypeError:
            pass

    use()
    labkit.no_leak(use)
