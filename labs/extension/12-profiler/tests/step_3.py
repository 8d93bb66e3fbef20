"""Step 3: all domains, all threads."""

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


def test_three_domains():
    """Each domain has counts of its own."""
    with Running() as profiler:
        labkit.equal(sorted(profiler.counts()), ["mem", "obj", "raw"], "the domains")
        for name in ("obj", "mem", "raw"):
            counts, failed = profiler.workload(name, "m0:100 c1:50 r0:10 f1")
            labkit.equal(
                counts,
                {"malloc": 1, "calloc": 1, "realloc": 1, "free": 1, "blocks": 1, "bytes": 10},
                f"counts of {name!r}",
            )
            labkit.equal(failed, 0, "failed")


def test_all_come_back():
    """While it runs each domain has an allocator of ours; after ``stop()`` that of before."""
    profiler = labkit.fresh("profiler")
    before = [profiler.allocator(number) for number in range(3)]
    with Running():
        now = [profiler.allocator(number) for number in range(3)]
        labkit.true(not {*now} & {*before}, "a domain still has its old allocator")
        labkit.equal(len({*now}), 3, "different contexts")
    labkit.equal([profiler.allocator(number) for number in range(3)], before, "afterwards")


@labkit.not_sanitized("there every object is a block of the C library, and none goes through raw")
def test_large_objects_are_raw():
    """A large block of "obj" is one of "raw" as well, at the same address; a small one is not."""
    with Running() as profiler:
        labkit.true("raw" in profiler.counts(), "raw is not counted")
        raw = []
        for size in (64, 4096):
            before = profiler.counts()["raw"]
            profiler.workload("obj", f"m0:{size} f0 " * 100)
            after = profiler.counts()["raw"]
            raw.append((after["malloc"] - before["malloc"], after["free"] - before["free"]))
    small, large = raw
    labkit.true(max(small) < 50, f"100 small blocks made (malloc, free) {small} in raw")
    labkit.true(min(large) >= 100, f"100 large blocks made (malloc, free) {large} in raw")


def test_threads():
    """Four threads without the interpreter's lock: no call is lost, nothing stays."""
    with Running() as profiler:
        counts, failed = profiler.workload("raw", "m0:100 m1:200 r0:400 c2:8 f1 f0 f2", 4, 50_000)
    labkit.equal(failed, 0, "threads that could not begin")
    each = 4 * 50_000
    calls = {"malloc": 2 * each, "calloc": each, "realloc": each, "free": 3 * each}
    labkit.equal(counts, calls | {"blocks": 0, "bytes": 0}, "counts")
