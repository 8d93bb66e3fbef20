"""Running other programs."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.paths import REPOSITORY
from annotator.reference.run import clean_environment, output, run


def ends(pid: int) -> bool:
    """Waits for the end of a process that is none of our children (pidfd_open(2))."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return select.select([descriptor], [], [], 60)[0] == [descriptor]
    finally:
        os.close(descriptor)


def test_output_is_kept_and_seen(tmp_path: Path) -> None:
    """Both streams go to the log and, line by line, to the listener."""
    lines: list[str] = []
    log = tmp_path / "new" / "log"
    run(
        ["sh", "-c", "echo one; echo two >&2; printf '\\377'"],
        what="a test",
        log=log,
        timeout=60,
        on_line=lines.append,
    )
    assert lines == ["one", "two", "\ufffd"]
    assert log.read_bytes().endswith(b"one\ntwo\n\xff")


def test_a_failure_names_the_log_and_shows_its_end(tmp_path: Path) -> None:
    """The error has the status, the log's path and the last lines."""
    log = tmp_path / "log"
    with pytest.raises(UserError, match=r"a test failed \(status 3\)") as caught:
        run(["sh", "-c", "echo it broke; exit 3"], what="a test", log=log, timeout=60)
    assert caught.value.where == str(log)
    assert "| it broke" in caught.value.todo


def test_a_signal_is_named(tmp_path: Path) -> None:
    """A program that dies of a signal is said to have."""
    with pytest.raises(UserError, match="signal SIGSEGV"):
        run(["sh", "-c", "kill -SEGV $$"], what="a test", log=tmp_path / "log", timeout=60)


def test_a_missing_program(tmp_path: Path) -> None:
    """A program that is not there is a `UserError`, not a traceback."""
    with pytest.raises(UserError, match="no-such-program cannot be run"):
        run(["no-such-program"], what="a test", log=tmp_path / "log", timeout=60)


def test_a_time_limit_ends_the_whole_family(tmp_path: Path) -> None:
    """After the limit neither the program nor what it started runs on."""
    pid = tmp_path / "pid"
    with pytest.raises(UserError, match="did not end within"):
        run(
            ["sh", "-c", f"trap '' TERM; sleep 1000 & echo $! > {pid}; wait; sleep 1000"],
            what="a test",
            log=tmp_path / "log",
            timeout=0.5,
        )
    assert ends(int(pid.read_text()))


def test_programs_go_with_their_starter(tmp_path: Path) -> None:
    """When we are killed outright, what we started is told to end."""
    script = (
        "import sys; from pathlib import Path; from annotator.reference.run import run\n"
        "run(['sh', '-c', 'echo $$; exec sleep 1000'], what='x', log=Path(sys.argv[1]),\n"
        "    timeout=1000, on_line=lambda line: print(line, flush=True))\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    assert ends(pid)


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would change a build or belongs to an outer make is not passed on."""
    for name in ("MAKEFLAGS", "CFLAGS", "PYTHONPATH", "LANGUAGE"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("HOME", "/somewhere")
    env = clean_environment(EXTRA="1")
    assert not {"MAKEFLAGS", "CFLAGS", "PYTHONPATH", "LANGUAGE"} & set(env)
    assert (env["HOME"], env["EXTRA"], env["LC_ALL"]) == ("/somewhere", "1", "C.UTF-8")


def test_output_of_a_failing_program_is_empty() -> None:
    """`output` asks; no answer is an answer too."""
    assert output(["sh", "-c", "echo no; exit 1"]) == ""
    assert output(["no-such-program"]) == ""
    assert output(["cat"], text="yes") == "yes"
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
