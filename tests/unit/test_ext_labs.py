"""Labs in documents: as they are when they ran, and when they did not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from annotator.paths import REPOSITORY
from labs.runner import state
from labs.runner.lessons import all_labs
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

Played
------

.. lab-session:: {SLUG}
"""
RAN = {
    "slug": SLUG,
    "kind": "extension",
    "outcome": "passed",
    "reason": "",
    "steps": [],
    "interpreters": ["debug"],
    "transcript": "step 1 <ok>\n",
    "session": "$ python -m labs start <it>\n",
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


def test_where_it_stopped(tmp_path: Path) -> None:
    """A lab that failed shows the step, the reason with its lines, and the run until there."""
    site = Site(tmp_path)
    step = {"number": 3, "title": "Every <call>", "outcome": "failed", "before": [], "tests": []}
    reason = "step 3's test is failed:\n  expected 1\n  got      2"
    failed = RAN | {"outcome": "failed", "reason": reason, "steps": [step], "session": ""}
    (tmp_path / "results.json").write_text(json.dumps([failed]))
    body = build(site).body(f"labs/{SLUG}.html")
    assert "The run was given up at step 3, Every &lt;call&gt; (failed)." in body
    assert "  expected 1\n  got      2" in re.sub("<[^>]*>", "", body)
    assert "step 1 &lt;ok&gt;" in body
    assert "This build has not played the lab through." in body


def test_the_session_is_shown(run: Built, not_run: Built) -> None:
    """As it was typed, folded; without a run the page says that there is none."""
    body = run.body(f"labs/{SLUG}.html")
    assert "<summary>Show the whole session</summary>" in body
    assert "start &lt;it&gt;" in body
    assert "has not played the lab through" in not_run.body(f"labs/{SLUG}.html")


def test_the_map(tmp_path: Path) -> None:
    """All labs by chapter, what each needs and takes; the reader's own progress once there is
    some, after a rebuild."""
    site = Site(tmp_path)
    mine = tmp_path / "my-labs" / SLUG
    mine.mkdir(parents=True)
    site.settings["annotator_lab_progress"] = str(mine.parent)
    index = "X\n=\n\n.. lab-map::\n"
    documents = {f"labs__{slug}": f"Lab {slug}\n===========================\n" for slug in slugs()}
    body = site.build(index=index, book__17_import="Import\n======\n", **documents).body(
        "index.html"
    )
    assert all(f'href="labs/{slug}.html"' in body for slug in slugs())
    assert "not run in this build" in body
    assert "<p>You</p>" not in body
    progress = state.begin(SLUG, "3.13.5", 5, 3)
    state.save(mine, progress)
    body = site.build(index=index).body("index.html")
    assert "<p>You</p>" in body
    assert "2 of 5 steps" in body
    for step in progress.steps.values():
        step.done = True
    state.save(mine, progress)
    body = site.build(index=index).body("index.html")
    assert "You have begun 1 and finished 1." in body
    state_file = mine / state.NAME
    state_file.write_text("lab =")  # damaged: as if there were none
    assert "<p>You</p>" not in site.build(index=index).body("index.html")


def test_the_map_begins_with_what_others_need(tmp_path: Path) -> None:
    """A lab stands behind those it needs, though their chapter comes later or is not written."""
    documents = {f"labs__{slug}": f"Lab {slug}\n===========================\n" for slug in slugs()}
    built = Site(tmp_path).build(
        index="X\n=\n\n.. lab-map::\n", **{"book__03-objects": "Objects\n=======\n"}, **documents
    )
    body = built.body("index.html")
    place = {slug: body.index(f'href="labs/{slug}.html"') for slug in slugs()}
    needed = [(need, lab.slug) for lab in all_labs() for need in lab.prerequisites]
    assert needed
    assert [pair for pair in needed if place[pair[0]] > place[pair[1]]] == []


def test_faults_for_authors(run: Built, tmp_path: Path) -> None:
    """The table names every fault of every lab, and says of those not run that they were not."""
    body = Site(tmp_path).build(index="X\n=\n\n.. lab-mutations::\n").body("index.html")
    assert body.count("only in make test") == sum(len(lab.mutations) for lab in all_labs())


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
