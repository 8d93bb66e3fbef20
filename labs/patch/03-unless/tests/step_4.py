"""Step 4: messages."""

import labkit


def failure(source):
    """The type, the message and the line of what ``compile`` raises."""
    try:
        compile(source, "<lab>", "exec")
    except SyntaxError as error:
        return type(error).__name__, error.msg, error.lineno
    raise labkit.Failed(f"{source!r} compiles")


def test_missing_colon():
    """A missing colon is named, at the place where it is missing."""
    for source in ("unless x\n    y\n", "unless x", "unless x and y\n", "unless x.y\n"):
        labkit.equal(failure(source), ("SyntaxError", "expected ':'", 1), repr(source))
    error = labkit.raises(SyntaxError, compile, "unless x\n    y\n", "<lab>", "exec")
    labkit.equal(error.offset, 9, "the column")


def test_missing_block():
    """A missing block is an IndentationError that names the statement and its line."""
    expected = "expected an indented block after 'unless' statement on line 2"
    labkit.equal(
        failure("a = 1\nunless x:\nb = 2\n"), ("IndentationError", expected, 3), "without a block"
    )
    labkit.equal(failure("a = 1\nunless x:\n")[:2], ("IndentationError", expected), "at the end")


@labkit.holds_before("a rule for errors must not accuse the innocent")
def test_legal_lines_are_not_accused():
    """A line like ``unless(x)``, which is legal, is not blamed for an error further down."""
    for line in ("unless(x)", "unless[x]", "unless - x", "unless", "unless * x", "unless is x"):
        labkit.equal(
            failure(f"{line}\nb = = 3\n"),
            ("SyntaxError", "invalid syntax", 2),
            f"{line!r} with an error below it",
        )


@labkit.holds_before("the keyword rules ask, and unless is soft")
def test_other_messages():
    """Messages for other mistakes on such a line are those of ``if``."""
    labkit.equal(
        failure("unless x = 3:\n    y\n")[1],
        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
        "unless x = 3:",
    )
    labkit.equal(failure("unless x y:\n    z\n")[1], "invalid syntax", "unless x y:")
