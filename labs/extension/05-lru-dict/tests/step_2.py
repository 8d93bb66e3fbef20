"""Step 2: order."""

import labkit


class Key:
    """A key that acts when it is compared; all of them share one hash."""

    def __init__(self, name, action=None):
        self.name, self.action = name, action

    def __hash__(self):
        return 42

    def __eq__(self, other):
        for key in (self, other):
            if key.action:
                key.action()
        return self.name == other.name


def filled(capacity=100, keys="abcd"):
    d = labkit.fresh("lrudict").LRUDict(capacity)
    for number, key in enumerate(keys):
        d[key] = number
    return d


def test_order_of_storing():
    """Keys, values and items come in the order in which they were stored."""
    d = filled()
    labkit.equal(d.keys(), ["a", "b", "c", "d"], "the keys")
    labkit.equal(d.values(), [0, 1, 2, 3], "the values")
    labkit.equal(d.items(), [("a", 0), ("b", 1), ("c", 2), ("d", 3)], "the items")
    labkit.equal([*d], ["a", "b", "c", "d"], "what iteration gives")


def test_use_makes_new():
    """To fetch and to store again makes a key the newest; to ask with ``in`` does not."""
    d = filled()
    d["b"]  # noqa: B018 -- it is a use
    labkit.equal(d.keys(), ["a", "c", "d", "b"], "the keys after d['b']")
    d["a"] = 9
    labkit.equal(d.items(), [("c", 2), ("d", 3), ("b", 1), ("a", 9)], "after d['a'] = 9")
    labkit.true("c" in d, "'c' in d")
    labkit.raises(KeyError, d.__getitem__, "missing")
    labkit.equal(d.keys(), ["c", "d", "b", "a"], "the keys after 'c' in d")
    d["a"]  # noqa: B018
    labkit.equal(d.keys(), ["c", "d", "b", "a"], "the keys after a use of the newest")


def test_removal():
    """What is removed leaves the others in their order: the oldest, the newest, one between, the
    last one."""
    d = filled()
    for key, rest in (
        ("b", ["a", "c", "d"]),
        ("a", ["c", "d"]),
        ("d", ["c"]),
        ("c", []),
    ):
        del d[key]
        labkit.equal(d.keys(), rest, f"the keys after del d[{key!r}]")
    d["e"] = 1
    labkit.equal(d.items(), [("e", 1)], "the items when something was stored again")
    d.clear()
    labkit.equal(d.items(), [], "the items after clear()")
    d["f"] = 1
    labkit.equal(d.keys(), ["f"], "the keys when something was stored after clear()")


def test_iteration_may_use():
    """While one iterates, the map may be used, changed and emptied."""
    d = filled()
    labkit.equal([(key, d[key]) for key in d], [("a", 0), ("b", 1), ("c", 2), ("d", 3)], "pairs")
    for key in d:
        del d[key]
    labkit.equal(d.keys(), [], "the keys in the end")


def test_model():
    """Random operations agree with an ``OrderedDict``, order included, step by step."""
    import collections
    import random

    d, model = labkit.fresh("lrudict").LRUDict(1000), collections.OrderedDict()
    dice = random.Random(1991)
    for number in range(1500):
        key, what = dice.randrange(25), dice.random()
        if what < 0.4:
            d[key] = model[key] = number
            model.move_to_end(key)
        elif what < 0.8 and key in model:
            labkit.equal(d[key], model[key], f"d[{key}]")
            model.move_to_end(key)
        elif key in model:
            del d[key], model[key]
        elif what > 0.99:
            d.clear()
            model.clear()
        labkit.equal(d.items(), list(model.items()), "the items")


