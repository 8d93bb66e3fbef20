"""The data of the pages' scripts, on a small tree and on a hostile one."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from annotator.pages.api_data import ApiData
from annotator.pages.data import write_data
from annotator.pages.macro_table import replacement
from tests.unit import small_tree


class Data:
    """The shards below a folder."""

    def __init__(self, site: Path) -> None:
        self.site = site

    def text(self, name: str) -> str:
        """A shard as it stands on disk."""
        return (self.site / "_data" / f"{name}.js").read_text("ascii")

    def __getitem__(self, name: str) -> Any:
        found = re.fullmatch(r"ic\.data\((\"[^\"]+\"),(.*)\)\n", self.text(name), re.DOTALL)
        assert found is not None
        assert json.loads(found[1]) == name
        return json.loads(found[2])

    def record(self, path: str, name: str) -> list[Any]:
        """The card of a name."""
        found = [record for record in self[f"cards/{path}"]["s"] if record[2] == name]
        return found[0] + [None] * (11 - len(found[0]))  # type: ignore[no-any-return]


@pytest.fixture
def data(tmp_path: Path) -> Data:
    """Of the small tree."""
    write_data(small_tree.index(tmp_path), tmp_path / "site")
    return Data(tmp_path / "site")


def test_cards_say_what_a_name_is(data: Data) -> None:
    """Place, kind, declaration, extent, doc comment and uses by sort."""
    files = data["files"]
    line, col, _, kind, declaration, end, _, doc, counts, _, _ = data.record(
        "Include/shape.h", "point"
    )
    assert (line, col, end) == (4, 8, 8)
    assert files["kinds"][kind] == "struct"
    assert declaration == "struct point"
    assert doc == "A point in the plane."
    assert files["sorts"][counts[0]] == "definition" or counts
    half = data.record("Objects/shape.c", "half")
    sorts = dict(zip([files["sorts"][n] for n in half[8][::2]], half[8][1::2], strict=True))
    assert sorts["call"] == 1


def test_cards_know_offsets_and_layouts(data: Data) -> None:
    """A member knows the struct around it and its place there."""
    y = data.record("Include/shape.h", "y")
    assert y[10]["o"] == [[8, 8]]
    assert data.record("Include/shape.h", "point")[10]["L"][0][:2] == [16, 8]


def test_uses_say_line_column_and_sort(data: Data) -> None:
    """The uses of a function, of both its file and others, are those of the source."""
    files = data["files"]
    shard = data["cards/Objects/other.c"]
    number = next(i for i, record in enumerate(shard["s"]) if record[2] == "other")
    symbol = shard["first"] + number
    uses = data["uses/0"][str(symbol)]
    found = {}
    for file, flat in zip(uses[::2], uses[1::2], strict=True):
        line = 0
        for step, col, what in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            line += step
            found[files["paths"][file], line, col] = files["sorts"][what & 15]
    assert found["Objects/shape.c", 16, 18] == "call"
    assert found["Include/shape.h", 13, 5] == "declaration"
    assert found["Objects/other.c", 5, 5] == "definition"


def test_text_is_the_source(data: Data, tmp_path: Path) -> None:
    """Unpacked, a bundle holds its files, with the extents of functions."""
    bundle = data["text/0"]
    texts = zlib.decompress(base64.b64decode(bundle["z"]), -15).decode().split("\0")
    found = {
        path: (text, functions)
        for (path, functions), text in zip(bundle["files"], texts[:-1], strict=True)
    }
    text, functions = found["Objects/shape.c"]
    assert text == (tmp_path / "tree/Objects/shape.c").read_text()
    assert [4, 7, "half"] in functions


def test_macros_are_split(data: Data) -> None:
    """Parameters, and the replacement list without what no preprocessor sees."""
    (row,) = data["macros"]["GET_X"]
    assert row[1:] == [11, 11, ["p"], "((p)->x)", 1]
    assert data["macros"]["ORIGIN_X"][0][3] is None


@pytest.mark.parametrize(
    ("define", "expected"),
    [
        (b"#define X (1)\n", (None, "(1)")),
        (b"#define X(a, b...) a /* c */ + \\\n b // d\n", (["a", "b..."], "a + b")),
        (b"#  define X() \n", ([], "")),
        (b"#define X(...) f(__VA_ARGS__)", (["..."], "f(__VA_ARGS__)")),
    ],
)
def test_replacement_lists(define: bytes, expected: tuple[object, str]) -> None:
    """C11 6.10.3: a parenthesis makes parameters only where it touches the name."""
    assert replacement(define, "X") == expected


def test_names_alone_lead_somewhere(data: Data) -> None:
    """A name stands in the shard that its letters say, the likeliest meaning first."""
    shard = data[f"names/{sum(map(ord, 'half')) % 32}"]
    assert [data["files"]["paths"][file] for file, _, _ in shard["half"]] == [
        "Objects/other.c",
        "Objects/shape.c",
    ]
    assert all("sum" not in data[f"names/{n}"] for n in range(32))


def test_tables_of_the_api(tmp_path: Path) -> None:
    """References that functions give, and since when a name is stable."""
    folder = tmp_path / "Doc" / "data"
    folder.mkdir(parents=True)
    (folder / "refcounts.dat").write_text(
        "# f:type:param:effect:\nPyX_New:PyObject*::+1:\nPyX_Get:PyObject*::0:\n"
        "PyX_Get:PyObject*:o:0:\nPyX_Size:int:::\n"
    )
    (folder / "stable_abi.dat").write_text(
        "role,name,added,ifdef_note,struct_abi_kind\nfunc,PyX_New,3.2,,\ntype,PyX,3.4,,opaque\n"
    )
    api = ApiData.read(tmp_path)
    assert api.of("PyX_New") == {"r": "new", "a": ["3.2", ""]}
    assert api.of("PyX_Get") == {"r": "borrowed"}
    assert api.of("PyX_Size") == {}
    assert api.of("PyX") == {"a": ["3.4", "opaque"]}
    assert ApiData.read(tmp_path / "none").of("PyX_New") == {}


def test_written_again_only_when_changed(tmp_path: Path) -> None:
    """The same index gives the same bytes; what no file needs any more goes."""
    index = small_tree.index(tmp_path)
    site = tmp_path / "site"
    assert write_data(index, site) > 5
    before = {path: path.stat().st_mtime_ns for path in (site / "_data").rglob("*.js")}
    stray = site / "_data/cards/Objects/gone.c.js"
    stray.write_text("")
    assert write_data(index, site) == 1  # the list of files, which says that all is there
    after = {path: path.stat().st_mtime_ns for path in (site / "_data").rglob("*.js")}
    assert not stray.exists()
    assert {path for path in before if before[path] != after[path]} == {site / "_data/files.js"}


def test_hostile_source_is_text(tmp_path: Path) -> None:
    """Shards are ASCII; quotes, markup, direction controls and stray bytes are spelled out."""
    evil = (
        b"/* </script><script>alert(1)</script> \xff \xe2\x80\xae */\n"
        b"int evil_\xe2\x80\xae;\n"
        b'#define EVIL "</script>\\"\xff" /* \xe2\x80\xa8 */ javascript:alert(1)\n'
        b"/* \xe2\x80\xae turned */ int turned(void) { return 0; }\n"
    )
    index = small_tree.index(tmp_path, **{"Objects/evil.c": evil})
    write_data(index, tmp_path / "site")
    data = Data(tmp_path / "site")
    for path in (tmp_path / "site/_data").rglob("*.js"):
        text = path.read_bytes()
        assert text.isascii()
        assert b"\\u202e" not in text
    assert data["macros"]["EVIL"][0][4] == '"</script>\\"\ufffd" javascript:alert(1)'
