"""Step 1: the instruction has a name."""

import labkit


def test_python_knows_it():
    """``_opcode_metadata`` lists BINARY_OP_ADD_LIST among the specialisations of BINARY_OP."""
    import _opcode_metadata as metadata

    labkit.true(
        "BINARY_OP_ADD_LIST" in metadata._specializations["BINARY_OP"],
        "BINARY_OP's family does not list it:\n"
        f"  {', '.join(metadata._specializations['BINARY_OP'])}",
    )


def test_interpreter_knows_it():
    """The C side was generated too: the opcode's number is valid in the running interpreter."""
    import _opcode
    import _opcode_metadata as metadata

    number = metadata._specialized_opmap.get("BINARY_OP_ADD_LIST")
    labkit.true(number is not None, "there is no opcode of that name")
    for name, value in metadata._specialized_opmap.items():
        labkit.true(_opcode.is_valid(value), f"{name} ({value}) is not valid in the interpreter")


@labkit.holds_before("a new number must not disturb the old ones")
def test_others_still_specialise():
    """int, float and str additions take the instructions that they took before."""

    def add(a, b):
        return a + b

    for a, b, name in ((1, 2, "INT"), (1.5, 2.5, "FLOAT"), ("a", "b", "UNICODE")):
        function = labkit.warmed(labkit.copied(add), a, b)
        labkit.true(
            f"BINARY_OP_ADD_{name}" in labkit.instructions(function),
            f"{a!r} + {b!r} runs {labkit.instructions(function)}",
        )
        labkit.equal(function(a, b), a.__add__(b), f"{a!r} + {b!r}")
