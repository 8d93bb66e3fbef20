"""Workers that do not outlive their master."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.paths import REPOSITORY

SCRIPT = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
def work(_):
    time.sleep(0.2)
    return os.getpid()
if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        print(*sorted(set(pool.map(work, range(4)))), flush=True)
        pool.submit(time.sleep, 1000)
        os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("tied", [True, False])
def test_workers_of_a_pool_go_with_their_master(tmp_path: Path, tied: bool) -> None:
    """Idle and busy workers end when the master is killed; untied, they would stay."""
    (tmp_path / "pool_of_workers.py").write_text(SCRIPT)
    how = ["annotator.reference.family", "pool_of_workers"] if tied else ["pool_of_workers"]
    master = subprocess.Popen(
        [sys.executable, "-m", *how],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert master.stdout is not None
    workers = [int(word) for word in master.stdout.readline().split()]
    assert workers
    assert master.wait() == -9
    for worker in workers:
        try:
            descriptor = os.pidfd_open(worker)
        except ProcessLookupError:
            assert tied
            continue
        ended = select.select([descriptor], [], [], 60 if tied else 0)[0]
        os.close(descriptor)
        assert bool(ended) == tied
        if not tied:
            os.kill(worker, 9)
    master.stdout.close()
