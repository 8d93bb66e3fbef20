"""What a lab's program may do, and what becomes of it when it does more."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from labs.runner import sandbox
from labs.runner.sandbox import End, Ended, Limits

MB = 1 << 20
# Doubles nine times and no more, so that nothing is left to hurt if it is not stopped.
BOMB = "import os, time\nfor _ in range(9): os.fork()\ntime.sleep(20)"


@pytest.fixture(params=["namespaces", "none"])
def anyhow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of running: with the kernel's namespaces, and where those are refused."""
    if request.param == "none":
        monkeypatch.setattr(sandbox, "_prefix", lambda: ())


def run(tmp_path: Path, code: str, **limits: float) -> Ended:
    """Runs Python code in the sandbox."""
    chosen = replace(Limits(), **limits)  # type: ignore[arg-type]
    return sandbox.run([sys.executable, "-c", code], limits=chosen, scratch=tmp_path)


def left_over(word: str) -> list[str]:
    """The processes whose command line holds a word."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != str(os.getpid()):
            try:
                line = (process / "cmdline").read_bytes().decode(errors="replace")
                state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if word in line and state != "Z":
                found.append(line)
    return found


@pytest.mark.usefixtures("anyhow")
def test_a_good_program(tmp_path: Path) -> None:
    """Output and status come back as they are."""
    ended = run(tmp_path, "print('hello'); raise SystemExit(3)")
    assert (ended.end, ended.status, ended.output) == (End.EXIT, 3, "hello\n")
    assert not ended.ok
    assert run(tmp_path, "pass").ok


@pytest.mark.usefixtures("anyhow")
def test_endless_loop(tmp_path: Path) -> None:
    """A program that does not end is stopped, by the clock or by the time it computes."""
    assert run(tmp_path, "import time; time.sleep(60)", seconds=0.5).end is End.TIMEOUT
    assert run(tmp_path, "while True: pass", cpu=1).end is End.TIMEOUT


@pytest.mark.usefixtures("anyhow")
def test_crash(tmp_path: Path) -> None:
    """A crash is told apart from an exit, with the signal and faulthandler's traceback."""
    code = "import faulthandler, ctypes\nfaulthandler.enable()\ndef wreck(): ctypes.string_at(0)\n"
    ended = run(tmp_path, code + "wreck()")
    assert (ended.end, ended.why) == (End.SIGNAL, "killed by SIGSEGV (segmentation fault)")
    assert "in wreck" in ended.output
    assert run(tmp_path, "import os; os.abort()").why == "killed by SIGABRT (aborted)"


@pytest.mark.usefixtures("anyhow")
def test_fork_bomb(tmp_path: Path) -> None:
    """A program that multiplies is stopped, and none of its children survives."""
    ended = run(tmp_path, BOMB + "  # bomb-marker", processes=32)
    assert ended.end is End.PROCESSES
    assert left_over("bomb-marker") == []


@pytest.mark.usefixtures("anyhow")
def test_huge_output(tmp_path: Path) -> None:
    """Endless output is stopped at its limit; its beginning and its end are kept."""
    ended = run(tmp_path, "print('first')\nwhile True: print('x' * 1000)", output=3 * MB)
    assert ended.end is End.OUTPUT
    assert ended.output.startswith("first\n")
    assert "bytes left out" in ended.output
    assert len(ended.output) < 2 * MB


@pytest.mark.usefixtures("anyhow")
def test_huge_memory(tmp_path: Path) -> None:
    """Ten gigabytes are refused; the program sees a MemoryError, the machine nothing."""
    ended = run(tmp_path, "bytearray(10 << 30)", memory=1024 * MB)
    assert (ended.end, ended.status) == (End.EXIT, 1)
    assert "MemoryError" in ended.output


@pytest.mark.usefixtures("anyhow")
def test_huge_files(tmp_path: Path) -> None:
    """A file cannot grow over its limit, and many files together not over theirs."""
    one = "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))"
    assert "File too large" in run(tmp_path, one, file_size=8 * MB).output
    many = (
        "import time\nfor n in range(40): open(str(n), 'wb').write(bytes(1 << 20))\ntime.sleep(20)"
    )
    assert run(tmp_path, many, folder=16 * MB).end is End.DISK


@pytest.mark.usefixtures("anyhow")
def test_what_runs_away_is_caught(tmp_path: Path) -> None:
    """A child in a session of its own does not outlive the program."""
    code = "import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(60)  # stray-marker"
    assert run(tmp_path, code).ok
    assert left_over("stray-marker") == []


def test_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our environment reaches the program; home and temporary folder are its own."""
    monkeypatch.setenv("SECRET", "x")
    said = run(tmp_path, "import os; print(sorted(os.environ), os.environ['HOME'], os.getcwd())")
    assert "SECRET" not in said.output
    assert said.output.count(str(tmp_path)) == 2


def test_no_network(tmp_path: Path) -> None:
    """With namespaces the program has no network at all; without, the tool says so."""
    if not sandbox.isolated():
        assert not any("unshare" in word for word in sandbox._prefix())
        return
    said = run(tmp_path, "import socket; print(socket.if_nameindex())")
    assert said.output.strip() == "[(1, 'lo')]"


def test_lines_and_log(tmp_path: Path) -> None:
    """Each line is told as it comes, and the log keeps them all."""
    lines: list[bytes] = []
    sandbox.run(
        [sys.executable, "-c", "for n in range(3): print(n)"],
        limits=Limits(),
        scratch=tmp_path,
        log=tmp_path / "log",
        on_line=lines.append,
    )
    assert lines == [b"0", b"1", b"2"]
    assert (tmp_path / "log").read_text() == "0\n1\n2\n"


def test_missing_program(tmp_path: Path) -> None:
    """A program that is not there is an error for people."""
    with pytest.raises(UserError, match="is not there"):
        sandbox.run(["no-such-program"], limits=Limits(), scratch=tmp_path)


def test_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """A scratch folder that cannot be made is an error that names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError) as caught:
        sandbox.run(["true"], limits=Limits(), scratch=tmp_path / "file" / "below")
    assert caught.value.where == str(tmp_path / "file" / "below")


@pytest.mark.usefixtures("anyhow")
def test_interrupted(tmp_path: Path) -> None:
    """When we are interrupted, the program ends with us."""

    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sandbox.run(
            [sys.executable, "-uc", "print(1)\nimport time; time.sleep(60)  # halted-marker"],
            limits=Limits(),
            scratch=tmp_path,
            on_line=interrupt,
        )
    assert left_over("halted-marker") == []


def test_killed_parent_takes_it_along(tmp_path: Path) -> None:
    """When the tool itself is killed, the program does not run on."""
    if not shutil.which("setpriv"):
        pytest.skip("setpriv (util-linux) is not installed here")
    code = (
        "from pathlib import Path; from labs.runner import sandbox; import sys\n"
        "sandbox.run([sys.executable, '-c', 'import time; time.sleep(60)  # orphan-marker'],"
        f" limits=sandbox.Limits(), scratch=Path({str(tmp_path)!r}))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY)

    def inner() -> list[str]:
        # The program itself, not what stands between.
        return [
            it
            for it in left_over("orphan-marker")
            if it.startswith(sys.executable) and "sandbox.run" not in it
        ]

    assert until(lambda: bool(inner()))
    parent.kill()
    parent.wait()
    assert until(lambda: not inner())


def until(holds: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()
