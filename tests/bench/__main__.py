"""``python -m tests.bench [NAME …]``: run the named measurements, or all."""

from __future__ import annotations

import sys

from tests.bench import links, pages, speed

MEASUREMENTS = {"links": links.run, "pages": pages.run, "speed": speed.run}


def main(names: list[str]) -> int:
    """Run measurements by name; 2 for a name that is none."""
    unknown = [n for n in names if n not in MEASUREMENTS]
    if unknown:
        print(f"error: no measurement {unknown[0]!r}; there are: {', '.join(MEASUREMENTS)}")
        return 2
    for name in names or MEASUREMENTS:
        MEASUREMENTS[name]()
    return 0


sys.exit(main(sys.argv[1:]))
