"""A reader's progress: a file to read, kept whole."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from annotator.errors import UserError
from labs.runner import state


def test_round_trip(tmp_path: Path) -> None:
    """What is saved is what is loaded, and it is TOML that a person can read."""
    progress = state.begin("01-module", "3.13.5", 5, 3)
    progress.steps[3].hints = 2
    progress.steps[3].passed, progress.steps[3].tests = 4, 8
    state.save(tmp_path, progress)
    assert state.load(tmp_path) == progress
    data = tomllib.loads((tmp_path / "progress.toml").read_text())
    assert data["steps"]["3"] == {"done": False, "passed": 4, "tests": 8, "hints": 2}


def test_current_step() -> None:
    """The current step is the first that is not done; skipped steps count as done."""
    progress = state.begin("01-module", "3.13.5", 3, 2)
    assert (progress.current, progress.done) == (2, 1)
    progress.steps[2].done = progress.steps[3].done = True
    assert progress.current == 4


@pytest.mark.parametrize("text", ["", "lab = ", 'lab = "x"', "\x00", 'lab = "x"\nsteps = 1'])
def test_damaged_file(tmp_path: Path, text: str) -> None:
    """A damaged file is an error that names it and says that the work is safe."""
    (tmp_path / "progress.toml").write_text(text)
    with pytest.raises(UserError, match="damaged") as caught:
        state.load(tmp_path)
    assert "your work is kept" in caught.value.todo


def test_no_lab_here(tmp_path: Path) -> None:
    """A folder without a lab is an error that says how to begin one."""
    with pytest.raises(UserError, match="no lab was started here"):
        state.load(tmp_path)


def test_two_at_once(tmp_path: Path) -> None:
    """The second command in a folder is refused while the first is at work."""
    with (
        state.alone(tmp_path),
        pytest.raises(UserError, match="another labs command"),
        state.alone(tmp_path),
    ):
        pass
    with state.alone(tmp_path):
        pass
