"""What the user sees while long work is under way.

Gives `Report`: stages with elapsed time, a bar that moves on a terminal and plain lines
everywhere else.  Reads nothing but the terminal's width.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

_BAR = 24  # cells of the bar
_REDRAW = 0.1  # seconds between two drawings of the line on a terminal
_PLAIN = 15.0  # seconds between two lines of progress elsewhere


class Report:
    """Progress of named stages, written to ``stream``; ``None`` says nothing at all.

    A stage is a context manager; stages may be nested.  Inside one, `step` moves the bar and
    `say` writes a line that stays.  Safe to use from several threads.
    """

    def __init__(self, stream: TextIO | None = sys.stderr, *, tty: bool | None = None) -> None:
        self._stream = stream
        self._tty = bool(stream and stream.isatty()) if tty is None else tty
        self._lock = threading.RLock()
        self._stack: list[tuple[str, float]] = []  # name and start of each open stage
        self._plan: list[str] = []
        self._drawn = 0.0  # when progress was last written
        self._line = False  # whether an unfinished line stands on the terminal

    @classmethod
    def quiet(cls) -> Report:
        """A report that nobody reads."""
        return cls(None)

    def plan(self, names: Sequence[str]) -> None:
        """Announces the outermost stages to come, so that each shows "3/8" before its name."""
        self._plan = list(names)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Shows ``name`` while the block runs, and then how long it took."""
        start = time.monotonic()
        with self._lock:
            self._stack.append((name, start))
            title = self._title()
            self._draw(title) if self._tty else self._write(f"{title} …")
            self._drawn = time.monotonic()
        try:
            yield
        except BaseException:
            self._close(title, start, ok=False)
            raise
        self._close(title, start, ok=True)

    def step(self, done: int, total: int = 0, label: str = "") -> None:
        """``done`` of ``total`` (0: unknown) parts of the innermost stage are finished."""
        with self._lock:
            now = time.monotonic()
            finished = bool(total) and done >= total
            if now - self._drawn < (_REDRAW if self._tty else _PLAIN) and not (
                self._tty and finished
            ):
                return
            self._drawn = now
            name, start = self._stack[-1] if self._stack else ("", now)
            count = f"{_amount(done)}/{_amount(total)}" if total else _amount(done)
            if self._tty:
                filled = min(_BAR, _BAR * done // total) if total else 0
                bar = f"[{'=' * filled}{' ' * (_BAR - filled)}] " if total else ""
                self._draw(f"{self._title()}  {bar}{count}  {elapsed(now - start)}  {label}")
            else:
                self._write(f"  {name}: {count}, {elapsed(now - start)}  {label}".rstrip())

    def say(self, text: str) -> None:
        """Writes a line that stays."""
        with self._lock:
            indent = "  " * len(self._stack)
            self._write("\n".join(indent + line for line in text.splitlines()))

    def _title(self) -> str:
        name = self._stack[-1][0] if self._stack else ""
        number = ""
        if len(self._stack) == 1 and name in self._plan:
            number = f"{self._plan.index(name) + 1}/{len(self._plan)} "
        return "  " * (len(self._stack) - 1) + number + name

    def _close(self, title: str, start: float, *, ok: bool) -> None:
        with self._lock:
            self._stack = [entry for entry in self._stack if entry[1] != start]
            took = elapsed(time.monotonic() - start)
            self._write(f"{title}: {took}" if ok else f"{title}: stopped after {took}")

    def _draw(self, text: str) -> None:
        if self._stream is None:
            return
        width = shutil.get_terminal_size().columns - 1
        self._put(f"\r\x1b[K{text[:width]}")
        self._line = True

    def _write(self, text: str) -> None:
        self._put(("\r\x1b[K" if self._line else "") + text + "\n")
        self._line = False

    def _put(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except UnicodeEncodeError:  # a terminal of another encoding: lose a dash, not the build
            encoding = self._stream.encoding or "ascii"
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()


def elapsed(seconds: float) -> str:
    """A duration for people: "0.4 s", "31 s", "2 min 05 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02} s"


def _amount(number: int) -> str:
    """Counts as they are, from 10⁵ on as bytes in mega."""
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else str(number)
