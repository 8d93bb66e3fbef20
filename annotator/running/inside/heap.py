"""Objects and the references between them, as they are now: gives boxes for a picture.

A snapshot holds no address and nothing else that differs from run to run: objects are numbered
in the order in which they are reached.  Reference counts are those of the program: what this
module itself holds is taken off.
"""

from __future__ import annotations

import gc
import sys
import types
from typing import Any

from . import VIEWS, give

_INLINE = (int, float, complex, bool, str, bytes, type(None), type(Ellipsis), range)
_MOST = 10  # rows of one box
_WIDE = 28  # characters of a value that stands in a row
_IMMORTAL = sys.getrefcount(None)


class _Snapshot:
    """Collects boxes; ``keep`` holds one reference to each object that has a box."""

    def __init__(self, boxed: tuple[str, ...], depth: int) -> None:
        self.boxed, self.depth = boxed, depth
        self.keep: list[Any] = []
        self.number: dict[int, int] = {}
        self.boxes: list[dict[str, Any]] = []

    def reach(self, value: Any, depth: int) -> int:
        """The number of the object's box; makes it when this is the first way to it."""
        if id(value) in self.number:
            return self.number[id(value)]
        number = len(self.keep)
        self.number[id(value)] = number
        self.keep.append(value)
        box: dict[str, Any] = {"title": _title(value), "rows": []}
        self.boxes.append(box)
        if depth < self.depth:
            box["rows"] = self.rows(_contents(value), depth + 1)
        return number

    def rows(self, contents: list[tuple[str, Any]], depth: int) -> list[list[Any]]:
        """Rows of a box: a label, then a text or the number of another box."""
        out: list[list[Any]] = []
        for label, value in contents:
            if len(out) == _MOST and len(contents) > _MOST + 1:
                out.append(["…", f"{len(contents) - _MOST} more", None])
                break
            if self.plain(value):
                out.append([label, _short(value), None])
            else:
                out.append([label, "", self.reach(value, depth)])
        return out

    def plain(self, value: Any) -> bool:
        """Whether a value stands in its row, not in a box of its own."""
        if type(value).__name__ in self.boxed:
            return False
        return isinstance(value, (Raw, *_INLINE)) and type(value) in (Raw, *_INLINE)

    def count(self) -> None:
        """Say how many references each object has, but for those held here."""
        for number in range(len(self.keep)):
            # one in keep, one argument
            count = sys.getrefcount(self.keep[number]) - 2
            box = self.boxes[number]
            if isinstance(self.keep[number], Part):
                continue
            box["refs"] = count if count < _IMMORTAL - 3 else -1


class Raw:
    """A text that a view shows as it is."""

    def __init__(self, text: object) -> None:
        self.text = str(text)


class Part:
    """A part of an object that is no object itself, such as a table: drawn as a box of its own."""

    def __init__(self, title: str, rows: list[tuple[str, Any]]) -> None:
        self.title, self.rows = title, rows


def snapshot(names: dict[str, Any], *, boxed: tuple[str, ...] = (), depth: int = 4) -> None:
    """Hand over a picture of what *names* refer to, by the rules of this module."""
    collected = _Snapshot(boxed, depth)
    roots = collected.rows(list(names.items()), 0)
    # The caller's dictionary holds one reference to each value, as the variable itself does.
    held = {id(value) for value in names.values()}
    counts = {key: sum(1 for v in names.values() if id(v) == key) for key in held}
    collected.count()
    for number, value in enumerate(collected.keep):
        box = collected.boxes[number]
        if id(value) in counts and box.get("refs", -1) >= 0:
            box["refs"] -= counts[id(value)]
    give({"names": roots, "boxes": collected.boxes})


def _title(value: Any) -> str:
    if isinstance(value, Part):
        return value.title
    if isinstance(value, type):
        return f"class {value.__name__}"
    if isinstance(value, types.FunctionType):
        return f"function {value.__name__}"
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    return type(value).__name__


def _short(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    shown = repr(value)
    return shown if len(shown) <= _WIDE else shown[: _WIDE - 1] + "…"


def _contents(value: Any) -> list[tuple[str, Any]]:
    """What an object refers to, labelled as Python programmers know it."""
    if isinstance(value, Part):
        return value.rows
    for type_ in type(value).__mro__:
        if type_ in VIEWS:
            return VIEWS[type_](value)
    if isinstance(value, (list, tuple)):
        return [(str(i), item) for i, item in enumerate(value)]
    if isinstance(value, dict):
        return [(_short(key), item) for key, item in value.items()]
    if isinstance(value, (set, frozenset)):
        return [("", item) for item in sorted(value, key=repr)]
    if isinstance(value, types.FunctionType):
        cells = zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
        return [(name, cell) for name, cell in cells]
    if isinstance(value, types.CellType):
        try:
            return [("cell_contents", value.cell_contents)]
        except ValueError:
            return []
    if isinstance(value, types.MethodType):
        return [("__self__", value.__self__), ("__func__", value.__func__)]
    if isinstance(value, types.GeneratorType) and value.gi_frame is not None:
        return list(value.gi_frame.f_locals.items())
    if isinstance(value, (type, types.ModuleType)):
        return []
    if type(value) in _INLINE:
        return [("", Raw(_short(value)))]
    found: list[tuple[str, Any]] = []
    for type_ in type(value).__mro__:
        for name, member in vars(type_).items():
            if isinstance(member, types.MemberDescriptorType) and not name.startswith("__"):
                try:
                    found.append((name, member.__get__(value)))
                except AttributeError:
                    continue
    # This makes a dictionary where the values stood alone; it takes no reference to them.
    found += list(getattr(value, "__dict__", {}).items())
    if not found:
        found = [("", item) for item in gc.get_referents(value) if not isinstance(item, type)]
    return found
