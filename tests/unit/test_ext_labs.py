"""Labs in documents: as they are when they ran, and when they did not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from annotator.paths import REPOSITORY
from labs.runner.pages import slugs
from tests.unit.small_site import Built, Site

SLUG = slugs()[0]
INDEX = f"X\n=\n\n.. lab:: {SLUG}\n\n.. toctree::\n\n   labs/{SLUG}\n"
PAGE = f"""\
The lab
=======

.. lab-steps:: {SLUG}

Solution
--------

.. lab-solution:: {SLUG}

Results
-------

.. lab-results:: {SLUG}
"""
RAN = {
    "slug": SLUG,
    "kind": "extension",
    "outcome": "passed",
    "reason": "",
    "steps": [],
    "interpreters": ["debug"],
    "transcript": "step 1 <ok>\n",
    "measured": {"seconds": 12.345, "parts": {"starter": 3.21}},
    "seconds": 12.345,
    "cached": False,
}


def build(site: Site) -> Built:
    """The site with a card and the lab's page."""
    # The index of the small tree does not know what real labs tell one to read.
    built = site.build(index=INDEX, **{f"labs__{SLUG}": PAGE})
    built.warnings[:] = [w for w in built.warnings if "in the index" not in w]
    return built


@pytest.fixture(scope="module")
def not_run(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A build without results."""
    return build(Site(tmp_path_factory.mktemp("site")))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A build with results."""
    site = Site(tmp_path_factory.mktemp("site"))
    (site.folder / "results.json").write_text(json.dumps([RAN]))
    return build(site)


def test_a_lab_that_was_not_run_says_so(not_run: Built) -> None:
    """On its card and on its page; never a word of having passed."""
    assert not_run.warnings == []
    for page in ("index.html", f"labs/{SLUG}.html"):
        body = not_run.body(page)
        assert "not run in this build" in body
        assert "passed" not in re.sub(r"<pre>.*?</pre>", "", body, flags=re.DOTALL)


def test_a_card_leads_to_its_lab(not_run: Built) -> None:
    """Title, kind, time and the command to begin with."""
    body = not_run.body("index.html")
    assert f'href="labs/{SLUG}.html"' in body
    assert re.search(r"about \d+ minutes", body)
    assert f"python -m labs start {SLUG}" in re.sub("<[^>]*>", "", body)


def test_steps_are_sections(not_run: Built) -> None:
    """Each step has an anchor, its starter code, and three folded hints."""
    body = not_run.body(f"labs/{SLUG}.html")
    first = body.partition('<section id="step-1">')[2].partition('<section id="step-2">')[0]
    assert 'class="highlight-c' in first
    assert len(re.findall(r"<summary>Hint \d of 3</summary>", first)) == 3
    assert "What the tests check" in first


def test_the_solution_is_folded(not_run: Built) -> None:
    """It is there for whoever wants to see it."""
    body = not_run.body(f"labs/{SLUG}.html")
    assert '<details class="fold solution"><summary>Show the solution</summary>' in body


def test_results_are_shown(run: Built) -> None:
    """Outcome and transcript as text; times in marked elements only."""
    body = run.body(f"labs/{SLUG}.html")
    assert "passed in this build" in body
    assert "step 1 &lt;ok&gt;" in body
    marked = re.findall(r"<span data-measured>(.*?)</span>", body)
    assert marked == ["whole run 12.3 s; starter 3.2 s"]
    assert "12.3" not in re.sub(r"<span data-measured>.*?</span>", "", body)
    assert "12.3" not in run.page("searchindex.js")


def test_new_results_reach_the_page(tmp_path: Path) -> None:
    """When the labs were run again, their pages are made again."""
    site = Site(tmp_path)
    build(site)
    (tmp_path / "results.json").write_text(json.dumps([RAN | {"outcome": "failed"}]))
    again = build(site)
    assert "failed in this build" in again.body("index.html")
    assert "failed in this build" in again.body(f"labs/{SLUG}.html")


def test_no_such_lab(tmp_path: Path) -> None:
    """A slug that is no lab is a warning that says which there are."""
    said = Site(tmp_path).build(index="X\n=\n\n.. lab:: 01-modul\n").warning("index.rst:4")
    assert "lab '01-modul': there is no such lab (nearest: 01-module" in said


def test_every_lab_has_a_page() -> None:
    """The site's own labs each have a document with steps, solution and results."""
    for slug in slugs():
        text = (REPOSITORY / "docs" / "labs" / f"{slug}.rst").read_text(encoding="utf-8")
        for directive in ("lab-steps", "lab-solution", "lab-results"):
            assert f".. {directive}:: {slug}" in text
