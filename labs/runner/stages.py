"""From a lab's one solution to its stages: marked files of extension labs, patches of patch labs.

Reads the lab's folder; gives parsed markers and patch files, checked to be complete.
"""

from __future__ import annotations

import re
from pathlib import Path

from annotator.errors import UserError

from .marks import Marked
from .model import Kind, Lab

_PATCH = re.compile(r"(\d+)-[a-z0-9-]+\.patch\Z")


def marked_files(lab: Lab) -> list[Marked]:
    """The marked sources of an extension lab, in the order of ``sources``.

    Raises `UserError` when one is missing, its markers are wrong, or a step has no work in any.
    """
    files = []
    for name in lab.sources:
        path = lab.folder / name
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise UserError(f"cannot be read: {error.strerror}", where=str(path)) from None
        try:
            files.append(Marked(text, name=name))
        except UserError as error:
            raise UserError(error.what, where=f"{lab.folder}/{error.where}") from None
    marked = set[int]().union(*(file.steps for file in files))
    known = {step.number for step in lab.steps}
    if marked != known:
        missing, extra = sorted(known - marked), sorted(marked - known)
        what = f"step {missing[0]} has no marker" if missing else f"step {extra[0]} is unknown"
        raise UserError(what, where=str(lab.folder / (lab.sources or ("lab.toml",))[0]))
    return files


def patch_files(lab: Lab) -> list[Path]:
    """The patches of a patch lab, one per step, ``patches/N-name.patch``, in order."""
    found: dict[int, Path] = {}
    for path in sorted((lab.folder / "patches").glob("*")):
        match = _PATCH.match(path.name)
        if not match or int(match[1]) in found:
            raise UserError("not the one patch of a step (N-name.patch)", where=str(path))
        found[int(match[1])] = path
    if sorted(found) != [step.number for step in lab.steps]:
        raise UserError(
            f"patches for steps {sorted(found)}, but {len(lab.steps)} steps",
            where=str(lab.folder / "patches"),
        )
    return [found[number] for number in sorted(found)]


def stray_files(lab: Lab) -> list[Path]:
    """Files in the lab's folder that nothing of the lab names: build output, editor leftovers."""
    expected = {lab.folder / "lab.toml"}
    expected |= {lab.folder / "tests" / f"step_{step.number}.py" for step in lab.steps}
    expected |= set((lab.folder / "tests").glob("support*.py"))
    if lab.kind is Kind.EXTENSION:
        expected |= {lab.folder / name for name in lab.sources}
    else:
        expected |= set(patch_files(lab))
    return sorted(
        path
        for path in lab.folder.rglob("*")
        if path.is_file() and path not in expected and path.parent.name != "__pycache__"
    )
