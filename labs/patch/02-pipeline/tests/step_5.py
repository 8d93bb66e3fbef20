"""Step 5: room for one more level."""

import labkit


def deep(source):
    """The value of an expression that nests deeply; that it is too deep is a failure."""
    try:
        return eval(source)
    except MemoryError as error:
        raise labkit.Failed(f"{source[:20]}…: {error}") from None


def test_parentheses():
    """As many nested parentheses as the tokenizer allows are parsed: 200, or 199 in an f-string."""
    nested = "(" * 199 + "-1 |> abs" + ")" * 199
    labkit.equal(deep(f"({nested})"), 1, "-1 |> abs in 200 parentheses")
    labkit.equal(deep(f"f'{{{nested}}}'"), "1", "-1 |> abs in 199 parentheses in an f-string")


def test_too_many_is_the_tokenizers_word():
    """One more, and the message is the tokenizer's: too many nested parentheses."""
    for count in (201, 500):
        try:
            compile("(" * count + "1" + ")" * count, "<lab>", "eval")
        except SyntaxError as error:
            labkit.equal(error.msg, "too many nested parentheses", f"{count} parentheses")
        except MemoryError as error:
            raise labkit.Failed(f"{count} parentheses: {error}") from None
        else:
            raise labkit.Failed(f"{count} parentheses compile")


@labkit.holds_before("there is a limit, and it is kept")
def test_deeper_still():
    """What nests without parentheses ends in an exception, not in a crash."""
    for source in ("-" * 100_000 + "1", "not " * 100_000 + "1"):
        try:
            compile(source, "<lab>", "eval")
        except (MemoryError, RecursionError):
            pass
        else:
            raise labkit.Failed(f"{source[:8]}… compiles")
