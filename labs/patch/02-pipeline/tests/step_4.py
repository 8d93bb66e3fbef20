"""Step 4: it fails well."""

import labkit


def message(source, mode="exec"):
    """What the SyntaxError of ``source`` says, and the columns it marks."""
    error = labkit.raises(SyntaxError, compile, source, "<lab>", mode)
    return error.msg, error.offset, error.end_offset


MISSING = "expected a function after '|>'"


def test_nothing_on_the_right():
    """``x |>`` says that a function was expected, and marks the operator."""
    labkit.equal(message("x |>"), (MISSING, 3, 5), "x |>")
    labkit.equal(message("y = (x |>)"), (MISSING, 8, 10), "y = (x |>)")
    labkit.equal(message("f(x |>, y)"), (MISSING, 5, 7), "f(x |>, y)")
    labkit.equal(message("[n for n in x |>]"), (MISSING, 15, 17), "[n for n in x |>]")


def test_something_else_on_the_right():
    """A second operator, a keyword, a star: the same message."""
    for source in ("x |> |> f", "x |> if", "x |> *f", "x |> yield", "x |> = 3"):
        labkit.equal(message(source), (MISSING, 3, 5), source)


def test_missing_else():
    """``x |> f if c`` misses an ``else``, and says so."""
    labkit.equal(
        message("x |> f if c"), ("expected 'else' after 'if' expression", 1, 12), "x |> f if c"
    )


def test_missing_comma():
    """``f(a |> g b)`` asks whether a comma was forgotten."""
    labkit.equal(
        message("f(a |> g b)"),
        ("invalid syntax. Perhaps you forgot a comma?", 3, 11),
        "f(a |> g b)",
    )
    labkit.equal(
        message("f(a b |> g)"),
        ("invalid syntax. Perhaps you forgot a comma?", 3, 11),
        "f(a b |> g)",
    )


@labkit.holds_before("these come from rules that know calls, and this is one")
def test_targets():
    """A pipeline is nothing one can assign to or delete; the messages speak of a call."""
    for source, text in (
        ("x |> f = 3", "cannot assign to function call"),
        ("del x |> f", "cannot delete function call"),
        ("(x |> f := 3)", "cannot use assignment expressions with function call"),
    ):
        labkit.true(message(source)[0].startswith(text), f"{source} says {message(source)[0]!r}")


@labkit.holds_before("the compiler looks at calls of constants")
def test_a_number_is_no_function():
    """``1 |> 5`` compiles, with the compiler's warning for a call of an int."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile("1 |> 5", "<lab>", "eval")
    labkit.equal([entry.category for entry in caught], [SyntaxWarning], "warnings")


@labkit.holds_before("rules for errors run in a second pass and must not touch good programs")
def test_good_programs_are_good():
    """Beside an error elsewhere in the file, a pipeline is still no error."""
    text, _, _ = message("a = x |> f\nb = (x |> lambda n: n\nc = = 3\n")
    labkit.true(MISSING not in text, f"it says {text!r}")
