"""Step 4: objects by type."""

import labkit


class Running:
    """The profiler, started; stopped at the end, whatever happened."""

    def __init__(self):
        self.it = labkit.fresh("profiler")

    def __enter__(self):
        self.it.start()
        return self.it

    def __exit__(self, *error):
        try:
            self.it.stop()
        except RuntimeError:
            if error == (None, None, None):
                raise


def test_created_and_destroyed():
    """Objects are counted under their type, as they come and as they go."""

    class Mine:
        pass

    with Running() as profiler:
        kept = [Mine() for _ in range(100)]
        labkit.equal(profiler.types().get(Mine), (100, 0), "(created, destroyed)")
        del kept[30:]
        labkit.equal(profiler.types().get(Mine), (100, 70), "when 70 have gone")
    del kept
    labkit.equal(profiler.types().get(Mine), (100, 70), "after stop()")


def test_not_every_object_is_an_allocation():
    """Floats from the free list are created without a call of ``malloc``."""
    with Running() as profiler:
        number, half = 2.5, 0.5
        for _ in range(250):  # small ints, which are there already
            last = number * half
            del last
        malloc = profiler.counts()["obj"]["malloc"]
        created = profiler.types().get(float, (0, 0))[0]
        for _ in range(250):
            last = number * half
            del last
        malloc = profiler.counts()["obj"]["malloc"] - malloc
        created = profiler.types().get(float, (0, 0))[0] - created
    labkit.true(created >= 250, f"250 floats are {created} created objects")
    labkit.true(malloc < 250, f"250 floats are {malloc} calls of malloc")


def test_the_old_tracer_comes_back():
    """Afterwards the tracer of before is there, be it none or that of tracemalloc."""
    import tracemalloc

    profiler = labkit.fresh("profiler")
    labkit.equal(profiler.tracer(), 0, "the tracer before")
    with Running():
        labkit.true(profiler.tracer() != 0, "there is no tracer")
    labkit.equal(profiler.tracer(), 0, "the tracer after stop()")
    tracemalloc.start()
    try:
        theirs = profiler.tracer()
        with Running():
            labkit.true(profiler.tracer() != theirs, "the tracer is still that of tracemalloc")
        labkit.true(profiler.tracer() == theirs, "the tracer of tracemalloc has not come back")
    finally:
        tracemalloc.stop()


def test_other_interpreters():
    """Objects of another interpreter, which has a lock of its own, are not ours to count."""
    with Running() as profiler, labkit.Interpreter() as other:
        own = [number * 0.5 for number in range(100)]
        before = profiler.types().get(float, (0, 0))[0]
        other.run("kept = [number * 0.5 for number in range(5000)]")
        theirs = profiler.types().get(float, (0, 0))[0] - before
    labkit.true(own and before >= 100, f"100 floats of this interpreter are {before}")
    labkit.true(theirs < 1000, f"{theirs} floats were counted while another interpreter worked")


def test_types_are_held():
    """A type that has died for everybody else is still in the counts, until the next start."""
    import gc
    import weakref

    with Running() as profiler:

        class Short:
            pass

        for _ in range(10):
            Short()
        reference = weakref.ref(Short)
        del Short
        gc.collect()
        labkit.true(reference() is not None, "the type has gone, or was never counted")
        labkit.equal(profiler.types().get(reference()), (10, 10), "(created, destroyed)")
    with Running():
        gc.collect()
        labkit.equal(reference(), None, "the type after the next start")


def test_nothing_stays():
    """To start, to work and to stop leaves nothing behind."""
    profiler = labkit.fresh("profiler")

    def use():
        profiler.start()
        try:
            kept = [[], {}, object()]
            labkit.true(profiler.types(), "no type is known")
        finally:
            profiler.stop()
        return kept

    labkit.no_leak(use, 200)
