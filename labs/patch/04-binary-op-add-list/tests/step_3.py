"""Step 3: it gives way."""

import labkit

NAME = "BINARY_OP_ADD_LIST"


def add(a, b):
    return a + b


class Loud(list):
    """A list whose additions are its own business."""

    def __add__(self, other):
        return ("add", other)

    def __radd__(self, other):
        return ("radd", other)


def specialised():
    """A function ``a + b`` that runs the new instruction."""
    function = labkit.warmed(labkit.copied(add), [1], [2])
    labkit.true(NAME in labkit.instructions(function), "lists do not specialise")
    return function


def test_numbers_at_the_same_place():
    """Where lists were added, numbers can be: the sum comes out."""
    labkit.equal(specialised()(20, 22), 42, "20 + 22 after lists")
    labkit.equal(specialised()(0.5, 1), 1.5, "0.5 + 1 after lists")


@labkit.holds_before("PySequence_Concat happens to ask for it as well")
def test_left_subclass():
    """A subclass of list on the left is asked for its ``__add__``."""
    labkit.equal(specialised()(Loud([1]), [2]), ("add", [2]), "Loud([1]) + [2]")


def test_right_subclass():
    """A subclass of list on the right is asked for its ``__radd__`` first."""
    labkit.equal(specialised()([1], Loud([2])), ("radd", [1]), "[1] + Loud([2])")


def test_plain_subclass():
    """Even a subclass that changes nothing goes the general way, and gives a plain list."""

    class Quiet(list):
        pass

    function = specialised()
    labkit.equal(function(Quiet([1]), Quiet([2])), [1, 2], "Quiet([1]) + Quiet([2])")
    labkit.warmed(function, Quiet([1]), Quiet([2]), times=500)
    labkit.true(NAME not in labkit.instructions(function), "it is still specialised for lists")


def test_wrong_operands():
    """What cannot be added says so in the words that the general instruction uses."""
    generic = "unsupported operand type(s) for +: 'int' and 'list'"
    labkit.raises(TypeError, specialised(), 1, [2], text=generic)
    labkit.raises(TypeError, specialised(), [1], (2,), text='(not "tuple") to list')


def test_it_deoptimises():
    """After enough calls with a subclass the instruction is BINARY_OP again."""
    function = labkit.warmed(specialised(), Loud([1]), Loud([2]), times=500)
    labkit.true(
        "BINARY_OP" in labkit.instructions(function),
        f"after 500 calls with a subclass the function runs\n  {labkit.instructions(function)}",
    )


def test_it_can_change_its_mind():
    """From lists to numbers and back, it follows what it sees."""
    function = specialised()
    labkit.warmed(function, 1, 2, times=500)
    labkit.true("BINARY_OP_ADD_INT" in labkit.instructions(function), "it did not turn to int")
    labkit.warmed(function, [1], [2], times=500)
    labkit.true(NAME in labkit.instructions(function), "it did not turn back to lists")
