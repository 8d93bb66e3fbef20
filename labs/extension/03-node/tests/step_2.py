"""Step 2: let go."""

import labkit


def given_back(make, what):
    """Fails unless every reference to a value that ``make(value)`` stores somewhere is given back
    by a collection.

    A weak reference would not do: the collector clears those to all that is garbage before it
    frees anything, and also when it cannot free it.
    """
    import gc
    import sys

    value = object()
    before = sys.getrefcount(value)
    make(value)
    labkit.true(sys.getrefcount(value) > before, f"{what}: went before the collector came")
    gc.collect()
    labkit.equal(
        sys.getrefcount(value) - before, 0, f"{what}: references to the value after a collection"
    )


def test_a_node_that_holds_itself():
    """The smallest cycle: a node whose next is the node."""
    Node = labkit.fresh("node").Node

    def make(value):
        node = Node(value)
        node.next = node

    given_back(make, "node -> node")


def test_a_ring():
    """A ring of a hundred nodes is collected, with all its values."""
    Node = labkit.fresh("node").Node

    def make(value):
        nodes = [Node(value) for _ in range(100)]
        for node, following in zip(nodes, nodes[1:] + nodes[:1], strict=True):
            node.next = following

    given_back(make, "a ring of a hundred")


def test_through_each_member():
    """A cycle through any of the three members is collected."""
    Node = labkit.fresh("node").Node

    class Held(tuple):
        """A tuple lets go of nothing when asked, so only the node can break the cycle."""

        def __call__(self, node):  # for step 5, where a farewell is called
            pass

    def make(member, value):
        node = Node()
        setattr(node, member, Held((node, value)))

    for member in ("value", "next", "farewell"):
        given_back(lambda value, member=member: make(member, value), f"node -> {member} -> node")


def test_ring_of_a_subclass():
    """A ring of instances of a subclass with slots is collected too."""
    Node = labkit.fresh("node").Node

    class Named(Node):
        __slots__ = ("name",)

    def make(value):
        node = Named(value)
        node.name = "a name"
        node.next = (node,)

    given_back(make, "node -> (node,)")


@labkit.holds_before("what is in use was never in danger; now it could be")
def test_what_is_held_from_outside_stays():
    """A ring that somebody still holds is left alone, however often the collector comes."""
    import gc

    Node = labkit.fresh("node").Node
    node = Node(["one"])
    node.next = Node(["two"], node)
    for _ in range(3):
        gc.collect()
    labkit.true(node.next.next is node, "the ring was broken while it was in use")
    labkit.equal((node.value, node.next.value), (["one"], ["two"]), "the values of a ring in use")


def test_rings_leak_nothing():
    """A thousand rings leave nothing behind, once the collector has been there."""
    Node = labkit.fresh("node").Node

    def ring():
        node = Node()
        node.next = Node((node,), node)

    labkit.no_leak(ring)
