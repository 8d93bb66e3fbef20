"""Search, graphs, folder pages and the guided reading in Chromium, from ``file://``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from annotator.index.query import Index
from annotator.pages.about import read_about
from annotator.paths import REPOSITORY
from tests.e2e.test_site import Reader, chromium, reader, reader_of

__all__ = ["chromium", "reader"]  # fixtures

QUERIES = Path(__file__).with_name("queries.txt")
ABOUT = REPOSITORY / "docs" / "browse" / "files.toml"
# Folders in which every file has a line of its own, or one for its sort.
TOLD = ("Include/", "Objects/", "Python/", "Parser/", "Programs/", "Grammar/", "Modules/")
PHONE = {"width": 390, "height": 844}


def queries() -> list[tuple[str, str, str]]:
    """(words, name, how the address begins) of each line of the file."""
    out = []
    for line in QUERIES.read_text("utf-8").splitlines():
        if line and line != "#" and not line.startswith("# "):
            words, _, wanted = line.partition(" => ")
            name, _, where = wanted.partition(" @ ")
            out.append((words, name, where))
    return out


def begin(reader: Reader, address: str = "browse/index.html") -> None:
    """Open a page, and the search on it by its key."""
    reader.open(address)
    reader.page.keyboard.press("/")
    reader.page.locator("dialog.find").wait_for()
    reader.page.wait_for_function("search.index !== null")


def test_what_readers_type_is_found(reader: Reader) -> None:
    """Each of the reference queries has its answer among the first three."""
    begin(reader)
    asked = queries()
    assert len(asked) >= 200
    found = reader.page.evaluate(
        "words => words.map(w => search.index.search(w).slice(0, 3).map(hit => "
        "[(hit.owner ? hit.owner + '.' : '') + hit.name, hit.path || hit.address]))",
        [words for words, _, _ in asked],
    )
    missed = {
        words: hits
        for (words, name, where), hits in zip(asked, found, strict=True)
        if not any(_fits(hit, name) and at.startswith(where) for hit, at in hits)
    }
    assert missed == {}


def _fits(hit: str, name: str) -> bool:
    return hit == name or hit.partition(".")[2] == name


@pytest.mark.parametrize("address", ["book/03-objects.html", "browse/Objects/dictobject.c.html"])
def test_search_by_keyboard(reader: Reader, address: str) -> None:
    """Key, words, an arrow down and up, Enter: the reader is at the definition."""
    begin(reader, address)
    page = reader.page
    page.keyboard.type("pydict_setitem")
    first = page.locator(".find-hit").first
    expect(first).to_contain_text("PyDict_SetItem")
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("ArrowUp")
    chosen = page.locator(".find-field").get_attribute("aria-activedescendant")
    assert first.get_attribute("id") == chosen
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"browse/Objects/dictobject\.c\.html#L\d+$"))
    expect(page.locator("dialog.find")).to_have_count(0)
    line = reader.address.partition("#")[2]
    expect(page.locator(f"#{line}")).to_be_visible()


def test_search_by_mouse_and_what_it_remembers(reader: Reader) -> None:
    """The word in the bar opens it; what was chosen is offered the next time."""
    page = reader.page
    reader.open("browse/Objects/listobject.c.html")
    page.locator(".bar-site a", has_text="Search").click()
    page.keyboard.type("list.append")
    page.locator(".find-hit", has_text="list.append").first.click()
    assert reader.address.startswith("browse/Objects/listobject.c.html#L")
    page.keyboard.press("/")
    expect(page.locator(".find-group").first).to_contain_text("Where you were")
    expect(page.locator(".find-hit").first).to_contain_text("list.append")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.find")).to_have_count(0)


def test_no_name_is_so(reader: Reader) -> None:
    """Words that fit nothing get an answer, and another way to look."""
    begin(reader)
    reader.page.keyboard.type("qqxzzyq")
    expect(reader.page.locator(".find-none")).to_contain_text("No name is like qqxzzyq")
    reader.page.locator(".find-hit", has_text="Lines of the source with").click()
    reader.page.wait_for_url("**/browse/text.html#q=qqxzzyq")
    expect(reader.page.locator("#text-status")).to_contain_text("No line in")


def test_search_shows_hostile_words_as_text(reader: Reader) -> None:
    """What is typed is text, in the list and on the page of lines."""
    begin(reader)
    words = '<img src=x onerror="document.title=1">'
    reader.page.keyboard.insert_text(words)
    expect(reader.page.locator(".find-further").first).to_contain_text(words)
    assert reader.page.locator("dialog img").count() == 0
    reader.open("browse/text.html")
    reader.page.locator("[name=q]").fill(words)
    expect(reader.page.locator("#text-status")).to_contain_text("No line in")
    assert reader.page.title() != "1"


def test_search_on_a_phone(chromium: Browser, site: Path) -> None:
    """It fills the screen, and nothing of it sticks out."""
    reader = reader_of(chromium, site, viewport=PHONE)
    begin(reader, "book/03-objects.html")
    reader.page.keyboard.type("list.app")
    reader.page.locator(".find-hit").first.wait_for()
    box = reader.page.locator("dialog.find").bounding_box()
    assert box is not None
    assert box["width"] == 390
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390
    reader.page.locator("dialog .ic-close").click()
    expect(reader.page.locator("dialog.find")).to_have_count(0)
    reader.page.context.close()
    assert reader.console == []


def test_lists_without_javascript(chromium: Browser, site: Path) -> None:
    """The pages that need scripts say so, and lead to lists that need none."""
    reader = reader_of(chromium, site, java_script_enabled=False)
    for address in ("browse/text.html", "browse/graph.html"):
        reader.open(address)
        reader.page.locator("noscript a", has_text="list of names and files").click()
        assert reader.address == "browse/names.html"
    reader.page.locator("#c-P + ul a", has_text=re.compile("^PyDict_SetItem$")).click()
    assert reader.address.startswith("browse/Objects/dictobject.c.html#L")
    reader.page.context.close()


# -- lines ------------------------------------------------------------------------------------


def lines_found(reader: Reader, question: str) -> list[str]:
    """``path:line`` of all that the page of lines shows for a question, in order."""
    reader.open("index.html")
    reader.open(f"browse/text.html#{question}")
    reader.page.wait_for_function("textSearch.state && textSearch.state.done", timeout=60_000)
    return reader.page.locator("#text-found li > a").evaluate_all(
        "links => links.map(a => decodeURI(a.getAttribute('href'))"
        ".replace(/^.*browse\\//, '').replace('.html#L', ':'))"
    )


def test_lines_are_those_of_the_files(reader: Reader, index: Index) -> None:
    """By text and by expression, with and without capitals: what Python's re finds, no more."""
    everything = {
        info.path: index.text(info.path).decode("utf-8", "replace") for info in index.files()
    }
    cases = [
        ("q=ob_refcnt_split&case=1", r"ob_refcnt_split", 0),
        ("q=PYMALLOC_alloc", r"pymalloc_alloc", re.IGNORECASE),
        (
            r"q=goto%20(error%7Cfail)%20*%3B%24&re=1&case=1&path=Objects/dict",
            r"goto (error|fail) *;$",
            0,
        ),
        ("q=dk_kind&word=1&path=Objects/*.c", r"\bdk_kind\b", 0),
        ("q=if%20(mp%20%3D%3D&path=!_test", r"if \(mp ==", re.IGNORECASE),
    ]
    for question, pattern, flags in cases:
        paths = list(everything)
        if "path=Objects/dict" in question:
            paths = [p for p in paths if "objects/dict" in p.lower()]
        elif "path=Objects/*.c" in question:
            paths = [p for p in paths if re.search(r"(^|/)objects/.*\.c$", p.lower())]
        elif "path=!" in question:
            paths = [p for p in paths if "_test" not in p.lower()]
        wanted = {
            f"{path}:{number}"
            for path in paths
            for number, line in enumerate(everything[path].split("\n"), 1)
            if re.search(pattern, line, flags)
        }
        lines_found(reader, question)
        more = reader.page.locator(".text-more")
        while more.count():
            more.first.click()
        found = reader.page.locator("#text-found li > a").evaluate_all(
            "links => links.map(a => decodeURI(a.getAttribute('href'))"
            ".replace(/^.*browse\\//, '').replace('.html#L', ':'))"
        )
        assert wanted, question
        assert sorted(found) == sorted(wanted), question


