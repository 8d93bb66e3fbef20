"""``make serve``: the site on this machine, built anew whenever its sources change.

Reads ``build/html`` and polls the repository's own files; gives http://127.0.0.1:8000 to this
machine alone.  The standard library's server, since readers need none: the site works from
``file://``.
"""

from __future__ import annotations

import functools
import http.server
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from annotator.paths import REPOSITORY
from annotator.site import GENERATED, HTML

_WATCHED = ("docs", "annotator", "labs", "cpython-ref", "conf.py")
_EVERY = 0.5  # seconds between two looks


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, logs nothing, and lets no browser keep an old page."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is for the builds."""

    def end_headers(self) -> None:
        """Adds the header that makes browsers ask again."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


def snapshot() -> dict[str, int]:
    """The time of change of every watched file."""
    times: dict[str, int] = {}
    for name in _WATCHED:
        root = REPOSITORY / name
        for path in [root] if root.is_file() else root.rglob("*"):
            if path.is_relative_to(GENERATED) or "__pycache__" in path.parts:
                continue
            if path.is_file():
                times[str(path)] = path.stat().st_mtime_ns
    return times


def build() -> bool:
    """Builds the site in a process of its own, so that changed code counts."""
    return (
        subprocess.run([sys.executable, "-m", "annotator.driver"], cwd=REPOSITORY).returncode == 0
    )


def main(argv: Sequence[str]) -> int:
    """Serves until it is interrupted."""
    port = int(argv[0]) if argv else 8000
    # A shell starts what runs in its background with SIGINT ignored; Ctrl-C shall end this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = snapshot()
    build()
    handler = functools.partial(Quiet, directory=str(HTML))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        print(f"error: port {port}: {error.strerror}; try make serve PORT=…", file=sys.stderr)
        return 1
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/ (Ctrl-C ends it)", flush=True)
    try:
        while True:
            time.sleep(_EVERY)
            now = snapshot()
            if now != before:
                before = now
                build()
    except KeyboardInterrupt:
        server.shutdown()
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
