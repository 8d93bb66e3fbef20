"""Step 2: a tree."""

import labkit

LOG = ("-X", "importlog=@")


def run(code, *options, modules=(), log="the-log"):
    """Runs ``code`` in a new interpreter of this tree, in a folder with these modules.

    Gives its status, what it wrote, and the lines of the log (None: there is none).
    """
    import os
    import subprocess
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, text in dict(modules).items():
            with open(os.path.join(folder, name + ".py"), "w") as file:
                file.write(text)
        options = [option.replace("@", os.path.join(folder, log)) for option in options]
        ran = subprocess.run(
            [
                sys.executable,
                "-S",
                *options,
                "-c",
                f"import sys; sys.path[:0] = [{folder!r}]\n{code}",
            ],
            capture_output=True,
            text=True,
            cwd=folder,
        )
        lines = None
        if os.path.exists(os.path.join(folder, log)):
            with open(os.path.join(folder, log), encoding="utf-8") as file:
                lines = file.read().splitlines()
        return ran.returncode, ran.stdout + ran.stderr.replace(folder, "FOLDER"), lines


def own(lines):
    """The part of the log that begins with the first module of these tests."""
    labkit.true(lines is not None, "there is no log")
    first = next((n for n, line in enumerate(lines) if line.startswith("lab_")), len(lines))
    return lines[first:]


def test_depth():
    """What a module imports stands below it, two spaces further in."""
    modules = {"lab_a": "import lab_b, lab_d", "lab_b": "import lab_c", "lab_c": "", "lab_d": ""}
    _, _, lines = run("import lab_a", *LOG, modules=modules)
    labkit.equal(own(lines), ["lab_a", "  lab_b", "    lab_c", "  lab_d"], "the log")


def test_failures():
    """An import that fails has a second line, at the same depth, with the exception's type."""
    code = "try:\n    import lab_none\nexcept ImportError:\n    pass\nimport lab_a"
    _, said, lines = run(code, *LOG, modules={"lab_a": ""})
    labkit.equal(said, "", "output")
    labkit.equal(own(lines), ["lab_none", "lab_none: ModuleNotFoundError", "lab_a"], "the log")


def test_failures_inside():
    """A module that raises, and one that imports it, fail both; the depth comes back."""
    code = "for name in ('lab_a', 'lab_c'):\n    try:\n        __import__(name)\n    except ValueError:\n        pass"
    modules = {"lab_a": "import lab_b", "lab_b": "raise ValueError('no')", "lab_c": ""}
    _, said, lines = run(code, *LOG, modules=modules)
    labkit.equal(said, "", "output")
    labkit.equal(
        own(lines),
        ["lab_a", "  lab_b", "  lab_b: ValueError", "lab_a: ValueError", "lab_c"],
        "the log",
    )


def test_the_exception_is_untouched():
    """The exception arrives as it would without a log: type, text and traceback."""
    code = "import lab_a"
    modules = {"lab_a": "def f(x):\n    raise ValueError('no', x)\nf(1)"}
    without = run(code, modules=modules)
    status, said, lines = run(code, *LOG, modules=modules)
    labkit.equal((status, said), without[:2], "status and output, with a log and without")
    labkit.true(
        "lab_a: ValueError" in (lines or ()), f"the log ends with {(lines or ['nothing'])[-1]!r}"
    )


@labkit.holds_before("there is nothing to write, and nothing to disturb")
def test_failures_without_a_log():
    """Without the option, an import that fails fails as ever."""
    code = "try:\n    import lab_none\nexcept ImportError as error:\n    print(error.name)"
    labkit.equal(run(code), (0, "lab_none\n", None), "status, output, log")
