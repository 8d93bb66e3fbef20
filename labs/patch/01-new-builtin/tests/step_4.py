"""Step 4: it can be interrupted."""

import labkit


class Interrupted(Exception):
    """Raised by the handler of the alarm."""


def search(item, seconds):
    """Looks for a true item among many, none of them true, with an alarm in ``seconds``.

    Gives what the search ended with, how many items were left when the handler ran (None: it
    ran when all was over, or not at all), and how many are left now.
    """
    import itertools
    import signal

    iterator = itertools.repeat(item, 5_000_000)
    left = []

    def handler(number, frame):
        if iterator.__length_hint__():
            left.append(iterator.__length_hint__())
            raise Interrupted

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            outcome = first(iterator, bool)
        except (Interrupted, ValueError) as error:
            outcome = error
        signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
    return outcome, (left[0] if left else None), iterator.__length_hint__()


def test_a_signal_ends_it():
    """A handler that raises ends a search in which no Python code runs."""
    outcome, left, _ = search(0, 0.02)
    labkit.true(left, "the signal's handler had to wait until all five million items were read")
    labkit.equal(type(outcome), Interrupted, "what the search ended with")


def test_what_is_not_read_stays():
    """After the interruption the rest of the items is still in the iterator."""
    _, then, now = search(0, 0.02)
    labkit.true(then, "the signal's handler had to wait until all five million items were read")
    labkit.equal(now, then, "items left, now and when the handler ran")


def test_interrupted_leaks_nothing():
    """The item in hand is released when the handler raises."""
    item = []

    def call():
        _, left, _ = search(item, 0.002)
        labkit.true(left, "the signal's handler had to wait until all five million items were read")

    labkit.no_leak(call, rounds=20)


@labkit.holds_before("looking for signals must not disturb the search itself")
def test_the_rest_is_as_before():
    """Without a signal the search finds what it found."""
    labkit.equal(first(range(100_000), lambda n: n == 99_999), 99_999, "the last of many")
