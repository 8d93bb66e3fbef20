"""Step 3: the pause is measured."""

import labkit


def pause(generation):
    """Seconds that collections of a generation have taken until now."""
    import gc

    return gc.get_stats()[generation].get("pause", 0.0)


def test_it_grows():
    """Each collection adds to the pause of its generation."""
    import gc

    for generation in (0, 1, 2):
        before = pause(generation)
        gc.collect(generation)
        labkit.true(
            pause(generation) > before, f"the pause of generation {generation} stays at {before}"
        )


@labkit.holds_before("nothing is measured yet")
def test_other_generations():
    """A collection of the youngest adds nothing to the pauses of the others."""
    import gc

    gc.disable()
    before = pause(1), pause(2)
    gc.collect(0)
    labkit.equal((pause(1), pause(2)), before, "the pauses of generations 1 and 2")


def test_no_more_than_it_took():
    """The pause is not nought, and no longer than the call of ``gc.collect()``."""
    import gc
    from time import perf_counter

    gc.disable()
    held = [[] for _ in range(50_000)]
    before = pause(2)
    begun = perf_counter()
    gc.collect()
    took = perf_counter() - begun
    labkit.equal(len(held), 50_000, "what is held")
    labkit.true(0 < pause(2) - before <= took + 1e-6, f"{pause(2) - before} of {took} s")


def test_finalizers_count():
    """The program waits for finalizers too: one that sleeps makes the pause longer."""
    import gc
    from time import sleep

    class Slow:
        def __init__(self):
            self.me = self

        def __del__(self):
            sleep(0.05)

    gc.disable()
    Slow()
    before = pause(2)
    gc.collect()
    labkit.true(pause(2) - before >= 0.05, f"a pause of {pause(2) - before} s")


def test_callbacks_do_not():
    """Callbacks belong to the program: their time is not the collector's."""
    import gc
    from time import perf_counter, sleep

    inside = []

    def callback(phase, info):
        begun = perf_counter()
        sleep(0.1)
        inside.append(perf_counter() - begun)

    gc.disable()
    gc.callbacks.append(callback)
    try:
        before = pause(0)
        begun = perf_counter()
        gc.collect(0)
        took = perf_counter() - begun
    finally:
        gc.callbacks.remove(callback)
    added = pause(0) - before
    labkit.equal(len(inside), 2, "calls of the callback")
    labkit.true(
        0 < added <= took - sum(inside) + 1e-6,
        f"{added} s, of {took} s that were {sum(inside)} s in callbacks",
    )


def test_the_callback_can_read_it():
    """A callback that is told of the end finds the pause of the collection that ended."""
    import gc

    seen = []

    def callback(phase, info):
        seen.append(pause(0))

    gc.disable()
    gc.callbacks.append(callback)
    try:
        gc.collect(0)
    finally:
        gc.callbacks.remove(callback)
    labkit.true(seen[1] > seen[0], f"the pause at start and stop is {seen}")
