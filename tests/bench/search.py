"""The search in Chromium, from the disk: how large, how soon there, how soon it answers."""

from __future__ import annotations

import statistics

from playwright.sync_api import sync_playwright

from annotator.paths import BUILD
from tests.e2e.test_search import queries
from tests.e2e.test_site import ARGUMENTS, CHROMIUM

# From the key to the list on the screen: the dialog's own handler, then layout.
_LOAD = """async () => {
    const start = performance.now();
    await search.load();
    return performance.now() - start;
}"""
_ASK = """words => {
    search.open();
    const field = document.querySelector(".find-field");
    return words.map(w => {
        const start = performance.now();
        field.value = w;
        field.dispatchEvent(new Event("input", {bubbles: true}));
        document.querySelector(".find-list").getBoundingClientRect();
        return performance.now() - start;
    });
}"""
_LINES = """() => [textSearch.state.first, textSearch.state.took, textSearch.state.lines]"""
_QUESTIONS = ["q=ob_refcnt", "q=goto%20(error|fail)&re=1", "q=qqxzzy", "q=Py_DECREF"]


def run() -> None:
    """Print sizes of the shards, times to load and to answer, and the same for lines."""
    site = BUILD / "html"
    for name in ("search", "graph", "text"):
        size = sum(f.stat().st_size for f in (site / "_data" / name).glob("*.js"))
        print(f"_data/{name}: {size / 1e6:.2f} MB")
    words = [q[0] for q in queries()]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        loads, asks = [], []
        for _ in range(5):
            page = browser.new_page()
            page.goto(f"file://{site}/browse/Objects/dictobject.c.html")
            loads.append(page.evaluate(_LOAD))
            asks.append(page.evaluate(_ASK, words))
            page.close()
        print(f"names loaded in {statistics.median(loads):.0f} ms (median of 5; 300 allowed)")
        best = sorted(min(times) for times in zip(*asks, strict=True))
        all_ = sorted(time for times in asks for time in times)
        for title, times in (("all", all_), ("best of 5", best)):
            print(
                f"{len(words)} queries, {title}: median {statistics.median(times):.1f} ms,"
                f" 95th percentile {times[int(len(times) * 0.95)]:.1f} ms (50 allowed),"
                f" longest {times[-1]:.1f} ms"
            )
        for question in _QUESTIONS:
            page = browser.new_page()
            page.goto(f"file://{site}/browse/text.html#{question}")
            page.wait_for_function("textSearch.state && textSearch.state.done", timeout=60_000)
            first, took, lines = page.evaluate(_LINES)
            print(f"lines, {question}: first after {first:.0f} ms, all {lines} in {took:.0f} ms")
            page.close()
        browser.close()
