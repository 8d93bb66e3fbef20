"""Step 3: everywhere."""

import labkit


def value(source, **names):
    """The value of an expression; that it does not parse is a failure of the test."""
    try:
        code = compile(source, "<lab>", "eval")
    except SyntaxError as error:
        raise labkit.Failed(f"{source} does not parse: {error.msg}") from None
    return eval(code, names)


def test_what_a_comprehension_runs_over():
    """``[n for n in s |> f]`` runs over what ``f`` gives."""
    labkit.equal(value("[n for n in 'cab' |> sorted]"), ["a", "b", "c"], "a list")
    labkit.equal(value("{n for n in 'ab' |> sorted}"), {"a", "b"}, "a set")
    labkit.equal(value("{n: 1 for n in 'ab' |> sorted}"), {"a": 1, "b": 1}, "a dict")
    labkit.equal(value("list(n for n in 'ba' |> sorted)"), ["a", "b"], "a generator")


def test_its_conditions():
    """``if n |> f`` filters, and a second ``if`` may follow."""
    labkit.equal(
        value(
            "[n for n in range(9) if n |> odd if n |> big]",
            odd=lambda n: n % 2,
            big=lambda n: n > 4,
        ),
        [5, 7],
        "two conditions",
    )


def test_async_comprehensions():
    """``async for`` in a comprehension takes it as well."""
    source = "async def g():\n    return [n async for n in s |> f if n |> f]\n"
    try:
        compile(source, "<lab>", "exec")
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}") from None


def test_lambda_on_the_right():
    """A ``lambda`` may stand on the right without parentheses."""
    labkit.equal(value("20 |> lambda n: n + 22"), 42, "20 |> lambda n: n + 22")


def test_lambda_in_a_chain():
    """What follows belongs to its body, which comes to the same: ``str(n + 1)``."""
    import ast

    labkit.equal(value("1 |> lambda n: n + 1 |> str"), "2", "1 |> lambda n: n + 1 |> str")
    labkit.equal(
        ast.unparse(ast.parse("1 |> lambda n: n + 1 |> str")),
        "(lambda n: str(n + 1))(1)",
        "the same, unparsed",
    )


@labkit.holds_before("a lambda on the left was, and is, the end of the expression")
def test_lambda_on_the_left():
    """On the left a ``lambda`` takes the pipeline for its body."""
    labkit.equal(value("(lambda: 'ab' |> len)()"), 2, "(lambda: 'ab' |> len)()")


@labkit.holds_before("comprehensions without it must parse as before")
def test_other_comprehensions():
    """A conditional expression still needs its parentheses in a condition."""
    labkit.equal(value("[n for n in [1, 2] if n > 1 or n]"), [1, 2], "a condition")
    labkit.raises(SyntaxError, compile, "[n for n in a if b else c]", "<lab>", "eval")