def test_lines_with_what_is_around_them(reader: Reader) -> None:
    """Context, the function's name, marks; and the line leads to itself."""
    lines_found(reader, "q=pymalloc_pool_extend(&context=3&path=obmalloc.c")
    page = reader.page
    assert page.locator(".text-context").count() > 4
    assert page.locator("#text-found mark").first.inner_text() == "pymalloc_pool_extend("
    expect(page.locator(".text-in", has_text="pymalloc_alloc").first).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"browse/Objects/obmalloc\.c\.html#L\d+$"))


def test_expressions_that_are_wrong_or_endless(reader: Reader) -> None:
    """A broken one is explained; one that would never end is given up, and the next one works."""
    page = reader.page
    reader.open("browse/text.html#q=%28a&re=1")
    expect(page.locator("#text-status")).to_contain_text("This is no regular expression")
    page.wait_for_function("textSearch.bundles && textSearch.read === textSearch.bundles")
    page.locator("[name=q]").fill(r"^(\s|\S?)*~~$")
    expect(page.locator("#text-status")).to_contain_text("given up", timeout=60_000)
    page.locator("[name=q]").fill("ob_refcnt_split")
    expect(page.locator("#text-status")).to_contain_text("lines in", timeout=30_000)


# -- graphs -------------------------------------------------------------------------------------


