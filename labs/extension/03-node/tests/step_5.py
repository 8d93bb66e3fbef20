"""Step 5: last words."""

import labkit

LONG = 2_000 if labkit.MODE == "hunt" else 30_000


def hooked(call):
    """Calls ``call()``; gives what `sys.unraisablehook` was told meanwhile."""
    import sys

    caught = []
    hook = sys.unraisablehook
    sys.unraisablehook = lambda it: caught.append((it.exc_type.__name__, str(it.exc_value)))
    try:
        call()
    finally:
        sys.unraisablehook = hook
    return caught


def test_called_once_with_the_node():
    """At the end of a node its farewell is called once, with the node, which is still whole."""
    Node = labkit.fresh("node").Node
    heard = []
    node = Node("value", farewell=lambda it: heard.append((it.value, it.next)))
    labkit.equal(heard, [], "what was heard while the node lived")
    del node
    labkit.equal(heard, [("value", None)], "what was heard at its end")


def test_none_and_nothing():
    """A farewell of None is not called, nor one that was deleted."""
    Node = labkit.fresh("node").Node
    heard = []

    def use():
        Node(farewell=None)
        node = Node(farewell=heard.append)
        del node.farewell
        del node
        node = Node(farewell=heard.append)
        node.farewell = None

    labkit.equal(hooked(use), [], "what was reported")
    labkit.equal(len(heard), 0, "how many farewells were heard")
    Node(farewell=heard.append)
    labkit.equal(len(heard), 1, "how many farewells were heard at last")
    heard.clear()


def test_ring_says_farewell_before_it_breaks():
    """In a ring every node is whole when the farewells are said."""
    import gc

    Node = labkit.fresh("node").Node
    heard = []

    def make():
        def farewell(node):
            heard.append((node.value, node.next.value, node.next.next.value))

        one, two = Node(1, farewell=farewell), Node(2, farewell=farewell)
        one.next, two.next = two, one

    make()
    gc.collect()
    labkit.equal(sorted(heard), [(1, 2, 1), (2, 1, 2)], "what was heard from the ring")


def test_back_to_life():
    """A farewell can keep the node: it stays whole, known to the collector, and weakly
    referenced; at its second end nothing is said."""
    import gc
    import weakref

    Node = labkit.fresh("node").Node
    kept = []
    node = Node("value", farewell=kept.append)
    reference = weakref.ref(node)
    del node
    labkit.equal(len(kept), 1, "how many nodes were kept")
    labkit.equal(kept[0].value, "value", "the value of the node that was kept")
    labkit.true(reference() is kept[0], "the weak reference forgot a node that lives")
    labkit.true(gc.is_tracked(kept[0]), "the collector forgot a node that lives")
    kept.clear()
    labkit.equal(reference(), None, "the weak reference after the second end")
    labkit.equal(len(kept), 0, "how many nodes were kept the second time")


def test_farewell_that_raises():
    """What a farewell raises is reported as unraisable, and goes nowhere else."""
    Node = labkit.fresh("node").Node

    def farewell(node):
        raise LookupError("no last words")

    def use():
        node = Node(farewell=farewell)
        del node

    labkit.equal(hooked(use), [("LookupError", "no last words")], "what was reported")


def test_not_callable():
    """A farewell that cannot be called is reported the same way."""
    Node = labkit.fresh("node").Node
    caught = hooked(lambda: Node(farewell=42))
    labkit.equal([name for name, _ in caught], ["TypeError"], "what was reported")


def test_while_an_exception_passes():
    """A node that dies while an exception is on its way does not disturb that exception."""
    Node = labkit.fresh("node").Node
    heard = []

    def quiet(node):
        try:
            heard.append({}["missing"])
        except KeyError:
            heard.append(node.value)

    def loud(node):
        raise LookupError("no last words")

    def fail(farewell):
        return [Node("value", farewell=farewell), 1 // 0]

    labkit.raises(ZeroDivisionError, fail, quiet)
    labkit.equal(heard, ["value"], "what was heard")
    caught = hooked(lambda: labkit.raises(ZeroDivisionError, fail, loud))
    labkit.equal(caught, [("LookupError", "no last words")], "what was reported")


def test_farewell_that_changes_the_node():
    """A farewell may empty the node and replace everything in it, the farewell included."""
    Node = labkit.fresh("node").Node
    heard = []

    class Farewell:
        def __call__(self, node):
            heard.append(node.value)
            del node.value, node.next
            node.farewell = heard.append
            heard.append(self is not None)

    Node("value", farewell=Farewell())
    labkit.equal(heard, ["value", True], "what was heard")


def test_farewell_that_makes_a_ring():
    """A farewell that ties the node to itself keeps it until the collector comes, who then takes
    it without another word."""
    import gc
    import sys

    Node = labkit.fresh("node").Node
    value, heard = object(), []
    before = sys.getrefcount(value)

    def farewell(node):
        heard.append(node.value)
        node.farewell = (node, node.value)

    Node(value, farewell=farewell)
    labkit.equal(len(heard), 1, "how many farewells were heard")
    heard.clear()
    labkit.equal(sys.getrefcount(value) - before, 2, "references to the value from the ring")
    gc.collect()
    labkit.equal(sys.getrefcount(value) - before, 0, "references to the value at last")
    labkit.equal(len(heard), 0, "how many farewells were heard from the ring")


def test_subclass_with_del():
    """A subclass may have a ``__del__``, and call the one of Node from there."""
    Node = labkit.fresh("node").Node
    heard = []

    class Named(Node):
        def __del__(self):
            heard.append("del")
            super().__del__()

    Named("value", farewell=lambda node: heard.append(node.value))
    labkit.equal(heard, ["del", "value"], "what was heard")


def test_chain_says_farewell():
    """Each node of a long chain says farewell once, the first one first."""
    Node = labkit.fresh("node").Node
    heard = []
    node = None
    for number in range(LONG):
        node = Node(number, node, farewell=lambda it: heard.append(it.value))
    del node
    labkit.equal(len(heard), LONG, "how many farewells were heard")
    labkit.true(heard == sorted(heard, reverse=True), "the farewells were out of order")


def test_farewells_leak_nothing():
    """Farewells leave nothing behind, those that raise included."""
    Node = labkit.fresh("node").Node
    heard = []

    def use():
        Node(farewell=heard.append)
        heard.clear()
        ring = Node(farewell=lambda node: None)
        ring.next = ring

    labkit.no_leak(use)
    Node(farewell=heard.append)
    labkit.equal(len(heard), 1, "how many farewells were heard")
    heard.clear()
