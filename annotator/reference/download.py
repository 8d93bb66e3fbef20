"""Fetches one file over HTTP into the cache, resuming where an earlier try stopped.

Reads a URL; gives a file at ``<target>.part`` that is complete in length.  Whether it is the
*right* file is the caller's question: a digest decides that, and only then the name changes.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from pathlib import Path

from annotator.reference.cache import disk_errors
from annotator.reference.progress import Report

_CHUNK = 1 << 17
_TIMEOUT = 20.0  # seconds without a single byte
_TRIES = 4
PAUSE = 1.0  # seconds before the second try; later pauses are longer


class Unavailable(Exception):
    """This source cannot give the file; the next one may."""


def fetch(url: str, part: Path, *, report: Report, proxy: str = "") -> bool:
    """Brings ``part`` to the full length of what ``url`` names; says whether it resumed.

    What is already in ``part`` is taken for the file's beginning.  A connection that breaks
    off is taken up again, a second later and then longer.  Raises `Unavailable` when
    the source does not have the file, or breaks off too often.
    """
    resumed = part.exists() and part.stat().st_size > 0
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(PAUSE * attempt)
        try:
            if _once(url, part, report=report, proxy=proxy):
                return resumed
            trouble = "the connection ended early"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:  # Range Not Satisfiable: what we have is no beginning of it
                part.unlink(missing_ok=True)
                resumed = False
                continue
            if error.code < 500:
                raise Unavailable(f"{error.code} {error.reason}") from None
            trouble = f"{error.code} {error.reason}"
        except urllib.error.URLError as error:
            raise Unavailable(str(error.reason)) from None
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            trouble = str(error) or type(error).__name__
    raise Unavailable(f"gave up after {_TRIES} tries ({trouble})")


def _once(url: str, part: Path, *, report: Report, proxy: str) -> bool:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "inside-cpython"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    handlers: list[urllib.request.BaseHandler] = []
    if proxy:
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    opener = urllib.request.build_opener(*handlers)
    with opener.open(request, timeout=_TIMEOUT) as answer:
        begins_there = answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if have and not (answer.status == 206 and begins_there):
            have = 0  # it sends the whole file: begin again
        length = int(answer.headers.get("Content-Length", -1))
        total = have + length if length >= 0 else 0
        with disk_errors(part.parent), part.open("ab" if have else "wb") as kept:
            while chunk := answer.read(_CHUNK):
                kept.write(chunk)
                have += len(chunk)
                report.step(have, total, url.rsplit("/", 1)[-1])
    return not total or have == total
