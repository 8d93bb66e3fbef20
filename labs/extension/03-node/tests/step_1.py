"""Step 1: show what you hold."""

import labkit


def test_tracked():
    """A node is known to the collector from its first day."""
    import gc

    Node = labkit.fresh("node").Node
    labkit.equal(gc.is_tracked(Node()), True, "gc.is_tracked(Node())")


def test_shows_its_members():
    """The collector sees value, next, farewell and the type of a node, each once."""
    import gc

    Node = labkit.fresh("node").Node
    value, following, farewell = ["value"], Node(), [].append
    seen = [id(thing) for thing in gc.get_referents(Node(value, following, farewell=farewell))]
    for name, thing in (
        ("value", value),
        ("next", following),
        ("farewell", farewell),
        ("the type", Node),
    ):
        labkit.equal(seen.count(id(thing)), 1, f"how often the collector sees {name}")
    labkit.equal(len(seen), 4, "how many objects the collector sees")


def test_empty_members():
    """A member that was deleted is passed over, and None is shown like anything else."""
    import gc

    Node = labkit.fresh("node").Node
    node = Node()
    del node.value, node.next, node.farewell
    labkit.equal(gc.get_referents(node), [Node], "what the collector sees of an empty node")
    gc.collect()


def test_node_of_a_subclass():
    """Of an instance of a subclass the collector sees the same, and its class instead of Node."""
    import gc

    Node = labkit.fresh("node").Node

    class Named(Node):
        __slots__ = ("name",)

    node = Named(["value"])
    node.name = ["name"]
    seen = gc.get_referents(node)
    for thing in (node.value, node.name, Named):
        labkit.true(
            sum(it is thing for it in seen) == 1, f"the collector does not see {thing!r} once"
        )


def test_type_and_instance():
    """A type that refers to one of its own instances is collected, with its module."""
    import weakref

    def make():
        module = labkit.fresh("node")
        module.Node.root = module.Node("root")
        return weakref.ref(module.Node)

    labkit.collected(make, "Node -> Node.root -> its type, Node")


def test_collection_in_the_middle():
    """When a value's ``__del__`` starts a collection, the node that is just dying is left alone."""
    import gc
    import warnings

    Node = labkit.fresh("node").Node
    collections = []

    class Tidy:
        def __del__(self):
            collections.append(gc.collect())

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(10):
            Node(Tidy(), Node(Tidy()))
    labkit.equal(len(collections), 20, "how many collections ran")
    labkit.true(gc.is_tracked(Node()), "a node is not known to the collector")
    labkit.equal([str(it.message) for it in warned], [], "what the debug build warns of")


def test_nodes_leak_nothing():
    """Nodes without a cycle go when their last reference goes, without the collector."""
    import gc

    Node = labkit.fresh("node").Node
    gc.disable()
    try:
        labkit.no_leak(lambda: Node([], Node({})))
    finally:
        gc.enable()
    labkit.true(gc.is_tracked(Node()), "a node is not known to the collector")