def test_callers_and_callees(reader: Reader, index: Index) -> None:
    """The picture and the text have the callers that the index has; a name becomes the middle."""
    page = reader.page
    reader.open("browse/graph.html#of=Objects/dictobject.c:insertdict")
    page.locator("#graph .node.main").wait_for()
    symbol = index.named("insertdict", path="Objects/dictobject.c")[0]
    refs = [r for r in index.uses(symbol.id) if r.use == "call" and r.function]
    callers = {index.symbol(r.function).name for r in refs}
    called_by = page.locator("#graph-text section", has=page.locator("h2", has_text="Called by"))
    assert set(called_by.locator("li code").all_inner_texts()) == callers
    drawn = page.locator("#graph .node text:first-of-type").all_text_contents()
    assert callers <= set(drawn)
    page.locator("#graph .node", has_text="insertion_resize").click()
    expect(page.locator("#graph .node.main")).to_contain_text("insertion_resize")
    assert "insertion_resize" in reader.address
    page.locator("#graph .node.main").click()
    page.wait_for_url(re.compile(r"browse/Objects/dictobject\.c\.html#L\d+$"))


def test_pointers_are_told_apart(reader: Reader) -> None:
    """What is called through a table is found when asked for, and drawn with another line."""
    page = reader.page
    reader.open("browse/graph.html#of=Objects/dictobject.c:dict_dealloc&down=0")
    expect(page.locator("#graph-text")).to_contain_text("may be called through a pointer")
    page.locator("[name=pointers]").check()
    expect(page.locator("#graph .edge.e2:has(title)")).to_have_count(1)
    expect(page.locator("#graph-text")).to_contain_text("PyDict_Type (its address is in)")
    expect(page.locator(".graph-key")).to_contain_text("holds the address")


def test_a_way_between_two(reader: Reader) -> None:
    """The steps from one function to another, each with the line of its call."""
    page = reader.page
    reader.open("browse/graph.html#of=PyDict_SetItem&to=insertdict")
    expect(page.locator("#graph-status")).to_contain_text("From PyDict_SetItem to insertdict in")
    steps = page.locator("#graph-text li").all_inner_texts()
    assert steps[0].startswith("PyDict_SetItem calls ")
    assert re.search(r"calls insertdict, Objects/dictobject\.c:\d+$", steps[-1])


def test_includes_of_a_file(reader: Reader, index: Index) -> None:
    """A file's name asks for its includes."""
    reader.open("browse/graph.html#of=Objects/boolobject.c&up=0")
    reader.page.locator("#graph .node.main").wait_for()
    listed = reader.page.locator("#graph-text li > a:first-child").all_inner_texts()
    assert set(listed) == {t for _, _, _, t in index.includes("Objects/boolobject.c")}


def test_graphs_by_keyboard_and_on_a_phone(chromium: Browser, site: Path) -> None:
    """The form works with Enter; the picture scrolls in its own box."""
    reader = reader_of(chromium, site, viewport=PHONE)
    reader.open("browse/graph.html")
    reader.page.locator("[name=of]").focus()
    reader.page.keyboard.type("list_resize")
    reader.page.keyboard.press("Enter")
    expect(reader.page.locator("#graph .node.main")).to_contain_text("list_resize")
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390
    reader.page.context.close()
    assert reader.console == []


# -- folders --------------------------------------------------------------------------------------


def test_every_file_has_its_line(index: Index) -> None:
    """The texts name only what is there, and all of it; where to begin exists."""
    about = read_about(ABOUT)
    paths = [info.path for info in index.files()]
    assert [p for p in about.files if not p.endswith("*") and p not in paths] == []
    assert [p for p in paths if p.startswith(TOLD) and not about.file(p)] == []
    assert [f for f in about.folders if f and not any(p.startswith(f"{f}/") for p in paths)] == []
    for start in (start for starts in about.starts.values() for start in starts):
        assert start.path in paths, start
        assert not start.name or index.named(start.name, path=start.path), start


