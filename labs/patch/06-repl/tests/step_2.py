"""Step 2: a key."""

import labkit


class Typed:
    """A console without a screen, at which the given keys are typed."""

    height, width = 25, 80

    def __init__(self, keys):
        self.screen = []
        self.keys = list(keys)

    def get_event(self, block=True):
        from _pyrepl.console import Event

        if not self.keys:
            raise StopIteration
        key = self.keys.pop(0)
        return Event(evt="key", data=key, raw=bytearray(key.encode()))

    def __getattr__(self, name):
        return lambda *args, **more: None


KEY = ("\x1b", ";")  # what a terminal sends for Alt-;


def typed(*keys, before="", pos=None):
    """The text in the editor and the place of the cursor after these keys."""
    from _pyrepl.readline import ReadlineAlikeReader, ReadlineConfig

    editor = ReadlineAlikeReader(console=Typed(keys), config=ReadlineConfig())
    editor.can_colorize = False
    editor.more_lines = lambda text: False
    editor.prepare()
    editor.insert(before)
    editor.pos = len(before) if pos is None else pos
    editor.refresh()
    try:
        while True:
            editor.handle1()
    except StopIteration:
        pass
    labkit.true(not editor.msg, f"the editor complains: {editor.msg}")
    return "".join(editor.buffer), editor.pos, editor.screen


def test_the_command():
    """There is a command ``toggle-comment``, bound to ``M-;``."""
    from _pyrepl.reader import default_keymap
    from _pyrepl.readline import ReadlineAlikeReader, ReadlineConfig

    editor = ReadlineAlikeReader(console=Typed(()), config=ReadlineConfig())
    labkit.true("toggle-comment" in editor.commands, "the editor has no command toggle-comment")
    labkit.equal(dict(default_keymap).get(r"\M-;"), "toggle-comment", "what M-; is bound to")


def test_it_comments():
    """The key puts ``# `` in front of the line; the cursor stays at the same letter."""
    text, pos, _ = typed(*KEY, before="x = 1", pos=4)
    labkit.equal((text, pos), ("# x = 1", 6), "text and cursor")


def test_and_again():
    """Pressed again, it takes the comment away, and the cursor is where it was."""
    text, pos, _ = typed(*KEY, *KEY, before="x = 1", pos=2)
    labkit.equal((text, pos), ("x = 1", 2), "text and cursor")


def test_behind_the_indentation():
    """In an indented line the sign goes behind the indentation; a cursor before it stays."""
    text, pos, _ = typed(*KEY, before="    return x", pos=2)
    labkit.equal((text, pos), ("    # return x", 2), "text and cursor")
    text, pos, _ = typed(*KEY, before="\tx", pos=2)
    labkit.equal((text, pos), ("\t# x", 4), "text and cursor, after a tab")


def test_only_this_line():
    """In an input of several lines only the line with the cursor changes."""
    before = "if a:\n    b\n    c"
    text, pos, _ = typed(*KEY, before=before, pos=before.index("b"))
    labkit.equal(text, "if a:\n    # b\n    c", "text")
    text, _, _ = typed(*KEY, before=before)
    labkit.equal(text, "if a:\n    b\n    # c", "text, with the cursor at the end")


def test_other_comments():
    """A ``#`` without a space behind it goes alone; a cursor inside the sign lands behind it."""
    text, pos, _ = typed(*KEY, before="#x", pos=2)
    labkit.equal((text, pos), ("x", 1), "text and cursor")
    text, pos, _ = typed(*KEY, before="  # x", pos=3)
    labkit.equal((text, pos), ("  x", 2), "text and cursor, from within the sign")


def test_empty_lines():
    """An empty line and a blank one can be commented, and uncommented."""
    labkit.equal(typed(*KEY)[:2], ("# ", 2), "an empty line")
    labkit.equal(typed(*KEY, *KEY)[:2], ("", 0), "an empty line, twice")
    labkit.equal(typed(*KEY, before="  ")[:2], ("  # ", 4), "a blank line")


def test_the_screen_follows():
    """The screen shows the change at once, not with the next letter."""
    _, _, screen = typed(*KEY, before="x = 1")
    labkit.equal(screen, ["->> # x = 1"], "the screen")


@labkit.holds_before("an alt of one's own must not take the others'")
def test_other_keys():
    """The semicolon alone, and other keys with Alt, are what they were."""
    labkit.equal(typed(";", before="x")[0], "x;", "a semicolon")
    labkit.equal(typed("\x1b", "b", before="a bc")[:2], ("a bc", 2), "M-b, back by a word")
