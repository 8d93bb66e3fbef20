"""A small source tree with a real index: what tests of pages and directives are made on."""

from __future__ import annotations

from pathlib import Path

from annotator.index.merge import Program
from annotator.index.query import Index
from annotator.index.write import write
from annotator.meaning.facts import Facts
from annotator.meaning.unit import Session
from annotator.source.preprocess import Unit
from annotator.source.scan import scan
from annotator.source.tree import Tree

HEADER = """\
#ifndef SHAPE_H
#define SHAPE_H
/* A point in the plane. */
struct point {
    int x;
    char tag;
    long y;
};
typedef struct point Point;
#define ORIGIN_X 0
#define GET_X(p) ((p)->x)
int area(Point *p, int scale);
int other(void);
struct line { Point from; const struct point *to; };
#endif
"""
SHAPE = """\
#include "shape.h"

static int
half(int n)
{
    return n / 2;  /* rounds towards zero */
}

int
area(Point *p, int scale)
{
    int sum = GET_X(p) + ORIGIN_X;
    for (int i = 0; i < scale; i++) {
        sum += half(scale);
    }
    return sum + other();
}
"""
OTHER = """\
#include "../Include/shape.h"

static int half(int n) { return n; }

int other(void)
{
    return half(1);
}
"""


def make(folder: Path, **files: str | bytes) -> Path:
    """Write the tree below *folder*, with *files* besides, and its index; gives the index."""
    source = folder / "tree"
    contents: dict[str, str | bytes] = {
        "Include/shape.h": HEADER,
        "Objects/shape.c": SHAPE.replace('"shape.h"', '"../Include/shape.h"'),
        "Objects/other.c": OTHER,
        **{name.replace("__", "/"): text for name, text in files.items()},
    }
    for name, text in contents.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    units = [name for name in contents if name.endswith(".c")]
    tree = Tree(source)
    program = _analyse(tree, source, units)
    scans = {}
    for name in contents:
        program.roles.setdefault(name, "other")
        raw = tree.raw(name)
        assert raw is not None
        scans[name] = scan(raw, c=name.endswith((".c", ".h")))
    out = folder / "index.sqlite"
    text = "".join(f"{name}\n{data!r}" for name, data in contents.items())
    meta = {"release": "3.0.0", "fingerprint": str(hash(text)), "source": str(source), "build": ""}
    write(program, scans, out, meta=meta)
    return out


def _analyse(tree: Tree, source: Path, units: list[str]) -> Program:
    chunks: dict[str, Facts] = {}

    def keep(name: str, data: bytes) -> None:
        chunks[name] = Facts.load(data)

    session = Session(tree, keep)
    program = Program()
    for name in units:
        program.add_unit(session.analyse(Unit(source / name, (), source)), 0)
    for facts in chunks.values():
        program.add(facts, 1)
    return program


def index(folder: Path, **files: str | bytes) -> Index:
    """The index of the tree that `make` writes, opened."""
    return Index.open(make(folder, **files))
