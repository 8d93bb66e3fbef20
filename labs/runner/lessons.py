"""Reads the labs' folders: ``lab.toml`` and the tests' docstrings; gives `Lab` records.

A lab's folder is ``labs/extension/NN-name`` or ``labs/patch/NN-name``; its name is the slug.
Every key of ``lab.toml`` is checked here, an unknown one included, so that nothing later has to
doubt a `Lab`. The format is described in ``docs/labs/authors.rst``.
"""

from __future__ import annotations

import ast
import difflib
import re
import threading
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from annotator.errors import UserError
from annotator.paths import REPOSITORY

from .model import Kind, Lab, Mutation, ReadLink, Step, StockException

T = TypeVar("T")

LABS = REPOSITORY / "labs"
SLUG = re.compile(r"\d\d-[a-z0-9]+(?:-[a-z0-9]+)*\Z")
# To make Python objects of a tree in two threads at once can end in a SystemError
# before 3.13 (their depth is counted together: gh-106905), so one comes after the other.
PARSING = threading.Lock()
HINTS = 3  # a nudge, a direction, nearly the code


@dataclass(frozen=True, slots=True)
class Check:
    """One test of a step: its function's name and what its docstring says it checks.

    ``holds_before`` is the reason why it passes before the step is done; "" when it must not.
    ``spared`` are the examinations it does not take part in, each with the reason.
    """

    name: str
    says: str
    holds_before: str = ""
    spared: dict[str, str] = field(default_factory=dict)


def lab_folders(root: Path = LABS) -> list[Path]:
    """The folders of all labs, extension labs first, each kind in its order."""
    return [
        folder
        for kind in Kind
        for folder in sorted((root / kind.value).glob("*/"))
        if (folder / "lab.toml").exists()
    ]


def all_labs(root: Path = LABS) -> list[Lab]:
    """Every lab, extension labs first. Raises `UserError` on the first that is not right."""
    labs = [read_lab(folder) for folder in lab_folders(root)]
    slugs = {lab.slug for lab in labs}
    for lab in labs:
        for slug in lab.prerequisites:
            if slug not in slugs:
                raise UserError(
                    f"prerequisite {slug!r} is no lab",
                    where=str(lab.folder / "lab.toml"),
                    todo=_nearest(slug, slugs),
                )
    return labs


def find_lab(name: str, root: Path = LABS) -> Lab:
    """The lab of that slug; its code (``X1``) or an unambiguous part of the slug will do too.

    Raises `UserError` with the nearest candidates when there is none.
    """
    labs = all_labs(root)
    exact = [lab for lab in labs if name == lab.slug or name.upper() == lab.code]
    found = exact or [lab for lab in labs if name and name in lab.slug]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{name!r} may be any of {', '.join(lab.slug for lab in found)}",
            todo="Give the whole name.",
        )
    raise UserError(
        f"there is no lab {name!r}",
        todo=_nearest(name, [lab.slug for lab in labs]) + "python -m labs list shows them all.",
    )


def read_lab(folder: Path) -> Lab:
    """The lab in ``folder``. Raises `UserError` naming the key that is missing or wrong."""
    file = folder / "lab.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"not valid TOML: {error}", where=str(file)) from None
    if not SLUG.match(folder.name):
        raise UserError(
            f"{folder.name!r} is no slug: two digits, then words joined by '-'", where=str(folder)
        )
    table = _Table(data, file)
    kind = Kind(folder.parent.name)
    lab = Lab(
        slug=folder.name,
        kind=kind,
        number=int(folder.name[:2]),
        folder=folder,
        title=table.text("title"),
        summary=table.text("summary"),
        chapter=table.text("chapter"),
        chapter_title=table.text("chapter-title"),
        minutes=table.number("minutes"),
        prerequisites=table.texts("prerequisites"),
        reads=tuple(
            entry.made(ReadLink(target=entry.text("target"), why=entry.text("why")))
            for entry in table.tables("read")
        ),
        steps=tuple(_step(n, entry) for n, entry in enumerate(table.tables("step"), start=1)),
        mutations=tuple(_mutation(entry) for entry in table.tables("mutation")),
        module=table.text("module") if kind is Kind.EXTENSION else "",
        sources=table.texts("sources") if kind is Kind.EXTENSION else (),
        regen=table.texts("regen") if kind is Kind.PATCH else (),
        stock=table.texts("stock") if kind is Kind.PATCH else (),
        stock_exceptions=tuple(
            entry.made(StockException(test=entry.text("test"), reason=entry.text("reason")))
            for entry in table.tables("stock-exception")
        ),
        played=table.flag("played"),
    )
    table.done()
    if not lab.steps:
        raise UserError("no [[step]]", where=str(file))
    return lab


