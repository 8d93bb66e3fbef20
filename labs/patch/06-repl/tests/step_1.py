"""Step 1: a prompt that is no string."""

import labkit


class Counting:
    """A prompt that counts how often it was shown."""

    shown = 0

    def __str__(self):
        self.shown += 1
        return f"[{self.shown}]> "


class Silent:
    """A console without a screen."""

    height, width = 25, 80

    def __init__(self):
        self.screen = []

    def __getattr__(self, name):
        return lambda *args, **more: None


def reader(**settings):
    """A line editor on a console without a screen, with the settings given."""
    from _pyrepl.readline import ReadlineAlikeReader, ReadlineConfig

    made = ReadlineAlikeReader(console=Silent(), config=ReadlineConfig())
    made.can_colorize = False
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def test_ps1():
    """An object as ``ps1`` shows the text that ``str`` gives."""
    prompt = reader(ps1=Counting()).get_prompt(0, True)
    labkit.equal(prompt, "[1]> ", "the prompt")


def test_each_time():
    """``str`` is asked each time, so that a clock or a counter can be shown."""
    editor = reader(ps1=Counting())
    labkit.equal(
        [editor.get_prompt(0, True) for _ in range(3)], ["[1]> ", "[2]> ", "[3]> "], "three prompts"
    )


def test_the_other_prompts():
    """The prompts of the later lines, ``ps2`` to ``ps4``, may be objects as well."""
    editor = reader(ps1="", ps2=Counting(), ps3=Counting(), ps4=Counting(), buffer=list("a\nb\nc"))
    labkit.equal([editor.get_prompt(n, False) for n in range(3)], ["[1]> "] * 3, "three lines")


def test_the_screen():
    """The whole screen can be computed with such a prompt."""
    editor = reader(ps1=Counting(), buffer=list("1 + 1"), pos=5)
    labkit.equal(editor.calc_screen(), ["[1]> 1 + 1"], "the screen")


@labkit.holds_before("strings have always worked")
def test_strings_and_colours():
    """A string is shown as it is, with colours around it where there are colours."""
    labkit.equal(reader(ps1=">>> ").get_prompt(0, True), ">>> ", "without colours")
    prompt = reader(ps1=">>> ", can_colorize=True).get_prompt(0, True)
    labkit.true(">>> " in prompt and prompt.startswith("\x1b["), f"with colours: {prompt!r}")


def test_in_a_terminal():
    """In a terminal, setting ``sys.ps1`` to an object shows it, and the prompt goes on working."""
    said = labkit.terminal(
        "import sys\r",
        "class P: __str__ = lambda self: 'mine> '\r\r",
        "sys.ps1 = P()\r",
        "6 * 7\r",
        "exit()\r",
    )
    labkit.true("TypeError" not in said, f"the terminal shows\n{said[-1500:]}")
    labkit.true("mine> " in said, f"the terminal does not show the prompt:\n{said[-1500:]}")
    labkit.true("42" in said, f"the statement was not run:\n{said[-1500:]}")


@labkit.holds_before("the old prompt is written in C, and nobody has touched it")
def test_basic_prompt():
    """With ``PYTHON_BASIC_REPL=1`` it is the old prompt that runs, and it takes objects as well."""
    said = labkit.terminal(
        "import sys\r",
        "class P: __str__ = lambda self: 'mine> '\r\r",
        "sys.ps1 = P()\r",
        "6 * 7\r",
        "'_pyrepl.readline' in sys.modules\r",
        "exit()\r",
        basic=True,
    )
    labkit.true("mine> " in said and "42" in said, f"the terminal shows\n{said[-1500:]}")
    labkit.true("False" in said, f"the new prompt was loaded:\n{said[-1500:]}")
