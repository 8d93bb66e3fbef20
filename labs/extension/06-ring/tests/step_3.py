"""Step 3: while somebody looks."""

import labkit


def filled(numbers=(1, 2, 3, 4, 5), capacity=4):
    r = labkit.fresh("ring").Ring(capacity)
    for number in numbers:
        r.append(number)
    return r


def test_no_change_while_lent():
    """While there is a view, ``append`` and ``resize`` are a BufferError, and nothing changes."""
    r = filled()
    view = memoryview(r)
    labkit.raises(BufferError, r.append, 6, text="lent")
    labkit.raises(BufferError, r.resize, 10, text="lent")
    labkit.raises(BufferError, r.resize, 4)
    labkit.equal(view.tolist(), [2.0, 3.0, 4.0, 5.0], "what the view shows")
    view.release()
    r.append(6)
    labkit.equal([*r], [3.0, 4.0, 5.0, 6.0], "the numbers when the view was released")


def test_every_view_counts():
    """The ring is free again when the last view has gone, not before."""
    r = filled()
    views = [memoryview(r) for _ in range(5)]
    while views:
        labkit.raises(BufferError, r.append, 6)
        views.pop(len(views) // 2)
    r.append(6)
    labkit.equal(r[-1], 6.0, "the newest")


def test_parts_count():
    """Part of a view, a cast, and a view of a view keep the ring as well."""
    r = filled()
    for derive in (
        lambda view: view[1:2],
        lambda view: view.cast("B"),
        memoryview,
        lambda view: view.toreadonly(),
    ):
        view = memoryview(r)
        derived = derive(view)
        view.release()
        labkit.raises(BufferError, r.append, 6)
        derived.release()
        r.append(6)


def test_refused_views_do_not_count():
    """A request that was refused leaves the ring free."""
    r = filled()
    for _ in range(3):
        labkit.raises(BufferError, r.__buffer__, 1)
    view = memoryview(r)
    labkit.raises(BufferError, r.append, 6)
    view.release()
    r.append(6)
    labkit.equal(r[-1], 6.0, "the newest")


def test_passing_views_do_not_stay():
    """``bytes``, ``struct`` and comparisons give back what they borrowed, also when they fail."""
    import struct

    r = filled()
    bytes(r), struct.unpack("4d", r)
    labkit.raises(struct.error, struct.unpack, "5d", r)
    labkit.equal(memoryview(r) == b"x", False, "a comparison")
    r.append(6)
    with memoryview(r):
        labkit.raises(BufferError, r.append, 7)


def test_conversion_that_lends():
    """``__float__`` and ``__index__`` may make a view: then the change is refused."""
    r = filled()
    views = []

    class Lender:
        def __float__(self):
            views.append(memoryview(r))
            return 7.0

        def __index__(self):
            views.append(memoryview(r))
            return 7

    labkit.raises(BufferError, r.append, Lender())
    views.clear()
    labkit.raises(BufferError, r.resize, Lender())
    labkit.equal(views[0].tolist(), [2.0, 3.0, 4.0, 5.0], "what the view shows")


def test_resize():
    """``resize`` keeps the newest numbers, in their order, and the ring goes on from there."""
    import collections
    import random

    dice = random.Random(1991)
    r, model = filled((), 5), collections.deque(maxlen=5)
    for number in range(600):
        r.append(number)
        model.append(float(number))
        if dice.random() < 0.2:
            capacity = dice.randrange(1, 12)
            r.resize(capacity)
            model = collections.deque(model, maxlen=capacity)
        labkit.equal(memoryview(r).tolist(), list(model), "the numbers")
    labkit.raises(ValueError, r.resize, 0)
    labkit.raises(TypeError, r.resize, 2.5)
    labkit.raises(OverflowError, r.resize, 1 << 64)
    labkit.raises(MemoryError, r.resize, (1 << 60) + 1)
    labkit.equal(memoryview(r).tolist(), list(model), "the numbers after refusals")


def test_lending_leaks_nothing():
    """Views and refused changes leave nothing behind."""
    r = filled()

    def use():
        with memoryview(r) as view, memoryview(view) as other:
            for call in (lambda: r.append(1), lambda: r.resize(9)):
                try:
                    call()
                except BufferError:
                    pass
            other[1:].tolist()
        r.resize(9)
        r.resize(3)

    use()
    labkit.no_leak(use)
