"""Step 1: names in a file."""

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
    """The lines that name modules of these tests, without their indentation."""
    labkit.true(lines is not None, "there is no log")
    return [line.strip() for line in lines if line.strip().startswith("lab_")]


def test_a_line_each():
    """Every module that has to be looked for is a line, in the order in which that begins."""
    modules = {"lab_a": "import lab_b", "lab_b": "", "lab_c": "import lab_b"}
    status, said, lines = run("import lab_a, lab_c", *LOG, modules=modules)
    labkit.equal((status, said), (0, ""), "status and output")
    labkit.equal(own(lines), ["lab_a", "lab_b", "lab_c"], "the modules of the test in the log")


def test_from_the_start():
    """The log begins with what the interpreter itself imports."""
    _, _, lines = run("", *LOG)
    labkit.true(lines, "there is no log, or nothing in it")
    names = [line.strip() for line in lines]
    labkit.true("encodings" in names, f"the log has {names[:5]} …")


def test_once():
    """What is in ``sys.modules`` already is no line: there is nothing to look for."""
    code = "for _ in range(3):\n    import lab_a\ndel sys.modules['lab_a']\nimport lab_a"
    _, _, lines = run(code, *LOG, modules={"lab_a": ""})
    labkit.equal(own(lines), ["lab_a"] * 2, "lines")


def test_it_appends():
    """A second interpreter with the same file goes on at its end."""
    code = """if True:
        import subprocess
        log = ["-X", "importlog=the-log"]
        for name in "lab_a", "lab_b":
            then = f"import sys; sys.path.insert(0, ''); import {name}"
            subprocess.run([sys.executable, "-S", *log, "-c", then], check=True)
    """
    _, said, lines = run(code, modules={"lab_a": "", "lab_b": ""})
    labkit.equal(said, "", "output")
    labkit.equal(own(lines), ["lab_a", "lab_b"], "lines")


@labkit.holds_before("nobody asked for a log")
def test_off_by_default():
    """Without the option there is no file, and no output."""
    labkit.equal(run("import lab_a", modules={"lab_a": ""}), (0, "", None), "status, output, log")


@labkit.holds_before("an option that is not known is kept all the same")
def test_other_options():
    """Other ``-X`` options, with a like name too, are no log."""
    labkit.equal(run("", "-X", "importlogs=@", "-X", "utf8")[2], None, "the log")
