"""``python -m labs new``: the skeleton of a lab that passes the gate, to be filled with a real one.

Reads nothing; writes a new folder below ``labs/`` and the lab's page below ``docs/labs/``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.cache import disk_errors, write_whole

from .lessons import LABS, SLUG

_TOML = '''\
title = "What the reader builds"
summary = """
One or two sentences: what it is, and what one understands afterwards."""
chapter = "objects"
chapter-title = "PyObject, PyTypeObject and int"
minutes = 60
prerequisites = []
{own}
[[read]]
target = "{read}"
why = "Why to look at it first."

[[step]]
title = "The first step"
task = """
What to do. An empty line begins a paragraph; :csrc: links work."""
checks = "What the tests of this step check, in a sentence."
hints = ["A nudge.", "A direction.", "Nearly the code."]
'''

_MUTATION = """
[[mutation]]
name = "A fault that the tests must notice ({number} of three at least)"
file = "{file}"
replace = '{old}'
with = '{new}'
caught-by = [1]
"""

_C = """\
/* What the module is for. */
#include <Python.h>

static PyObject *
answer(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    //: step 1
    //: todo What the reader finds here.
    //: why  A remark on the line below, for the page.
    return PyLong_FromLong(42);
    //: instead
    //|     Py_RETURN_NONE;
    //: end 1
}

static PyMethodDef @_methods[] = {
    {"answer", answer, METH_NOARGS, "The answer."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot @_slots[] = {
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static PyModuleDef @_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "@",
    .m_methods = @_methods,
    .m_slots = @_slots,
};

PyMODINIT_FUNC
PyInit_@(void)
{
    return PyModuleDef_Init(&@_module);
}
"""

_PATCH = """\
--- a/Python/getcopyright.c
+++ b/Python/getcopyright.c
@@ -20,4 +20,4 @@
 Py_GetCopyright(void)
 {
-    return cprt;
+    return "What the solution says.";
 }
"""

_EXTENSION_TEST = '''\
"""Step 1: its title."""

import labkit


def test_something():
    """One sentence: what holds when the step is done."""
    labkit.equal(labkit.fresh("@").answer(), 42, "the answer")
'''

_PATCH_TEST = '''\
"""Step 1: its title."""

import sys

import labkit


def test_something():
    """One sentence: what holds when the step is done."""
    labkit.equal(sys.copyright, "What the solution says.", "sys.copyright")
'''

_PAGE = """\
{code}: What the reader builds
{line}

Why it matters, and a question that a Python programmer has asked.

The idea
--------

What one has to know, with the real source (``excerpt``) and live programs.

The steps
---------

.. lab-steps:: {slug}

What goes wrong, and how it looks
---------------------------------

Real wrecks; the faults below have some.

Stretch goals
-------------

- One thing more.

What this build saw
-------------------

.. lab-results:: {slug}

The solution
------------

.. lab-solution:: {slug}
"""


def new(kind: str, slug: str, root: Path = LABS) -> tuple[Path, Path]:
    """Writes the skeleton of lab ``slug``; gives its folder and its page. Raises `UserError` when
    the slug is none, or taken."""
    if not SLUG.match(slug):
        raise UserError(f"{slug!r} is no slug: two digits, then words joined by '-'")
    folder = root / kind / slug
    page = root.parent / "docs" / "labs" / f"{slug}.rst"
    for path in (folder, page):
        if path.exists():
            raise UserError("is there already", where=str(path))
    part = folder.with_name(slug + ".part")
    name = slug[3:].replace("-", "_")
    with disk_errors(folder.parent):
        shutil.rmtree(part, ignore_errors=True)
        for inside, text in _files(kind, name).items():
            (part / inside).parent.mkdir(parents=True, exist_ok=True)
            (part / inside).write_text(text, encoding="utf-8")
        part.replace(folder)
    title = f"{'X' if kind == 'extension' else 'P'}{int(slug[:2])}"
    line = "=" * len(f"{title}: What the reader builds")
    write_whole(page, _PAGE.format(code=title, line=line, slug=slug))
    return folder, page


def _files(kind: str, name: str) -> dict[str, str]:
    if kind == "extension":
        own = f'module = "{name}"\nsources = ["{name}.c"]\n'
        file, read, good = f"{name}.c", "PyModuleDef_Init", "return PyLong_FromLong(42);"
        faults = (
            "return PyLong_FromLong(43);",
            "return PyFloat_FromDouble(42.0);",
            "return PyLong_FromLong(-42);",
        )
        solution = {file: _C.replace("@", name)}
        test = _EXTENSION_TEST.replace("@", name)
    else:
        own = "regen = []\nstock = []\n"
        file, read, good = "Python/getcopyright.c", "Py_GetCopyright", "What the solution says."
        faults = ("what the solution says.", "What the solution says", "What the tests say.")
        solution = {"patches/1-the-first-step.patch": _PATCH}
        test = _PATCH_TEST
    toml = _TOML.format(own=own, read=read)
    for number, fault in enumerate(faults, start=1):
        toml += _MUTATION.format(number=number, file=file, old=good, new=fault)
    return {"lab.toml": toml, "tests/step_1.py": test, **solution}
