"""Step 1: store and fetch."""

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


def test_store_and_fetch():
    """What was stored is there, the last value of a key counts, and ``del`` removes it."""
    d = labkit.fresh("lrudict").LRUDict(10)
    labkit.equal(len(d), 0, "the length at first")
    d["a"], d["b"], d["a"] = 1, 2, 3
    labkit.equal((d["a"], d["b"]), (3, 2), "the values")
    labkit.equal((len(d), "a" in d, "c" in d), (2, True, False), "length, 'a' in d, 'c' in d")
    del d["a"]
    labkit.equal((len(d), "a" in d), (1, False), "length and 'a' in d after del d['a']")
    d.clear()
    labkit.equal((len(d), "b" in d), (0, False), "length and 'b' in d after clear()")


def test_missing_key():
    """What is not there is a KeyError with the key in it."""
    d = labkit.fresh("lrudict").LRUDict(10)
    for key in ("a", 1, None, 1.5):
        for call in (d.__getitem__, d.__delitem__):
            error = labkit.raises(KeyError, call, key)
            labkit.equal(error.args, (key,), f"the arguments of the KeyError for {key!r}")


def test_missing_tuple():
    """A tuple that is not there is the one argument of its KeyError, an empty tuple too."""
    d = labkit.fresh("lrudict").LRUDict(10)
    for key in ((1, 2), (), ("a",), ((1,),)):
        for call in (d.__getitem__, d.__delitem__):
            error = labkit.raises(KeyError, call, key)
            labkit.equal(error.args, (key,), f"the arguments of the KeyError for {key!r}")


def test_exception_as_key():
    """A class of exceptions, or an exception, is a key like any other."""
    d = labkit.fresh("lrudict").LRUDict(10)
    for key in (ValueError, ValueError("x"), KeyError("a", "b")):
        error = labkit.raises(KeyError, d.__getitem__, key)
        labkit.true(error.args == (key,), f"the arguments of the KeyError are {error.args!r}")
        d[key] = 1
        labkit.equal(d[key], 1, "the value")


def test_unhashable_key():
    """A key without a hash is a TypeError, whatever is done with it."""
    d = labkit.fresh("lrudict").LRUDict(10)
    d["a"] = 1  # of an empty dict, PyDict_Pop does not even ask for the hash
    for call in (d.__getitem__, d.__delitem__, d.__contains__):
        labkit.raises(TypeError, call, [], text="unhashable")
    labkit.raises(TypeError, d.__setitem__, [], 1, text="unhashable")
    labkit.equal(len(d), 1, "the length afterwards")


def test_comparison_that_raises():
    """What ``__eq__`` of a key raises comes through, and changes nothing."""
    d = labkit.fresh("lrudict").LRUDict(10)

    def grumble():
        raise LookupError("no comparison today")

    d[Key("a")] = 1
    bad = Key("a", grumble)
    for call in (d.__getitem__, d.__delitem__, d.__contains__):
        labkit.raises(LookupError, call, bad)
    labkit.raises(LookupError, d.__setitem__, bad, 2)
    labkit.equal((len(d), d[Key("a")]), (1, 1), "length and value afterwards")


def test_old_value_sees_the_new_one():
    """When a value that was replaced or removed ends, the map is in order."""
    d = labkit.fresh("lrudict").LRUDict(10)
    seen = []

    class Last:
        def __del__(self):
            seen.append((len(d), "a" in d and d["a"]))

    d["a"] = Last()
    d["a"] = "new"
    labkit.equal(seen, [(1, "new")], "what the replaced value saw")
    d["a"] = Last()
    del d["a"]
    labkit.equal(seen[1:], [(0, False)], "what the removed value saw")
    d["a"] = Last()
    d.clear()
    labkit.equal(seen[2:], [(0, False)], "what the value saw that clear() removed")


def test_value_that_stores_at_its_end():
    """A value that stores something under its key as it ends does not lose it."""
    d = labkit.fresh("lrudict").LRUDict(10)

    class Phoenix:
        def __del__(self):
            d["a"] = "again"

    d["a"] = Phoenix()
    d["a"] = "new"
    labkit.equal(d["a"], "again", "the value that was stored last")
    d["a"] = Phoenix()
    del d["a"]
    labkit.equal(d["a"], "again", "the value that was stored by the removed one")


def test_model():
    """Random operations agree with a dict, step by step."""
    import random

    d, model = labkit.fresh("lrudict").LRUDict(1000), {}
    dice = random.Random(1991)
    for number in range(3000):
        key = dice.choice((dice.randrange(40), float(dice.randrange(40)), str(dice.randrange(40))))
        if dice.random() < 0.5:
            d[key] = model[key] = number
        elif key in model:
            labkit.equal(d[key], model[key], f"d[{key!r}]")
            if dice.random() < 0.5:
                del d[key], model[key]
        else:
            labkit.raises(KeyError, d.__getitem__, key)
            labkit.raises(KeyError, d.__delitem__, key)
        labkit.equal(len(d), len(model), "the length")


@labkit.holds_before("arguments and life of the map are given; they must not get lost")
def test_arguments():
    """The capacity is a whole number, 1 or more."""
    LRUDict = labkit.fresh("lrudict").LRUDict
    labkit.equal(LRUDict(3).capacity, 3, "the capacity")
    labkit.raises(ValueError, LRUDict, 0, text="1 or more")
    labkit.raises(ValueError, LRUDict, -5)
    labkit.raises(TypeError, LRUDict)
    labkit.raises(TypeError, LRUDict, 2.5)
    labkit.raises(TypeError, LRUDict, 2, None)
    labkit.raises(OverflowError, LRUDict, 1 << 100)
    labkit.raises(AttributeError, setattr, LRUDict(3), "capacity", 4)


def test_cycles():
    """A map in a cycle through a key or a value is collected."""
    import gc
    import sys

    LRUDict = labkit.fresh("lrudict").LRUDict
    value = object()
    before = sys.getrefcount(value)

    class Owner:
        pass

    def make(as_key):
        d, owner = LRUDict(10), Owner()
        d["value"] = value
        owner.map = d
        if as_key:
            d[owner] = None
        else:
            d["owner"] = (owner, value)

    for as_key in (True, False):
        make(as_key)
        gc.collect()
        labkit.equal(sys.getrefcount(value) - before, 0, "references to the value at last")


def test_storing_leaks_nothing():
    """What is stored, replaced, removed, refused and missed leaves nothing behind."""
    d = labkit.fresh("lrudict").LRUDict(10)
    d[Key("there")] = 1

    def grumble():
        raise LookupError

    def use():
        d["a"] = [1]
        d["a"] = [2]
        d["a"], "a" in d  # noqa: B018 -- only what is left behind counts
        del d["a"]
        for key in ("b", (1, 2), [], Key("there", grumble)):
            for call in (d.__getitem__, d.__delitem__, lambda key: d.__setitem__(key, [1])):
                try:
                    call(key)
                except (LookupError, TypeError):
                    pass
        d.clear()
        d[Key("there")] = 1

    labkit.no_leak(use)
