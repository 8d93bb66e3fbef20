"""Step 4: throw."""

import labkit


def test_skip():
    """A Skip stands for an answer that is None, and the next question comes, or the end."""
    ask = labkit.fresh("ask")
    run = ask.Ask("name?", "city?", "year?").__await__()
    labkit.equal(next(run), "name?", "the first question")
    labkit.equal(run.throw(ask.Skip), "city?", "after Skip, the class")
    labkit.equal(run.throw(ask.Skip("no city")), "year?", "after Skip, an instance")
    error = labkit.raises(StopIteration, run.throw, ask.Skip)
    labkit.equal(error.value, (None, None, None), "the value of StopIteration")


def test_through_a_coroutine():
    """What is thrown into a coroutine reaches what it awaits; it goes on, or gets it back."""
    ask = labkit.fresh("ask")

    async def greet():
        try:
            return await ask.Ask("name?", "city?")
        except LookupError as error:
            return f"caught {error}"

    coroutine = greet()
    coroutine.send(None)
    labkit.equal(coroutine.throw(ask.Skip()), "city?", "the question after Skip")
    error = labkit.raises(StopIteration, coroutine.send, "Rome")
    labkit.equal(error.value, (None, "Rome"), "the answers")

    coroutine = greet()
    coroutine.send(None)
    error = labkit.raises(StopIteration, coroutine.throw, LookupError("nobody"))
    labkit.equal(error.value, "caught nobody", "what the coroutine returned")


def test_skip_at_the_end():
    """A Skip for the last question ends the waiting, and the coroutine goes on with the result."""
    ask = labkit.fresh("ask")

    async def greet():
        return len(await ask.Ask("name?"))

    coroutine = greet()
    coroutine.send(None)
    error = labkit.raises(StopIteration, coroutine.throw, ask.Skip)
    labkit.equal(error.value, 1, "how many answers the coroutine got")


def test_ends():
    """All other exceptions come out as they went in, and it is over."""
    ask = labkit.fresh("ask")
    for exception in (KeyError("a"), KeyboardInterrupt(), StopIteration((1, 2)), ask.Ask):
        run = ask.Ask("name?", "city?").__await__()
        next(run)
        if isinstance(exception, BaseException):
            error = labkit.raises(type(exception), run.throw, exception)
            labkit.true(error is exception, "another exception came out")
            labkit.equal(next(run, "over"), "over", "what comes then")
        else:
            labkit.raises(TypeError, run.throw, exception)
            labkit.equal(next(run), "city?", "what comes after something that is no exception")


def test_as_in_former_times():
    """A class, a value and a traceback, as ``throw`` was called before 3.12."""
    ask = labkit.fresh("ask")
    for arguments, expected in (
        ((KeyError,), ()),
        ((KeyError, "a"), ("a",)),
        ((KeyError, None), ()),
        ((KeyError, ("a", "b"), None), ("a", "b")),
    ):
        run = ask.Ask("name?").__await__()
        next(run)
        error = labkit.raises(KeyError, run.throw, *arguments)
        labkit.equal(error.args, expected, f"the arguments of the exception for {arguments}")
    labkit.raises(TypeError, ask.Ask("name?").__await__().throw)


def test_no_question_to_skip():
    """Before the first question and after the end there is nothing to skip: it comes out."""
    ask = labkit.fresh("ask")
    run = ask.Ask("name?").__await__()
    labkit.raises(ask.Skip, run.throw, ask.Skip)
    labkit.raises(StopIteration, next, run)
    labkit.raises(ask.Skip, run.throw, ask.Skip())


def test_throwing_leaks_nothing():
    """Whatever is thrown in, nothing is left behind."""
    ask = labkit.fresh("ask")

    def use():
        run = ask.Ask("name?", "city?").__await__()
        next(run)
        run.throw(ask.Skip)
        for exception in (42, KeyError("a"), KeyError, ask.Skip):
            try:
                run.throw(exception)
            except (TypeError, KeyError, ask.Skip):
                pass

    use()
    labkit.no_leak(use)
