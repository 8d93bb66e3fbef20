"""Step 1: the tokenizer knows it."""

import labkit


def tokens(source):
    """The exact types and the texts of the tokens in a line of source."""
    import io
    import token
    import tokenize

    found = tokenize.generate_tokens(io.StringIO(source).readline)
    return [
        (token.tok_name[entry.exact_type], entry.string)
        for entry in found
        if entry.type not in (token.NEWLINE, token.ENDMARKER)
    ]


def test_token_module():
    """``token`` has PIPEGREATER, under a number and under its spelling."""
    import token

    labkit.true(hasattr(token, "PIPEGREATER"), "token has no PIPEGREATER")
    labkit.equal(
        token.EXACT_TOKEN_TYPES.get("|>"), token.PIPEGREATER, "token.EXACT_TOKEN_TYPES['|>']"
    )
    labkit.equal(token.tok_name[token.PIPEGREATER], "PIPEGREATER", "its name")


def test_one_token():
    """``|>`` is one token, with spaces around it and without."""
    expected = [("NAME", "x"), ("PIPEGREATER", "|>"), ("NAME", "f")]
    labkit.equal(tokens("x |> f"), expected, "tokens of x |> f")
    labkit.equal(tokens("x|>f"), expected, "tokens of x|>f")


def test_longest_match():
    """The tokenizer takes the longest operator it knows: ``||>`` is ``|`` and ``|>``."""
    labkit.equal(
        tokens("a||>b"),
        [("NAME", "a"), ("VBAR", "|"), ("PIPEGREATER", "|>"), ("NAME", "b")],
        "tokens of a||>b",
    )
    labkit.equal(
        tokens("a|>=b"),
        [("NAME", "a"), ("PIPEGREATER", "|>"), ("EQUAL", "="), ("NAME", "b")],
        "tokens of a|>=b",
    )


@labkit.holds_before("these were other tokens before, and must stay so")
def test_its_neighbours():
    """``|``, ``|=``, ``>``, and ``| >`` with a space between are what they were."""
    labkit.equal(
        tokens("a | > b"),
        [("NAME", "a"), ("VBAR", "|"), ("GREATER", ">"), ("NAME", "b")],
        "tokens of a | > b",
    )
    labkit.equal(tokens("a |= b")[1], ("VBAREQUAL", "|="), "the operator in a |= b")
    labkit.equal(tokens("a >> b")[1], ("RIGHTSHIFT", ">>"), "the operator in a >> b")


def test_round_trip():
    """``tokenize.untokenize`` gives the source back, and the types survive a second reading."""
    import io
    import token
    import tokenize

    source = "y = (x |> f\n     |> g)\n"
    first = list(tokenize.generate_tokens(io.StringIO(source).readline))
    labkit.equal(tokenize.untokenize(first), source, "the source after the round trip")
    labkit.equal(
        sum(entry.exact_type == getattr(token, "PIPEGREATER", None) for entry in first),
        2,
        "PIPEGREATER tokens",
    )


@labkit.holds_before("inside a format specification there are no tokens")
def test_format_specifications():
    """A fill character ``|`` before the alignment ``>`` is no operator."""
    labkit.equal(eval("f\"{'ab':|>5}\""), "|||ab", "f\"{'ab':|>5}\"")


@labkit.holds_before("what parser.c knows of the old tokens was generated anew")
def test_old_grammar():
    """Programs without the operator parse as they did: numbers of tokens have moved."""
    space = {}
    exec("a: int = 1\nb = [n for n in (1, 2) if n >= a != 3]\nc = f'{b!r:>8}'", space)
    labkit.equal(space["c"], "  [1, 2]", "c")
