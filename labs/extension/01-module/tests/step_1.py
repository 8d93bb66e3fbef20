"""Step 1: two phases."""

import labkit


def test_creating_is_not_filling():
    """A module object that was created but not executed yet has functions and nothing else."""
    module = labkit.bare("tally")
    labkit.true(
        not hasattr(module, "version"),
        "tally.version is there before the module was executed:\n"
        "  PyInit_tally must describe the module, not fill it",
    )
    module.__spec__.loader.exec_module(module)
    labkit.equal(module.version, "1.0", "tally.version after execution")


def test_each_load_is_a_module():
    """Loading the file twice gives two module objects with a dictionary each."""
    first, second = labkit.fresh("tally"), labkit.fresh("tally")
    labkit.true(first is not second, "the second load gave the first module again")
    first.mine = True
    labkit.true(not hasattr(second, "mine"), "an attribute of one module shows in the other")


@labkit.holds_before("what the starter can do must not get lost on the way")
def test_it_counts():
    """``bump`` adds up and gives the new count, ``count`` gives it, 0 for what is unknown."""
    tally = labkit.fresh("tally")
    labkit.equal(tally.bump("spam"), 1, 'bump("spam")')
    labkit.equal(tally.bump("spam", 2), 3, 'bump("spam", 2)')
    labkit.equal(tally.count("spam"), 3, 'count("spam")')
    labkit.equal(tally.count(("never", "seen")), 0, "the count of what was never counted")
