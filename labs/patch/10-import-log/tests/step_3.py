"""Step 3: trouble."""

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


def test_no_such_folder():
    """A file that cannot be opened is named, with the reason, once; the program runs."""
    status, said, _ = run(
        "import lab_a; print('ran')", "-X", "importlog=@/x/y", modules={"lab_a": ""}
    )
    labkit.equal(
        (status, sorted(said.splitlines())),
        (
            0,
            [
                "-X importlog: cannot open 'FOLDER/the-log/x/y': No such file or directory",
                "ran",
            ],
        ),
        "status and output",
    )


def test_no_file():
    """The option without a file says what is missing; the program runs."""
    status, said, _ = run("print('ran')", "-X", "importlog")
    labkit.equal(
        (status, sorted(said.splitlines())),
        (0, ["-X importlog: a file is missing: -X importlog=FILE", "ran"]),
        "status and output",
    )


def test_names_that_are_no_utf8():
    """A name with half a surrogate pair is written with a backslash, and fails as ever."""
    code = "try:\n    __import__('lab_\\udc80')\nexcept ImportError as error:\n    print(ascii(error.name))"
    status, said, lines = run(code, *LOG)
    labkit.equal((status, said), (0, "'lab_\\udc80'\n"), "status and output")
    labkit.equal(
        (lines or [])[-2:], ["lab_\\udc80", "lab_\\udc80: ModuleNotFoundError"], "the log's end"
    )


@labkit.holds_before("the file is read as UTF-8, and was written so")
def test_names_beyond_ascii():
    """A name in another script stands in the log as it is."""
    status, said, lines = run("import lab_größe", *LOG, modules={"lab_größe": ""})
    labkit.equal((status, said), (0, ""), "status and output")
    labkit.equal((lines or [""])[-1].strip(), "lab_größe", "the log's last line")


def test_a_sudden_end():
    """What was imported before ``os._exit``, or before a crash, is in the file."""
    for end, status in (("os._exit(3)", 3), ("os.kill(os.getpid(), 9)", -9)):
        ended, _, lines = run(f"import os, lab_a\n{end}", *LOG, modules={"lab_a": ""})
        labkit.equal(ended, status, f"the status after {end}")
        labkit.true("lab_a" in (lines or ()), f"after {end} the log has {len(lines or ())} lines")


def test_as_it_goes():
    """A program can read the log while it runs."""
    code = "import lab_a\nwith open('the-log') as log:\n    print('lab_a' in log.read().split())"
    status, said, _ = run(code, *LOG, modules={"lab_a": ""})
    labkit.equal((status, said), (0, "True\n"), "status and output")
