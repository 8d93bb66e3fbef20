"""``make screenshots``: a picture of each kind of page, light and dark, wide and phone.

Writes ``build/screenshots`` and the one picture that the README shows.
"""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright

from annotator.paths import BUILD, REPOSITORY

PAGES = {
    "landing": "index.html",
    "chapter": "book/03-objects.html",
    "source": "browse/Include/object.h.html",
    "folder": "browse/Objects/index.html",
    "notes": "notes/Include/object.h.html",
    "lab": "labs/01-module.html",
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
README_PICTURE = REPOSITORY / "docs" / "_static" / "screenshot.png"


def main() -> int:
    """Take them all; 1 when the site is not there."""
    site = BUILD / "html"
    if not (site / "index.html").is_file():
        print("error: there is no site yet\n  run: make html", file=sys.stderr)
        return 1
    out = BUILD / "screenshots"
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for scheme in ("light", "dark"):
            for width, height in ((1400, 1000), (390, 844)):
                context = browser.new_context(
                    color_scheme=scheme,  # type: ignore[arg-type]
                    viewport={"width": width, "height": height},
                )
                page = context.new_page()
                for name, path in PAGES.items():
                    page.goto((site / path).as_uri())
                    page.screenshot(path=out / f"{name}-{scheme}-{width}.png")
                context.close()
        page = browser.new_page(viewport={"width": 1200, "height": 700}, color_scheme="light")
        page.goto((site / "browse/Include/object.h.html").as_uri() + "#L163")
        page.screenshot(path=README_PICTURE)
        browser.close()
    print(f"done; open {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
