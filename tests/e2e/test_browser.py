"""The page of a source file, from the disk: what a reader does with mouse, keys and fingers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from annotator.index.query import Index
from annotator.model import Kind, Use
from tests.e2e.test_site import Reader, chromium, reader, reader_of  # noqa: F401  (fixtures)
from tests.e2e.wait import expect

DICT = "browse/Objects/dictobject.c.html"
OBJECT = "browse/Include/object.h.html"


def name_on(page: Page, line: int, name: str) -> Locator:
    """The element that shows *name* on a line, brought to the middle of the window."""
    page.evaluate(
        """([line, name]) => {
            const number = document.getElementById("L" + line);
            const all = number.closest(".c").querySelectorAll("pre a, pre dfn");
            const found = [...all].find(e => e.textContent === name
                && ic.names.position(e).line === line);
            found.id = "wanted";
            return (async () => {  // chunks are laid out as they come into sight: until it stays
                for (let still = 0, n = 0, last = NaN; still < 3 && n < 40; n++) {
                    found.scrollIntoView({block: "center"});
                    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 30)));
                    const top = found.getBoundingClientRect().top;
                    still = Math.abs(top - last) < 2 ? still + 1 : 0;
                    last = top;
                }
            })();
        }""",
        [line, name],
    )
    return page.locator("#wanted")


def line_of(index: Index, path: str, code: str) -> int:
    """The only line of a file that holds *code*."""
    lines = index.text(path).decode().split("\n")
    (found,) = [n for n, text in enumerate(lines, 1) if code in text]
    return found


# -- lines ---------------------------------------------------------------------------------------


def test_ranges_of_lines_are_permalinks(reader: Reader) -> None:  # noqa: F811
    """A link to lines marks them and goes there; shift-click makes one; J makes it longer."""
    page = reader.page
    reader.open(f"{DICT}#L1800-L1805")
    expect(page.locator(".g a.h")).to_have_count(6)
    top = page.locator("#L1800").bounding_box()
    assert top is not None
    assert 60 < top["y"] < 400
    page.locator("#L1802").click()
    page.locator("#L1804").click(modifiers=["Shift"])
    assert page.url.endswith("#L1802-L1804")
    expect(page.locator(".picked b")).to_have_text("lines 1802–1804")
    page.keyboard.press("J")
    assert page.url.endswith("#L1802-L1805")


def test_lines_are_copied_as_markdown(reader: Reader, index: Index) -> None:  # noqa: F811
    """The code between fences, with the file, its lines and the release above."""
    page = reader.page
    reader.open(f"{DICT}#L1802-L1804")
    page.keyboard.press("Y")
    expect(page.locator(".ic-toast")).to_be_visible()
    page.evaluate("document.body.prepend(document.createElement('textarea'))")
    page.locator("textarea").first.focus()
    page.keyboard.press("Control+V")
    text = page.locator("textarea").first.input_value()
    code = "\n".join(index.text("Objects/dictobject.c").decode().split("\n")[1801:1804])
    assert f"```c\n{code}\n```" in text
    assert f"CPython {index.release}" in text


def test_the_enclosing_function_stays_in_sight(reader: Reader, index: Index) -> None:  # noqa: F811
    """Scrolled into a function, its name stands above the source and in the outline."""
    page = reader.page
    (found,) = [e for e in index.outline("Objects/dictobject.c") if e[3] == "dict_dict_merge"]
    reader.open(f"{DICT}#L{found[0] + 20}")
    expect(page.locator(".tools .where a")).to_have_text("dict_dict_merge")
    expect(page.locator("#outline a[aria-current]")).to_have_text("dict_dict_merge")


def test_the_outline_is_filtered(reader: Reader) -> None:  # noqa: F811
    """``o`` goes to the filter, Enter to the first match; nothing found is said."""
    page = reader.page
    reader.open(DICT)
    page.keyboard.press("o")
    page.keyboard.type("insertdict")
    expect(page.locator("#outline li:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    assert re.search(r"#L\d+$", page.url)
    page.keyboard.press("o")
    page.locator("#outline input").fill("no such thing")
    expect(page.locator(".outline-none")).to_be_visible()


def test_the_file_says_who_explains_it(reader: Reader) -> None:  # noqa: F811
    """Chapters, guides and labs that touch the file are linked at its head."""
    reader.open(OBJECT)
    assert reader.page.locator(".explained a.chapter").count() > 0


# -- cards and peek ------------------------------------------------------------------------------


def test_a_card_by_mouse(reader: Reader, index: Index) -> None:  # noqa: F811
    """Resting on a function shows kind, declaration, place, what it returns and its uses."""
    page = reader.page
    reader.open(DICT)
    line = line_of(index, "Objects/dictobject.c", "PyDict_New(void)")
    name_on(page, line, "PyDict_New").hover()
    card = page.locator(".ic-card")
    expect(card.locator(".kind")).to_have_text("function")
    expect(card.locator(".card-decl")).to_contain_text("PyObject *PyDict_New(void)")
    expect(card).to_contain_text("returns a new reference")
    expect(card).to_contain_text("stable ABI since 3.2")
    expect(card.locator(".card-uses")).to_contain_text("calls")
    page.mouse.move(5, 300)
    expect(card).to_have_count(0)


def test_a_card_by_keyboard(reader: Reader, index: Index) -> None:  # noqa: F811
    """``n`` walks the names; the card comes by itself, ``i`` goes into it, Escape back."""
    page = reader.page
    reader.open(f"{OBJECT}#L163")
    page.keyboard.press("n")
    focused = page.evaluate("document.activeElement.textContent")
    expect(page.locator(".ic-card")).to_be_visible()
    page.keyboard.press("i")
    assert page.evaluate("document.activeElement.classList.contains('ic-card')")
    page.keyboard.press("Escape")
    expect(page.locator(".ic-card")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == focused


def test_a_card_by_touch(chromium: Browser, site: Path) -> None:  # noqa: F811
    """The first tap opens the card at the foot of the window, its link leads on."""
    touch = reader_of(
        chromium, site, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = touch.page
    touch.open(OBJECT)
    page.locator("pre.s a", has_text="Py_ssize_t").first.tap()
    card = page.locator(".ic-card")
    expect(card).to_be_visible()
    assert page.url.endswith("object.h.html")
    box = card.bounding_box()
    assert box is not None
    assert box["width"] > 380
    assert box["y"] + box["height"] > 830
    card.locator("a.go").tap()
    page.wait_for_url("**#L*")
    assert touch.console == []
    page.context.close()


@pytest.mark.parametrize(
    ("path", "code", "name", "words"),
    [
        ("Objects/dictobject.c", "mp->ma_values = values;", "ma_values", "offset 40, 8 bytes"),
        ("Include/object.h", "#define Py_TPFLAGS_HEAPTYPE", "Py_TPFLAGS_HEAPTYPE", "value 512"),
    ],
)
def test_cards_know_numbers(
    reader: Reader,  # noqa: F811
    index: Index,
    path: str,
    code: str,
    name: str,
    words: str,
) -> None:
    """Where a member lies, and what a constant macro comes to."""
    lines = index.text(path).decode().split("\n")
    line = next(n for n, text in enumerate(lines, 1) if code in text)
    reader.open(f"browse/{path}.html")
    name_on(reader.page, line, name).hover()
    expect(reader.page.locator(".ic-card")).to_contain_text(words)


def test_peek_shows_the_definition_in_place(reader: Reader, index: Index) -> None:  # noqa: F811
    """Below the line, with its lines; numbers move along; closed, the page is as it was."""
    page = reader.page
    reader.open(DICT)
    line = line_of(index, "Objects/dictobject.c", "PyDict_New(void)") + 4
    all_of_it = "[...document.querySelectorAll('#source pre.s')].map(e => e.textContent).join('')"
    before = page.evaluate(all_of_it)
    name_on(page, line, "new_dict").hover()
    page.keyboard.press("p")
    peek = page.locator(".peek")
    expect(peek).to_contain_text("new_dict(PyInterpreterState *interp")
    expect(peek.locator("a.by-name[href]").first).to_be_visible()
    here, there = page.locator(f"#L{line + 1}").bounding_box(), peek.bounding_box()
    assert here is not None
    assert there is not None
    assert abs(there["y"] + there["height"] - here["y"]) < 3
    page.keyboard.press("Escape")
    expect(peek).to_have_count(0)
    assert page.evaluate(all_of_it) == before


# -- uses ----------------------------------------------------------------------------------------


def test_the_panel_lists_all_uses(reader: Reader, index: Index) -> None:  # noqa: F811
    """As many as the index has, by kind, file and function; each line has its use marked."""
    page = reader.page
    (symbol,) = index.named("insertdict", kinds=(Kind.FUNCTION,))
    uses = index.uses(symbol.id)
    reader.open(DICT)
    name_on(page, symbol.place.line, "insertdict").hover()
    page.keyboard.press("u")
    panel = page.locator(".ic-panel")
    expect(panel.locator("[role=status]")).to_contain_text(f"{len(uses)} in 1 file")
    calls = panel.locator("section[data-sort=call]")
    lines = {ref.line for ref in uses if ref.use is Use.CALL}
    expect(calls.locator(".use")).to_have_count(len(lines))
    assert {int(n) for n in calls.locator(".ln").all_inner_texts()} == lines
    assert set(calls.locator("mark").all_inner_texts()) == {"insertdict"}
    expect(calls.locator(".uses-in").first).to_be_visible()
    assert page.locator("#source .lit").count() == len(uses)


def test_uses_are_filtered_and_walked(reader: Reader, index: Index) -> None:  # noqa: F811
    """Buttons leave one kind; arrows go through the lines, each with its surroundings."""
    page = reader.page
    reader.open(DICT)
    line = next(
        n
        for n, text in enumerate(index.text("Objects/dictobject.c").decode().split("\n"), 1)
        if "mp->ma_values = values;" in text
    )
    name_on(page, line, "ma_values").hover()
    page.keyboard.press("u")
    panel = page.locator(".ic-panel")
    panel.locator(".chip", has_text="Written").first.click()
    assert panel.locator("section.uses-sort").count() == 1
    expect(panel.locator(".use").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(panel.locator(".uses-preview")).to_be_visible()
    assert panel.locator(".uses-preview mark").inner_text() == "ma_values"
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_a_local_lights_up(reader: Reader, index: Index) -> None:  # noqa: F811
    """Pointing at a local marks its uses and its definition, and no other of that name."""
    page = reader.page
    (function,) = index.named("insertdict", kinds=(Kind.FUNCTION,))
    found = index.symbols_in("Objects/dictobject.c", kinds=(Kind.LOCAL,))
    local = next(s for s in found if s.name == "old_value" and s.parent == function.id)
    reader.open(DICT)
    name_on(page, local.place.line, "old_value").hover()
    expect(page.locator(".lit")).to_have_count(len({(r.line, r.col) for r in index.uses(local.id)}))


def test_no_uses_is_said(reader: Reader, index: Index) -> None:  # noqa: F811
    """A name that nothing uses has a panel that says so."""
    counts = index.use_counts([s.id for s in index.symbols_in("Include/object.h")])
    lonely = next(
        s
        for s in index.symbols_in("Include/object.h", kinds=(Kind.MACRO,))
        if s.place.path == "Include/object.h" and set(counts[s.id]) <= {Use.DEFINE}
    )
    reader.open(OBJECT)
    name_on(reader.page, lonely.place.line, lonely.name).hover()
    expect(reader.page.locator(".card-uses")).to_contain_text("no uses")


# -- macros --------------------------------------------------------------------------------------


def test_a_macro_unfolds_level_by_level(reader: Reader, index: Index) -> None:  # noqa: F811
    """One level, then the next; arguments keep their colour; and back to what is written."""
    page = reader.page
    reader.open(DICT)
    line = next(
        n
        for n, text in enumerate(index.text("Objects/dictobject.c").decode().split("\n"), 1)
        if "STORE_VALUE(ep, NULL);" in text
    )
    name_on(page, line, "STORE_VALUE").hover()
    page.keyboard.press("e")
    stage = page.locator(".stage")
    expect(stage).to_have_text("FT_ATOMIC_STORE_PTR_RELEASE((ep)->me_value, NULL)")
    expect(stage.locator("a.arg0")).to_have_text("ep")
    page.keyboard.press("ArrowRight")
    expect(stage).to_have_text("(ep)->me_value = NULL")
    assert stage.locator("a[href]").count() == stage.locator("a").count() == 7
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(stage).to_have_text("STORE_VALUE(ep, NULL)")


# -- structs -------------------------------------------------------------------------------------


def test_the_layout_of_a_struct(reader: Reader, index: Index) -> None:  # noqa: F811
    """The table has the index's offsets and sizes; who writes a member is told."""
    page = reader.page
    layout = index.layout("PyDictObject")
    assert layout is not None
    reader.open(DICT)
    line = next(
        n
        for n, text in enumerate(index.text("Objects/dictobject.c").decode().split("\n"), 1)
        if "mp->ma_values = values;" in text
    )
    name_on(page, line, "ma_values").hover()
    page.keyboard.press("s")
    default = page.locator(".struct-one").first
    rows = default.locator(".struct-table tbody tr:not(.hole)")
    expect(rows).to_have_count(len(layout.members))
    shown = [re.split(r"\s+", text.strip())[:3] for text in rows.all_inner_texts()]
    assert shown == [[str(m.offset), str(m.size), m.name] for m in layout.members]
    expect(default.locator(".byte.at")).to_have_text("ma_values")
    page.locator(".struct-uses tr", has_text="ma_used").locator("button").first.click()
    expect(page.locator("tr.who")).to_contain_text("dict_merge")


