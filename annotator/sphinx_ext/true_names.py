"""Whether code in the prose exists: reads a word set as code, gives what is wrong with it.

C's names are looked up in the index, files in the source tree, dotted names of Python in the
reference interpreter, options and environment variables in the source that reads them.
"""

from __future__ import annotations

import builtins
import difflib
import functools
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.sphinx_ext import access

if TYPE_CHECKING:
    from annotator.index.query import Index

# Names that can only be CPython's: its prefixes, the members of its structs, its constants.
_OURS = re.compile(
    r"\b(?:_?Py[A-Z_]\w*|_?PY_\w+|_Py_?\w+"
    r"|(?:tp|nb|sq|mp|bf|am|ob|co|ml|ma|dk|me|gi|lv|td|m)_[a-z]\w*"
    r"|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b"
)
_SNAKE = re.compile(r"_?[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?=\(\)$|$)")
_PATH = re.compile(
    r"(?:Include|Objects|Python|Parser|Modules|Lib|Tools|Grammar|Doc|Programs|Misc|PC"
    r"|InternalDocs)/[\w./*-]*"
)
_FILE = re.compile(r"[\w.-]+\.(?:c|h|py|gram|asdl|dat|toml)")
_DOTTED = re.compile(r"([a-z_]\w*(?:\.[A-Za-z_]\w*)+)(?:\(.*\))?")
_VARIABLE = re.compile(r"\bPYTHON[A-Z_]+\b")
_CONFIGURE = re.compile(r"--(?:with|without|enable|disable)-[a-z-]+")
_X_OPTION = re.compile(r"-X ([a-z_]+)")
_RUN_MODULE = re.compile(r"(?:^|python3? )-m ([a-z_][\w.]*)")


@dataclass(slots=True)
class Asked:
    """What was asked of one document: counts by kind, and dotted names that are still to ask."""

    counts: dict[str, int] = field(default_factory=dict)
    dotted: dict[str, list[object]] = field(default_factory=dict)

    def count(self, kind: str) -> None:
        """One more of *kind*."""
        self.counts[kind] = self.counts.get(kind, 0) + 1


class Names:
    """Everything that may be named; ``own`` are the names of the document's own code."""

    def __init__(self, opened: Index, tree: Path, own: frozenset[str]) -> None:
        self.known = _symbols(opened)
        self.tree = tree
        self.own = own

    def wrong(self, word: str, asked: Asked, node: object) -> str:
        """What is wrong with *word*, or nothing; dotted names of Python are noted in *asked*."""
        if found := _PATH.fullmatch(word):
            asked.count("files")
            return self._file(found.group())
        if _FILE.fullmatch(word):
            asked.count("files")
            if word in _base_names(self.tree) or word in self.own:
                return ""
            return f"no file of this name{self._near(word, _base_names(self.tree))}"
        for option in _CONFIGURE.findall(word):
            asked.count("options")
            # of a pair configure's help names one: --without-x is --with-x=no
            other = option.replace("--without-", "--with-").replace("--disable-", "--enable-")
            both = {option, other}
            if not any(_stands(one, _text(self.tree / "configure")) for one in both):
                return f"configure knows no {option}"
        if found := _X_OPTION.search(word):
            asked.count("options")
            # as its documentation spells it, or as the code asks for it
            if not re.search(rf'(?:-X |L"){found[1]}(?!\w)', _options(self.tree)):
                return f"the interpreter knows no -X {found[1]}"
        if found := _RUN_MODULE.search(word):
            asked.count("modules")
            if not self._module(found[1]):
                return f"no module {found[1]} in Lib/"
        for name in _VARIABLE.findall(word):
            asked.count("variables")
            if not _stands(name, _options(self.tree)):
                return f"no environment variable {name}"
        ours = _OURS.findall(word)
        for name in ours:
            if name.startswith("PYTHON"):
                continue
            asked.count("names")
            if name in self.known or name in self.own or name in _constants(self.tree):
                continue
            if name.isupper() or name[0].islower():  # it may be a name of Python's
                asked.dotted.setdefault(f"?.{name}", []).append(node)
            else:
                return f"no {name} in the source{self._near(name, self.known)}"
        if found := _DOTTED.fullmatch(word):
            first = found[1].split(".")[0]
            if first in sys.stdlib_module_names or first in _BUILTINS:
                if first not in self.own:
                    asked.dotted.setdefault(found[1], []).append(node)
                return ""
        if word.removesuffix("()") in ours:
            return ""
        if (found := _SNAKE.match(word)) and found.end() >= len(word.removesuffix("()")):
            asked.count("names")
            name = found.group()
            if name.startswith("test_") and name in _tests(self.tree):
                return ""
            if name not in self.known and name not in self.own and not self._module(name):
                asked.dotted.setdefault(f"?.{name}", []).append(node)
        return ""

    def _file(self, path: str) -> str:
        if "*" in path:
            return "" if any(self.tree.glob(path)) else f"nothing in the tree matches {path}"
        if (self.tree / path).exists():
            return ""
        near = difflib.get_close_matches(path.rpartition("/")[2], _base_names(self.tree), 5)
        return f"no such file in the tree{access.near(near)}"

    def _module(self, dotted: str) -> bool:
        path = self.tree / "Lib" / dotted.replace(".", "/")
        return (
            path.with_suffix(".py").exists()
            or path.is_dir()
            or dotted in sys.stdlib_module_names
            or dotted in ("annotator", "labs")
        )

    def _near(self, name: str, names: frozenset[str]) -> str:
        return access.near(difflib.get_close_matches(name, names, 5, 0.75))


