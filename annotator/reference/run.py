"""Runs other programs: with a time limit, their output kept in a log.

Gives `run`, the only way in which long-running programs are started here.  A program that
fails, hangs or is missing becomes a `UserError` that names the log and ends with its last
lines.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from annotator.errors import UserError

# Variables that would change what a build makes, or that belong to the make that started us
# (a MAKEFLAGS with a job server confuses an inner `make -j`).
_FOREIGN = (
    *("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "GNUMAKEFLAGS"),
    *("CC", "CXX", "CPP", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "LIBS", "OPT", "ARFLAGS"),
    *("CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "LD_LIBRARY_PATH", "CONFIG_SITE", "DESTDIR"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONHASHSEED", "PYTHONWARNINGS"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONNODEBUGRANGES", "PYTHONOPTIMIZE"),
    *("__PYVENV_LAUNCHER__", "VIRTUAL_ENV", "LANGUAGE", "LC_CTYPE"),
)


def clean_environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would make two builds differ."""
    env = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    env |= {"LC_ALL": "C.UTF-8", "TZ": "UTC", **changes}
    return env


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    log: Path,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
    hold: int | None = None,
    append: bool = False,
    todo: str = "",
) -> None:
    """Runs ``command`` to its end, its output (both streams) in ``log``.

    ``on_line`` sees each line as it comes.  ``hold`` is a file descriptor that the program
    inherits: with the descriptor of a lock, whoever waits for that lock also waits for
    programs that outlive us.  Raises `UserError` ("``what`` failed …") on a missing program,
    a non-zero exit status or after ``timeout`` seconds, and then nothing of it runs on.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = [str(word) for word in command]
    with log.open("ab" if append else "wb") as kept:
        kept.write(f"$ {' '.join(argv)}\n".encode())
        kept.flush()
        try:
            child = subprocess.Popen(
                _until_parent_dies(argv),
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=() if hold is None else (hold,),
            )
        except OSError as error:
            raise UserError(f"{what}: {argv[0]} cannot be run ({error.strerror})") from None
        with _ended(child, timeout) as timed_out:
            assert child.stdout is not None
            for line in child.stdout:
                kept.write(line)
                if on_line is not None:
                    on_line(line.decode("utf-8", "replace").rstrip("\n"))
            child.wait()
    if timed_out.is_set():
        raise UserError(
            f"{what} did not end within {timeout:.0f} seconds",
            where=str(log),
            todo=_tail(log) + todo,
        )
    if child.returncode:
        status = f"status {child.returncode}"
        if child.returncode < 0:
            status = f"signal {signal.Signals(-child.returncode).name}"
        raise UserError(f"{what} failed ({status})", where=str(log), todo=_tail(log) + todo)


def output(command: Sequence[str | Path], *, timeout: float = 30, text: str = "") -> str:
    """What a short program prints on its standard output; "" when it fails or is missing."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            input=text,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=clean_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _until_parent_dies(argv: list[str]) -> list[str]:
    # A make whose starter was killed would go on and write beside the next one.  SIGTERM lets
    # it delete the targets it has in hand (GNU make manual, "Interrupts").
    setpriv = shutil.which("setpriv")
    return (
        [setpriv, "--pdeathsig", "TERM", "--", *argv] if setpriv and shutil.which(argv[0]) else argv
    )


@contextlib.contextmanager
def _ended(child: subprocess.Popen[bytes], timeout: float) -> Iterator[threading.Event]:
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        _kill(child)

    timer = threading.Timer(timeout, stop)
    timer.daemon = True
    timer.start()
    try:
        yield timed_out
    except BaseException:  # Ctrl-C included: the program must not run on without us
        _kill(child)
        raise
    finally:
        timer.cancel()
        if child.stdout is not None:
            child.stdout.close()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _tail(log: Path, lines: int = 8) -> str:
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()
    last = [line[:200] for line in text[-lines:]]
    return "The log ends:\n" + "".join(f"| {line}\n" for line in last)
