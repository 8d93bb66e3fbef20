"""Where generated cases come from: reads the release's generators, gives places token by token.

``Python/generated_cases.c.h`` and its siblings are written by programs in the release's
``Tools/cases_generator``.  Run again with an eye on their writer, these say of each token of
the output where in ``bytecodes.c`` it was spelled.  An output that differs from the file in
the tree tells nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from annotator.paths import cache_root
from annotator.source.tree import Tree

_RECORDER = Path(__file__).with_name("record_cases.py")
_GENERATORS = "Tools/cases_generator"
# output: (generator, inputs)
OUTPUTS = {
    "Python/generated_cases.c.h": ("tier1_generator.py", ("Python/bytecodes.c",)),
    "Python/executor_cases.c.h": ("tier2_generator.py", ("Python/bytecodes.c",)),
    "Python/optimizer_cases.c.h": (
        "optimizer_generator.py",
        ("Python/optimizer_bytecodes.c", "Python/bytecodes.c"),
    ),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The token at byte ``offset`` of the output is spelled at ``path:line:col``."""

    offset: int
    path: str
    line: int
    col: int


def origins(tree: Tree, output: str) -> list[Origin]:
    """Where the tokens of the generated file *output* are spelled, in the order of the output.

    Empty when the release has no such generator, or when it does not write that very file.
    """
    name, inputs = OUTPUTS[output]
    generator, there = tree.source / _GENERATORS / name, tree.file(output)
    files = [tree.file(path) for path in inputs]
    if there is None or not generator.is_file() or any(f is None for f in files):
        return []
    code = [_RECORDER, *sorted(generator.parent.glob("*.py")), *(f for f in files if f), there]
    key = hashlib.sha256(b"\0".join(f.read_bytes() for f in code)).hexdigest()
    kept = cache_root() / "facts" / "cases" / key
    text = _load(kept)
    if text is None:
        text = _run(tree.source, generator, inputs, there.read_bytes())
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=kept.parent, suffix=".part", delete=False) as part:
            part.write(hashlib.sha256(text).digest() + text)
        Path(part.name).replace(kept)
    found = []
    for line in text.decode().splitlines():
        offset, row, col, path = line.split(" ", 3)
        found.append(Origin(int(offset), path, int(row), int(col)))
    return found


def _load(kept: Path) -> bytes | None:
    """What was kept; None when it is not there or damaged."""
    try:
        whole = kept.read_bytes()
    except OSError:
        return None
    return whole[32:] if hashlib.sha256(whole[32:]).digest() == whole[:32] else None


def _run(source: Path, generator: Path, inputs: tuple[str, ...], expected: bytes) -> bytes:
    """The recorder's lines, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        out, places = Path(folder, "out"), Path(folder, "places")
        done = subprocess.run(
            [sys.executable, "-I", "-B", _RECORDER, places, generator, "-o", out, *inputs],
            cwd=source,
            capture_output=True,
            timeout=120,
            check=False,
        )
        if done.returncode or not out.is_file() or out.read_bytes() != expected:
            return b""
        return places.read_bytes()
