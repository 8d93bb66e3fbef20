"""What the user sees while work is under way."""

from __future__ import annotations

import io
import re

import pytest

from annotator.reference import progress
from annotator.reference.progress import Report, elapsed


def test_plain_lines() -> None:
    """Off a terminal each stage has a line at its beginning and one at its end."""
    out = io.StringIO()
    report = Report(out)
    report.plan(["one", "two"])
    with report.stage("one"), report.stage("inner"):
        report.say("a remark\nof two lines")
    lines = [re.sub(r"[\d.]+ s$", "T", line) for line in out.getvalue().splitlines()]
    assert lines == [
        "1/2 one …",
        "  inner …",
        "    a remark",
        "    of two lines",
        "  inner: T",
        "1/2 one: T",
    ]


def test_progress_off_a_terminal_is_sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand steps make no thousand lines; after the pause there is one."""
    out = io.StringIO()
    report = Report(out)
    with report.stage("long"):
        for done in range(1000):
            report.step(done, 1000)
        monkeypatch.setattr(progress, "_PLAIN", 0.0)
        report.step(500, 1000, "here")
    assert [line for line in out.getvalue().splitlines() if "1000" in line] == [
        "  long: 500/1000, 0.0 s  here"
    ]


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal one line is drawn again and again, and gives way to the result."""
    monkeypatch.setattr(progress, "_REDRAW", 0.0)
    monkeypatch.setenv("COLUMNS", "70")
    out = io.StringIO()
    report = Report(out, tty=True)
    with report.stage("build"):
        report.step(1, 2, "Objects/dictobject.o " + "x" * 100)
    drawn = out.getvalue().split("\r\x1b[K")
    assert drawn[1] == "build"
    assert drawn[2].startswith("build  [============            ] 1/2")
    assert len(drawn[2]) < 70
    assert drawn[3].startswith("build: ")
    assert out.getvalue().endswith("\n")


def test_a_stage_that_fails_says_so() -> None:
    """An error passes through, and the stage is not shown as finished."""
    out = io.StringIO()
    with pytest.raises(ValueError, match="no"), Report(out).stage("build"):
        raise ValueError("no")
    assert "build: stopped after" in out.getvalue()


def test_quiet() -> None:
    """A quiet report takes everything and writes nothing."""
    report = Report.quiet()
    with report.stage("x"):
        report.step(1, 2)
        report.say("y")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.96, "10.0 s"), (31.4, "31 s"), (60, "1 min 00 s"), (3725, "62 min 05 s")],
)
def test_elapsed(seconds: float, text: str) -> None:
    """Durations read as people say them."""
    assert elapsed(seconds) == text


def test_a_terminal_without_unicode() -> None:
    """A dash that cannot be shown must not end the build."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    with Report(out).stage("stage"):
        pass
    assert raw.getvalue().startswith(b"stage ?\n")
