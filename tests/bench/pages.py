"""The pages of the source beside Doxygen's of the same files: bytes, nodes, time to load; cards.

Doxygen runs on ``Include``, ``Objects`` and ``Python`` with its source browser and references, in
a folder of its own; both sorts of pages are then opened by turns in one Chromium, from the disk.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from annotator.index.query import Index
from annotator.paths import BUILD, INDEX
from tests.e2e.test_site import ARGUMENTS, CHROMIUM

FILES = ["Objects/dictobject.c", "Objects/unicodeobject.c", "Python/generated_cases.c.h"]
ROUNDS = 7
_MEASURE = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return [page.loadEventEnd, paint ? paint.startTime : 0,
        document.getElementsByTagName("*").length];
}"""


def run() -> None:
    """Print the figures, ours and Doxygen's, and how they relate."""
    index = Index.open(INDEX)
    site = BUILD / "html"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        doxygen(index.source, Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        print(f"{'page':28} {'':8} {'bytes':>10} {'nodes':>7} {'load ms':>8} {'paint ms':>8}")
        for path in FILES:
            pages = {
                "doxygen": Path(folder) / "html" / f"{_mangled(path)}_source.html",
                "ours": site / "browse" / f"{path}.html",
            }
            rows = _by_turns(browser, pages)
            for name, row in rows.items():
                print(
                    f"{path:28} {name:8} {row[0]:>10,} {row[1]:>7,} {row[2]:>8.0f} {row[3]:>8.0f}"
                )
            shares = [a / b for a, b in zip(rows["ours"], rows["doxygen"], strict=True)]
            print(f"{path:28} {'ratio':8} " + " ".join(f"{share:>8.2f}" for share in shares))
        for path in FILES[:1]:
            _cards(browser, site / "browse" / f"{path}.html")
        browser.close()
    total = sum(
        f.stat().st_size for name in ("browse", "_data") for f in (site / name).rglob("*.*")
    )
    print(f"pages and their data: {total / 1e6:.1f} MB")


def doxygen(source: Path, out: Path) -> None:
    """Run Doxygen on the tree at *source*."""
    settings = [
        f"INPUT={source}/Include {source}/Objects {source}/Python",
        "FILE_PATTERNS=*.c *.h",
        "RECURSIVE=YES",
        "SOURCE_BROWSER=YES",
        "REFERENCED_BY_RELATION=YES",
        "REFERENCES_RELATION=YES",
        "EXTRACT_ALL=YES",
        "EXTRACT_STATIC=YES",
        "OPTIMIZE_OUTPUT_FOR_C=YES",
        "GENERATE_LATEX=NO",
        "HAVE_DOT=NO",
        "QUIET=YES",
        "WARNINGS=NO",
        f"OUTPUT_DIRECTORY={out}",
    ]
    subprocess.run(
        ["doxygen", "-"], input="\n".join(settings), text=True, check=True, capture_output=True
    )


def _mangled(path: str) -> str:
    return path.rsplit("/", 1)[-1].replace("_", "__").replace(".", "_8")


def _by_turns(browser: Browser, pages: dict[str, Path]) -> dict[str, list[float]]:
    """Per page its bytes, nodes, and the medians of the times to load and to first paint."""
    found: dict[str, list[list[float]]] = {name: [] for name in pages}
    for _ in range(ROUNDS):
        for name, path in pages.items():
            context = browser.new_context(viewport={"width": 1400, "height": 1000})
            page = context.new_page()
            page.goto(path.as_uri())
            page.wait_for_timeout(300)
            found[name].append(page.evaluate(_MEASURE))
            context.close()
    return {
        name: [
            pages[name].stat().st_size,
            rows[0][2],
            statistics.median(row[0] for row in rows),
            statistics.median(row[1] for row in rows),
        ]
        for name, rows in found.items()
    }


def _cards(browser: Browser, path: Path) -> None:
    """How long a card takes from the moment it is asked for, on names all over a page."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    times = page.evaluate(
        """async () => {
            const all = [...document.querySelectorAll("#source pre a[href]")], times = [];
            for (let i = 0; i < 200; i++) {
                const element = all[Math.floor(i * all.length / 200)];
                element.scrollIntoView({block: "center"});
                await new Promise(done => setTimeout(done, 20));
                const start = performance.now();
                await ic.showCard(element);
                times.push([performance.now() - start, !!ic.card.box]);
                ic.card.hide();
            }
            return times;
        }"""
    )
    took = sorted(time for time, _ in times)
    shown = sum(there for _, there in times)
    print(
        f"cards: {shown} of {len(times)} shown; median {took[len(took) // 2]:.1f} ms, "
        f"95th percentile {took[int(len(took) * 0.95)]:.1f} ms, slowest {took[-1]:.1f} ms"
    )
