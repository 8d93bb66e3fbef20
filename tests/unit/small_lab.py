"""A small extension lab of one step that is right; tests make it wrong in one place."""

from __future__ import annotations

from pathlib import Path

from annotator.reference.progress import Report
from annotator.reference.releases import Release
from labs.runner import gate
from labs.runner.model import LabResult

TOML = """\
title = "Mini"
summary = "A module of one function."
chapter = "objects"
chapter-title = "Objects"
minutes = 1
module = "mini"
sources = ["mini.c"]

[[step]]
title = "Answer"
task = "Return 42."
checks = "The answer."
hints = ["a", "b", "c"]
"""
MUTATION = """
[[mutation]]
name = "{0}"
file = "mini.c"
replace = "return PyLong_FromLong(42);"
with = "{0}"
"""
MUTATIONS = "".join(
    MUTATION.format(text)
    for text in ("return PyLong_FromLong(43);", "Py_RETURN_NONE;", "Py_FatalError(name);")
)
C = """\
#include <Python.h>

static PyObject *
answer(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(args))
{
    const char *name = "answer";
    (void)name;
    //: step 1
    return PyLong_FromLong(42);
    //: instead
    //|     Py_RETURN_NONE;
    //: end 1
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef mini = {
    .m_base = PyModuleDef_HEAD_INIT, .m_name = "mini", .m_methods = methods,
};

PyMODINIT_FUNC
PyInit_mini(void)
{
    return PyModuleDef_Init(&mini);
}
"""
TEST = '''\
import labkit


def test_answer():
    """The answer is 42."""
    labkit.equal(labkit.fresh("mini").answer(), 42)
'''


def write(root: Path) -> Path:
    """Writes the lab below ``root``, a folder of labs; gives its folder."""
    folder = root / "extension" / "09-mini"
    (folder / "tests").mkdir(parents=True)
    (folder / "lab.toml").write_text(TOML + MUTATIONS)
    (folder / "mini.c").write_text(C)
    (folder / "tests" / "step_1.py").write_text(TEST)
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replaces text in one of the lab's files."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def prove(release: Release, folder: Path, *, mutations: bool = False) -> LabResult:
    """Runs the gate on the one lab."""
    root = folder.parent.parent
    (result,) = gate.check_all(
        release=release,
        report=Report.quiet(),
        build_dir=root.parent / "build",
        mutations=mutations,
        root=root,
    )
    return result
