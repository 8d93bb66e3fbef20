"""Hostile source in Chromium: it is shown as text, and nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.e2e.test_site import ARGUMENTS, CHROMIUM
from tests.unit.small_site import Site

HOSTILE = (
    b"\n\n/* </pre></script><script>document.title='owned'</script> -->\xff\xfe\x00\x01 */\r\n"
    b'char *javascript = "<img src=x onerror=document.title=1>"; // \xe2\x80\xae desrever\n'
    b"\x0c\rint quote_\xc3\xa9 = '\"'; &amp; &#65; \xe2\x80\xa8\xef\xbf\xbe\xc2\x85 \xed\xa0\x80\n"
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a hostile file, in a browser."""
    site = Site(tmp_path_factory.mktemp("site"), **{"Objects/evil.txt": HOSTILE})
    built = site.build(index="X\n=\n\n.. excerpt:: Objects/evil.txt\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.goto(f"file://{built.pages}/browse/Objects/evil.txt.html")
        yield page
        browser.close()


def test_nothing_runs(page: Page) -> None:
    """No script, image or handler of the source becomes one of the page."""
    assert "owned" not in page.title()
    assert page.locator("main script, main img, main [onerror]").count() == 0


def test_the_bytes_are_all_there(page: Page) -> None:
    """Text and marked bytes of the page, put together, are the file."""
    pieces = page.evaluate(
        """() => [...document.querySelectorAll('#source pre.s')].flatMap(pre => {
            const out = [];
            const walk = node => {
                if (node.nodeType === 3) out.push(node.data);
                else if (node.dataset && node.dataset.byte) out.push([node.dataset.byte]);
                else node.childNodes.forEach(walk);
            };
            walk(pre);
            return out;
        })"""
    )
    data = b"".join(
        piece.encode() if isinstance(piece, str) else bytes.fromhex(piece[0]) for piece in pieces
    )
    assert data == HOSTILE


def test_excerpts_are_as_safe(page: Page, tmp_path: Path) -> None:
    """The same in a document."""
    site = Site(tmp_path / "site", **{"Objects/evil.txt": HOSTILE})
    built = site.build(index="X\n=\n\n.. excerpt:: Objects/evil.txt\n")
    assert built.warnings == []
    page.goto(f"file://{built.pages}/index.html")
    assert "owned" not in page.title()
    assert page.locator("figure.excerpt script, figure.excerpt img").count() == 0
