"""Step 1: between caller and allocator."""

import labkit

OBJ = 2  # PYMEM_DOMAIN_OBJ


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


def test_calls_are_counted():
    """Each call of each of the four functions is counted, and answered."""
    with Running() as profiler:
        counts, failed = profiler.workload("obj", "m0:100 m1:20 c2:8 r0:300 r0:10 f0 f1 f2 f3")
    labkit.equal(failed, 0, "requests that got nothing")
    calls = {name: counts[name] for name in ("malloc", "calloc", "realloc", "free")}
    labkit.equal(calls, {"malloc": 2, "calloc": 1, "realloc": 2, "free": 4}, "the calls")


def test_python_is_counted():
    """Objects made by Python code are counted too; a new start begins from zero."""
    with Running() as profiler:
        kept = [object() for _ in range(1000)]
        first = profiler.counts()["obj"]["malloc"]
    labkit.true(first >= 1000, f"a thousand objects are {first} calls of malloc")
    del kept
    with Running() as profiler:
        second = profiler.counts()["obj"]["malloc"]
    labkit.true(second < 500, f"after a new start there are {second} calls already")


def test_the_old_one_comes_back():
    """While it runs another allocator is there; afterwards the one of before."""
    profiler = labkit.fresh("profiler")
    before = profiler.allocator(OBJ)
    for _ in range(3):
        with Running():
            labkit.true(profiler.allocator(OBJ) != before, "nothing stands before the allocator")
        labkit.equal(profiler.allocator(OBJ), before, "the allocator after stop()")


def test_twice():
    """To start what runs, or to stop what does not, is a RuntimeError."""
    profiler = labkit.fresh("profiler")
    labkit.raises(RuntimeError, profiler.stop, text="not running")
    with Running():
        labkit.raises(RuntimeError, profiler.start, text="running already")
    labkit.raises(RuntimeError, profiler.stop, text="not running")


def test_who_came_last_goes_first():
    """While tracemalloc stands before it, the profiler refuses to go; afterwards it goes."""
    import tracemalloc

    profiler = labkit.fresh("profiler")
    before = profiler.allocator(OBJ)
    with Running():
        tracemalloc.start()
        try:
            labkit.raises(RuntimeError, profiler.stop, text="another allocator")
            counts, _ = profiler.workload("obj", "m0:100")
            labkit.equal(counts["malloc"], 1, "calls of malloc, through both")
        finally:
            tracemalloc.stop()
    labkit.equal(profiler.allocator(OBJ), before, "the allocator after both have stopped")
