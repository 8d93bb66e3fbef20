"""Step 2: in the language of iterators."""

import labkit


def drive(coroutine, *answers):
    """What is asked, and what comes in the end."""
    asked = []
    try:
        asked.append(coroutine.send(None))
        for answer in answers:
            asked.append(coroutine.send(answer))
    except StopIteration as stop:
        return asked, stop.value
    return asked, "not at the end"


def test_await():
    """A coroutine that awaits gets the tuple of answers, and its driver the questions."""
    Ask = labkit.fresh("ask").Ask

    async def greet():
        name, city = await Ask("name?", "city?")
        return f"{name} of {city}"

    labkit.equal(drive(greet(), "Ann", "Rome"), (["name?", "city?"], "Ann of Rome"), "greet()")


def test_value_of_the_result():
    """Whatever the number of answers, the result is the tuple of them."""
    Ask = labkit.fresh("ask").Ask

    async def questions(count):
        return await Ask(*range(count))

    for count in (0, 1, 2, 5):
        answers = tuple("abcde"[:count])
        labkit.equal(drive(questions(count), *answers), ([*range(count)], answers), "the result")


def test_stop_iteration():
    """At the end StopIteration comes, whose value is the tuple; after it, one without a value."""
    run = labkit.fresh("ask").Ask("name?", "city?").__await__()
    labkit.equal([next(run), run.send("Ann")], ["name?", "city?"], "the questions")
    error = labkit.raises(StopIteration, run.send, "Rome")
    labkit.equal(error.value, ("Ann", "Rome"), "the value of StopIteration")
    for again in (run.__next__, lambda: run.send("Bob")):
        error = labkit.raises(StopIteration, again)
        labkit.equal(error.value, None, "the value of StopIteration after the end")


def test_an_answer_that_is_an_exception():
    """An exception and a tuple are answers like all others."""
    Ask = labkit.fresh("ask").Ask
    answer = StopIteration("no end")

    async def question():
        return await Ask("name?")

    labkit.true(drive(question(), answer)[1][0] is answer, "the answer is another object")
    labkit.equal(drive(question(), (1, 2)), (["name?"], ((1, 2),)), "a tuple as the answer")


def test_iterator():
    """A run is an iterator: ``iter``, ``next``, ``list``; next answers None."""
    run = labkit.fresh("ask").Ask("name?", "city?").__await__()
    labkit.true(iter(run) is run, "iter(run) is not run")
    labkit.equal([*run], ["name?", "city?"], "the questions")
    labkit.equal(next(run, "none"), "none", "next after the end")


def test_yield_from():
    """``yield from`` passes questions and answers through, over any number of levels."""
    Ask = labkit.fresh("ask").Ask

    def inner():
        one = yield from Ask("name?").__await__()
        two = yield from Ask("city?", "year?").__await__()
        return one + two

    def outer():
        return (yield from inner())

    asked, value = drive(outer(), "Ann", "Rome", 1991)
    labkit.equal(asked, ["name?", "city?", "year?"], "the questions")
    labkit.equal(value, ("Ann", "Rome", 1991), "the answers")


def test_many_coroutines():
    """Coroutines that take turns do not get each other's answers."""
    import random

    Ask = labkit.fresh("ask").Ask

    async def count(number):
        got = []
        for _ in range(5):
            got += await Ask(*range(number % 4))
        return got

    dice = random.Random(1991)
    waiting, expected = [], {}
    for number in range(50):
        coroutine = count(number)
        expected[number] = []
        waiting.append((number, coroutine, None))
    while waiting:
        number, coroutine, answer = waiting.pop(dice.randrange(len(waiting)))
        try:
            coroutine.send(answer)
        except StopIteration as stop:
            labkit.equal(stop.value, expected[number], f"what coroutine {number} got")
        else:
            expected[number].append(dice.random())
            waiting.append((number, coroutine, expected[number][-1]))


def test_too_early():
    """``send`` refuses an answer before the first question, as ``drive`` does."""
    run = labkit.fresh("ask").Ask("name?").__await__()
    labkit.raises(TypeError, run.send, "Ann", text="before")
    labkit.equal(next(run), "name?", "the first question")


def test_awaiting_leaks_nothing():
    """Coroutines leave nothing behind, whether they come to an end or not."""
    Ask = labkit.fresh("ask").Ask

    async def greet():
        return await Ask("name?", "city?")

    def use():
        drive(greet(), 10**20, 10**21)
        [*Ask("name?").__await__()]
        drive(greet(), 10**20)

    labkit.equal(drive(greet(), 1, 2)[1], (1, 2), "the answers")
    labkit.no_leak(use)
