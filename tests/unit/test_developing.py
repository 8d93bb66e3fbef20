"""The pages on developing say what the tree says."""

from __future__ import annotations

import re

from annotator.paths import REPOSITORY

ARCHITECTURE = (REPOSITORY / "docs" / "developing" / "architecture.rst").read_text("utf-8")


def _modules() -> set[str]:
    found = set()
    for package in ("annotator", "labs/runner"):
        for path in (REPOSITORY / package).rglob("*.py"):
            if path.name != "__init__.py":
                found.add(path.relative_to(REPOSITORY).as_posix())
    return found | {"labs/__main__.py"}


def test_every_module_has_its_line() -> None:
    """The architecture names each module once, and none that is not there."""
    named = re.findall(r"^``((?:annotator|labs)/[\w/]+\.py)``$", ARCHITECTURE, re.M)
    assert sorted(named) == sorted(_modules())


def test_no_module_eats_the_rest() -> None:
    """A module of more than 500 lines holds more than one idea."""
    long = {
        name: n
        for name in _modules()
        if (n := len((REPOSITORY / name).read_text("utf-8").splitlines())) > 500
    }
    assert long == {}


def test_the_readme_names_the_verbs_that_exist() -> None:
    """Each ``make …`` in the README and in these pages is a verb of the Makefile."""
    verbs = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.M))
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs" / "developing").glob("*.rst")]
    for page in pages:
        for verb in re.findall(r"`make (\w+)", page.read_text("utf-8")):
            assert verb in verbs, (page.name, verb)