def test_comparison_that_changes_the_map():
    """A key's ``__eq__`` may store, remove and empty: afterwards dict and order agree."""
    LRUDict = labkit.fresh("lrudict").LRUDict
    for action in (
        lambda d: d.clear(),
        lambda d: d.__delitem__("b"),
        lambda d: d.__setitem__("b", 9),
        lambda d: d.__getitem__("b"),
        lambda d: d.__setitem__("new", 9),
    ):
        for call in (
            lambda d, key: d[key],
            lambda d, key: d.__setitem__(key, 7),
            lambda d, key: d.__delitem__(key),
            lambda d, key: key in d,
        ):
            for name in ("there", "missing"):
                d = LRUDict(100)
                d["a"] = d[Key("first")] = d["b"] = d[Key("there")] = d["c"] = 1
                armed = [True]

                def act(d=d, armed=armed, action=action):
                    if armed:
                        armed.clear()
                        action(d)

                try:
                    call(d, Key(name, act))
                except (KeyError, RuntimeError):  # the latter when it was emptied meanwhile
                    pass
                keys = d.keys()
                labkit.equal(len(d), len(keys), "how many keys are in the order")
                labkit.true(all(key in d for key in keys), "a key in the order is not in the map")
                for key in keys:
                    d[key]  # noqa: B018 -- a use, of each
                labkit.true(
                    all(a is b for a, b in zip(d.keys(), keys, strict=True)), "the order is another"
                )


def test_comparison_that_empties_the_map():
    """When ``__eq__`` empties the map, nothing is found and nothing removed, and to store is a
    RuntimeError."""
    LRUDict = labkit.fresh("lrudict").LRUDict
    d = LRUDict(100)
    labkit.equal(d.keys(), [], "the keys at first")
    for call, expected in (
        (d.__getitem__, KeyError),
        (d.__delitem__, KeyError),
        (lambda key: d.__setitem__(key, 1), RuntimeError),
    ):
        for name in ("there", "missing"):
            d["a"] = d[Key("there")] = 1
            labkit.raises(expected, call, Key(name, d.clear))
            labkit.equal(d.items(), [], "the items afterwards")
    d["a"] = d[Key("there")] = 1
    labkit.equal(Key("there", d.clear) in d, False, "what 'in' says")


def test_comparison_that_stores_the_same_key():
    """A key's ``__eq__`` may store the very key that is being stored: there is one entry."""
    d = labkit.fresh("lrudict").LRUDict(100)
    d[Key("other")] = 0
    armed = [True]

    def act():
        if armed:
            armed.clear()
            d[Key("same")] = "inner"

    d[Key("same", act)] = "outer"
    labkit.equal([key.name for key in d], ["other", "same"], "the keys")
    labkit.equal(d.values(), [0, "outer"], "the values")
    d[Key("same")] = "once more"
    labkit.equal(d.values(), [0, "once more"], "the values when it is stored once more")


def test_collector_may_take_the_dict_first():
    """The collector may clear the dict inside the map before it comes to the map."""
    import gc

    LRUDict = labkit.fresh("lrudict").LRUDict
    kept = []

    class Late(LRUDict):
        """Comes back from its first end, and is on the collector's list behind its dict then."""

        def __del__(self):
            kept.append(self)

    def make():
        d = Late(100)
        for number in range(20):
            d[number] = [number]
        del d
        d = kept.pop()
        labkit.equal(d.keys(), list(range(20)), "the keys of a map that came back")
        d["self"] = d

    for _ in range(10):
        make()
    gc.collect()
    labkit.equal(len(kept), 0, "how many came back a second time")


def test_map_goes_before_its_entries():
    """An entry that somebody found through the collector outlives its map, and at its end writes
    to nobody's memory."""
    import gc

    LRUDict = labkit.fresh("lrudict").LRUDict
    d = LRUDict(100)
    for number in range(5):
        d[number] = [number]
    labkit.equal(d.keys(), list(range(5)), "the keys")
    (index,) = (thing for thing in gc.get_referents(d) if type(thing) is dict)
    links = list(index.values())
    del index, d
    others = [LRUDict(100) for _ in range(20)]  # one of them where the first map was
    for other in others:
        other["mine"] = 1
    links.pop(2)
    del links
    for other in others:
        labkit.equal(other.items(), [("mine", 1)], "the items of another map")


def test_order_leaks_nothing():
    """Keys, values, items and uses leave nothing behind."""
    d = filled()
    labkit.equal(d.keys(), ["a", "b", "c", "d"], "the keys")

    def use():
        d.keys(), d.values(), d.items(), [*d]
        d["b"]  # noqa: B018
        d["e"] = [1]
        del d["e"]

    labkit.no_leak(use)
