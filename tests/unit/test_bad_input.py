"""What no compiler or no reader would take: told with its place, and the rest understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.meaning.facts import Facts
from annotator.meaning.unit import Session
from annotator.source.preprocess import Unit
from annotator.source.tree import Tree
from tests.unit.snippet import Analysed


def _analysed(folder: Path, code: bytes) -> Analysed:
    (folder / "bad.c").write_bytes(code)
    return Analysed(folder, "bad.c")


def _told(analysed: Analysed) -> list[tuple[str, str, int]]:
    """Kind, path and line of each diagnostic."""
    return [(kind, path, line) for _, kind, _, path, line, _ in analysed.program.diagnostics]


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (b"int a;\n#include <no/such.h>\n", 2),
        (b"int a;\n#error this one is for Windows\n", 2),
        (b"#if 1\nint a;\n", 1),
        (b"#define F(x) x\nint a = F(1;\n", 2),
        (b"#if 1 +\n#endif\n", 1),
    ],
)
def test_what_does_not_preprocess(tmp_path: Path, code: bytes, line: int) -> None:
    """The compiler's first error at its line; the unit counts as lost, its file is known."""
    found = _analysed(tmp_path, code)
    assert _told(found) == [("preprocess", "bad.c", line)]
    assert [u.parsed for u in found.units] == [False]
    assert "bad.c" in found.program.roles


def test_an_error_in_a_header(tmp_path: Path) -> None:
    """It is told where it stands, not where it was included."""
    (tmp_path / "inner.h").write_text("\n\n#error no\n")
    found = _analysed(tmp_path, b'#include "inner.h"\n')
    assert _told(found) == [("preprocess", "inner.h", 3)]


@pytest.mark.parametrize(
    "junk",
    [b"int b = = 2;", b"struct { int", b"}", b"int f(void) { return (1; }", b"@ ` \\", b"int 3x;",
     b"int (;", b"static;;", b"int f(void) { if }", b"a b c d", b"typedef", b'"never closed',
     b"int na\xefve;"],
)  # fmt: skip
def test_what_does_not_parse(tmp_path: Path, junk: bytes) -> None:
    """Told at a line of its own; what stands before it is understood."""
    code = b"int before;\nint g(void) { return before; }\n" + junk + b"\n"
    found = _analysed(tmp_path, code)
    told = _told(found)
    assert junk == b"static;;" or told
    assert all(path == "bad.c" and line == 3 for _, path, line in told)
    assert [u.parsed for u in found.units] == [not told]
    json.dumps(told).encode()  # nothing that a database or a page could not hold
    links = {(x.line, x.name): x.target for x in found.links("bad.c")}
    assert links[2, "before"] == 1


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    """Latin-1 in a comment and a literal: told once, and every link stands in the right column."""
    code = (
        b'/* na\xefve */ int a; char s[] = "\xe9\xff"; int b = sizeof(s);\n/* \xff */ int c = 1;\n'
    )
    found = _analysed(tmp_path, code)
    assert _told(found) == [("encoding", "bad.c", 1)]
    assert [u.parsed for u in found.units] == [True]
    for link in found.links("bad.c"):
        line = code.split(b"\n")[link.line - 1]
        assert line[link.col - 1 :].startswith(link.name.encode())
    assert {x.name for x in found.links("bad.c")} == {"a", "s", "b", "c"}


def test_names_that_are_not_ascii(tmp_path: Path) -> None:
    """C11 6.4.2.1 lets letters of any script be in a name; columns count bytes."""
    found = _analysed(tmp_path, "int na\u00efve; int f(void) { return na\u00efve; }\n".encode())
    assert found.program.diagnostics == []
    assert [(x.col, x.target) for x in found.links("bad.c") if x.name != "f"] == [(5, 1), (34, 1)]


def test_bytes_of_every_value(tmp_path: Path) -> None:
    """No byte stops the reader; nothing is found where nothing is."""
    found = _analysed(tmp_path, b"int a;\n/* " + bytes(range(1, 256)) + b" */\nint b;\n")
    assert {x.name for x in found.links("bad.c")} >= {"a"}


LONG = 10_000_000


@pytest.mark.parametrize(
    ("before", "middle", "after"),
    [
        (b"/*", b"x", b"*/ int a;"),
        (b'char s[] = "', b"x", b'"; int a;'),
        (b"", b" ", b"int a;"),
        (b"//", b"\\\n", b"\nint a;"),
    ],
    ids=["comment", "literal", "blanks", "splices"],
)
def test_a_line_of_ten_megabytes(
    tmp_path: Path, before: bytes, middle: bytes, after: bytes
) -> None:
    """It takes memory and a moment; what stands behind it is found at its column."""
    head = b"int first;\n" + before + middle * (LONG // len(middle))
    found = _analysed(tmp_path, head + after + b"\n")
    assert found.program.diagnostics == []
    link = next(x for x in found.links("bad.c") if x.name == "a")
    offset = (head + after).index(b"int a;") + 4
    assert link.col == offset - (head + after).rfind(b"\n", 0, offset)


def test_a_declaration_of_ten_megabytes(tmp_path: Path) -> None:
    """Too much for the parser: told at the line, instead of filling the memory."""
    found = _analysed(tmp_path, b"int a;\nint b[] = {" + b"1," * (LONG // 2) + b"};\nint c;\n")
    assert _told(found) == [("preprocess", "bad.c", 2)]
    assert [u.parsed for u in found.units] == [False]


def test_no_compiler(tmp_path: Path) -> None:
    """An error for the user, who is told what to install."""
    (tmp_path / "a.c").write_text("int a;\n")
    session = Session(Tree(tmp_path), lambda name, data: None, compiler=("no-such-gcc",))
    with pytest.raises(UserError, match="no compiler 'no-such-gcc'") as caught:
        session.analyse(Unit(tmp_path / "a.c", (), tmp_path))
    assert "install gcc" in str(caught.value)


def test_a_compiler_that_fails(tmp_path: Path) -> None:
    """Killed or broken: told for the unit, whatever it says."""
    (tmp_path / "a.c").write_text("int a;\n")
    chunks: list[Facts] = []
    session = Session(
        Tree(tmp_path), lambda name, data: chunks.append(Facts.load(data)), compiler=("false",)
    )
    unit = session.analyse(Unit(tmp_path / "a.c", (), tmp_path))
    assert not unit.parsed
    assert [d[:2] for d in chunks[0].diagnostics] == [("preprocess", "no message")]
