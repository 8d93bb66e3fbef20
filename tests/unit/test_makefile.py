"""The verbs."""

from __future__ import annotations

import re
import subprocess

import pytest

from annotator.paths import REPOSITORY
from annotator.reference.run import clean_environment

_PHONY = re.search(r"^\.PHONY: help (.*)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
VERBS = _PHONY.group(1).split() if _PHONY else []


def run_make(*words: str) -> str:
    """What make prints."""
    return subprocess.run(
        ["make", *words],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_make_alone_prints_the_verbs() -> None:
    """One line each, in the order in which they are needed, and nothing is done."""
    lines = run_make().splitlines()
    assert [line.split()[1] for line in lines] == VERBS
    assert {"html", "test", "check", "labs", "serve", "bench", "soak", "clean"} < set(VERBS)
    assert all(re.match(r"make \w+ +\S.*", line) and len(line) <= 100 for line in lines)


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_are_no_files(verb: str) -> None:
    """A file or folder of the same name (labs/!) does not make a verb up to date."""
    assert "up to date" not in run_make("-n", verb)


def test_the_python_that_works_is_taken() -> None:
    """Names on the path that do not run, as a dead shim, are passed over."""
    said = run_make("-n", "html", "PYTHON=/bin/false")
    assert "for python in /bin/false python3" in said


def test_ci_does_what_a_user_does() -> None:
    """.ci/run runs `make test` and nothing else."""
    commands = [
        line
        for line in (REPOSITORY / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert commands == ['cd "$(dirname "$0")/.." && exec make test </dev/null']
