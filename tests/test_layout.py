"""The shape of the repository: what lies where, what it may say, and who may import whom."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator.paths import REPOSITORY

TOP = {"docs", "annotator", "cpython-ref", "labs", "tests"}
TOP_FILES = {"conf.py", "pyproject.toml", "Makefile", "README.md", "LICENSE"}


def tracked() -> list[str]:
    """Every file that git tracks, or would with the next commit of all."""
    said = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(path for path in said.split("\0") if path and (REPOSITORY / path).is_file())


def test_top_level() -> None:
    """The top level is the design's, dotfiles apart, and complete."""
    tops = {path.split("/")[0] for path in tracked()}
    visible = {name for name in tops if not name.startswith(".")}
    assert visible == TOP | TOP_FILES


def test_no_machines_and_no_registries() -> None:
    """No tracked file names a package registry, a mirror or a path of somebody's machine."""
    # In pieces, so that this file does not contain what it forbids.
    words = ["py" + "pi.org", "pythonhos" + "ted", "deb.debian" + ".org", "npm" + "js.org"]
    words += ["/root" + "/", "/home" + "/", "/tmp" + "/w/", "site-" + "packages/"]
    pattern = re.compile("|".join(re.escape(word) for word in words))
    found = []
    for path in tracked():
        data = (REPOSITORY / path).read_bytes()
        text = data.decode("utf-8", "replace")
        found += [f"{path}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []


def test_no_cpython_source_and_no_large_files() -> None:
    """CPython's files are fetched, never committed; nothing generated is either."""
    for path in tracked():
        size = (REPOSITORY / path).stat().st_size
        assert size < 500_000, f"{path} has {size} bytes"
        assert not path.endswith((".tar.xz", ".tgz", ".o", ".so", ".pyc", ".sqlite"))
        if path.endswith((".c", ".h")):
            assert path.startswith(("labs/", "tests/", "cpython-ref/")), path


def modules() -> list[Path]:
    """The project's own Python modules."""
    return [
        REPOSITORY / path
        for path in tracked()
        if path.endswith(".py") and path.startswith(("annotator/", "labs/runner/"))
    ]


def imports(module: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it."""
    package = module.relative_to(REPOSITORY).parent.parts
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join([*package[: len(package) - node.level + 1], node.module or ""])
            name = base.strip(".") if node.level else node.module or ""
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


# A room may import those before it in the flow of data, and what is below everything.
ROOMS = ("reference", "running", "source", "parse", "meaning", "index", "pages", "sphinx_ext")
BELOW = ("errors", "model", "paths")


def room(name: str) -> str:
    """The room of a dotted name of ours: "parse" of ``annotator.parse.tokens``."""
    parts = name.split(".")
    return parts[1] if parts[0] == "annotator" and len(parts) > 1 else ""


def test_data_flows_one_way() -> None:
    """No room imports one that comes after it; the bottom imports nothing of ours."""
    wrong = []
    for module in modules():
        path = module.relative_to(REPOSITORY / "annotator" if "annotator" in module.parts else "/")
        own = path.parts[0].removesuffix(".py")
        for name in imports(module):
            other = room(name)
            if own in BELOW and other and other not in BELOW:
                wrong.append(f"{path} imports {name}")
            if own in ROOMS and other in ROOMS and ROOMS.index(other) > ROOMS.index(own):
                wrong.append(f"{path} imports {name}")
            if own in ROOMS and name.split(".")[0] == "labs" and own != "sphinx_ext":
                wrong.append(f"{path} imports {name}")
    assert wrong == []


def importers(package: str) -> set[str]:
    """Which modules import ``package``, relative to the repository."""
    return {
        module.relative_to(REPOSITORY).as_posix()
        for module in modules()
        if any(name.split(".")[0] == package for name in imports(module))
    }


@pytest.mark.parametrize(
    ("package", "folder"),
    [
        ("pycparser", "annotator/parse/"),
        ("sphinx", "annotator/sphinx_ext/"),
        ("docutils", "annotator/sphinx_ext/"),
        ("breathe", "annotator/sphinx_ext/"),
    ],
)
def test_packages_stay_in_their_room(package: str, folder: str) -> None:
    """Only one room knows the quirks of each package."""
    assert {path for path in importers(package) if not path.startswith(folder)} == set()


@pytest.mark.parametrize("package", ["pytest", "hypothesis", "playwright", "clang"])
def test_test_tools_stay_in_the_tests(package: str) -> None:
    """What only tests need is not imported by what readers run."""
    assert importers(package) - {path for path in importers(package) if "/inside/" in path} == set()


def test_labs_know_only_the_ground() -> None:
    """The lab tool imports errors, paths and reference from the annotator, and no more."""
    wrong = [
        f"{module.relative_to(REPOSITORY)} imports {name}"
        for module in modules()
        if "labs" in module.relative_to(REPOSITORY).parts
        for name in imports(module)
        if room(name) and room(name) not in ("errors", "paths", "reference")
    ]
    assert wrong == []


def test_the_page_writer_knows_no_c() -> None:
    """Pages come from the index; of C they know the tokens, which they colour, and no more."""
    wrong = [
        f"{module.relative_to(REPOSITORY)} imports {name}"
        for module in modules()
        if "pages" in module.parts
        for name in imports(module)
        if room(name) in ("source", "parse", "meaning")
        and not name.startswith("annotator.source.lex")
    ]
    assert wrong == []


def test_only_one_module_runs_the_preprocessor() -> None:
    """``gcc -E`` that keeps the macros is called in one place."""
    flag = "-d" + "D"
    users = [module for module in modules() if f'"{flag}"' in module.read_text()]
    assert [user.name for user in users] == ["preprocess.py"]


def test_modules_say_what_they_do_and_stay_small() -> None:
    """Every module opens with a docstring; none has more than 500 lines."""
    for module in modules():
        text = module.read_text()
        assert ast.get_docstring(ast.parse(text)), f"{module} has no docstring"
        assert text.count("\n") <= 500, f"{module} is too long"


def test_every_test_has_a_sentence() -> None:
    """A test's docstring says what it shows."""
    for path in tracked():
        if path.startswith("tests/") and path.endswith(".py"):
            for node in ast.walk(ast.parse((REPOSITORY / path).read_bytes())):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    assert ast.get_docstring(node), f"{path}: {node.name}"
