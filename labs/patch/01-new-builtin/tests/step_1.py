"""Step 1: the name is there, and does the easy half."""

import labkit


def test_it_is_a_builtin():
    """``first`` is in the module ``builtins``, so every module sees it without an import."""
    import builtins

    labkit.true(hasattr(builtins, "first"), "builtins has no attribute 'first'")
    labkit.equal(type(builtins.first), type(len), "the type of first")
    labkit.equal(eval("first", {}), builtins.first, "the name in an empty namespace")


def test_help_and_signature():
    """Its docstring is Argument Clinic's: a signature that tools can read, then the sentence."""
    import builtins

    labkit.equal(builtins.first.__name__, "first", "first.__name__")
    text = builtins.first.__text_signature__ or ""
    labkit.true(
        text.startswith("($module, iterable, /"),
        f"first.__text_signature__ is {text!r};\n  it should begin with '($module, iterable, /'",
    )
    labkit.true(
        (builtins.first.__doc__ or "").startswith("Return the first item"),
        f"first.__doc__ is {builtins.first.__doc__!r}",
    )


def test_first_of_anything():
    """Lists, strings, sets, generators, dicts: whatever can be iterated has a first item."""
    thing = object()
    labkit.true(first([thing, 2]) is thing, "first([thing, 2]) is not thing")
    labkit.equal(first("abc"), "a", "first('abc')")
    labkit.equal(first({7}), 7, "first({7})")
    labkit.equal(first({"k": "v"}), "k", "first({'k': 'v'})")
    labkit.equal(first(n * n for n in range(3, 9)), 9, "first of a generator")


def test_it_takes_one_and_no_more():
    """An iterator given to it has lost one item, not two."""
    numbers = iter([1, 2, 3])
    labkit.equal(first(numbers), 1, "the first call")
    labkit.equal(first(numbers), 2, "the second call, on the same iterator")
    labkit.equal(list(numbers), [3], "what is left")


def test_wrong_arguments():
    """No argument, and one that cannot be iterated, are TypeErrors in the usual words."""
    labkit.raises(TypeError, first, text="first")
    labkit.raises(TypeError, first, 5, text="'int' object is not iterable")


def test_iterator_is_released():
    """The iterator that the function made for itself dies when it returns."""

    class Iterator:
        alive = 0

        def __init__(self):
            Iterator.alive += 1

        def __del__(self):
            Iterator.alive -= 1

        def __next__(self):
            return "item"

    class Iterable:
        def __iter__(self):
            return Iterator()

    labkit.equal(first(Iterable()), "item", "first(Iterable())")
    labkit.equal(Iterator.alive, 0, "iterators still alive after the call")
    labkit.no_leak(lambda: first([[]]))
