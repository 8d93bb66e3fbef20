"""Step 2: it is chosen."""

import labkit

NAME = "BINARY_OP_ADD_LIST"


def add(a, b):
    return a + b


def specialised():
    """A function ``a + b`` that has seen lists, and runs the new instruction."""
    function = labkit.warmed(labkit.copied(add), [1], [2])
    names = labkit.instructions(function)
    labkit.true(NAME in names, f"after 64 calls with lists the function runs\n  {names}")
    return function


def test_seen_in_dis():
    """After some calls with lists, ``dis(adaptive=True)`` shows BINARY_OP_ADD_LIST."""
    specialised()


def test_results_are_equal():
    """The result is what ``list.__add__`` gives: empty, long and nested lists, same objects."""
    function = specialised()
    inner = object()
    cases = [[], [1], list(range(1000)), [[1], [2]], [inner, inner], [None] * 7]
    for a in cases:
        for b in cases:
            labkit.equal(function(a, b), a.__add__(b), f"{len(a)} + {len(b)} elements")
    labkit.true(function([inner], [])[0] is inner, "an element was copied")


def test_result_is_new():
    """Each run makes a list of its own, and leaves the operands alone."""
    function = specialised()
    a, b = [1], [2]
    first, second = function(a, b), function(a, b)
    labkit.true(first is not second, "two runs gave one list")
    empty = []
    labkit.true(function(empty, []) is not empty, "adding an empty list gave the operand itself")
    first.append(3)
    labkit.equal([a, b, second], [[1], [2], [1, 2]], "operands and the other result")


def test_references_balance():
    """The operands lose the references that the stack held, no more and no less."""
    import sys

    function = specialised()
    a, b = [object()], [object()]
    before = [sys.getrefcount(thing) for thing in (a, b, a[0], b[0])]
    for _ in range(100):
        function(a, b)
    after = [sys.getrefcount(thing) for thing in (a, b, a[0], b[0])]
    labkit.equal(after, before, "reference counts of operands and elements after 100 runs")
    labkit.no_leak(lambda: function(a, b))


def test_operands_may_die_here():
    """Operands whose only reference is the stack's are freed, and their elements with them."""
    import weakref

    function = specialised()

    class Element:
        pass

    element = Element()
    died = weakref.ref(element)
    result = function([element], [element])
    del element
    labkit.true(died() is not None, "the element died while the result holds it")
    del result
    labkit.true(died() is None, "the element lives on without the result")
