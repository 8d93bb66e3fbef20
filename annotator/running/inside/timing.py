"""How long statements take, beside each other: gives nanoseconds for one execution of each.

The statements take turns, so that a disturbance hits all of them alike; the least of all rounds
is the figure (what slows a round down is never the statement), the quartiles show the spread.
"""

from __future__ import annotations

import gc
import statistics
import time
import timeit
from typing import Any

from . import give

ROUNDS = 9
ROUND = 0.02  # seconds, about


def compare(statements: list[tuple[str, str]], names: dict[str, Any]) -> None:
    """Hand over ``[label, statement, least, lower quartile, upper quartile]`` for each."""
    timers = [timeit.Timer(statement, globals=dict(names)) for _, statement in statements]
    times: list[list[float]] = [[] for _ in timers]
    gc.collect()
    counts = [_enough(timer) for timer in timers]
    for _ in range(ROUNDS):
        for timer, number, found in zip(timers, counts, times, strict=True):
            found.append(timer.timeit(number) / number * 1e9)
    rows = []
    for (label, statement), found in zip(statements, times, strict=True):
        low, _, high = statistics.quantiles(found, n=4)
        rows.append([label, statement, min(found), low, high])
    give(rows)


def _enough(timer: timeit.Timer) -> int:
    """How many executions make a round."""
    number = 1
    while True:
        start = time.perf_counter()
        timer.timeit(number)
        took = time.perf_counter() - start
        if took >= ROUND / 4:
            return max(1, int(number * ROUND / took))
        number *= 4
