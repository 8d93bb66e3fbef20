"""The expansion of macros in the page, held against gcc -E over every macro of the tree."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from annotator.index.query import Index
from annotator.pages.macro_table import macro_table
from annotator.paths import REPOSITORY
from tests.e2e.test_site import chromium  # noqa: F401  (a fixture)

SCRIPT = REPOSITORY / "docs" / "_static" / "cpp.js"
_OWN = re.compile(r"__STDC|__(FILE|LINE|DATE|TIME|COUNTER)__|^defined$")  # the compiler's
# Arguments that catch mistakes: macros, calls with commas, text with escapes, nothing at all.
ARGUMENTS = ["x0", "Py_TYPE(a)", '"s\\n"', "f(1, b)", "", "Py_SIZE"]

Row = list[Any]

_EXPAND = """([rows, uses]) => {
    const table = new Map(Object.entries(rows).map(
        ([name, row]) => [name, ic.cpp.definition(name, row, "")]));
    const text = tokens => tokens.map(t => t.text).filter(Boolean).join("\\n");
    return uses.map(([use, said]) => [
        text(ic.cpp.expand(ic.cpp.lex(use), name => table.get(name) || null)),
        text(ic.cpp.lex(said))]);
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Any:  # noqa: F811
    """An empty page with the script."""
    page = chromium.new_page()
    page.evaluate("var ic = {}; window.ic = ic;")
    page.evaluate(SCRIPT.read_text("utf-8").replace('"use strict";', "", 1))
    yield page
    page.close()


def definitions(rows: dict[str, Row]) -> str:
    """The macros as source."""
    return "".join(
        f"#define {name}{'(' + ','.join(row[3]) + ')' if row[3] is not None else ''} {row[4]}\n"
        for name, row in rows.items()
    )


def gcc(source: str, uses: list[str], folder: Path) -> dict[int, str]:
    """What gcc makes of the uses, by number; without those that it complains of."""
    start = source.count("\n") + 1
    text = source + "".join(f"@@ {i} @@ {use}\n" for i, use in enumerate(uses)) + "@@ -1 @@\n"
    (folder / "uses.c").write_text(text)
    done = subprocess.run(
        ["gcc", "-E", "-P", "-undef", "uses.c"], cwd=folder, capture_output=True, text=True
    )
    blamed = {int(n) - start for n in re.findall(r"^uses\.c:(\d+):", done.stderr, re.MULTILINE)}
    parts = re.split(r"@@ (-?\d+) @@", done.stdout)
    found = {int(n): said for n, said in zip(parts[1::2], parts[2::2], strict=True)}
    return {i: said for i, said in found.items() if i >= 0 and i not in blamed}


def test_every_macro_of_the_tree(page: Any, index: Index, tmp_path: Path) -> None:
    """Each macro, with arguments of every sort, gives the tokens that gcc gives."""
    rows: dict[str, Row] = {}
    for name, several in macro_table(index).items():
        row = next((row for row in several if row[5] & 1), several[0])
        if not _OWN.search(name):
            rows[name] = row
    uses = []
    for i, (name, row) in enumerate(rows.items()):
        use = name
        if row[3] is not None:
            use += f"({', '.join(ARGUMENTS[(i + k) % 6] for k in range(len(row[3])))})"
        uses.append(use + (" (tail)" if i % 3 == 0 else ""))
    said = gcc(definitions(rows), uses, tmp_path)
    assert len(said) > 0.9 * len(uses)
    results = page.evaluate(_EXPAND, [rows, [[uses[i], text] for i, text in said.items()]])
    wrong = [
        (uses[i], ours, theirs)
        for (i, text), (ours, theirs) in zip(said.items(), results, strict=True)
        if ours != theirs and "#pragma" not in text and not _OWN.search(ours)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("defines", "use"),
    [
        ("#define f(a) a*g\n#define g(a) f(a)\n", "f(2)(9)"),
        ("#define F G\n#define G(x) x+F\n", "F(F(1))"),
        ("#define S(...) #__VA_ARGS__\n", 'S( a ,  "b\\n" , \'"\' )'),
        ("#define C(a, b) a ## b\n#define AB z C(A, B)\n", "C(A, B) C(, B) C(A, ) C(, )"),
        ("#define E(fmt, ...) p(fmt, ## __VA_ARGS__)\n", "E(1) E(1, ) E(1, 2, 3)"),
        ("#define N() x\n#define O N\n", "N() O() O ( ) N"),
        ("#define A B\n#define B A\n", "A B A"),
        ("#define X(a) <a>\n", "X((1, 2)) X() X(X(X(3)))"),
        ("#define H # ## #\n#define M(a) #a\n#define J(c, d) M(c H d)\n", "J(x, y)"),
    ],
)
def test_the_hard_cases(page: Any, tmp_path: Path, defines: str, use: str) -> None:
    """Rescanning, what is not expanded again, empty arguments, # and ## (C11 6.10.3)."""
    rows = {}
    for name, params, body in re.findall(r"#define (\w+)(\([^)]*\))? (.*)\n", defines):
        names = [p for p in re.split(r"[ ,]+", params[1:-1]) if p] if params else None
        rows[name] = [0, 1, 1, names, body, 1]
    (said,) = gcc(defines, [use], tmp_path).values()
    ((ours, theirs),) = page.evaluate(_EXPAND, [rows, [[use, said]]])
    assert ours == theirs


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 << 10", 1024),
        ("(1UL << 63) - 1 + 017 + 0x10", (1 << 63) + 30),
        ("-1 < 0U ? 1 : 2", 2),
        ("~0", -1),
        ("(unsigned char)-1", 255),
        ("'a' + '\\n'", 107),
        ("(size_t)-1", (1 << 64) - 1),
        ("1 / 0", None),
        ("sizeof(int)", None),
        ("7 % 4 == 3 && !0", 1),
    ],
)
def test_constants(page: Any, text: str, value: int | None) -> None:
    """Integer constant expressions with C's types (C11 6.6), or nothing."""
    found = page.evaluate(f"String(ic.cpp.evaluate(ic.cpp.lex({json.dumps(text)})))")
    assert found == ("null" if value is None else str(value))
