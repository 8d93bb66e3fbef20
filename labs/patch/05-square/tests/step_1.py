"""Step 1: the instruction exists, and old bytecode is refused."""

import labkit

# What CPython 3.13.5 makes of ``def f(x): return x + 1`` and ``value = f(41)``: a .pyc file of
# the kind that is never compared with its source (PEP 552, flags 1).
STALE = bytes.fromhex("""
f30d0d0a010000000000000000000000e30000000000000000000000000300000000000000f31a0000009500
53001a0072005c00220053013501000000000000720167022903630100000000000000000000000200000003
000000f30c0000009500550053012d000000240029024ee901000000a9002901da0178730100000020da0c73
74616c655f6c61622e7079da0166720700000001000000730b0000008000d80b0c88718935804cf300000000
e9290000004e29027207000000da0576616c7565720400000072080000007206000000da083c6d6f64756c65
3e720b000000010000007315000000f003010101f202010111f10600090a88228b0581057208000000
""")


def test_both_sides_know_it():
    """Python's table of opcodes has SQUARE, and the interpreter accepts its number."""
    import _opcode
    import _opcode_metadata as metadata

    labkit.true("SQUARE" in metadata.opmap, "_opcode_metadata.opmap has no SQUARE")
    labkit.true(
        _opcode.is_valid(metadata.opmap["SQUARE"]),
        f"opcode {metadata.opmap['SQUARE']} is not valid in the interpreter",
    )


def test_stack_effect():
    """It takes one value and leaves one, and has no argument: the stack's depth is unchanged."""
    import _opcode
    import _opcode_metadata as metadata

    number = metadata.opmap.get("SQUARE", 0)
    labkit.true(number, "there is no SQUARE")
    labkit.equal(_opcode.stack_effect(number), 0, "the stack effect of SQUARE")
    labkit.true(not _opcode.has_arg(number), "SQUARE has an argument")


def by_hand():
    """A function whose code was edited: ``-x`` with SQUARE in the place of UNARY_NEGATIVE."""
    import _opcode_metadata as metadata

    def negative(x):
        return -x

    labkit.true("SQUARE" in metadata.opmap, "there is no SQUARE")
    old = bytes([metadata.opmap["UNARY_NEGATIVE"], 0])
    new = bytes([metadata.opmap["SQUARE"], 0])
    code = negative.__code__.co_code
    labkit.equal(code.count(old), 1, "UNARY_NEGATIVE instructions in -x")
    return type(negative)(negative.__code__.replace(co_code=code.replace(old, new)), {})


def test_it_runs():
    """Planted by hand into the code of a function, it squares ints, small and large."""
    square = by_hand()
    for n in (0, 1, -3, 12, 2**30, -(2**61), 10**40):
        labkit.equal(square(n), n * n, f"SQUARE of {n}")


def test_it_releases_its_operand():
    """Planted by hand, it leaves no reference behind, in success and in failure."""
    square = by_hand()
    large = 10**40
    labkit.no_leak(lambda: square(large))

    def fails():
        try:
            square([large])
        except TypeError:
            pass

    labkit.no_leak(fails)


def test_magic_number():
    """The magic number of .pyc files is a new one, not that of 3.13.5."""
    from importlib.util import MAGIC_NUMBER

    number = int.from_bytes(MAGIC_NUMBER[:2], "little")
    labkit.true(number != 3571, "MAGIC_NUMBER is still 3571, that of the old opcodes")
    labkit.true(3571 < number < 3600, f"{number} is not between 3571 and 3600, where 3.14 begins")


def test_old_bytecode_is_not_run():
    """A module with a .pyc of the unpatched 3.13.5 beside it is compiled anew."""
    import os
    import sys
    from importlib.util import cache_from_source

    folder = os.path.join(os.getcwd(), "stale")
    source = os.path.join(folder, "stale_lab.py")
    cached = cache_from_source(source)
    os.makedirs(os.path.dirname(cached), exist_ok=True)
    with open(source, "w") as file:
        file.write("def f(x):\n    return x + 1\n\nvalue = f(41)\n")
    with open(cached, "wb") as file:
        file.write(STALE)
    sys.path.insert(0, folder)
    try:
        import stale_lab
    finally:
        sys.path.remove(folder)
    labkit.equal(stale_lab.value, 42, "what the module computed")
    with open(cached, "rb") as file:
        labkit.true(file.read(4) != STALE[:4], "the old .pyc was taken for a good one")
