"""The data of search, graphs and folder pages, made from a small tree."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import UserError
from annotator.index.dialects import instructions, type_names
from annotator.index.query import Index
from annotator.index.whole import edges, named, slots
from annotator.model import Kind
from annotator.pages.about import About, Start, read_about
from annotator.pages.folder_page import Guide, folder_page
from annotator.pages.graph_data import SORTS, calls, includes
from annotator.pages.search_index import ordered, search_names, varint
from annotator.pages.tree_map import Box, Cell, squarify, tree_map
from tests.unit import small_tree

TABLE = """\
#include "../Include/shape.h"
typedef int (*measure)(Point *, int);
struct methods { const char *name; measure run; };
#define TWICE(x) (other() + (x))
static int by_table(Point *p, int n) { return TWICE(n); }
static int again(Point *p, int n) { return by_table(p, n); }
static struct methods table[] = {
    {"by_table", by_table},
};
int through(Point *p) { return table[0].run(p, 1); }
"""
BYTECODES = """\
#define inst(name, ...) case name:
        family(LOAD, 0) = { LOAD_ONE };
        pure inst(NOP, (--)) {
        }
        tier1 inst(LOAD_ONE, (-- value)) {
        }
        macro(BOTH) = NOP + LOAD_ONE;
"""
CLINIC = """\
/*[clinic input]
module shape
@critical_section
shape.size as shape_how_large

    n: int
[clinic start generated code]*/
static int shape_how_large_impl(int n) { return n; }
/*[clinic input]
shape.Point.norm
[clinic start generated code]*/
static int shape_Point_norm(int n) { return n; }
typedef struct { const char *name; } PyTypeObject;
#define PyVarObject_HEAD_INIT(type, size)
PyTypeObject PyPoint_Type = {
    PyVarObject_HEAD_INIT(0, 0)
    "shape.Point"
};
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A tree with a table of functions, a list of instructions and Argument Clinic's comments."""
    folder = tmp_path_factory.mktemp("tree")
    files = {
        "Objects__table.c": TABLE,
        "Objects__clinic.c": CLINIC,
    }
    return small_tree.index(folder, **files, Python__notes="x\n")


def _numbers(data: str) -> Iterator[int]:
    value = shift = 0
    for byte in base64.b64decode(data):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


@given(st.integers(min_value=0, max_value=2**40))
def test_numbers_come_back(value: int) -> None:
    """What `varint` writes is read back by the rule that the formats page tells."""
    assert list(_numbers(base64.b64encode(varint(value)).decode())) == [value]


def test_names_come_back(index: Index) -> None:
    """Unpacked by the rule of the formats page, the shard has every name, kind and place."""
    symbols = ordered(index)
    shard = search_names(index, symbols, {"Objects/table.c": "a table"})
    numbers = _numbers(shard["data"])
    before, found = "", []
    for packed, kind in zip(shard["names"].split("\n"), shard["kinds"], strict=True):
        before = before[: ord(packed[0]) - 32] + packed[1:]
        path = shard["files"][next(numbers)][0]
        line = next(numbers)
        owner = shard["owners"][next(numbers)] if kind in "bc" else ""
        found.append((before, path, line, owner if isinstance(owner, str) else owner[0]))
    assert next(numbers, None) is None
    assert found == [(s.name, s.path, s.line, s.owner) for s in symbols]
    assert ("x", "Include/shape.h", 5, "Point") in found
    assert next(f for f in shard["files"] if f[0] == "Objects/table.c")[3] == "a table"


def test_locals_are_not_looked_for(index: Index) -> None:
    """Parameters, variables of functions and labels are in no list of names."""
    kinds = {s.kind for s in named(index)}
    assert Kind.FUNCTION in kinds
    assert not kinds & {Kind.LOCAL, Kind.PARAMETER, Kind.LABEL}


def test_edges_of_all_sorts(index: Index) -> None:
    """Calls, addresses in tables, calls through members, and macros with what is in them."""
    names = {s.id: s.name for s in named(index)}
    found = {(names.get(e.source), names.get(e.target), e.sort, e.line) for e in edges(index)}
    assert ("again", "by_table", "call", 6) in found
    assert ("table", "by_table", "address", 8) in found
    assert ("through", "run", "pointer", 10) in found
    assert ("by_table", "TWICE", "expand", 5) in found
    assert ("TWICE", "other", "call", 4) in found


