"""What tests share: the pinned source, the reference interpreters, the index and the site.

Each is the real thing, made by the code under test, kept in the user's cache or in build/.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from annotator.paths import BUILD, INDEX, REPOSITORY
from annotator.reference import acquire, interpreters
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release, selected
from tests.web import Server

if TYPE_CHECKING:
    from annotator.index.query import Index


@pytest.fixture(scope="session")
def release() -> Release:
    """The release that the site is built for."""
    return selected()


@pytest.fixture(scope="session")
def source_tree(release: Release) -> Path:
    """The root of its source, to be read only."""
    return acquire.source_tree(release, report=Report())


@pytest.fixture(scope="session")
def interpreter(release: Release) -> Callable[[str], Interpreter]:
    """``interpreter("release")``: a reference interpreter, built on the first call ever."""
    return lambda profile: interpreters.ensure(profile, release, report=Report())


@pytest.fixture(scope="session")
def release_interpreter(interpreter: Callable[[str], Interpreter]) -> Interpreter:
    """The optimised interpreter."""
    return interpreter("release")


@pytest.fixture(scope="session")
def debug_interpreter(interpreter: Callable[[str], Interpreter]) -> Interpreter:
    """The lean one with ``Py_DEBUG``."""
    return interpreter("debug")


@pytest.fixture(scope="session")
def release_python(release_interpreter: Interpreter) -> Path:
    """The program ``python`` of the optimised interpreter."""
    return release_interpreter.python


@pytest.fixture(scope="session")
def site() -> Path:
    """``build/html``, built or brought up to date by the driver."""
    done = subprocess.run(
        [sys.executable, "-m", "annotator.driver"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        pytest.fail(f"the site cannot be built:\n{done.stdout}{done.stderr}", pytrace=False)
    return BUILD / "html"


@pytest.fixture(scope="session")
def index(site: Path) -> Index:
    """The index from which the site was made."""
    from annotator.index.query import Index

    return Index.open(INDEX)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own; gives the project's folder in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CPYTHON_TARBALL", raising=False)
    return tmp_path / "cache" / "inside-cpython"


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on loopback that can be told to misbehave."""
    with Server() as running:
        yield running
