"""Step 3: old programs keep their meaning."""

import labkit


def run(source, **names):
    """The names after running ``source``; that it does not parse is a failure of the test."""
    try:
        code = compile(source, "<lab>", "exec")
    except SyntaxError as error:
        raise labkit.Failed(f"it does not parse: {error.msg}\n  {error.text}") from None
    exec(code, names)
    return names


class Space:
    """Something to set attributes on."""


def test_annotated_subscript():
    """``unless[key]: int = 5`` assigns to an element of what ``unless`` names."""
    space = run("unless['key']: int = 5", **{"unless": {}})
    labkit.equal(space["unless"], {"key": 5}, "unless")


def test_annotated_attribute():
    """``unless(x).y: int = 5`` assigns to an attribute of what the call gives."""
    thing = Space()
    run("unless(x).y: int = 5", **{"unless": lambda x: thing, "x": 0})
    labkit.equal(vars(thing), {"y": 5}, "the object's attributes")


def test_annotation_alone():
    """Without a value nothing is run but the annotation's parts, as in 3.13."""
    import ast

    for source in ("unless[0]: int", "unless(x)[0]: int", "unless (x).y: f()"):
        labkit.equal(type(ast.parse(source).body[0]), ast.AnnAssign, f"the kind of {source}")


def test_no_annotation():
    """Where an annotation is impossible, it is the statement: a list for a condition included."""
    import ast

    for source in (
        "unless [0]:\n    pass",
        "unless [0]: pass",
        "unless (x): y",
        "unless (x).y:\n    z",
        "unless [0]: a = 1",
        "unless not [0]: a",
    ):
        try:
            node = ast.parse(source).body[0]
        except SyntaxError as error:
            raise labkit.Failed(f"{source} does not parse: {error.msg}") from None
        if source == "unless [0]: a = 1":
            # In 3.13 this was: annotation a, value 1.
            labkit.equal(type(node), ast.AnnAssign, f"the kind of {source}")
        else:
            labkit.equal(type(node), ast.If, f"the kind of {source}")


@labkit.holds_before("'unless' and a colon with nothing between was never a condition")
def test_plain_annotation():
    """``unless: int`` is an annotation of the name."""
    import ast

    labkit.equal(type(ast.parse("unless: int").body[0]), ast.AnnAssign, "the kind of unless: int")
    labkit.equal(
        type(ast.parse("unless.x: int").body[0]), ast.AnnAssign, "the kind of unless.x: int"
    )
