"""What goes wrong around a lab: no compiler, two runs at once, a run that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.reference.interpreters import Interpreter
from annotator.reference.releases import Release
from labs.runner import extension, folders, gate, prove_patch, verdict
from labs.runner.lessons import find_lab, read_lab
from labs.runner.model import Lab, Outcome
from tests.unit.small_lab import change, prove, write

PROVE = """
import signal, sys
from pathlib import Path
from annotator.reference.releases import selected
from labs.runner import gate
from tests.unit.small_lab import prove
gate.cache_root = lambda: Path(sys.argv[2])
# A shell starts what runs in its background with SIGINT ignored, these tests perhaps among it.
signal.signal(signal.SIGINT, signal.default_int_handler)
result = prove(selected(), Path(sys.argv[1]))
print(result.outcome.value, result.cached)
"""
SLOW = "import time; time.sleep(3)  # as if there were much to do\n"


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lab of one step that is right; what the gate keeps goes to a cache of the test's own."""
    monkeypatch.setattr(gate, "cache_root", lambda: tmp_path / "cache")
    return write(tmp_path / "labs")


def start(mini: Path) -> subprocess.Popen[str]:
    """The gate on that lab, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROVE, mini, mini.parent.parent.parent / "cache"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


def harnesses(mini: Path) -> Iterator[str]:
    """The command lines of the tests of that lab that run now."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if str(mini / "tests" / "step_1.py") in words:
            yield " ".join(words)


def test_no_compiler(release: Release, mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a compiler nothing is begun; the message says what to type."""
    monkeypatch.setattr(extension, "COMPILER", "gcc-that-is-not-there")
    with pytest.raises(UserError, match="there is no C compiler") as caught:
        prove(release, mini)
    assert "apt-get install -y gcc" in str(caught.value)


def test_two_runs_at_once(mini: Path) -> None:
    """Two gates on one lab, one repository and one cache: both are right."""
    both = [start(mini), start(mini)]
    assert [run.communicate()[0].split()[0] for run in both] == ["passed", "passed"]
    third = start(mini)
    assert third.communicate()[0].split() == ["passed", "True"]


def wait(condition: Callable[[], bool], *, seconds: float) -> None:
    """Until *condition* holds; fails when that takes longer."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_killed_in_the_middle(mini: Path, tmp_path: Path) -> None:
    """A gate that is killed takes its programs along; the next run is right, and clears up."""
    change(mini, "tests/step_1.py", "import labkit\n", f"import labkit\n{SLOW}")
    run = start(mini)
    wait(lambda: any(harnesses(mini)), seconds=60)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert list((tmp_path / "cache" / "labs" / "work").glob("*-*"))
    wait(lambda: not any(harnesses(mini)), seconds=20)
    change(mini, "tests/step_1.py", SLOW, "")
    assert start(mini).communicate()[0].split() == ["passed", "False"]
    assert list((tmp_path / "cache" / "labs" / "work").glob("*")) == []


def test_interrupted(mini: Path) -> None:
    """Ctrl-C ends the gate and all its programs at once, in whichever thread they are."""
    change(mini, "tests/step_1.py", "import labkit\n", f"import labkit\n{SLOW * 9}")
    run = start(mini)
    wait(lambda: any(harnesses(mini)), seconds=60)
    run.send_signal(signal.SIGINT)
    try:
        run.communicate(timeout=20)  # the tests would take half a minute
    finally:
        run.kill()
        run.communicate()
    assert not any(harnesses(mini))


def test_a_folder_outlives_nobody(tmp_path: Path) -> None:
    """A folder whose process is gone goes; one that is in use stays."""
    dead = tmp_path / "1-dead"
    dead.mkdir()
    (tmp_path / "1-dead.lock").touch()
    with folders.own(tmp_path) as one, folders.own(tmp_path) as two:
        assert one != two
        assert one.is_dir()
        assert not dead.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a folder read-only here")
def test_a_folder_that_is_only_read(tmp_path: Path) -> None:
    """Starting a lab where nothing can be written is an error that names the folder."""
    labs = f"cd {tmp_path} && exec {sys.executable} -m labs start x1"
    said = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"mount -t tmpfs -o ro none {tmp_path} && {labs}"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert said.returncode == 2, said.stdout
    assert "my-labs" in said.stdout
    assert "read-only" in said.stdout.lower()
    assert "Traceback" not in said.stdout


@pytest.fixture
def patch_lab(tmp_path: Path) -> Lab:
    """The first patch lab with a line in its second patch that CPython does not have."""
    lab = find_lab("04-binary-op-add-list")
    folder = tmp_path / "labs" / "patch" / lab.slug
    for file in sorted(path for path in lab.folder.rglob("*") if path.is_file()):
        target = folder / file.relative_to(lab.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    (patch,) = (folder / "patches").glob("2-*")
    change(
        folder,
        f"patches/{patch.name}",
        " instr->op.code = BINARY_OP_ADD_FLOAT;",
        " instr->op.code = BINARY_OP_ADD_FLOTE;",
    )
    return read_lab(folder)


def test_a_patch_that_does_not_fit(
    release: Release, debug_interpreter: Interpreter, patch_lab: Lab, tmp_path: Path
) -> None:
    """The hunk, the line expected and the line found are in the reason; and for another release
    than the one that the lab was written for it is no fault of the lab."""
    proof = prove_patch.PatchProof(
        patch_lab, debug_interpreter, debug_interpreter.source,
        release=release, jobs=1, logs=tmp_path, pool=None,  # type: ignore[arg-type]  # not reached
    )  # fmt: skip
    result = proof.run(tell=print)
    assert result.outcome is Outcome.BROKEN
    for words in (
        "does not fit Python/specialize.c",
        "expected:",
        "FLOTE",
        "found:",
        "the hunk:",
    ):
        assert words in result.reason


def test_a_patch_for_another_release(
    release: Release,
    debug_interpreter: Interpreter,
    patch_lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A patch that does not fit another release than its own is skipped, with the reason."""
    monkeypatch.setattr(prove_patch, "default_version", lambda: "3.12.0")
    proof = prove_patch.PatchProof(
        patch_lab, debug_interpreter, debug_interpreter.source,
        release=release, jobs=1, logs=tmp_path, pool=None,  # type: ignore[arg-type]  # not reached
    )  # fmt: skip
    result = proof.run(tell=print)
    assert result.outcome is Outcome.SKIPPED
    assert f"written for CPython 3.12.0; the patch of step 2 does not fit {release.version}" in (
        result.reason
    )
    assert verdict.Wrong(Outcome.SKIPPED, "").step == 0