@pytest.mark.parametrize("address", ["browse/index.html", "browse/Objects/index.html"])
def test_a_folder_is_a_map_and_a_table(chromium: Browser, site: Path, address: str) -> None:
    """Without scripts: where to begin, a map whose cells are links, a table with what files are."""
    reader = reader_of(chromium, site, java_script_enabled=False)
    reader.open(address)
    page = reader.page
    assert page.locator(".starts li").count() >= 4
    assert page.locator(".tree-map a").count() > 30
    assert page.locator(".listing tbody tr").count() > 5
    cell = page.locator(".tree-map a.file", has_text="typeobject.c").first
    cell.click()
    assert reader.address == "browse/Objects/typeobject.c.html"
    page.context.close()


# -- the guided reading ---------------------------------------------------------------------------


def test_reading_note_by_note(reader: Reader) -> None:
    """In, on, back and out by keyboard; each note's lines are marked; the place is remembered."""
    page = reader.page
    reader.open("browse/Include/object.h.html")
    notes = page.locator("#source .note")
    page.locator(".reading-enter").click()
    expect(page.locator(".reading b")).to_have_text(notes.nth(0).locator("h2").inner_text())
    page.keyboard.press(">")
    page.keyboard.press(">")
    page.keyboard.press("<")
    second = notes.nth(1)
    expect(page.locator(".reading b")).to_have_text(second.locator("h2").inner_text())
    expect(second).to_be_focused()
    expect(second).to_be_in_viewport()
    first = re.search(r"\d+", second.locator(".where").inner_text())
    assert first is not None
    expect(page.locator(f"#L{first.group()}")).to_have_class(re.compile(r"\bh\b"))
    page.keyboard.press("Escape")
    expect(page.locator(".reading")).to_have_count(0)
    page.reload()
    expect(page.locator(".reading-enter")).to_contain_text("note 2 of")


def test_the_list_of_notes(reader: Reader) -> None:
    """All notes by title, as a way to any of them."""
    page = reader.page
    reader.open("browse/Include/object.h.html")
    page.locator(".reading-list summary").click()
    links = page.locator(".reading-list a")
    assert links.count() == page.locator("#source .note").count()
    links.nth(5).click()
    expect(page.locator("#source .note").nth(5)).to_be_in_viewport()


def test_reading_on_a_phone(chromium: Browser, site: Path) -> None:
    """Notes stand below their lines there, and the bar fits."""
    reader = reader_of(chromium, site, viewport=PHONE)
    reader.open("browse/Include/object.h.html")
    page = reader.page
    page.locator(".reading-enter").click()
    page.get_by_role("button", name="Next note").click()
    box = page.locator(".reading").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    note = page.locator("#source .note.now").bounding_box()
    line = page.locator(".src .g a.h").last.bounding_box()
    assert note is not None
    assert line is not None
    assert note["y"] >= line["y"]
    page.context.close()
    assert reader.console == []


# -- accessibility --------------------------------------------------------------------------------

_SHOWN = {
    "search": ("browse/index.html", ["/", "type:dict set"]),
    "no hit": ("book/03-objects.html", ["/", "type:qqxzzyq"]),
    "lines": ("browse/text.html#q=ob_refcnt&context=1", []),
    "graph": ("browse/graph.html#of=insertdict&pointers=1&macros=1", []),
    "folder": ("browse/Parser/index.html", []),
    "root": ("browse/index.html", []),
    "names": ("browse/names.html", []),
    "reading": ("browse/Include/object.h.html", [">"]),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", _SHOWN)
def test_axe_finds_nothing_here(chromium: Browser, site: Path, kind: str, scheme: str) -> None:
    """No violation of the rules that a program can check, in light and dark."""
    import axe_playwright_python

    address, keys = _SHOWN[kind]
    reader = reader_of(chromium, site, color_scheme=scheme)
    reader.open(address)
    page = reader.page
    for key in keys:
        if key.startswith("type:"):
            page.wait_for_function("search.index !== null")
            page.keyboard.type(key[5:])
        else:
            page.keyboard.press(key)
    if kind == "lines":
        page.wait_for_function("textSearch.state && textSearch.state.done")
    if kind == "graph":
        page.locator("#graph .node.main").wait_for()
    script = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    page.evaluate(script.read_text("utf-8"))
    # the whole of object.h takes axe minutes; the bar and one note are what is new here
    scope = "{include: [['.reading'], ['.note.now'], ['.reading-ways']]}"
    found = page.evaluate(
        f"axe.run({scope if kind == 'reading' else 'document'}, {{resultTypes: ['violations']}})"
        ".then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))"
    )
    page.context.close()
    assert found == [], json.dumps(found, indent=1)
