"""Step 1: memory of your own."""

import labkit


def test_append():
    """Numbers stand in the order in which they came, and the oldest goes when there is no room."""
    r = labkit.fresh("ring").Ring(3)
    labkit.equal((len(r), [*r]), (0, []), "an empty ring")
    for number, expected in (
        (1, [1.0]),
        (2.5, [1.0, 2.5]),
        (True, [1.0, 2.5, 1.0]),
        (4, [2.5, 1.0, 4.0]),
        (-1, [1.0, 4.0, -1.0]),
        (-1.0, [4.0, -1.0, -1.0]),
        (7, [-1.0, -1.0, 7.0]),
    ):
        r.append(number)
        labkit.equal([*r], expected, f"the numbers after append({number})")
        labkit.equal((r[0], r[-1]), (expected[0], expected[-1]), "the oldest and the newest")
    labkit.raises(IndexError, lambda: r[3])
    labkit.raises(IndexError, lambda: r[-4])


def test_model():
    """Rings of all small sizes agree with a ``deque`` of limited length, step by step."""
    import collections
    import random

    Ring = labkit.fresh("ring").Ring
    dice = random.Random(1991)
    for capacity in range(1, 12):
        r, model = Ring(capacity), collections.deque(maxlen=capacity)
        for _ in range(5 * capacity):
            number = dice.uniform(-1, 1)
            r.append(number)
            model.append(number)
            labkit.equal([*r], [*model], f"the numbers of a ring of {capacity}")


def test_what_is_no_number():
    """What is no number is a TypeError, and what ``__float__`` raises comes through; the ring is
    as it was."""
    r = labkit.fresh("ring").Ring(2)
    r.append(1)

    class Grumpy:
        def __float__(self):
            raise LookupError("no number today")

    labkit.raises(TypeError, r.append, "1")
    labkit.raises(TypeError, r.append, None)
    labkit.raises(LookupError, r.append, Grumpy())
    labkit.raises(OverflowError, r.append, 10**400)
    labkit.equal([*r], [1.0], "the numbers afterwards")


def test_conversion_that_appends():
    """``__float__`` may append to the very ring: its number comes first."""
    r = labkit.fresh("ring").Ring(3)

    class Eager:
        def __float__(self):
            for number in (1, 2, 3, 4):
                r.append(number)
            return 5.0

    r.append(Eager())
    labkit.equal([*r], [3.0, 4.0, 5.0], "the numbers afterwards")


def test_too_large():
    """A capacity whose bytes nobody could count is a MemoryError, and no crash."""
    import sys

    Ring = labkit.fresh("ring").Ring
    for capacity in (
        sys.maxsize,
        sys.maxsize // 2 + 1,
        sys.maxsize // 8,
        sys.maxsize // 16 + 1,
        (1 << 60) + 1,  # times 16 is 16, when nobody looks at the carry
        (1 << 59) + 1,
        1 << 58,
    ):
        labkit.raises(MemoryError, Ring, capacity)
    labkit.raises(OverflowError, Ring, 1 << 64)
    labkit.raises(ValueError, Ring, 0, text="1 or more")
    labkit.raises(ValueError, Ring, -1)
    labkit.raises(TypeError, Ring, 2.5)


@labkit.not_sanitized("AddressSanitizer keeps freed memory aside to recognise its use")
def test_memory_is_given_back():
    """Thousands of rings, one after the other, do not need the memory of thousands."""
    import resource

    Ring = labkit.fresh("ring").Ring
    Ring(1)
    for _ in range(10):
        Ring(10_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(2_000):
        Ring(10_000)  # 160 kB each
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    labkit.true(grown < 32_000, f"2,000 rings of 160 kB, one at a time, took {grown // 1000} MB")


def test_rings_leak_nothing():
    """Rings that come, go and refuse leave nothing behind."""
    Ring = labkit.fresh("ring").Ring

    def use():
        r = Ring(4)
        for number in (1, 2, 3, 4, 5):
            r.append(number)
        for call in (lambda: r.append("x"), lambda: Ring(0), lambda: Ring(1 << 60), lambda: r[9]):
            try:
                call()
            except (TypeError, ValueError, MemoryError, IndexError):
                pass
        return r[2]

    use()
    labkit.no_leak(use)
