"""Runs one program of a lab so that nothing it does can hurt: the only way labs are run.

Reads a command and its `Limits`; gives an `Ended` that says how it came to its end. The program
gets a session of its own, an environment made from nothing, limits on time, memory, processes
and output, and, where the kernel allows it, a process and a network namespace of its own. When
it is over, all that it started is over too, whatever it did to get away.

Where namespaces are refused (some containers), what the program started is found again by a
mark in its environment.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import os
import select
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError

_MARK = "LABS_SANDBOX"
_TICK = 0.02  # seconds between two looks at the program
_SCAN = 0.5  # seconds between two counts of its processes when few new ones appear
_BURST = 32  # that many new processes on the machine call for a count at once
_MB = 1 << 20
_TOOLS = ("/usr/local/bin", "/usr/bin", "/bin")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; sizes in bytes, times in seconds. ``memory`` 0 means no limit."""

    seconds: float = 60
    cpu: int = 60  # of one process
    memory: int = 2048 * _MB  # of one process; and what all of them really use
    address_space: bool = True  # whether that also limits what one may only reserve
    processes: int = 64
    file_size: int = 64 * _MB  # of one file
    folder: int = 256 * _MB  # of all files in the scratch folder
    output: int = 4 * _MB  # standard output and error together


COMPILE = Limits(seconds=120, cpu=120)
TEST = Limits(seconds=60, cpu=60)
MAKE = Limits(seconds=1200, cpu=600, memory=0, processes=256, file_size=512 * _MB, output=32 * _MB)
STOCK = Limits(seconds=600, cpu=600, memory=8192 * _MB)


class End(enum.Enum):
    """How a program came to its end."""

    EXIT = "exit"  # by itself, with a status
    SIGNAL = "crashed"  # killed by a signal that was not ours
    TIMEOUT = "timeout"
    OUTPUT = "output"  # wrote more than it may
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that is over. ``status`` is its exit status, or the number of the signal."""

    end: End
    status: int
    output: str  # both streams as they came; only its two ends when there was too much
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.end is End.EXIT and self.status == 0

    @property
    def why(self) -> str:
        """How it ended, for people: "killed by SIGSEGV (segmentation fault)"."""
        if self.end is End.EXIT:
            return f"ended with status {self.status}"
        if self.end is End.SIGNAL:
            name = signal.Signals(self.status).name if self.status in _SIGNALS else self.status
            told = signal.strsignal(self.status) if self.status in _SIGNALS else None
            return f"killed by {name} ({told.lower()})" if told else f"killed by signal {name}"
        return _WHY[self.end]


class Stopped(Exception):
    """A program was ended, or not begun, because the whole run is being given up."""


_stop = threading.Event()


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Ends all programs, in all threads, when the block is left by an exception: Ctrl-C
    reaches the main thread only. Enter it last, inside the pools whose threads run programs."""
    _stop.clear()
    try:
        yield
    except BaseException:
        _stop.set()
        raise


_SIGNALS = {int(s) for s in signal.Signals}
_WHY = {
    End.TIMEOUT: "stopped: it did not end in the time it has",
    End.OUTPUT: "stopped: it wrote more than it may",
    End.MEMORY: "stopped: it used more memory than it may",
    End.PROCESSES: "stopped: it started more processes than it may",
    End.DISK: "stopped: its files grew larger than they may",
}


