"""Step 3: close."""

import labkit


def test_close():
    """After ``close`` it is over, and nothing is held."""
    import sys

    Ask = labkit.fresh("ask").Ask
    question, value = object(), object()
    counts = sys.getrefcount(question), sys.getrefcount(value)
    run = Ask(question, question).__await__()
    next(run), run.send(value)
    labkit.equal(run.close(), None, "run.close()")
    labkit.raises(StopIteration, next, run)
    labkit.equal(sys.getrefcount(question) - counts[0], 0, "references to the question")
    labkit.equal(sys.getrefcount(value) - counts[1], 0, "references to the answer")


def test_close_at_any_time():
    """It can be closed before the first question, and after the end, and twice."""
    ask = labkit.fresh("ask")
    run = ask.Ask("name?").__await__()
    run.close()
    labkit.equal(ask.drive(run, None), ("return", None), "what comes then")
    run.close()
    run = ask.Ask().__await__()
    labkit.raises(StopIteration, next, run)
    run.close()


def test_closed_by_its_coroutine():
    """Who closes a coroutine closes what it waits for, and then the coroutine ends."""
    Ask = labkit.fresh("ask").Ask
    seen = []
    run = Ask("name?", "city?").__await__()

    class Waits:
        def __await__(self):
            return run

    async def greet():
        try:
            await Waits()
        except GeneratorExit:
            seen.append(next(run, "over"))
            raise

    coroutine = greet()
    labkit.equal(coroutine.send(None), "name?", "the question")
    coroutine.close()
    labkit.equal(seen, ["over"], "what the run had to say when GeneratorExit came")


def test_closing_leaks_nothing():
    """Closing leaves nothing behind."""
    Ask = labkit.fresh("ask").Ask

    def use():
        run = Ask("name?", "city?").__await__()
        next(run)
        run.send(10**20)
        run.close()

    use()
    labkit.no_leak(use)
