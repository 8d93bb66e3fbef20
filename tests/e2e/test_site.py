"""The site in Chromium, from ``file://``: a reader's walk, in both colours, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from annotator.index.query import Index

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KINDS = [
    "index.html",
    "book/index.html",
    "book/03-objects.html",
    "browse/index.html",
    "browse/Objects/index.html",
    "browse/Objects/dictobject.c.html",
    "browse/Include/object.h.html",
    "labs/index.html",
    "labs/01-module.html",
    "notes/Include/object.h.html",
    "reference/index.html",
    "reference/c/objects.html",
    "search.html",
    "genindex.html",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser, without its own network habits."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Reader:
    """A tab, and all that it complained of or asked the network for."""

    page: Page
    site: Path
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to a page of the site."""
        self.page.goto(f"file://{self.site}/{address}")

    @property
    def address(self) -> str:
        """Where the reader is, from the root of the site."""
        return self.page.url.removeprefix(f"file://{self.site}/")


def reader_of(browser: Browser, site: Path, **options: object) -> Reader:
    """A reader with a new browser profile."""
    settings: dict[str, object] = {"viewport": {"width": 1400, "height": 1000}, **options}
    context = browser.new_context(reduced_motion="reduce", **settings)  # type: ignore[arg-type]
    reader = Reader(context.new_page(), site)
    reader.page.on("console", lambda said: reader.console.append(said.text))
    reader.page.on("pageerror", lambda error: reader.console.append(str(error)))
    reader.page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else reader.requests.append(request.url)
        ),
    )
    return reader


@pytest.fixture
def reader(chromium: Browser, site: Path) -> Iterator[Reader]:
    """A reader in front of a wide window; nothing may have gone wrong when they leave."""
    reader = reader_of(chromium, site)
    yield reader
    reader.page.context.close()
    assert reader.console == []
    assert reader.requests == []


def test_a_walk_through_the_site(reader: Reader) -> None:
    """Landing page, chapter, excerpt, browser, a definition in another file, and a lab."""
    page = reader.page
    reader.open("index.html")
    page.locator("article .ways a", has_text="PyObject, PyTypeObject and int").click()
    assert reader.address == "book/03-objects.html"
    page.locator("figure.excerpt a.open", has_text="long_add").first.click()
    assert reader.address.startswith("browse/Objects/longobject.c.html#L")
    line = reader.address.partition("#")[2]
    page.locator(f"#{line}").wait_for()
    page.locator("pre.s a", has_text="PyLongObject").first.click()
    assert reader.address.startswith("browse/Include/pytypedefs.h.html#L")
    line = reader.address.partition("#")[2]
    page.locator(f"#{line}").wait_for()
    page.locator(".bar-site a", has_text="Labs").click()
    page.locator("article a[href$='01-module.html']").first.click()
    assert reader.address.startswith("labs/01-module.html")
    page.locator("#step-1").wait_for()


@pytest.mark.parametrize("address", KINDS)
def test_every_kind_of_page_is_quiet(reader: Reader, address: str) -> None:
    """It loads from the disk alone and writes nothing to the console."""
    reader.open(address)
    assert reader.page.locator("a:visible").count() > 5


@pytest.mark.parametrize("address", KINDS)
def test_no_page_is_wider_than_a_phone(chromium: Browser, site: Path, address: str) -> None:
    """At 390 pixels nothing sticks out; what is wide scrolls by itself."""
    reader = reader_of(chromium, site, viewport={"width": 390, "height": 844})
    reader.open(address)
    width = reader.page.evaluate("document.documentElement.scrollWidth")
    reader.page.context.close()
    assert width <= 390


def test_without_javascript(chromium: Browser, site: Path) -> None:
    """Links, anchors, the outline, notes and answers are there all the same."""
    reader = reader_of(chromium, site, java_script_enabled=False)
    page = reader.page
    reader.open("browse/Include/object.h.html#L163")
    page.locator("#L163").wait_for()
    assert page.locator("aside.note").count() > 20
    page.locator("nav.outline a", has_text="Py_REFCNT").first.click()
    assert not page.url.endswith("#L163")
    page.locator("pre.s a", has_text="PyTypeObject").first.click()
    assert "pytypedefs.h" in reader.address
    reader.open("book/03-objects.html")
    answer = page.locator("details.answer").first
    answer.locator("summary").click()
    assert answer.locator("p").first.is_visible()
    page.context.close()


def test_notes_stand_beside_their_lines(reader: Reader) -> None:
    """In a wide window a note begins at the height of its line, right of the code."""
    reader.open("browse/Include/object.h.html")
    note = reader.page.locator("aside.note").first
    line = note.locator(".where a").get_attribute("href")
    there, here = note.bounding_box(), reader.page.locator(line or "").bounding_box()
    assert there is not None
    assert here is not None
    assert abs(there["y"] - here["y"]) < 2 * here["height"]
    assert there["x"] > 700


def test_dark_follows_the_switch(reader: Reader) -> None:
    """The switch on a page of the source is the site's: it changes and is remembered."""
    reader.open("browse/Include/object.h.html")
    body = reader.page.locator("body")
    colour = "element => getComputedStyle(element).backgroundColor"
    light = body.evaluate(colour)
    reader.page.locator(".theme-toggle").click()
    dark = body.evaluate(colour)
    assert dark != light
    reader.open("book/03-objects.html")
    assert reader.page.locator("body").evaluate(colour) == dark
    # furo itself says on the console that the colours were changed
    reader.console.clear()


def test_search_finds_without_network(reader: Reader) -> None:
    """The site's search works from the disk."""
    reader.open("search.html?q=immortal")
    # the results are listed one after the other, with a pause between them
    reader.page.locator("#search-results li a", has_text="PyTypeObject").first.wait_for()


def test_the_browser_shows_the_bytes(reader: Reader, index: Index) -> None:
    """The text that Chromium makes of the chunks of source is the file's."""
    for path in ("Include/object.h", "Objects/longobject.c"):
        reader.open(f"browse/{path}.html")
        shown = reader.page.evaluate(
            "[...document.querySelectorAll('#source pre.s')].map(e => e.textContent).join('')"
        )
        assert shown.encode() == index.text(path)


def test_pages_are_small(reader: Reader, index: Index, site: Path) -> None:
    """The page of ``dictobject.c`` stays within three quarters of 37,000 nodes and 1 MB."""
    reader.open("browse/Objects/dictobject.c.html")
    nodes = reader.page.evaluate("document.getElementsByTagName('*').length")
    assert nodes <= 0.75 * 37_000
    assert (site / "browse/Objects/dictobject.c.html").stat().st_size <= 1_000_000