# -- the lens ------------------------------------------------------------------------------------


def test_the_lens_is_remembered(reader: Reader) -> None:  # noqa: F811
    """What the default build does not compile steps back, until the reader wants every line."""
    page = reader.page
    reader.open(DICT)
    expect(page.locator(".off").first).to_be_attached()
    assert page.evaluate("CSS.highlights.get('off').size") > 5
    page.locator(".lens-choice").select_option("")
    expect(page.locator(".off")).to_have_count(0)
    reader.open(OBJECT)
    expect(page.locator(".lens-choice")).to_have_value("")
    page.keyboard.press("c")
    expect(page.locator(".off").first).to_be_attached()


# -- small windows, no scripts, keys -------------------------------------------------------------


def test_the_outline_on_a_phone_needs_no_script(chromium: Browser, site: Path) -> None:  # noqa: F811
    """A button opens it, an entry leads to its line."""
    phone = reader_of(
        chromium, site, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    page = phone.page
    phone.open(DICT)
    expect(page.locator("#outline")).to_be_hidden()
    page.locator(".outline-open").click()
    page.locator("#outline a", has_text="insertdict").first.click()
    assert "#L" in page.url
    page.context.close()


def test_the_help_sheet_lists_the_keys(reader: Reader) -> None:  # noqa: F811
    """``?`` shows what the keys do; Escape closes it."""
    page = reader.page
    reader.open(DICT)
    page.keyboard.press("?")
    sheet = page.locator("dialog")
    for words in ("Its uses", "Expand the macro", "Next definition", "Outline: filter"):
        expect(sheet).to_contain_text(words)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_cards_come_in_chapters_too(reader: Reader) -> None:  # noqa: F811
    """The same card on an excerpt in the book."""
    reader.open("book/03-objects.html")
    link = reader.page.locator("figure.excerpt pre a", has_text="Py_ssize_t").first
    link.scroll_into_view_if_needed()
    link.hover()
    expect(reader.page.locator(".ic-card .kind")).to_have_text("typedef")


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.fixture
def opened(chromium: Browser, site: Path, request: pytest.FixtureRequest) -> Iterator[Reader]:  # noqa: F811
    """A reader who prefers light or dark."""
    found = reader_of(chromium, site, color_scheme=request.param)
    yield found
    found.page.context.close()


@pytest.mark.parametrize("opened", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("keys", ["", "u", "e", "s", "p", "i", "?"])
def test_axe_finds_nothing(opened: Reader, axe: str, index: Index, keys: str) -> None:
    """On a page of the source, bare and with each thing that a key opens."""
    page = opened.page
    opened.open(DICT)
    line = next(
        n
        for n, text in enumerate(index.text("Objects/dictobject.c").decode().split("\n"), 1)
        if ("STORE_VALUE(ep, NULL);" if keys == "e" else "mp->ma_values = values;") in text
    )
    if keys:
        name_on(page, line, "STORE_VALUE" if keys == "e" else "ma_values").hover()
        page.keyboard.press(keys)
        shown = {"p": ".peek", "i": ".ic-card", "?": "dialog"}.get(keys, ".ic-panel")
        expect(page.locator(shown)).to_be_visible()
    page.wait_for_timeout(300)
    # what content-visibility leaves out has no colours to measure
    page.evaluate(
        "document.querySelectorAll('#source .c').forEach(c => { if "
        "(c.getBoundingClientRect().top > 3 * innerHeight || "
        "c.getBoundingClientRect().bottom < 0) c.remove(); })"
    )
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations"
        ".map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html + n.failureSummary)]))"
    )
    assert found == []
