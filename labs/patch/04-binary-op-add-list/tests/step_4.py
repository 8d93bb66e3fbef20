"""Step 4: ``+=`` is another operation."""

import labkit

NAME = "BINARY_OP_ADD_LIST"


def extend(a, b):
    a += b
    return a


def test_in_place():
    """``a += b`` gives back the list that ``a`` was, however often it has run before."""
    function = labkit.warmed(labkit.copied(extend), [1], [2])
    a = [1]
    labkit.true(function(a, [2]) is a, "a += b made a new list")
    labkit.equal(a, [1, 2], "the list that a was")


def test_aliases_see_it():
    """Another name for the list sees what ``+=`` added, in a loop as anywhere."""
    a = alias = []
    for i in range(200):
        a += [i]
    labkit.equal(alias, list(range(200)), "what the other name sees")


def test_not_specialised():
    """The instruction of ``+=`` never becomes BINARY_OP_ADD_LIST."""
    function = labkit.warmed(labkit.copied(extend), [1], [2], times=500)
    labkit.true(
        NAME not in labkit.instructions(function),
        f"after 500 calls a += b runs\n  {labkit.instructions(function)}",
    )


@labkit.holds_before("the guard of step 3 sends these the general way")
def test_any_iterable():
    """``+=`` takes what ``+`` refuses: any iterable."""
    function = labkit.warmed(labkit.copied(extend), [1], [2])
    labkit.equal(function([1], (2, 3)), [1, 2, 3], "[1] += (2, 3)")
    labkit.equal(function([1], iter("ab")), [1, "a", "b"], "[1] += iter('ab')")


@labkit.holds_before("the cure must not kill the patient")
def test_plus_still_is():
    """``a + b`` is still specialised."""

    def add(a, b):
        return a + b

    function = labkit.warmed(add, [1], [2])
    labkit.true(NAME in labkit.instructions(function), "a + b is not specialised any more")
