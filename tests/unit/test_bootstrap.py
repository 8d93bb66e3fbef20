"""The project's Python environment and the pins that it is made from."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from annotator import bootstrap
from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.reference.progress import Report

QUIET = Report.quiet()


def pinned() -> dict[str, str]:
    """Version by canonical name, as .pins.txt has them."""
    lines = bootstrap.PINS.read_text().splitlines()
    return {canonicalize_name(name): version for name, version in (it.split("==") for it in lines)}


def test_pins_are_names_and_versions_alone() -> None:
    """One ``name==version`` per line, no addresses, no options, each name once."""
    lines = bootstrap.PINS.read_text().splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line) for line in lines)
    assert len(pinned()) == len(lines)


def test_the_project_file_and_the_pins_agree() -> None:
    """Every dependency of pyproject.toml is pinned, to a version that it allows."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    for line in [*project["dependencies"], *(line for extra in extras for line in extra)]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned()[canonicalize_name(requirement.name)]), line


def test_the_pins_are_complete() -> None:
    """What the pinned packages need on this Python is pinned as well, and they are installed."""
    pins = pinned()
    for name, version in pins.items():
        found = importlib.metadata.distribution(name)
        assert found.version == version
        for line in found.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                needed = canonicalize_name(requirement.name)
                assert needed in pins, f"{name} needs {line}"
                assert requirement.specifier.contains(pins[needed]), f"{name} needs {line}"


def make(tmp_path: Path) -> bool:
    """An environment without packages, beside the project's own; needs no network."""
    return bootstrap.ensure(
        target=tmp_path / "venv", pins=tmp_path / "pins", logs=tmp_path / "logs", report=QUIET
    )


def test_made_once_and_again_when_unfinished(tmp_path: Path) -> None:
    """A finished environment stays; killed half-way or with other pins it is made anew."""
    pins = tmp_path / "pins"
    pins.write_text("# none\n")
    assert make(tmp_path)
    assert not make(tmp_path)
    (tmp_path / "venv" / ".complete").unlink()
    (tmp_path / "venv" / "rest-of-a-killed-run").touch()
    assert make(tmp_path)
    assert not (tmp_path / "venv" / "rest-of-a-killed-run").exists()
    pins.write_text("# others\n")
    key = bootstrap.wanted_key(pins)
    assert (tmp_path / "venv" / ".complete").read_text() != key


def test_pip_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the log and what to do, and the environment does not count as made."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (tmp_path / "pins").write_text("sphinx==0.0.0\n")
    with pytest.raises(UserError, match="installing the pinned packages failed") as caught:
        make(tmp_path)
    assert caught.value.where == str(tmp_path / "logs" / "pip.log")
    assert "needs the network once" in caught.value.todo
    assert not (tmp_path / "venv" / ".complete").exists()


def test_it_runs_on_the_standard_library(tmp_path: Path) -> None:
    """Before there is an environment, nothing of it may be imported."""
    code = (
        "import sys, annotator.bootstrap, annotator.driver\n"
        "print([m for m in sys.modules if 'site-packages' in "
        "str(getattr(sys.modules[m], '__file__', ''))])"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
