"""Step 4: a mapping."""

import labkit


def filled(capacity=10, keys="abc"):
    d = labkit.fresh("lrudict").LRUDict(capacity)
    for number, key in enumerate(keys):
        d[key] = number
    return d


def test_get():
    """``get`` gives the value, the default or None, and is a use of the key."""
    d = filled()
    labkit.equal(d.get("a"), 0, "d.get('a')")
    labkit.equal(d.keys(), ["b", "c", "a"], "the keys after d.get('a')")
    labkit.equal(d.get("x"), None, "d.get('x')")
    labkit.equal(d.get("x", 5), 5, "d.get('x', 5)")
    labkit.equal(len(d), 3, "the length afterwards")
    labkit.raises(TypeError, d.get)
    labkit.raises(TypeError, d.get, 1, 2, 3)
    labkit.raises(TypeError, d.get, [], 5, text="unhashable")


def test_pop():
    """``pop`` removes and gives the value, or the default, or is a KeyError."""
    d = filled()
    labkit.equal(d.pop("b"), 1, "d.pop('b')")
    labkit.equal(d.keys(), ["a", "c"], "the keys afterwards")
    labkit.equal(d.pop("b", "gone"), "gone", "d.pop('b', 'gone')")
    error = labkit.raises(KeyError, d.pop, (1, 2))
    labkit.equal(error.args, ((1, 2),), "the arguments of the KeyError")
    labkit.raises(TypeError, d.pop)
    labkit.raises(TypeError, d.pop, [], 5, text="unhashable")
    labkit.equal(d.keys(), ["a", "c"], "the keys in the end")


def test_match():
    """``match`` takes the map, and one of a subclass, for a mapping."""
    LRUDict = labkit.fresh("lrudict").LRUDict

    class Cache(LRUDict):
        pass

    for kind in (LRUDict, Cache):
        d = kind(10)
        d["a"], d["b"], d["c"] = 1, 2, 3
        match d:
            case {"missing": _}:
                found = "a key that is not there"
            case {"b": value, **rest}:
                found = (value, rest)
            case _:
                found = "no mapping"
        labkit.equal(found, (2, {"a": 1, "c": 3}), f"what match finds in a {kind.__name__}")
        match d:
            case [*_]:
                found = "a sequence"
            case _:
                found = "no sequence"
        labkit.equal(found, "no sequence", "what else match takes it for")


def test_into_a_dict():
    """``dict(d)`` and ``**d`` take all keys."""
    d = filled()
    labkit.equal(d.get("a"), 0, "d.get('a')")
    labkit.equal(dict(d), {"a": 0, "b": 1, "c": 2}, "dict(d)")
    labkit.equal((lambda **names: names)(**d), {"a": 0, "b": 1, "c": 2}, "the keywords of **d")


def test_repr():
    """repr shows capacity and items, the oldest first, and is no use of any of them."""
    d = filled()
    labkit.equal(repr(d), "LRUDict(10, {'a': 0, 'b': 1, 'c': 2})", "repr(d)")
    d["a"]  # noqa: B018 -- a use
    labkit.equal(repr(d), "LRUDict(10, {'b': 1, 'c': 2, 'a': 0})", "repr(d) after a use of 'a'")
    labkit.equal(d.keys(), ["b", "c", "a"], "the keys after repr(d)")


def test_repr_of_itself():
    """A map that holds itself is shown in finitely many words; one whose item raises, not."""
    d = filled(3, "a")
    d["me"] = d
    labkit.equal(repr(d), "LRUDict(3, {'a': 0, 'me': LRUDict(...)})", "repr of a map in itself")

    class Silent:
        def __repr__(self):
            raise LookupError("no words")

    d["me"] = Silent()
    labkit.raises(LookupError, repr, d)
    del d["me"]
    labkit.equal(repr(d), "LRUDict(3, {'a': 0})", "repr afterwards")


def test_in_subinterpreters():
    """Maps work in two subinterpreters at once."""
    with labkit.Interpreter() as one, labkit.Interpreter() as two:
        for interpreter in (one, two):
            interpreter.run("from lrudict import LRUDict; d = LRUDict(2); d['a'] = 1; d['b'] = 2")
        one.run("d['c'] = 3")
        labkit.equal(one.value("repr(d)"), "LRUDict(2, {'b': 2, 'c': 3})", "in the first")
        labkit.equal(two.value("d.get('a')"), 1, "in the second")


def test_mapping_leaks_nothing():
    """What the methods give, and what they refuse, leaves nothing behind."""
    d = filled()

    def use():
        d.get("a"), d.get("x"), d.get("x", [1]), repr(d)
        d["z"] = [1]
        d.pop("z"), d.pop("z", [2])
        for call in (d.get, d.pop):
            for wrong in ([], ("missing",)):
                try:
                    call(wrong)
                except (TypeError, KeyError):
                    pass
        match d:
            case {"a": _, **rest}:
                return rest

    labkit.equal(d.get("a"), 0, "d.get('a')")
    labkit.no_leak(use)
