"""Pages of files and folders, on a small tree and on hostile ones."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from annotator.index.query import Index
from annotator.pages import writer
from annotator.pages.code import Source
from annotator.pages.colour import colours
from annotator.pages.escape import strip
from annotator.pages.file_page import MarginNote, Mention, Page, file_page
from annotator.pages.links import Link
from annotator.source.lex import Lines, tokens
from tests.unit import small_tree


def source(data: bytes, links: list[Link] | None = None) -> Source:
    """A file that no index knows."""
    return Source("Objects/x.c", data, Lines(data), colours(data, tokens(data)), links or [])


def page_of(index: Index, path: str, **extras: object) -> Page:
    """The page of a file of the index."""
    known = {info.path: info for info in index.files()}
    return file_page(Source.of(index, path, known), known[path], **extras)  # type: ignore[arg-type]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """The small tree's."""
    return small_tree.index(tmp_path)


def link(page: Page, name: str, nth: int = 0) -> str:
    """The opening tag of the *nth* element that shows *name*."""
    found = re.findall(rf"(<(?:a|dfn|span)\b[^>]*>){re.escape(name)}</(?:a|dfn|span)>", page.body)
    return str(found[nth])


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.binary(max_size=400), st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9))))
@example(
    b"/* a comment\nover lines */ int x; // <b>\n#if 1 \\\n\n#endif", [(3, 4), (5, 9), (14, 2)]
)
@example(b"\n", [])
@example(b"", [])
def test_markup_is_stripped_to_the_source(data: bytes, places: list[tuple[int, int]]) -> None:
    """Whatever the bytes and wherever the links: the page holds the source, byte for byte."""
    links = [
        Link(start, start + length, "Include/a b.h", 3, defines=False)
        for start, length in sorted(set(places))
        if start + length <= len(data)
    ]
    shown = source(data, links)
    info = small_info(shown)
    notes = [MarginNote("n", "t", n, n, "<p>x</p>") for n in range(1, shown.count + 1, 3)]
    assert strip(file_page(shown, info, notes=notes).body) == data


def small_info(shown: Source) -> object:
    """What the index would say of a file."""
    from annotator.model import FileInfo

    return FileInfo(shown.path, shown.count, len(shown.data), "unit")


@given(st.binary(max_size=300), st.integers(1, 30), st.integers(0, 9))
def test_any_lines_are_well_formed(data: bytes, first: int, more: int) -> None:
    """Elements of an excerpt begin and end within it, comments over its edge included."""
    shown = source(data)
    first = min(first, max(shown.count, 1))
    last = min(first + more, max(shown.count, 1))
    code = shown.html(first, last, href=lambda path, line: "#")
    opened = re.findall(r"<([a-z][a-z-]*)", code)
    assert sorted(opened) == sorted(re.findall(r"</([a-z][a-z-]*)>", code))
    a, b = shown.span(first, last)
    guard = "\n" if code.startswith("\n") else ""
    assert strip(f"<pre class=s>{guard}{code}</pre>") == data[a:b]


def test_every_line_has_an_anchor(index: Index) -> None:
    """Each line's number is a link to itself, once."""
    body = page_of(index, "Objects/shape.c").body
    lines = index.text("Objects/shape.c").count(b"\n")
    assert re.findall(r"<a id=L(\d+) href=#L\1\b", body) == [str(n) for n in range(1, lines + 1)]


def test_names_lead_to_their_definitions(index: Index) -> None:
    """In the same file, in another, of a local, of a member through its struct."""
    page = page_of(index, "Objects/shape.c")
    assert "href=#L4>" in link(page, "half", 1)
    assert "href=other.c.html#L5>" in link(page, "other")
    assert "href=../Include/shape.h.html#L9>" in link(page, "Point")
    assert "href=../Include/shape.h.html#L11>" in link(page, "GET_X")
    assert "href=#L12" in link(page, "sum", 1)


def test_the_outline_lists_definitions(index: Index) -> None:
    """Functions with their last line, types once, macros; a file of text has none."""
    body = page_of(index, "Objects/shape.c", outline=index.outline("Objects/shape.c")).body
    assert "<li><a class=f href=#L4 data-e=7>half</a>" in body
    header = page_of(index, "Include/shape.h", outline=index.outline("Include/shape.h")).body
    assert re.findall(r"<li><a class=(\w) href=#L(\d+)[^>]*>Point<", header) == [("t", "9")]
    assert "<li><a class=m href=#L10>ORIGIN_X</a>" in header
    assert "<nav" not in page_of(index, "Objects/other.c", outline=[]).body


