"""Step 3: what C code reads, and no lie."""

import labkit


def by_c(items, index):
    """``PySequence_GetItem(items, index)``, which is for C."""
    import ctypes

    get = ctypes.pythonapi.PySequence_GetItem
    get.restype = ctypes.py_object
    get.argtypes = (ctypes.py_object, ctypes.c_ssize_t)
    return get(items, index)


def test_from_c():
    """A function in C that reads beyond the end gets the whole message."""
    error = labkit.raises(IndexError, by_c, [1, 2, 3], 9)
    labkit.equal(str(error), "list index out of range: index 9, length 3", "index 9")


def test_bisect():
    """``bisect`` with a limit that is too high reads by that way."""
    import bisect

    error = labkit.raises(IndexError, bisect.bisect_right, [1, 2, 3], 9, 0, 100)
    labkit.equal(str(error), "list index out of range: index 50, length 3", "bisect_right")


@labkit.holds_before("that nothing is said of an index that is not known")
def test_not_known():
    """A negative index has had the length added on the way: it is not shown."""
    error = labkit.raises(IndexError, by_c, [1, 2, 3], -9)
    labkit.equal(str(error), "list index out of range", "index -9")


@labkit.holds_before("what is there was always read")
def test_what_is_there():
    """Reading by C works from both ends."""
    labkit.equal([by_c(list("abc"), n) for n in range(-3, 3)], list("abcabc"), "-3 … 2")
