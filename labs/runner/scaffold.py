"""``python -m labs new``: the skeleton of a lab, ready for `check` to complain about.

Reads nothing; writes a new folder below ``labs/``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.cache import disk_errors

from .lessons import LABS, SLUG

_TOML = '''\
title = "What the reader builds"
summary = """
One or two sentences: what it is, and what one understands afterwards."""
chapter = "objects"
chapter-title = "PyObject, PyTypeObject and int"
minutes = 60
{own}
[[read]]
target = "PyDict_SetItem"
why = "Why to look at it first."

[[step]]
title = "The first step"
task = """
What to do. An empty line begins a paragraph; :csrc: links work."""
checks = "What the tests of this step check, in a sentence."
hints = ["A nudge.", "A direction.", "Nearly the code."]

[[mutation]]
name = "A fault that the tests must notice (three at least)"
file = "{file}"
replace = "text of the solution that stands there once"
with = "what stands there instead"
caught-by = [1]
'''

_C = """\
/* What the module is for. */
#include <Python.h>

//: step 1
//: todo What the reader finds here.
//: why  A remark on the line below, for the page.
/* the solution */
//: instead
//| /* the starter */
//: end 1
"""

_TEST = '''\
"""Step 1: its title."""

import labkit


def test_something():
    """One sentence: what holds when the step is done."""
    labkit.equal(1 + 1, 3, "the sum")
'''


def new(kind: str, slug: str, root: Path = LABS) -> Path:
    """Writes the skeleton of lab ``slug``; gives its folder. Raises `UserError` when the slug
    is none, or taken."""
    if not SLUG.match(slug):
        raise UserError(f"{slug!r} is no slug: two digits, then words joined by '-'")
    folder = root / kind / slug
    if folder.exists():
        raise UserError("is there already", where=str(folder))
    part = folder.with_name(slug + ".part")
    name = slug[3:].replace("-", "_")
    with disk_errors(folder.parent):
        shutil.rmtree(part, ignore_errors=True)
        (part / "tests").mkdir(parents=True)
        if kind == "extension":
            own = f'module = "{name}"\nsources = ["{name}.c"]\n'
            file = f"{name}.c"
            (part / file).write_text(_C, encoding="utf-8")
        else:
            own = 'regen = ["regen-cases"]\nstock = ["test_dis"]\n'
            file = "Python/bytecodes.c"
            (part / "patches").mkdir()
        (part / "lab.toml").write_text(_TOML.format(own=own, file=file), encoding="utf-8")
        (part / "tests" / "step_1.py").write_text(_TEST, encoding="utf-8")
        part.replace(folder)
    return folder
