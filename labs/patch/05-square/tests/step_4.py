"""Step 4: any constant may stand there."""

import labkit

HUGE = 2**64 + 2


def test_exponent_too_large_for_c():
    """An exponent that fits no C long compiles, and the code works."""
    code = compile(f"x ** {HUGE}", "<lab>", "eval")
    labkit.equal(eval(code, {"x": 1}), 1, f"1 ** {HUGE}")
    labkit.equal(eval(code, {"x": 0}), 0, f"0 ** {HUGE}")
    labkit.equal(eval(code, {"x": -1}), 1, f"(-1) ** {HUGE}")


def test_no_exception_is_left():
    """Compiling many such expressions leaves no exception for somebody else to find."""
    for digits in range(18, 60):
        compile(f"f(x ** {10**digits}, y)", "<lab>", "eval")
    labkit.equal([n for n in iter([1, 2])], [1, 2], "a loop afterwards")


@labkit.holds_before("the 2 has to be a 2")
def test_near_misses():
    """Exponents whose low bits look like 2 are no squares."""
    for exponent in (2**30 + 2, 2**32 + 2, 2**60 + 2):
        labkit.equal(eval(f"x ** {exponent}", {"x": -1}), 1, f"(-1) ** {exponent}")
        labkit.raises(OverflowError, eval, f"x ** {exponent}", {"x": 1e10}, text="out of range")


@labkit.holds_before("what step 2 did must stay")
def test_squares_are_still_squares():
    """``x ** 2`` is still SQUARE, however the 2 is spelt."""
    import dis

    for source in ("x ** 2", "x ** 0b10", "x ** 0x2", "x ** (1 + 1)"):
        names = [entry.opname for entry in dis.get_instructions(compile(source, "<lab>", "eval"))]
        labkit.true("SQUARE" in names, f"{source} compiles to {names}")
