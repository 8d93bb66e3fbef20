"""Runs the tests of one step inside the interpreter under test.

Reads ``argv``: the file for the events, the test file, and the names of tests to leave out (they
have run already). Writes one event a line, as a Python literal: ``("plan", [name, …])``,
``("start", name)``, ``("figure", name, label, text)``, ``("end", name, outcome, message)``,
``("done",)``. An event is on disk
before the next thing happens, so a crash shows which test it was. With ``LAB_MODE=hunt`` in
the environment each test is run again and again, and fails when every run leaves something.

Imports as little as it can: the interpreter may be a damaged one.
"""

# ruff: noqa: PTH123, SIM115 -- no pathlib here, and the file stays open until the end

import sys


def main() -> None:
    events = open(sys.argv[1], "a", encoding="utf-8")
    path = sys.argv[2]
    left_out = sys.argv[3:]

    def tell(*event: object) -> None:
        events.write(repr(event) + "\n")
        events.flush()

    with open(path, encoding="utf-8") as file:
        code = compile(file.read(), path, "exec")
    namespace: dict[str, object] = {"__name__": "__lab__", "__file__": path}
    exec(code, namespace)
    tests = {
        name: thing
        for name, thing in namespace.items()
        if name.startswith("test_") and callable(thing)
    }
    tell("plan", list(tests))
    import labkit  # type: ignore[import-not-found]  # beside this file

    for name, test in tests.items():
        if name in left_out:
            continue
        tell("start", name)
        outcome, message = "passed", ""
        try:
            labkit.hunt(test) if labkit.MODE == "hunt" else test()
        except labkit.Failed as failure:
            outcome, message = "failed", str(failure)
        except SystemExit as exit:
            outcome, message = "error", f"SystemExit: {exit}"
        except BaseException as error:
            outcome, message = "error", labkit.explain(error, path)
        for label, text in labkit.FIGURES:
            tell("figure", name, label, text)
        labkit.FIGURES.clear()
        tell("end", name, outcome, message)
    tell("done")


main()
