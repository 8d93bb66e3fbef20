"""Programs and libraries of the system."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.reference import systools
from annotator.reference.progress import Report
from annotator.reference.systools import Tool

SCRIPT = """
import sys
from pathlib import Path
from annotator.errors import UserError
from annotator.reference import systools
from annotator.reference.progress import Report
try:
    systools.require(systools.HTML, log=Path(sys.argv[1]), report=Report(sys.stdout))
except UserError as error:
    print(error)
    sys.exit(3)
"""


def fake(folder: Path, name: str, script: str) -> None:
    """A program of our own making."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_nothing_on_the_path(tmp_path: Path) -> None:
    """Without any program one error names all that is missing and the line to paste."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "log")],
        cwd=REPOSITORY,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (3, "")
    paste = [line for line in done.stdout.splitlines() if "sudo apt-get install -y" in line]
    assert len(paste) == 1
    for word in ("gcc", "make", "doxygen", "graphviz", "zlib1g-dev", "libssl-dev"):
        assert word in paste[0].split()
    assert "gcc compiles CPython" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="as root apt is tried without sudo; try it as root")
def test_apt_that_fails_is_reported(tmp_path: Path) -> None:
    """When apt cannot help, the error says that it was tried and where its words are."""
    fake(tmp_path, "apt-get", 'echo "E: no network" >&2; exit 100')
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "log")],
        cwd=REPOSITORY,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (3, "")
    assert "apt was tried" in done.stdout
    assert str(tmp_path / "log") in done.stdout
    assert "E: no network" in (tmp_path / "log").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="as root apt is tried without sudo; try it as root")
def test_apt_that_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is installed in one call, after an update, without questions."""
    asked = tmp_path / "asked"
    programs = tmp_path / "bin"
    programs.mkdir()
    fake(
        programs,
        "apt-get",
        f'echo "$DEBIAN_FRONTEND $*" >> {asked}\n'
        f'case "$*" in *install*) echo > {programs}/thing; chmod +x {programs}/thing;; esac',
    )
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(systools, "libraries", list)
    tool = Tool("thing", "thing-package", "does things")
    systools.require([tool], log=tmp_path / "log", report=Report.quiet())
    said = asked.read_text().splitlines()
    assert said[0].startswith("noninteractive ")
    assert said[0].endswith(" update")
    assert said[1].endswith("install -y --no-install-recommends thing-package")
    assert len(said) == 2


def test_optional_tools_are_switched_off_visibly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missing optional program is no error, and its absence is said with its consequence."""
    monkeypatch.setattr(systools, "libraries", list)
    monkeypatch.setattr(systools, "privilege", lambda: None)
    tool = Tool("no-such-debugger", "nothing", "debugging is left out without it", optional=True)
    systools.require([tool], log=tmp_path / "log", report=Report(sys.stdout))
    assert "no-such-debugger is missing (package nothing): debugging is left" in (
        capsys.readouterr().out
    )
    with pytest.raises(UserError, match="no-such-debugger"):
        systools.require(
            [Tool("no-such-debugger", "nothing", "debugs")],
            log=tmp_path / "log",
            report=Report.quiet(),
        )


def test_libraries_are_looked_for_by_the_compiler() -> None:
    """A header that exists is found, one that does not is missing; in one question."""
    there = systools.Library("stdio.h", "libc6-dev", ())
    gone = systools.Library("no/such/header.h", "nothing", ("_x",))
    assert systools.missing_libraries([there, gone, there]) == [gone]


def test_every_library_names_modules_of_the_release(source_tree: Path) -> None:
    """The modules of cpython-ref/profiles.toml exist in the source's own list."""
    setup = (source_tree / "Modules" / "Setup.stdlib.in").read_text()
    for library in systools.libraries():
        for module in library.modules:
            assert f"\n@MODULE_{module.upper()}_TRUE@{module} " in setup
