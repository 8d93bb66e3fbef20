"""Step 2: else."""

import labkit


def run(source, **names):
    """The names after running ``source``; that it does not parse is a failure of the test."""
    try:
        code = compile(source, "<lab>", "exec")
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}\n  {error.text}") from None
    exec(code, names)
    return names


def test_else_runs_when_true():
    """``else`` runs when the condition is true, and only then."""
    source = "unless x:\n    a = 'block'\nelse:\n    a = 'else'\n"
    labkit.equal(run(source, x=False)["a"], "block", "a, with x false")
    labkit.equal(run(source, x=True)["a"], "else", "a, with x true")


def test_the_tree():
    """The tree is that of ``if not … else``."""
    import ast

    try:
        tree = ast.parse("unless a: b\nelse: c\n")
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}") from None
    labkit.equal(ast.dump(tree), ast.dump(ast.parse("if not a: b\nelse: c\n")), "ast.dump of it")


def test_whose_else_it_is():
    """An ``else`` belongs to the statement with the same indentation."""
    source = """
unless a:
    if b:
        r = 1
    else:
        r = 2
else:
    r = 3
"""
    found = [run(source, a=a, b=b)["r"] for a in (0, 1) for b in (0, 1)]
    labkit.equal(found, [2, 1, 3, 3], "r for the four cases")


def test_colon_after_else():
    """A missing colon after ``else`` is named."""
    error = labkit.raises(SyntaxError, compile, "unless a:\n  b\nelse\n  c\n", "<lab>", "exec")
    labkit.equal((error.msg, error.lineno), ("expected ':'", 3), "message and line")


@labkit.holds_before("Perl has it, and nobody can read it")
def test_no_elif():
    """There is no ``elif`` after it."""
    labkit.raises(SyntaxError, compile, "unless a:\n    b\nelif c:\n    d\n", "<lab>", "exec")
