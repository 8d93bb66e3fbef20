"""Step 3: room."""

import labkit


def test_oldest_goes():
    """When there is no room, what was used longest ago goes."""
    d = labkit.fresh("lrudict").LRUDict(3)
    for key in "abc":
        d[key] = key.upper()
    d["a"]  # noqa: B018 -- a use
    d["d"] = "D"
    labkit.equal(d.items(), [("c", "C"), ("a", "A"), ("d", "D")], "the items after one too many")
    d["c"] = "new"
    labkit.equal(len(d), 3, "the length when a key is stored again")
    d["e"] = "E"
    labkit.equal(d.keys(), ["d", "c", "e"], "the keys after another one too many")


def test_room_for_one():
    """A map with room for one has one entry, the last."""
    d = labkit.fresh("lrudict").LRUDict(1)
    for number in range(100):
        d[number] = number
        labkit.equal(d.items(), [(number, number)], "the items")


def test_model():
    """Random operations agree with an ``OrderedDict`` that is cut to size, step by step."""
    import collections
    import random

    for capacity in (1, 2, 3, 10):
        heard, told = [], []
        d = labkit.fresh("lrudict").LRUDict(capacity, on_evict=lambda *it, heard=heard: heard.append(it))
        model = collections.OrderedDict()
        dice = random.Random(capacity)
        for number in range(600):
            key = dice.randrange(2 * capacity + 2)
            if dice.random() < 0.5:
                d[key] = model[key] = number
                model.move_to_end(key)
                if len(model) > capacity:
                    told.append(model.popitem(last=False))
            elif key in model:
                labkit.equal(d[key], model[key], f"d[{key}]")
                model.move_to_end(key)
            labkit.equal(d.items(), list(model.items()), "the items")
        labkit.equal(heard, told, "what on_evict was told")


def test_on_evict():
    """``on_evict`` is called with key and value of what had to go, and of that only."""
    heard = []
    d = labkit.fresh("lrudict").LRUDict(2, on_evict=lambda key, value: heard.append((key, value)))
    d["a"], d["b"], d["a"] = 1, 2, 3
    del d["b"]
    d["c"] = 4
    labkit.equal(heard, [], "what was heard while there was room")
    d["d"] = 5
    labkit.equal(heard, [("a", 3)], "what was heard when there was none")
    d.clear()
    labkit.equal(len(heard), 1, "how often it was called in the end")


def test_on_evict_that_raises():
    """What ``on_evict`` raises reaches the one who stored; what went is gone, what came is
    there."""

    def grumble(key, value):
        raise LookupError(f"not {key}")

    d = labkit.fresh("lrudict").LRUDict(2, on_evict=grumble)
    d["a"], d["b"] = 1, 2
    labkit.raises(LookupError, d.__setitem__, "c", 3, text="not a")
    labkit.equal(d.items(), [("b", 2), ("c", 3)], "the items afterwards")
    d = labkit.fresh("lrudict").LRUDict(1, on_evict=42)
    d["a"] = 1
    labkit.raises(TypeError, d.__setitem__, "b", 2, text="not callable")
    labkit.equal(d.items(), [("b", 2)], "the items when on_evict cannot be called")


def test_on_evict_that_stores():
    """``on_evict`` may store, fetch and empty; dict and order agree afterwards."""
    LRUDict = labkit.fresh("lrudict").LRUDict

    def once_more(key, value):
        if value < 10:
            d[key] = value + 10

    d = LRUDict(3, on_evict=once_more)
    for number in range(8):
        d[number] = number
        labkit.equal(len(d), min(number + 1, 3), "the length")
        labkit.true(all(key in d for key in d.keys()), "a key in the order is not in the map")
    d = LRUDict(3, on_evict=lambda key, value: d.clear())
    for key in "abcd":
        d[key] = key
    labkit.equal(d.items(), [], "the items when on_evict has emptied the map")


def test_value_that_stores_at_its_end():
    """A value that stores as it is evicted does not lose what it stored."""
    d = labkit.fresh("lrudict").LRUDict(2)

    class Last:
        def __del__(self):
            d["last"] = "words"

    d["a"] = Last()
    d["b"] = d["c"] = 1
    labkit.equal(d.items(), [("c", 1), ("last", "words")], "the items in the end")


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


def test_comparison_that_raises():
    """A comparison that raises while room is made comes through; the next store makes the
    room."""
    d = labkit.fresh("lrudict").LRUDict(2)
    armed = []

    def grumble():
        # Only when the keys are compared that are in the map: then room is being made.
        if armed:
            raise LookupError("no comparison")

    first, second = Key("first", grumble), Key("second")
    d[first], d[second] = 1, 2
    d[first]  # noqa: B018 -- now the second is the oldest, and behind the first in the dict
    armed.append(True)
    labkit.raises(LookupError, d.__setitem__, "third", 3)
    armed.clear()
    labkit.equal(len(d.keys()), len(d), "how many keys are in the order")
    d["fourth"] = 4
    labkit.equal(d.items()[-2:], [("third", 3), ("fourth", 4)], "the items in the end")
    labkit.equal(len(d), 2, "the length in the end")


def test_comparison_that_changes_the_map():
    """A comparison that changes the map while room is made does no harm."""
    LRUDict = labkit.fresh("lrudict").LRUDict
    for action in (
        lambda d, victim: d.clear(),
        lambda d, victim: d.__delitem__("x"),
        lambda d, victim: d.__setitem__("new", 1),
        lambda d, victim: d.__setitem__("x", 1),
    ):
        d = LRUDict(3)
        armed = []

        def act(d=d, armed=armed, action=action):
            if armed:
                armed.clear()
                action(d, None)

        first, second = Key("first", act), Key("second")
        d[first] = d[second] = d["x"] = 1
        d[first], d["x"]  # noqa: B018 -- uses
        armed.append(True)
        d["y"] = 2
        labkit.true(not armed, "room was made without a comparison")
        keys = d.keys()
        labkit.equal(len(d), len(keys), "how many keys are in the order")
        labkit.true(len(d) <= 3, f"{len(d)} entries in a map with room for 3")
        labkit.true(all(key in d for key in keys), "a key in the order is not in the map")


def test_key_that_changes_its_hash():
    """A key that cannot be found again, since its hash is another, is a RuntimeError and no
    endless loop."""
    import faulthandler

    class Fickle:
        code = 1

        def __hash__(self):
            return self.code

    d = labkit.fresh("lrudict").LRUDict(2)
    key = Fickle()
    d[key] = 1
    d["a"] = 2
    Fickle.code = 2
    faulthandler.dump_traceback_later(15, exit=True)  # ends this process, if it comes to that
    labkit.raises(RuntimeError, d.__setitem__, "b", 3, text="hash")
    faulthandler.cancel_dump_traceback_later()
    Fickle.code = 1
    d["c"] = 4
    labkit.equal(d.keys(), ["b", "c"], "the keys when the hash is right again")


def test_evicting_leaks_nothing():
    """What had to go leaves nothing behind, also when ``on_evict`` raises."""
    LRUDict = labkit.fresh("lrudict").LRUDict

    def grumble(key, value):
        raise LookupError

    d = LRUDict(2)
    loud = LRUDict(2, on_evict=grumble)
    d["a"] = d["b"] = d["c"] = 1
    labkit.equal(len(d), 2, "the length")

    def use():
        for key in ("a", (1, 2), 1.5, "b"):
            d[key] = [key]
            try:
                loud[key] = [key]
            except LookupError:
                pass

    labkit.no_leak(use)
