"""Step 2: what is alive."""

import labkit

TOO_MUCH = 1 << 62


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


def alive(script):
    """(blocks, bytes, failed requests) after a script."""
    with Running() as profiler:
        counts, failed = profiler.workload("obj", script)
    return counts["blocks"], counts["bytes"], failed


def test_blocks_and_bytes():
    """What was requested and not freed is alive, with the size that was asked for."""
    labkit.equal(alive("m0:100 m1:20"), (2, 120, 0), "blocks, bytes, failed after m0:100 m1:20")
    labkit.equal(alive("m0:100 c1:8 f0"), (1, 16, 0), "after m0:100 c1:8 f0")
    labkit.equal(alive("m0:0 m1:1"), (2, 1, 0), "after m0:0 m1:1")
    labkit.equal(alive("m0:7 f0 f0 f1"), (0, 0, 0), "after m0:7 f0 f0 f1")


def test_realloc():
    """A block that grows, shrinks or moves is still one; of nothing, realloc makes one."""
    labkit.equal(alive("m0:100 r0:4000"), (1, 4000, 0), "after m0:100 r0:4000")
    labkit.equal(alive("m0:4000 r0:100"), (1, 100, 0), "after m0:4000 r0:100")
    labkit.equal(alive("r0:64"), (1, 64, 0), "after r0:64")
    labkit.equal(alive("m0:9 r0:90 r0:900 f0 m1:5"), (1, 5, 0), "after m0:9 … f0 m1:5")


def test_failures():
    """A request that failed has changed nothing: the old block of a realloc is still there."""
    labkit.equal(alive(f"m0:{TOO_MUCH} m1:3"), (1, 3, 1), "after a malloc that failed, and m1:3")
    labkit.equal(alive(f"m0:100 r0:{TOO_MUCH}"), (1, 100, 1), "after a realloc that failed")
    labkit.equal(alive(f"m0:0 r0:{TOO_MUCH}"), (1, 0, 1), "after a realloc of no bytes that failed")
    labkit.equal(alive(f"m0:50 r0:{TOO_MUCH} f0 m1:1"), (1, 1, 1), "and after it was freed")


def test_many():
    """Thousands of blocks, freed in another order, are all known."""
    with Running() as profiler:
        before = profiler.counts()["obj"]
        kept = [bytes(100 + n % 50) for n in range(10_000)]
        between = profiler.counts()["obj"]
        del kept[::2]
        kept.reverse()
        del kept[::2]
        del kept
        after = profiler.counts()["obj"]
    grown = between["bytes"] - before["bytes"]
    labkit.true(grown > 1_200_000, f"10,000 blocks of 130 bytes and more are {grown} bytes")
    rest = after["bytes"] - before["bytes"]
    labkit.true(abs(rest) < 20_000, f"when they are gone, {rest} bytes are left")


def test_older_blocks():
    """Blocks from before the start may be freed, and do not count."""
    kept = [bytes(1000) for _ in range(100)]
    with Running() as profiler:
        fresh = [object() for _ in range(100)]
        kept.clear()
        alive = profiler.counts()["obj"]["bytes"]
    labkit.true(fresh and 1000 < alive < 100_000, f"a hundred objects alive are {alive} bytes")


def test_peak():
    """The peak is remembered when the bytes have gone."""
    with Running() as profiler:
        large = bytes(1_000_000)
        del large
        counts = profiler.counts()["obj"]
    labkit.true(counts["peak"] >= 1_000_000, f"a million bytes: the peak is {counts['peak']}")
    labkit.true(counts["bytes"] < 1_000_000, f"they are gone, but {counts['bytes']} are alive")
