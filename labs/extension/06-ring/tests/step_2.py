"""Step 2: lend it."""

import labkit

SIMPLE, WRITABLE, FORMAT, ND, STRIDES = 0, 1, 4, 8, 0x18


def filled(numbers=(1, 2, 3, 4, 5), capacity=4):
    r = labkit.fresh("ring").Ring(capacity)
    for number in numbers:
        r.append(number)
    return r


def test_view():
    """A memoryview shows the numbers in their order, and what they are."""
    view = memoryview(filled())
    labkit.equal(view.tolist(), [2.0, 3.0, 4.0, 5.0], "the numbers")
    labkit.equal((view.format, view.itemsize), ("d", 8), "format and itemsize")
    labkit.equal((view.ndim, view.shape, view.strides), (1, (4,), (8,)), "the shape")
    labkit.equal((view.nbytes, len(view)), (32, 4), "bytes and length")
    labkit.equal((view.readonly, view.c_contiguous), (True, True), "readonly, contiguous")
    labkit.equal(view[-1], 5.0, "the newest")
    labkit.equal(view[::-2].tolist(), [5.0, 3.0], "every second, backwards")


def test_no_copy():
    """The view shows the ring's own memory: what is fetched comes from there."""
    r = filled((), 3)
    for number in range(20):
        r.append(number)
        with memoryview(r) as view:
            labkit.equal(view.tolist(), [*r], f"the view after append({number})")
    labkit.equal(bytes(memoryview(r)), bytes(r), "the bytes of the view and of the ring")


def test_consumers():
    """``bytes``, ``struct``, ``array``, ``b''.join`` and files take a ring as it is."""
    import array
    import io
    import struct

    r = filled()
    expected = struct.pack("4d", 2, 3, 4, 5)
    labkit.equal(bytes(r), expected, "bytes(r)")
    labkit.equal(struct.unpack("4d", r), (2.0, 3.0, 4.0, 5.0), "struct.unpack")
    labkit.equal(struct.unpack_from("d", r, 8), (3.0,), "struct.unpack_from")
    numbers = array.array("d")
    numbers.frombytes(memoryview(r).cast("B"))
    labkit.equal(numbers.tolist(), [2.0, 3.0, 4.0, 5.0], "array.frombytes")
    labkit.equal(b"".join([r, r]), expected * 2, "b''.join")
    file = io.BytesIO()
    labkit.equal(file.write(r), 32, "how many bytes were written")
    labkit.equal(file.getvalue(), expected, "what was written")
    labkit.equal(memoryview(r) == memoryview(numbers), True, "a view equals one of the same numbers")


def test_what_was_asked_for():
    """Each request gets what it asks for, down to the plainest."""
    r = filled()
    for flags in (SIMPLE, FORMAT, ND, ND | FORMAT, STRIDES, STRIDES | FORMAT, 0x38, 0x58, 0x98):
        view = r.__buffer__(flags)
        labkit.equal(view.nbytes, 32, f"the bytes of a view for {flags:#x}")
        labkit.equal(view.format, "d" if flags & FORMAT else "B", f"the format for {flags:#x}")
        labkit.equal(view.readonly, True, f"readonly for {flags:#x}")


def test_nobody_writes():
    """Who asks for memory to write into is refused, and writes nothing."""
    import io
    import struct

    r = filled()
    for flags in (WRITABLE, WRITABLE | ND, WRITABLE | STRIDES | FORMAT):
        labkit.raises(BufferError, r.__buffer__, flags)
    labkit.raises(TypeError, struct.pack_into, "d", r, 0, 9.0)
    labkit.raises(TypeError, io.BytesIO(b"x" * 64).readinto, r)
    labkit.raises(TypeError, memoryview(r).__setitem__, 0, 9.0)
    labkit.equal([*r], [2.0, 3.0, 4.0, 5.0], "the numbers afterwards")


def test_empty():
    """An empty ring lends nothing, in good order."""
    view = memoryview(filled(()))
    labkit.equal((view.nbytes, view.tolist(), view.shape), (0, [], (0,)), "an empty view")
    labkit.equal(bytes(filled(())), b"", "the bytes of an empty ring")


def test_view_keeps_the_ring():
    """A view keeps the ring, also when nobody else does, and also a part of a view."""
    view = memoryview(filled())[1:3]
    filler = [filled() for _ in range(20)]
    labkit.equal(view.tolist(), [3.0, 4.0], "a part of a view of a ring that is gone")
    labkit.equal(view.obj[0], 2.0, "the oldest number of the ring behind the view")
    del view, filler


def test_views_leak_nothing():
    """Views, parts of views and refusals leave nothing behind."""
    import sys

    r = filled()
    before = sys.getrefcount(r)

    def use():
        memoryview(r)
        with memoryview(r) as view:
            view[1:].tolist()
        bytes(r)
        try:
            r.__buffer__(WRITABLE)
        except BufferError:
            pass

    use()
    labkit.no_leak(use)
    labkit.equal(sys.getrefcount(r), before, "references to the ring when all views are gone")