def test_the_graph_comes_back(index: Index) -> None:
    """Unpacked by the rule of the formats page, the shard has every edge and its line."""
    symbols = ordered(index)
    shard = calls(index, symbols)
    numbers = _numbers(shard["data"])
    found = set()
    source = 0
    for step in numbers:
        source += step
        target = 0
        for _ in range(next(numbers)):
            packed, away = next(numbers), next(numbers)
            target += packed >> 3
            line = symbols[source].line + (-(away + 1) // 2 if away & 1 else away // 2)
            found.add((symbols[source].id, symbols[target].id, shard["sorts"][packed & 7], line))
    assert shard["sorts"] == list(SORTS)
    lines = {symbol.id: symbol.line for symbol in symbols}
    held = {tuple(e._replace(line=lines[e.source])) for e in slots(index)}
    assert held
    assert found == {tuple(e) for e in edges(index)} | held


def test_includes_by_number(index: Index) -> None:
    """Each file's list names the files that it includes."""
    paths = [info.path for info in index.files()]
    lists = includes(index)
    assert [paths[i] for i in lists[paths.index("Objects/table.c")]] == ["Include/shape.h"]


def test_instructions_and_their_lines(tmp_path: Path) -> None:
    """Every sort of definition in bytecodes.c is found, with what may stand before it."""
    opened = small_tree.index(tmp_path, **{"Python__bytecodes.c": BYTECODES})
    assert [(i.name, i.sort, i.line) for i in instructions(opened)] == [
        ("LOAD", "family", 2),
        ("NOP", "inst", 3),
        ("LOAD_ONE", "inst", 5),
        ("BOTH", "macro", 7),
    ]


def test_types_are_known_by_their_names(index: Index) -> None:
    """A type is found by what its object calls it."""
    assert [(n.python, n.function) for n in type_names(index)] == [("shape.Point", "PyPoint_Type")]


@given(st.lists(st.floats(min_value=1, max_value=1e5), min_size=1, max_size=40))
def test_a_map_fills_its_box(weights: list[float]) -> None:
    """The rectangles lie within the box, cover it, and are as large as their weights say."""
    box = Box(10, 20, 300, 200)
    order = sorted(weights, reverse=True)
    boxes = list(squarify(order, box))
    assert len(boxes) == len(order)
    for weight, one in zip(order, boxes, strict=True):
        assert one.w * one.h == pytest.approx(weight / sum(order) * 60_000, rel=1e-6)
        assert one.x >= 10 - 1e-6
        assert one.y >= 20 - 1e-6
        assert one.x + one.w <= 310 + 1e-6
        assert one.y + one.h <= 220 + 1e-6


def test_a_map_shows_hostile_names_as_text() -> None:
    """A file's name cannot end the picture."""
    cells = [Cell('</svg><script>"', "browse/a.html", 10), Cell("b", "browse/b.html", 5)]
    svg = tree_map(cells, base="browse/index.html", label="<x>")
    assert "<script" not in svg
    assert "&lt;/svg&gt;&lt;script&gt;&quot;: 10 lines" in svg


def test_texts_on_files(tmp_path: Path) -> None:
    """A file has its own line, the folder's, or what Argument Clinic's files say."""
    path = tmp_path / "files.toml"
    path.write_text(
        '["."]\nabout = "all"\n["A"]\nabout = "a"\nstart = [["A/x.c:f", "why"]]\n'
        '"x.c" = "an x"\n"*" = "some"\n'
    )
    about = read_about(path)
    assert about.folder("") == "all"
    assert about.file("A/x.c") == "an x"
    assert about.file("A/y.c") == "some"
    assert about.file("B/y.c") == ""
    assert "B/y.c" in about.file("B/clinic/y.c.h")
    assert about.starts["A"] == (Start("A/x.c", "f", "why"),)
    assert read_about(tmp_path / "none.toml") == About()


@pytest.mark.parametrize(
    "text", ['x = "y"', '["A"]\nx = 1', '["A"]\nstart = [["A/x.c"]]', '["A"\n']
)
def test_texts_that_are_wrong_are_named(tmp_path: Path, text: str) -> None:
    """What is not of the form is an error for a person, with the file's name."""
    path = tmp_path / "files.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"files\.toml"):
        read_about(path)


def test_a_folder_tells_where_to_begin(index: Index) -> None:
    """Its page has the line on the folder and on files, and links to where to start."""
    about = About(
        {"Objects/shape.c": "A <shape>."},
        {"Objects": "Things."},
        {"Objects": (Start("Objects/shape.c", "half", "small"),)},
    )
    page = folder_page("Objects", Guide.of(index, about, {"Objects/other.c": 2}, []))
    assert "Things." in page.body
    assert "A &lt;shape&gt;." in page.body
    assert '<a href="shape.c.html#L4"><code>half</code></a>' in page.body
    assert "2 notes" in page.body
    assert 'class="file told" href="other.c.html"' in page.body
