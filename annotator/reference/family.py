"""Processes that end with the one that forked them.

A worker of a process pool whose master is killed outright waits for its next task for ever,
and keeps with it the locks that it inherited.  Gives `tie_children`, and as a program
(``python -m annotator.reference.family MODULE ARGUMENT…``) runs a module whose workers are
tied.  Linux only (prctl(2), PR_SET_PDEATHSIG); elsewhere nothing is tied.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def tie_children() -> None:
    """From here on each child that this process forks is killed when this process ends.

    Concerns workers of pools (os.fork); programs that `run.run` starts are tied by it.
    """
    tie = _tie(os.getpid())
    if tie is not None:
        os.register_at_fork(after_in_child=tie)


def _tie(parent: int) -> Callable[[], None] | None:
    # Everything is looked up before the fork: a child of a process with threads may not do
    # much more than a system call.
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return None
    me = [parent]

    def tie() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != me[0]:  # the parent ended before we asked
            os._exit(1)
        me[0] = os.getpid()  # for our own children

    return tie


if __name__ == "__main__":
    tie_children()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
