"""The trees of patch labs: a base in the cache, clones of it, and building in them.

Reads the debug reference interpreter (source and build folder); gives a tree of source and
objects in one, built, that does not know its own place, so that a copy of it is built too. Two
things in its Makefile differ from CPython's: objects depend on the headers they include
(`cutoff`), and two modules are built that the reference leaves out: ``_testinternalcapi``,
without which ``test_dis`` and ``test_opcache`` skip themselves, and ``unicodedata``, without
which there is no new interactive prompt.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import cache_root
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report

from . import cutoff, folders, sandbox

_FORMAT = 5  # raise when a base is made differently
_LEFT_OUT = frozenset(
    ("Doc", "PC", "PCbuild", "Mac", "iOS", "Android", ".github", ".devcontainer", "InternalDocs")
)
_TOKENS = "Doc/library"  # regen-token reads one file there and writes another
# What a regen target of CPython's Makefile reads, so that it runs when that has changed.
REGEN = {
    "regen-cases": ("Python/bytecodes.c", "Python/optimizer_bytecodes.c", "Tools/cases_generator"),
    "regen-pegen": ("Grammar/python.gram", "Grammar/Tokens", "Tools/peg_generator/pegen"),
    "regen-token": ("Grammar/Tokens", "Tools/build/generate_token.py"),
    "regen-keyword": ("Grammar/python.gram", "Grammar/Tokens"),
    "regen-ast": ("Parser/Python.asdl", "Parser/asdl_c.py"),
    "clinic": (
        "Python/bltinmodule.c",
        "Python/sysmodule.c",
        "Objects/listobject.c",
        "Modules/gcmodule.c",
        "Tools/clinic",
    ),
    "regen-test-frozenmain": ("Programs/test_frozenmain.py", "Lib/importlib"),
}
_WARM = "dis, opcode, test.support, test.libregrtest.main, unittest"
_ERROR = re.compile(rb"(error:|Error\b|\*\*\*|SyntaxError)")


@dataclass(frozen=True, slots=True)
class Make:
    """What a build of a tree came to; ``said`` are the lines that matter when it failed."""

    ok: bool
    said: str
    log: Path
    seconds: float


def base(interpreter: Interpreter, *, jobs: int, report: Report) -> Path:
    """The base tree for ``interpreter``, made if it is not there yet.

    Two processes may ask at once: one makes it, the other waits. Raises `UserError` when it
    cannot be built; the message names the log.
    """
    home = cache_root() / "labs"
    home.mkdir(parents=True, exist_ok=True)
    made_from = hashlib.sha256(f"{_FORMAT} {interpreter.key}".encode()).hexdigest()[:12]
    tree = home / f"base-{made_from}"
    if tree.exists():
        return tree
    with (home / f"base-{made_from}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tree.exists():
            with report.stage("prepare the tree of the patch labs"):
                part = home / f"base-{made_from}.part"
                shutil.rmtree(part, ignore_errors=True)
                _assemble(interpreter, part)
                _adapt(part, interpreter)
                _settle_down(part, jobs=jobs, log=home / f"base-{made_from}.log", report=report)
                part.replace(tree)
    return tree


def clone(tree: Path, target: Path) -> None:
    """Copies a tree with all its times, as reflinks where the file system knows them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy([f"{tree}/."], target)


def build(
    tree: Path,
    regen: tuple[str, ...],
    *,
    jobs: int,
    scratch: Path,
    log: Path,
    on_line: Callable[[bytes], None] | None = None,
) -> Make:
    """Runs the regen targets whose inputs have changed, then make.

    ``on_line`` sees each line of their output. A tree that does not build is a result, not an
    exception.
    """
    seconds = 0.0
    stale = [target for target in regen if _regen_state(tree, target) != _remembered(tree, target)]
    for target in stale:  # one after the other: the parser needs the tokens
        made = _make(tree, [target], jobs=jobs, scratch=scratch, log=log, on_line=on_line)
        seconds += made.seconds
        if not made.ok:
            return made
        _remember(tree, target)
    with contextlib.suppress(OSError):
        cutoff.settle(tree)
    made = _make(tree, ["all"], jobs=jobs, scratch=scratch, log=log, on_line=on_line)
    if made.ok:
        cutoff.remember(tree)
    return Make(made.ok, made.said, log, seconds + made.seconds)


