"""Step 4: hash."""

import labkit


def test_equal_points_share_a_hash():
    """Points that are equal have the same hash, however their numbers were written."""
    Point = labkit.fresh("point").Point
    for p, q in (
        (Point(1, 2), Point(1.0, True + 1)),
        (Point(0.0, 1), Point(-0.0, 1)),
        (Point(-0.0, -0.0), Point()),
        (Point(1, 2, label="a"), Point(1, 2)),
        (Point(float("inf")), Point(1e308 * 10)),
    ):
        labkit.equal(p == q, True, f"{p} == {q}")
        labkit.true(hash(p) == hash(q), f"{p} and {q} are equal, and their hashes differ")


def test_contract_for_random_points():
    """For 2,000 random pairs: what is equal has the same hash, also across subclasses."""
    import random

    Point = labkit.fresh("point").Point

    class Place(Point):
        pass

    dice = random.Random(1991)
    numbers = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, float("inf"))
    for _ in range(2000):
        p = Point(dice.choice(numbers), dice.choice(numbers))
        q = Place(dice.choice(numbers), dice.choice(numbers))
        if p == q:
            labkit.true(hash(p) == hash(q), f"{p} and {q} are equal, and their hashes differ")


def test_hash_spreads():
    """A grid of 10,000 points, mirrored ones among them, has few hashes that are alike."""
    Point = labkit.fresh("point").Point
    hashes = {hash(Point(x, y)) for x in range(-50, 50) for y in range(-50, 50)}
    # 9801 is what floats allow: hash(-1.0) and hash(-2.0) are both -2
    labkit.true(len(hashes) > 9500, f"10,000 points have only {len(hashes)} different hashes")


def test_minus_one_is_no_hash():
    """Whatever the coordinates, computing a hash does not look like a failure."""
    Point = labkit.fresh("point").Point
    for x in (-1.0, -2.0, 0.0, 1.0, 5e-324, -5e-324):
        for y in (-1.0, -2.0, 0.0, 1.0, 5e-324, -5e-324):
            labkit.true(hash(Point(x, y)) != -1, f"the hash of {Point(x, y)} is -1")


def test_nan_keeps_its_hash():
    """A point with a NaN has the same hash whenever it is asked, so that a dict finds it."""
    p = labkit.fresh("point").Point(1, float("nan"))
    first = hash(p)
    held = []
    for number in range(50):
        held.append(float(number))  # takes the memory that a passing float had
        labkit.true(hash(p) == first, "one point has had two different hashes")
    labkit.equal({p: "here"}[p], "here", "what a dict has for that point")


def test_many_nans_spread():
    """Many points with a NaN do not all share one hash."""
    Point = labkit.fresh("point").Point
    points = [Point(float("nan")) for _ in range(100)]
    labkit.true(len({hash(p) for p in points}) > 50, "100 points with a NaN share a few hashes")


def test_sets_and_dicts():
    """A set of points holds each place once, and a dict finds it again."""
    import random

    Point = labkit.fresh("point").Point
    dice = random.Random(1991)
    pairs = [(dice.randrange(-9, 9) / 2, dice.randrange(-9, 9) / 2) for _ in range(500)]
    labkit.equal(len({Point(*pair) for pair in pairs}), len(set(pairs)), "how many places")
    names = {Point(*pair): pair for pair in pairs}
    for pair in pairs:
        labkit.equal(names[Point(*pair)], pair, f"what the dict has for Point{pair}")


def test_hashing_leaks_nothing():
    """Hashes leave nothing behind."""
    Point = labkit.fresh("point").Point
    p, nan = Point(1, 2), Point(float("nan"))
    labkit.no_leak(lambda: (hash(p), hash(nan)))