def test_a_definition_leads_to_its_declaration(index: Index) -> None:
    """Where a name is defined, the link goes to the header, or there is none."""
    page = page_of(index, "Objects/shape.c")
    assert link(page, "area").startswith("<a class=d href=../Include/shape.h.html#L12")
    assert link(page, "half", 0) == "<dfn>"


def test_notes_stand_behind_their_lines(index: Index) -> None:
    """A note follows its last line, with its prose and its chapters."""
    note = MarginNote("why", "Why <half>", 6, 6, "<p>Because.</p>", (("Chapter", "book/1.html"),))
    body = page_of(index, "Objects/shape.c", notes=[note]).body
    before, _, after = body.partition('<aside class=note id="note-why"')
    assert before.rstrip().endswith("</pre></div>")
    assert "rounds towards zero" in before.rpartition("<pre")[2]
    assert "Why &lt;half&gt;" in after
    assert "<p>Because.</p>" in after
    assert 'href="../../book/1.html"' in after
    assert "<a id=L6 href=#L6 class=n>" in body


def test_who_explains_a_file(index: Index) -> None:
    """The head of the page links what tells of the file."""
    mention = Mention("chapter", "Shapes & more", "book/1.html")
    body = page_of(index, "Objects/shape.c", mentions=[mention]).body
    assert '<a class="mention chapter" href="../../book/1.html">Shapes &amp; more</a>' in body


HOSTILE = b"""\
/* </script><script>alert(1)</script> </pre> -->  \xff\xfe \xe2\x80\xae */
char *javascript = "</pre><img src=x onerror=alert(1)>";\r
int a;\x0c
"""


def test_hostile_source_is_text(tmp_path: Path) -> None:
    """Nothing of a hostile file becomes markup."""
    index = small_tree.index(tmp_path, Objects__hostile=HOSTILE)
    page = page_of(index, "Objects/hostile")
    assert "<script" not in page.body
    assert "<img" not in page.body
    assert strip(page.body) == HOSTILE


class Writing:
    """Writes the small tree's pages and says what happened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shell = f"<title>{writer.TITLE}</title>{writer.CRUMBS}{writer.BODY}"
        self.margin = writer.Margin()

    def __call__(self) -> tuple[int, int, int]:
        done = writer.write_pages(
            partial(Index.open, self.folder / "index.sqlite"),
            self.folder / "site",
            shell=lambda depth: self.shell,
            margin=self.margin,
            manifest=self.folder / "manifest.json",
        )
        return done.written, done.kept, done.removed


@pytest.fixture
def writing(tmp_path: Path) -> Writing:
    """A site of the small tree, not yet written."""
    small_tree.make(tmp_path)
    return Writing(tmp_path)


def test_only_what_changed_is_written(writing: Writing) -> None:
    """A second time nothing; a note changes its file and the folder; the shell changes all."""
    assert writing() == (8, 0, 0)
    assert writing() == (0, 8, 0)
    writing.margin = writer.Margin({"Objects/shape.c": [MarginNote("a", "A", 1, 1, "")]})
    assert writing() == (2, 6, 0)
    writing.shell += "!"
    assert writing() == (8, 0, 0)


def test_what_is_missing_or_too_much(writing: Writing) -> None:
    """A page that was deleted comes back; one of no file goes; a damaged manifest costs time."""
    writing()
    site = writing.folder / "site" / "browse"
    (site / "Objects" / "shape.c.html").unlink()
    (site / "Objects" / "gone.c.html").write_text("old")
    (site / "index.html").write_text("of the site itself")
    assert writing() == (1, 7, 1)
    assert (site / "index.html").exists()
    (writing.folder / "manifest.json").write_text(json.dumps([1]))
    assert writing() == (8, 0, 0)


def test_same_bytes_again(writing: Writing) -> None:
    """Two builds give the same pages."""
    site = writing.folder / "site"
    writing()
    first = {p: p.read_bytes() for p in sorted(site.rglob("*.html"))}
    for path in first:
        path.unlink()
    writing()
    assert {p: p.read_bytes() for p in sorted(site.rglob("*.html"))} == first


def test_folders_list_what_they_hold(writing: Writing) -> None:
    """A folder's page has each file with its number of lines and a link."""
    writing()
    page = (writing.folder / "site/browse/Objects/index.html").read_text()
    assert '<a href="shape.c.html">shape.c</a>' in page
    assert f">{small_tree.SHAPE.count(chr(10))}</td>" in page
