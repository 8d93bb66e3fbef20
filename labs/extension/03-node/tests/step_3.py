"""Step 3: weak references."""

import labkit


def test_reference():
    """A weak reference gives the node as long as it lives, and then None."""
    import weakref

    Node = labkit.fresh("node").Node
    node = Node("value")
    reference = weakref.ref(node)
    labkit.true(reference() is node, "the weak reference does not give the node")
    labkit.true(weakref.ref(node) is reference, "a second weak reference is another one")
    del node
    labkit.equal(reference(), None, "the weak reference when the node is gone")


def test_many_references():
    """All weak references to a node learn of its end, proxies and those with a callback too."""
    import weakref

    Node = labkit.fresh("node").Node
    node = Node("value")
    told = []
    references = [weakref.ref(node, told.append) for _ in range(100)]
    proxy = weakref.proxy(node)
    labkit.equal(proxy.value, "value", "the value through a proxy")
    del node
    labkit.equal(len(told), 100, "how many callbacks were called")
    labkit.true(all(it() is None for it in references), "a reference still gives something")
    labkit.raises(ReferenceError, lambda: proxy.value)


def test_callback_sees_nothing():
    """While the callback runs, the node is already out of reach, and its value still alive."""
    import weakref

    Node = labkit.fresh("node").Node
    seen = []

    class Value:
        pass

    value = weakref.ref(Value)  # keeps the name; the real one is made below
    node = Node(Value())
    value = weakref.ref(node.value)
    reference = weakref.ref(node, lambda it: seen.append((it() is None, value() is not None)))
    del node
    labkit.equal(seen, [(True, True)], "(reference is dead, value is alive) in the callback")
    labkit.equal(reference(), None, "the reference afterwards")


def test_callback_of_a_ring():
    """When the collector takes a ring, references from outside learn of it."""
    import gc
    import weakref

    Node = labkit.fresh("node").Node
    told = []

    def make():
        node = Node()
        node.next = Node(None, node)
        return weakref.ref(node, told.append), weakref.ref(node.next, told.append)

    references = make()
    gc.collect()
    labkit.equal(len(told), 2, "how many callbacks were called")
    labkit.equal([it() for it in references], [None, None], "what the references give")


def test_callback_that_raises():
    """A callback that raises disturbs nobody."""
    import sys
    import weakref

    Node = labkit.fresh("node").Node
    caught = []
    hook, sys.unraisablehook = sys.unraisablehook, lambda it: caught.append(it.exc_type)
    try:
        node = Node()
        reference = weakref.ref(node, lambda it: 1 // 0)
        del node
    finally:
        sys.unraisablehook = hook
    labkit.equal(caught, [ZeroDivisionError], "what was reported")
    labkit.equal(reference(), None, "the reference afterwards")


def test_weak_dictionary():
    """A WeakValueDictionary of nodes holds what is alive, and works for subclasses."""
    import weakref

    Node = labkit.fresh("node").Node

    class Named(Node):
        pass

    book = weakref.WeakValueDictionary()
    kept = []
    for number in range(100):
        book[number] = node = (Named if number % 3 else Node)(number)
        if number % 10 == 0:
            kept.append(node)
    del node
    labkit.equal(sorted(book), list(range(0, 100, 10)), "the keys of nodes that are alive")


def test_references_leak_nothing():
    """Weak references, dead or alive, leave nothing behind."""
    import weakref

    Node = labkit.fresh("node").Node

    def use():
        node = Node()
        weakref.ref(node)
        reference = weakref.ref(node, lambda it: None)
        del node
        return reference

    labkit.no_leak(use)
