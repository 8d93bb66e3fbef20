"""The labs: exercises in C against the pinned CPython, each proved by the build.

``labs.runner`` is the tool; ``labs/extension`` and ``labs/patch`` hold the labs themselves.
"""