def step_tests(lab: Lab, step: int) -> Path:
    """The file with the tests of step ``step`` (from 1)."""
    return lab.folder / "tests" / f"step_{step}.py"


def checks(lab: Lab, step: int) -> tuple[Check, ...]:
    """The tests of a step and what each says it checks, read without running them.

    Raises `UserError` when the file is missing, holds no test, or a test says nothing.
    """
    file = step_tests(lab, step)
    try:
        text = file.read_text(encoding="utf-8")
        with PARSING:
            tree = ast.parse(text, str(file))
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except SyntaxError as error:
        raise UserError(f"not Python: {error.msg}", where=f"{file}:{error.lineno}") from None
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            says = ast.get_docstring(node)
            if not says:
                raise UserError(
                    f"{node.name} does not say what it checks",
                    where=f"{file}:{node.lineno}",
                    todo="Give it a docstring of one sentence; the page shows it.",
                )
            reasons = _reasons(node)
            holds_before = reasons.pop("holds_before", "")
            found.append(Check(node.name, " ".join(says.split()), holds_before, reasons))
    if not found:
        raise UserError("holds no test", where=str(file))
    return tuple(found)


def _reasons(test: ast.FunctionDef) -> dict[str, str]:
    # @labkit.holds_before("the reason")
    found: dict[str, str] = {}
    for decorator in test.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Attribute(attr="holds_before" | "not_hunted" | "not_sanitized" as word),
                args=[ast.Constant(value=str(reason))],
            ):
                found[word] = reason
    return found


def _step(number: int, table: _Table) -> Step:
    step = Step(
        number=number,
        title=table.text("title"),
        task=table.text("task"),
        checks=table.text("checks"),
        hints=table.texts("hints"),
    )
    table.done()
    if len(step.hints) != HINTS or not all(step.hints):
        raise UserError(
            f"step {number} has {len(step.hints)} hints, not {HINTS}",
            where=str(table.file),
            todo="From a nudge to nearly the code.",
        )
    return step


def _mutation(table: _Table) -> Mutation:
    return table.made(
        Mutation(
            name=table.text("name"),
            file=table.text("file"),
            old=table.raw("replace"),
            new=table.raw("with", empty=True),
            caught_by=table.numbers("caught-by"),
            show=table.flag("show"),
            breaks_build=table.flag("breaks-build"),
        )
    )


def _nearest(name: str, candidates: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.4)
    return f"Nearest: {', '.join(near)}.\n" if near else ""


class _Table:
    """A TOML table that notices unknown keys and wrong types."""

    def __init__(self, data: dict[str, Any], file: Path, name: str = "") -> None:
        self._data = dict(data)
        self.file = file
        self._name = name

    def text(self, key: str) -> str:
        return self.raw(key).strip()

    def raw(self, key: str, *, empty: bool = False) -> str:
        value = self._take(key, lambda value: isinstance(value, str), "a string")
        if not value.strip() and not empty:
            raise self._error(f"{self._name}{key} is empty")
        return str(value)

    def number(self, key: str) -> int:
        return int(self._take(key, lambda value: type(value) is int, "a whole number"))

    def flag(self, key: str) -> bool:
        return bool(self._take(key, lambda value: type(value) is bool, "true or false", False))

    def texts(self, key: str) -> tuple[str, ...]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(isinstance(item, str) for item in value)

        return tuple(item.strip() for item in self._take(key, fits, "a list of strings", []))

    def numbers(self, key: str) -> tuple[int, ...]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(type(item) is int for item in value)

        return tuple(self._take(key, fits, "a list of numbers", []))

    def tables(self, key: str) -> list[_Table]:
        def fits(value: Any) -> bool:
            return isinstance(value, list) and all(isinstance(item, dict) for item in value)

        entries = self._take(key, fits, f"written as [[{key}]]", [])
        return [
            _Table(entry, self.file, f"{key} {number}: ")
            for number, entry in enumerate(entries, start=1)
        ]

    def made(self, thing: T) -> T:
        """Gives back ``thing``, made from this table, once no key is left over."""
        self.done()
        return thing

    def done(self) -> None:
        if self._data:
            raise self._error(f"{self._name}unknown key {next(iter(self._data))!r}")

    def _take(self, key: str, fits: Callable[[Any], bool], what: str, default: Any = None) -> Any:
        value = self._data.pop(key, default)
        if value is None:
            raise self._error(f"{self._name}{key} is missing")
        if not fits(value):
            raise self._error(f"{self._name}{key} must be {what}")
        return value

    def _error(self, what: str) -> UserError:
        return UserError(what, where=str(self.file))