def run(
    command: Sequence[str | Path],
    *,
    limits: Limits,
    scratch: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    on_line: Callable[[bytes], None] | None = None,
) -> Ended:
    """Runs ``command`` in ``cwd`` (default: ``scratch``) and waits for its end.

    ``scratch`` is its home and temporary folder. ``env`` is added to the few variables it
    gets. ``log`` keeps its whole output, ``on_line`` sees each finished line of it. Raises
    `UserError` when the program is missing or a folder cannot be used, `Stopped` when a block
    of `stoppable` was left.
    """
    argv = [str(word) for word in command]
    if not shutil.which(argv[0], path=os.pathsep.join(_TOOLS)):
        raise UserError(f"{argv[0]} is not there or cannot be run")
    if _stop.is_set():
        raise Stopped
    mark = uuid.uuid4().hex
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            sink = stack.enter_context(log.open("wb")) if log else None
            child = subprocess.Popen(
                [*_prefix(), "/bin/sh", "-c", _shell(limits), "sh", *argv],
                cwd=cwd or scratch,
                env=_environment(scratch, mark, env or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(f"{argv[0]} cannot be run: {error}", where=str(scratch)) from None
        assert child.stdout is not None
        stack.enter_context(child.stdout)
        output = _Output(limits.output)
        watch = _Watch(limits, mark, scratch, start, child.pid)
        end: End | None = None
        rest = b""
        try:
            for chunk in _chunks(child):
                if chunk:
                    output.add(chunk)
                    if on_line:
                        *lines, rest = (rest + chunk).split(b"\n")
                        for line in lines:
                            on_line(line)
                    if sink and output.total <= limits.output:
                        sink.write(chunk)
                if _stop.is_set():
                    raise Stopped
                end = End.OUTPUT if output.total > limits.output else watch.look()
                if end:
                    break
        finally:  # Ctrl-C included
            _end_all(child, mark)
    status = child.returncode
    if end is None:
        end = End.EXIT
        if status < 0 or 128 < status <= 128 + 64:  # the shell's way of telling a signal
            status = -status if status < 0 else status - 128
            end = {signal.SIGXCPU: End.TIMEOUT, signal.SIGXFSZ: End.DISK}.get(
                signal.Signals(status) if status in _SIGNALS else signal.SIGKILL, End.SIGNAL
            )
    return Ended(end, status, output.text(), time.monotonic() - start)


def _shell(limits: Limits) -> str:
    # A shell stands between, since the first process of a namespace ignores most signals, and
    # a crash has to look like one. ulimit -v counts in KiB, -f in blocks of 512 bytes.
    sets = [
        "ulimit -c 0",
        f"ulimit -St {limits.cpu}; ulimit -Ht {limits.cpu + 2}",
        f"ulimit -f {limits.file_size // 512}",
    ]
    if limits.memory and limits.address_space:
        sets.append(f"ulimit -v {limits.memory // 1024}")
    return "; ".join([*sets, '"$@"', "exit $?"])


def _environment(scratch: Path, mark: str, extra: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join(_TOOLS),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        **extra,
        _MARK: mark,
    }


@functools.cache
def _prefix() -> tuple[str, ...]:
    """The longest prefix of these that works here: namespaces first, then at least an end with
    us (a parent that is killed takes its programs along)."""
    setpriv, unshare = shutil.which("setpriv"), shutil.which("unshare")
    dies = (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
    user = () if os.geteuid() == 0 else ("--map-current-user",)
    spaces = []
    if unshare:
        whole = (unshare, *user, "--net", "--pid", "--fork", "--kill-child")
        spaces.append((*whole, "--mount-proc", "--"))  # a debugger finds its way by /proc
        spaces.append((*whole, "--"))
        spaces.append((unshare, *user, "--pid", "--fork", "--kill-child", "--"))
    for prefix in [(*dies, *space) for space in spaces] + [dies, ()]:
        with contextlib.suppress(OSError):
            if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
                return prefix
    return ()


def isolated() -> bool:
    """Whether programs get namespaces of their own here."""
    return any(word.endswith("unshare") for word in _prefix())


def _chunks(child: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What the program writes, and an empty chunk each tick, until its end."""
    assert child.stdout is not None
    pipe = child.stdout.fileno()
    poll = select.poll()
    poll.register(pipe, select.POLLIN | select.POLLHUP)
    wait = 0.001
    while True:
        if poll.poll(wait * 1000):
            chunk = os.read(pipe, 1 << 16)
            if chunk:
                yield chunk
                continue
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_TICK)
        wait = min(_TICK, wait * 2)
        if child.poll() is not None:
            while poll.poll(0) and (chunk := os.read(pipe, 1 << 16)):
                yield chunk
            return
        yield b""


class _Output:
    """The first and the last part of what was written, and how much it was."""

    def __init__(self, limit: int) -> None:
        self._half = min(limit, _MB) // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def add(self, chunk: bytes) -> None:
        self.total += len(chunk)
        room = self._half - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[max(room, 0) :]
        del self._tail[: -self._half]

    def text(self) -> str:
        lost = self.total - len(self._head) - len(self._tail)
        gap = f"\n… {lost} bytes left out …\n".encode() if lost > 0 else b""
        return bytes(self._head + gap + self._tail).decode("utf-8", "replace")


class _Watch:
    """Looks at the running program every tick, and counts its processes when it has to."""

    def __init__(self, limits: Limits, mark: str, scratch: Path, start: float, group: int) -> None:
        self._limits = limits
        self._group = group
        self._mark = mark
        self._scratch = scratch
        self._start = start
        self._scanned = time.monotonic()
        self._newest = _newest_process()

    def look(self) -> End | None:
        now = time.monotonic()
        if now - self._start > self._limits.seconds:
            return End.TIMEOUT
        newest = _newest_process()
        if now - self._scanned < _SCAN and abs(newest - self._newest) < _BURST:
            return None
        # Stopped while it is looked at: a thousand runnable processes would leave no time to
        # count them.
        self._send(signal.SIGSTOP)
        members = _members(self._mark)
        if len(members) > self._limits.processes:
            return End.PROCESSES
        self._send(signal.SIGCONT)
        self._scanned, self._newest = time.monotonic(), _newest_process()
        if self._limits.memory and sum(map(_resident, members)) > self._limits.memory:
            return End.MEMORY
        if _size(self._scratch, self._limits.folder) > self._limits.folder:
            return End.DISK
        return None

    def _send(self, sign: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._group, sign)


def _newest_process() -> int:
    # The last field of loadavg is the newest process id: one short read tells how many were
    # started since the last look, on the whole machine.
    with contextlib.suppress(OSError, ValueError):
        return int(Path("/proc/loadavg").read_text().split()[-1])
    return 0


def _members(mark: str) -> list[int]:
    """The processes that carry the mark in their environment."""
    wanted = f"{_MARK}={mark}".encode()
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):  # it may be gone, or somebody else's
                if wanted in (process / "environ").read_bytes():
                    found.append(int(process.name))
    return found


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    return 0


def _size(folder: Path, enough: int) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(where) / name).lstat().st_size
        if total > enough:
            break
    return total


def _end_all(child: subprocess.Popen[bytes], mark: str) -> None:
    """Ends the program and all it started, and waits until nothing of it is left."""
    over = child.poll() is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if over and isolated():
        return  # the first process of a namespace is over only when all others are
    deadline = time.monotonic() + 10
    while (members := _members(mark)) and time.monotonic() < deadline:
        # Stopped first, so that none can start another while the others are being killed.
        # (With namespaces they are being killed already, and this does no harm.)
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for pid in members:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, sign)
        time.sleep(_TICK / 4)
