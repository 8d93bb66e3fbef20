"""Step 4: a chain of a hundred thousand."""

import labkit

# Far too long for a stack of 8 MB; and long enough for the hunt, where each runs six times.
LONG = 10_000 if labkit.MODE == "hunt" else 200_000


def chain(Node):
    import gc

    node = None
    gc.disable()  # it would look at the growing chain again and again
    for number in range(LONG):
        node = Node(number, node)
    gc.enable()
    return node


def test_long_chain():
    """A chain of 200,000 nodes goes when its first node goes."""
    first = chain(labkit.fresh("node").Node)
    del first


def test_all_of_it_goes():
    """When a long chain has gone, no node of it is left, and its type has no more references."""
    import sys

    Node = labkit.fresh("node").Node
    before = sys.getrefcount(Node)
    first = chain(Node)
    labkit.equal(sys.getrefcount(Node) - before, LONG, "references to Node from a long chain")
    del first
    labkit.equal(sys.getrefcount(Node) - before, 0, "references to Node when it is gone")


def test_through_the_values():
    """A chain through ``value`` goes as well, and one with tuples and lists in between."""
    Node = labkit.fresh("node").Node
    node = None
    for number in range(LONG // 4):
        node = Node((node,)) if number % 3 else Node([node])
    del node
    node = None
    for _ in range(LONG):
        node = Node(node)
    del node


def test_long_ring():
    """A ring of 200,000 nodes is collected."""
    import gc
    import weakref

    Node = labkit.fresh("node").Node

    def make():
        last = Node()
        last.next = first = Node(None, last)
        for number in range(LONG):
            first = last.next = Node(number, first)
        return weakref.ref(first)

    reference = make()
    gc.collect()
    labkit.equal(reference(), None, "a node of the ring")


def test_callbacks_come_once():
    """Each node of a long chain tells its weak reference once."""
    import weakref

    Node = labkit.fresh("node").Node
    told = []
    first = chain(Node)
    node, references = first, []
    while node is not None:
        if node.value % 100 == 0:
            references.append(weakref.ref(node, told.append))
        node = node.next
    del first
    labkit.equal(len(references), LONG // 100, "how many weak references there were")
    labkit.equal(len(told), LONG // 100, "how many of them were told")


@labkit.holds_before("the deallocator of Python's classes has a trashcan of its own")
def test_chain_of_a_subclass():
    """A chain of instances of a subclass, and one of both kinds, goes as well."""
    Node = labkit.fresh("node").Node

    class Named(Node):
        pass

    for every in (1, 2):
        node = None
        for number in range(LONG // 4):
            node = (Node if number % every else Named)(number, node)
        del node