_BUILTINS = frozenset(dir(builtins))

# Says which of the dotted names do not exist, and which bare ones no module of the library has.
RESOLVER = r"""
import builtins, importlib, inside, types
wrong = []
def look(name):
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        rest = parts[cut:]
        break
    else:
        found, rest = builtins, parts
    for part in rest:
        found = getattr(found, part)
everywhere = None
def somewhere(name):
    global everywhere
    if everywhere is None:
        everywhere = set()
        for module in ("builtins sys types gc dis ast symtable tokenize inspect tracemalloc opcode "
                       "ctypes struct collections functools itertools operator weakref marshal "
                       "importlib importlib._bootstrap importlib._bootstrap_external importlib.abc "
                       "asyncio contextlib copy pickle abc enum code codeop _pyrepl.readline "
                       "os io re timeit faulthandler threading time unittest traceback "
                       "sysconfig warnings zipimport").split():
            try:
                space = importlib.import_module(module)
            except ImportError:
                continue
            everywhere.update(kind.__name__ for kind in object.__subclasses__())
            for key, value in vars(space).items():
                everywhere.add(key)
                if isinstance(value, type):
                    everywhere.update(dir(value))
        for kind in (types.FunctionType, types.CodeType, types.FrameType, types.GeneratorType,
                     types.CoroutineType, types.AsyncGeneratorType, types.MethodType,
                     types.TracebackType, types.ModuleType, types.CellType):
            everywhere.update(dir(kind))
    return name in everywhere
for name in NAMES:
    try:
        if name.startswith("?."):
            if not somewhere(name[2:]):
                wrong.append(name)
        else:
            look(name)
    except (AttributeError, ImportError):
        wrong.append(name)
inside.give(wrong)
"""


@functools.lru_cache(maxsize=2)
def _symbols(opened: Index) -> frozenset[str]:
    return frozenset(opened.names())


@functools.lru_cache(maxsize=2)
def _base_names(tree: Path) -> frozenset[str]:
    return frozenset(name for _, _, names in os.walk(tree) for name in names)


@functools.lru_cache(maxsize=8)
def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _stands(name: str, text: str) -> bool:
    """Whether *name* stands in *text*, not merely as a part of a longer one."""
    return re.search(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![\w-])", text) is not None


@functools.lru_cache(maxsize=2)
def _options(tree: Path) -> str:
    """The source that reads options and environment variables."""
    places = ("Python/initconfig.c", "Python/preconfig.c", "Modules/main.c", "Modules/getpath.py",
              "Lib/site.py", "Lib/_pyrepl/__main__.py", "Lib/asyncio/base_events.py",
              "Python/pylifecycle.c", "Python/import.c", "Python/ceval.c", "Lib/_colorize.py",
              "Doc/using/cmdline.rst")  # fmt: skip
    return "\n".join(_text(tree / place) for place in places)


@functools.lru_cache(maxsize=2)
def _constants(tree: Path) -> frozenset[str]:
    """Names that stand in no C file: opcodes, tokens, what configure decides."""
    names: set[str] = set()
    for place in ("Lib/_opcode_metadata.py", "Include/internal/pycore_uop_ids.h",
                  "Python/bytecodes.c", "Python/optimizer_bytecodes.c", "Lib/token.py",
                  "configure", "pyconfig.h.in", "Makefile.pre.in",
                  "Modules/Setup.stdlib.in"):  # fmt: skip
        names.update(re.findall(r"\b_?[A-Z][A-Za-z0-9_]+\b", _text(tree / place)))
    return frozenset(names)


@functools.lru_cache(maxsize=2)
def _tests(tree: Path) -> frozenset[str]:
    """The names of the tests of CPython's own suite."""
    names: set[str] = set()
    for path in (tree / "Lib" / "test").rglob("*.py"):
        names.add(path.stem)
        names.update(re.findall(r"def (test_\w+)", path.read_text("utf-8", "replace")))
    return frozenset(names)