@contextlib.contextmanager
def borrowed(tree: Path) -> Iterator[Path]:
    """A clone of ``tree`` for the time of the block."""
    with folders.own(cache_root() / "labs" / "work") as mine:
        clone(tree, mine)
        yield mine


def _assemble(interpreter: Interpreter, tree: Path) -> None:
    """The source and, over it, the build folder, in one tree."""
    source, built = interpreter.source, interpreter.build
    wanted = sorted(path for path in source.iterdir() if path.name not in _LEFT_OUT)
    _copy([str(path) for path in wanted], tree)
    _copy([f"{built}/."], tree)  # into the folders that are there already
    _copy([str(path) for path in sorted((source / _TOKENS).glob("token*"))], tree / _TOKENS)
    for name in ("config.log", "make.log", "conf.log"):
        (tree / name).unlink(missing_ok=True)


def _copy(sources: list[str], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(
        ["cp", "-a", "--reflink=auto", *sources, target], capture_output=True, text=True
    )
    if ran.returncode:
        raise UserError("the tree cannot be copied", where=str(target), todo=ran.stderr[-500:])


def _adapt(tree: Path, interpreter: Interpreter) -> None:
    """Takes every absolute path out of the Makefile and puts our rules in."""
    objects = ["Modules/_testinternalcapi.o"]
    objects += sorted(
        str(path.relative_to(tree).with_suffix(".o"))
        for path in (tree / "Modules" / "_testinternalcapi").glob("*.c")
    )
    rules = _RULES.replace("@OBJECTS@", " ".join(objects))
    for name in ("Makefile.pre", "Makefile"):
        file = tree / name
        status = file.stat()
        text = file.read_text(encoding="utf-8")
        for pattern, new in (
            (r"^srcdir=.*$", "srcdir=\t\t."),
            (r"^VPATH=.*$", "VPATH="),
            (r"^abs_(srcdir|builddir)=.*$", r"abs_\1=\t$(CURDIR)"),
            (r"^BASECPPFLAGS=(.*)$", r"BASECPPFLAGS=\1 -MMD -MP"),
            (r"^PYTHON_HEADERS=(\s*\\)$", r"PYTHON_HEADERS=\nALL_PYTHON_HEADERS=\1"),
        ):
            text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
            if not count:
                raise UserError(f"{name} has no line like {pattern}", where=str(interpreter.build))
        text = text.replace(f"{interpreter.source}/", "./").replace(str(interpreter.build), ".")
        file.write_text(text + rules, encoding="utf-8")
        # make compares it with its own sources, and many objects with it
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    # The one object that knows where it was built.
    (tree / "Modules" / "getpath.o").unlink(missing_ok=True)


_RULES = """
# Added for the labs: the headers an object really includes, the module that test_dis and
# test_opcache look into the interpreter with, and the one that the interactive prompt needs.
-include $(shell find Modules Objects Parser Programs Python -name "*.d")
LABS_OBJECTS= @OBJECTS@
LABS_INTERNAL= $(shell cat pybuilddir.txt)/_testinternalcapi$(EXT_SUFFIX)
LABS_UNICODE= $(shell cat pybuilddir.txt)/unicodedata$(EXT_SUFFIX)
$(LABS_OBJECTS) Modules/unicodedata.o: %.o: %.c
\t$(CC) $(CCSHARED) $(PY_STDMODULE_CFLAGS) -DPy_BUILD_CORE_MODULE -o $@ -c $<
$(LABS_INTERNAL): $(LABS_OBJECTS)
\t$(BLDSHARED) -o $@ $(LABS_OBJECTS)
$(LABS_UNICODE): Modules/unicodedata.o
\t$(BLDSHARED) -o $@ Modules/unicodedata.o
all: $(LABS_INTERNAL) $(LABS_UNICODE)
"""


def _settle_down(tree: Path, *, jobs: int, log: Path, report: Report) -> None:
    scratch = tree / ".labs" / "scratch"
    lines = 0

    def on_line(_: bytes) -> None:
        nonlocal lines
        lines += 1
        report.step(lines)

    with report.stage("link it in its new place"):
        made = _make(tree, ["all"], jobs=jobs, scratch=scratch, log=log, on_line=on_line)
        if not made.ok:
            raise UserError("the base tree does not build", where=str(log), todo=made.said)
    with report.stage("ask the compiler what each file includes"):
        cutoff.survey(
            tree,
            ["make", f"PYTHON_FOR_REGEN={sys.executable}"],
            jobs=jobs,
            step=lambda done, total: report.step(done, total),
        )
    for target in REGEN:
        _remember(tree, target)
    made = _make(tree, ["all"], jobs=jobs, scratch=scratch, log=log)
    warm = sandbox.run(
        [tree / "python", "-c", f"import {_WARM}"], limits=sandbox.STOCK, scratch=scratch
    )
    if not made.ok or not warm.ok:
        raise UserError("the base tree does not run", where=str(log), todo=made.said or warm.output)
    shutil.rmtree(scratch, ignore_errors=True)


def _make(
    tree: Path,
    targets: list[str],
    *,
    jobs: int,
    scratch: Path,
    log: Path,
    on_line: Callable[[bytes], None] | None = None,
) -> Make:
    kept, env = objects()
    ended = sandbox.run(
        ["make", f"-j{jobs}", f"PYTHON_FOR_REGEN={sys.executable}", *kept, *targets],
        limits=sandbox.MAKE,
        scratch=scratch,
        cwd=tree,
        env=env,
        log=log,
        on_line=on_line,
    )
    return Make(ended.ok, "" if ended.ok else _matters(ended), log, ended.seconds)


def objects() -> tuple[list[str], dict[str, str]]:
    """How objects that were compiled before, from the same text, are had again: words for
    make and an environment for ccache; nothing where that is not installed.

    A tree's own list of headers (its ``.d`` files) is all that ccache goes by, so that a
    miss costs no preprocessing; and paths in a tree are relative, so that one tree's object
    is another's.
    """
    if not shutil.which("ccache"):
        return [], {}
    return ["CC=ccache gcc"], {
        "CCACHE_DIR": str(cache_root() / "labs" / "objects"),
        "CCACHE_MAXSIZE": "1G",
        "CCACHE_DEPEND": "1",
        "CCACHE_NOHASHDIR": "1",
        "CCACHE_COMPILERCHECK": "content",
        "CCACHE_SLOPPINESS": "include_file_mtime,include_file_ctime",
    }


def _matters(ended: sandbox.Ended) -> str:
    """The first error and what stands around it; or else the end of the output."""
    lines = ended.output.splitlines()
    first = next((n for n, line in enumerate(lines) if _ERROR.search(line.encode())), None)
    if first is None:
        return "\n".join([*lines[-15:], f"make was {ended.why}"])
    if ": error:" in lines[first]:
        start = first
    else:  # a generator's traceback: its last line says most
        start = max(0, first - 12)
        first = next(
            (n for n in range(first, len(lines)) if re.match(r"\w+Error\b", lines[n])), first
        )
        return "\n".join(line[:200] for line in lines[start : first + 1])
    return "\n".join(line[:200] for line in lines[start : first + 12])


def _regen_state(tree: Path, target: str) -> str:
    digest = hashlib.sha256()
    for name in REGEN[target]:
        path = tree / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            digest.update(f"{file.relative_to(tree)}\0".encode())
            digest.update(file.read_bytes() if file.exists() else b"gone")
    return digest.hexdigest()


def _remembered(tree: Path, target: str) -> str:
    with contextlib.suppress(OSError, ValueError):
        states = json.loads((tree / ".labs" / "regen.json").read_text(encoding="utf-8"))
        return str(states.get(target, ""))
    return ""


def _remember(tree: Path, target: str) -> None:
    file = tree / ".labs" / "regen.json"
    states = {}
    with contextlib.suppress(OSError, ValueError):
        states = json.loads(file.read_text(encoding="utf-8"))
    states[target] = _regen_state(tree, target)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(states, indent=1), encoding="utf-8")
    part.replace(file)
