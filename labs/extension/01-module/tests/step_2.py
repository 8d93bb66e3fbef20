"""Step 2: state in the module."""

import labkit


def test_two_modules_count_apart():
    """Two module objects of one file do not see each other's counts."""
    first, second = labkit.fresh("tally"), labkit.fresh("tally")
    first.bump("spam", 3)
    labkit.equal(second.count("spam"), 0, "the count in the other module")
    second.bump("spam")
    labkit.equal(first.count("spam"), 3, "the count in the first module")


def test_a_second_load_resets_nothing():
    """Loading the file again leaves the counts of the first module alone."""
    first = labkit.fresh("tally")
    first.bump("spam", 3)
    labkit.fresh("tally")
    labkit.equal(first.count("spam"), 3, "the count after another load")


def test_two_subinterpreters_count_apart():
    """Two subinterpreters, each with a lock of its own, have separate counts."""
    with labkit.Interpreter() as one, labkit.Interpreter() as two:
        for interpreter in (one, two):
            interpreter.run("import tally")
        one.run("tally.bump('spam', 5)")
        two.run("tally.bump('spam', 7)")
        labkit.equal(one.value("tally.count('spam')"), 5, "the count in the first")
        labkit.equal(two.value("tally.count('spam')"), 7, "the count in the second")


def test_main_interpreter_is_left_alone():
    """What a subinterpreter counts does not show in the main one, not even after its end."""
    tally = labkit.fresh("tally")
    tally.bump("spam")
    with labkit.Interpreter() as other:
        other.run("import tally; tally.bump('spam', 10)")
    labkit.equal(tally.count("spam"), 1, "the count in the main interpreter")
