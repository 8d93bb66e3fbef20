"""Step 1: who survives is counted."""

import labkit

KEYS = ["collected", "collections", "pause", "resurrected", "survivors", "uncollectable"]


def figure(generation, key):
    """One figure of ``gc.get_stats()``."""
    import gc

    stats = gc.get_stats()[generation]
    labkit.true(key in stats, f"the keys of gc.get_stats()[{generation}] are {sorted(stats)}")
    return stats[key]


def rise(make, generation, key, times=1):
    """By how much a figure rises in a collection while what ``make()`` gives is held.

    What the same collection sees of the test itself is subtracted.
    """
    import gc

    def measured(make):
        gc.collect()
        gc.freeze()
        held = make()  # noqa: F841
        before = figure(generation, key)
        for _ in range(times):
            gc.collect(generation)
        after = figure(generation, key)
        gc.unfreeze()
        return after - before

    gc.disable()
    return measured(make) - measured(lambda: None)


def test_keys():
    """Each generation has three more keys; counts are ints, the pause is a float."""
    import gc

    for number, stats in enumerate(gc.get_stats()):
        labkit.equal(sorted(stats), KEYS, f"the keys of generation {number}")
        labkit.equal(type(stats["survivors"]), int, "the type of survivors")
        labkit.equal(type(stats["resurrected"]), int, "the type of resurrected")
        labkit.equal(type(stats["pause"]), float, "the type of pause")


def test_survivors():
    """100 lists in a list survive: the figure of the generation collected rises by 101."""
    for generation in (0, 1, 2):
        labkit.equal(
            rise(lambda: [[] for _ in range(100)], generation, "survivors"),
            101,
            f"survivors of generation {generation}",
        )


def test_other_generations():
    """A collection of the youngest leaves the figures of the others alone."""
    import gc

    gc.disable()
    before = [figure(generation, "survivors") for generation in (1, 2)]
    held = [[] for _ in range(100)]  # noqa: F841
    gc.collect(0)
    after = [figure(generation, "survivors") for generation in (1, 2)]
    labkit.equal(after, before, "survivors of generations 1 and 2")


def test_each_has_its_turn_once():
    """What has grown older is not counted again by collections of the youngest."""
    labkit.equal(
        rise(lambda: [[] for _ in range(100)], 0, "survivors", times=3),
        101,
        "survivors of generation 0 after three collections",
    )


def test_full_collections_count_again():
    """What survives three full collections is counted three times: the figure is a sum."""
    labkit.equal(
        rise(lambda: [[] for _ in range(100)], 2, "survivors", times=3),
        303,
        "survivors of generation 2 after three collections",
    )


def test_garbage_is_no_survivor():
    """A cycle that is freed is collected and has not survived."""

    def garbage():
        for _ in range(100):
            cycle = []
            cycle.append(cycle)
        return [[]]

    labkit.equal(rise(garbage, 0, "survivors"), 2, "survivors")
    labkit.equal(rise(garbage, 0, "collected"), 100, "collected")


def test_who_is_let_go():
    """What the collector stops watching is no survivor: a tuple of ints, a dict of ints."""
    labkit.equal(
        rise(lambda: [(n, n + 1) for n in range(100)], 0, "survivors"), 1, "with 100 tuples of ints"
    )

    def emptied():
        made = [{"list": []} for _ in range(100)]
        for one in made:
            one["list"] = 0
        return made

    labkit.equal(rise(emptied, 2, "survivors"), 1, "with 100 dicts of ints, in a full collection")


@labkit.holds_before("callbacks are told what they were always told")
def test_callbacks():
    """A callback gets three figures, as before, and gets them twice."""
    import gc

    told = []

    def callback(phase, info):
        told.append((phase, sorted(info)))

    gc.callbacks.append(callback)
    try:
        gc.collect(0)
    finally:
        gc.callbacks.remove(callback)
    keys = ["collected", "generation", "uncollectable"]
    labkit.equal(told, [("start", keys), ("stop", keys)], "what the callback was told")


@labkit.holds_before("the figures that were there are the same")
def test_old_figures():
    """Collections and what was collected are counted as before."""
    labkit.equal(rise(lambda: None, 1, "collections", times=4), 0, "collections beyond the four")
    import gc

    before = figure(1, "collections")
    gc.collect(1)
    labkit.equal(figure(1, "collections") - before, 1, "collections of generation 1")
