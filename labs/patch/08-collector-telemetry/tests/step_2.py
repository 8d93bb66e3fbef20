"""Step 2: who was brought back is counted."""

import labkit


def rises(make, keys):
    """By how much figures rise in a full collection of the garbage that ``make(kept)`` leaves.

    Its finalizers append to ``kept``.
    """
    import gc

    def figures():
        stats = gc.get_stats()[2]
        return [stats.get(key, 0) for key in keys]

    def measured(make):
        gc.collect()
        gc.freeze()
        kept = []
        make(kept)
        before = figures()
        gc.collect()
        after = figures()
        gc.unfreeze()
        return [b - a for a, b in zip(before, after)]

    gc.disable()
    return [a - b for a, b in zip(measured(make), measured(lambda kept: None))]


def stubborn(kept, of=1):
    """A class whose instances are cycles, and every ``of``-th of which comes back once."""

    class Stubborn:
        made = 0

        def __init__(self):
            self.me = self
            self.comes_back = Stubborn.made % of == 0
            Stubborn.made += 1

        def __del__(self):
            if self.comes_back:
                kept.append(self)

    kept.append(Stubborn)  # that the class itself is no garbage
    return Stubborn


KEYS = ("resurrected", "survivors", "collected")


def baseline(kept):
    """What the class alone adds."""
    stubborn(kept)


def beyond(make):
    """What ``make`` adds beyond the class."""
    return [a - b for a, b in zip(rises(make, KEYS), rises(baseline, KEYS))]


def test_brought_back():
    """Ten objects whose finalizer keeps them are brought back; they survived, nothing was freed."""

    def make(kept):
        cls = stubborn(kept)
        for _ in range(10):
            cls()

    labkit.equal(beyond(make), [10, 10, 0], f"{KEYS}")


def test_some():
    """When every second one comes back, the others are collected."""

    def make(kept):
        cls = stubborn(kept, of=2)
        for _ in range(20):
            cls()

    labkit.equal(beyond(make), [10, 10, 10], f"{KEYS}")


def test_what_hangs_on_them():
    """What is reached from one that comes back comes back with it."""

    def make(kept):
        cls = stubborn(kept)
        for _ in range(10):
            cls().tail = [[], []]

    labkit.equal(beyond(make), [40, 40, 0], f"{KEYS}")


def test_once():
    """A finalizer runs once: the second time the object is collected, and not brought back."""
    import gc

    gc.disable()
    kept = []
    cls = stubborn(kept)
    cls()
    before = gc.get_stats()[2]
    gc.collect()
    between = gc.get_stats()[2]
    labkit.equal(len(kept), 2, "what is kept after the first collection")
    labkit.equal(between["resurrected"] - before["resurrected"], 1, "brought back, the first time")
    kept.pop()
    gc.collect()
    after = gc.get_stats()[2]
    labkit.equal(after["resurrected"] - between["resurrected"], 0, "brought back, the second time")
    labkit.equal(after["collected"] - between["collected"], 1, "collected, the second time")


@labkit.holds_before("without finalizers nobody comes back")
def test_nobody():
    """Cycles without a finalizer are all collected."""

    def make(kept):
        for _ in range(10):
            cycle = []
            cycle.append(cycle)
        del cycle

    labkit.equal(rises(make, ("resurrected", "collected")), [0, 10], "brought back, collected")


@labkit.holds_before("a finalizer that keeps nobody brings nobody back")
def test_finalizers_alone():
    """A finalizer that lets its object go does not count."""

    def make(kept):
        cls = stubborn(kept, of=1000)
        cls.made = 1
        for _ in range(10):
            cls()

    labkit.equal(beyond(make), [0, 0, 10], f"{KEYS}")
