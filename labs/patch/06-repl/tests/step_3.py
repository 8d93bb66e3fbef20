"""Step 3: a command."""

import labkit


def session(*statements, names=None):
    """What the prompt writes when these statements are typed, and its console."""
    import io
    import sys

    import _pyrepl.readline
    from _pyrepl import simple_interact
    from _pyrepl.console import InteractiveColoredConsole

    left = list(statements)

    class Editor:
        history = []

        def suspend_history(self):
            import contextlib

            return contextlib.nullcontext()

    def typed(*_):
        if not left:
            raise EOFError
        Editor.history.append(left[0])
        return left.pop(0)

    console = InteractiveColoredConsole(names if names is not None else {})
    console.can_colorize = False
    changed = {
        (simple_interact, "multiline_input"): typed,
        (simple_interact, "_get_reader"): Editor,
        (_pyrepl.readline, "_setup"): lambda names: None,
        (sys, "stdout"): io.StringIO(),
        (sys, "stderr"): None,
    }
    changed[sys, "stderr"] = changed[sys, "stdout"]
    saved = {place: getattr(*place) for place in changed}
    for (thing, name), value in changed.items():
        setattr(thing, name, value)
    try:
        simple_interact.run_multiline_interactive_console(console)
        return sys.stdout.getvalue(), console
    finally:
        for (thing, name), value in saved.items():
            setattr(thing, name, value)


def test_it_shows_the_last_statement():
    """``dis`` shows the bytecode of what was typed before."""
    said, _ = session("x = 3", "y = x * x", "dis")
    labkit.true("STORE_NAME" in said and "(y)" in said, f"it shows\n{said}")
    labkit.true("BINARY_OP" in said, f"it shows\n{said}")
    labkit.true("(3)" not in said, f"it shows the statement before as well:\n{said}")


def test_all_statements_of_a_line():
    """Of several statements in one input it shows each."""
    said, _ = session("a = 1; b = 2", "dis")
    labkit.true("(a)" in said and "(b)" in said, f"it shows\n{said}")


def test_asking_again():
    """The command itself is no statement: asked twice, it shows the same twice."""
    said, _ = session("value = 1", "dis", "dis")
    labkit.equal(said.count("(value)"), 2, "instructions that name value")


def test_statements_that_fail():
    """A statement that raises can be looked at; text that does not parse changes nothing."""
    said, _ = session("1 // 0 + nothing", "dis")
    labkit.true("ZeroDivisionError" in said and "(nothing)" in said, f"it shows\n{said}")
    said, _ = session("good = 1", "bad = = 1", "dis")
    labkit.true("SyntaxError" in said and "(good)" in said, f"it shows\n{said}")


def test_before_anything():
    """As the first thing typed, it shows nothing and is no error."""
    said, _ = session("dis")
    labkit.equal(said, "", "what it writes")


def test_the_name_is_free():
    """A variable or a module called ``dis`` comes first, as with the other commands."""
    said, _ = session("dis", names={"dis": 42})
    labkit.equal(said, "42\n", "what it writes when dis is 42")
    said, _ = session("x = 1", "dis", "import dis", "dis")
    labkit.true("STORE_NAME" in said and "<module 'dis'" in said, f"it shows\n{said}")


@labkit.holds_before("the others are commands of the same table")
def test_other_commands():
    """``copyright`` and the rest go on working, and only whole lines are commands."""
    said, _ = session("copyright")
    labkit.true("Python Software Foundation" in said, f"copyright shows\n{said[:200]}")
    said, _ = session("dis + 1", names={"dis": 1})
    labkit.equal(said, "2\n", "dis + 1")


def test_in_a_terminal():
    """In a terminal, with the real editor."""
    said = labkit.terminal("1 + len('ab')\r", "dis\r", "exit()\r")
    labkit.true("LOAD_NAME" in said and "(len)" in said, f"the terminal shows\n{said[-1500:]}")
