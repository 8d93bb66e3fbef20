"""Where in C a program died: the frames that gdb sees, as a reader needs them.

Reads a command that crashes; gives some lines of text, or none where there is no gdb, or it may
not look into other processes here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import sandbox

_FRAMES = 12  # shown at most
_FRAME = re.compile(r"#\d+ +(?:0x[0-9a-f]+ in )?([^ ]+) \(.*?\)(?: (?:at|from) (\S+))?")
# How a process kills itself: of no interest to the one whose code made it do so.
_DYING = re.compile(
    r"raise|abort|__assert_fail|_?_?pthread_kill\w*|__GI_\w+|fatal_error\w*|_Py_FatalError\w*"
    r"|_?Py_FatalError\w*|_PyObject_AssertFailed|_Py_NegativeRefcount"
)


def backtrace(
    command: Sequence[str | Path], *, scratch: Path, env: Mapping[str, str]
) -> tuple[str, ...]:
    """The C frames of ``command`` when it crashes, innermost first, such as
    ``tally_bump (tally.c:93)``; empty when there is nothing to be had."""
    if not shutil.which("gdb"):
        return ()
    settings = ("auto-load no", "debuginfod enabled off", "print frame-arguments none")
    ended = sandbox.run(
        [
            "gdb",
            "-nx",
            "-batch",
            *(word for setting in settings for word in ("-iex", f"set {setting}")),
            *("-ex", "run", "-ex", f"backtrace {_FRAMES + 12}", "--args"),
            *command,
        ],
        limits=sandbox.Limits(memory=0, processes=256),
        scratch=scratch,
        env=env,
    )
    return frames(ended.output)


def frames(output: str) -> tuple[str, ...]:
    """The frames in what gdb wrote, without those in which the process was dying already."""
    found: list[str] = []
    for line in output.splitlines():
        if match := _FRAME.match(line):
            name, place = match[1], match[2] or ""
            if not found and (_DYING.fullmatch(name) or name == "??"):
                continue
            found.append(f"{name} ({place})" if ":" in place else name)
            if name == "_PyEval_EvalFrameDefault" and len(found) > 1:
                break  # from here on it is the Python stack, which faulthandler tells better
    return tuple(found[:_FRAMES])
