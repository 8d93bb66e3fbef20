"""Unified diffs: the steps of a patch lab.

Reads the text of a patch; applies it to a tree, or says exactly which line does not fit. Exact
text only, no fuzz: a hunk may have moved (another release, an earlier step), but each of its
lines must stand in the file as it stands in the patch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk; ``lines`` are those of the diff with their leading ``' '``, ``'-'`` or ``'+'``."""

    start: int  # line (from 1) where the old side begins, as the patch has it
    section: str  # the function or so that git writes after the second @@
    lines: tuple[str, ...]
    at: int  # line of the patch file where the hunk's header stands

    @property
    def old(self) -> tuple[str, ...]:
        """The lines that must stand in the file."""
        return tuple(line[1:] for line in self.lines if line[0] in " -")

    @property
    def new(self) -> tuple[str, ...]:
        """The lines that take their place."""
        return tuple(line[1:] for line in self.lines if line[0] in " +")


@dataclass(frozen=True, slots=True)
class FilePatch:
    """All hunks for one file of the tree."""

    path: str
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch file, parsed; ``preamble`` is the prose before the first file."""

    name: str
    preamble: str
    files: tuple[FilePatch, ...]
    text: str


def read_patch(file: Path) -> Patch:
    """Parses ``file``. Raises `UserError` with ``file:line`` when it is no unified diff."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(file)) from None
    return parse_patch(text, name=str(file))


def parse_patch(text: str, *, name: str) -> Patch:
    """Parses the text of a unified diff; ``name`` is for messages."""
    lines = text.splitlines()
    preamble: list[str] = []
    files: list[FilePatch] = []
    path, hunks = "", list[Hunk]()
    i = 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("--- ") and i + 1 < len(lines) and lines[i + 1].startswith("+++ "):
            if path:
                files.append(FilePatch(path, tuple(hunks)))
            path, hunks = _path(lines[i + 1], where=f"{name}:{i + 2}"), []
            i += 2
        elif found := _HUNK.match(line):
            if not path:
                raise UserError("a hunk before the file it belongs to", where=f"{name}:{i + 1}")
            old, new = int(found[2] or 1), int(found[4] or 1)
            start, body = i + 1, list[str]()
            i += 1
            while i < len(lines) and (old > 0 or new > 0):
                kind = lines[i][:1] or " "
                if kind not in " +-":
                    break
                old -= kind in " -"
                new -= kind in " +"
                body.append(lines[i] or " ")
                i += 1
            if old or new:
                raise UserError("the hunk has not the lines it announces", where=f"{name}:{start}")
            hunks.append(Hunk(int(found[1]), found[5], tuple(body), start))
        else:
            if not path:
                preamble.append(line)
            i += 1
    if path:
        files.append(FilePatch(path, tuple(hunks)))
    if not files or not all(file.hunks for file in files):
        raise UserError("no unified diff", where=name, todo="git diff and diff -u write them.")
    return Patch(name, "\n".join(preamble).strip(), tuple(files), text)


def apply_patch(patch: Patch, tree: Path, *, reverse: bool = False) -> list[str]:
    """Changes the files under ``tree``; gives the paths it changed.

    All or nothing: every hunk of every file is tried before anything is written. Raises
    `UserError` naming the hunk, the line that does not fit, and what stands there instead.
    """

    def read(path: str) -> str | None:
        try:
            return (tree / path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(
                f"{path} cannot be patched: {error.strerror}", where=patch.name
            ) from None

    for path, text in _applied(patch, read, reverse=reverse).items():
        target = tree / path
        part = target.with_name(target.name + ".part")
        part.write_text(text, encoding="utf-8")
        if target.exists():
            part.chmod(target.stat().st_mode)
        part.replace(target)
    return [file.path for file in patch.files]


def patched(patches: Iterable[Patch], tree: Path) -> dict[str, str]:
    """The texts of the files that ``patches`` change, as they are after all of them; ``tree`` is
    only read. Raises `UserError` as `apply_patch` does."""
    texts: dict[str, str] = {}

    def read(path: str) -> str | None:
        if path in texts:
            return texts[path]
        file = tree / path
        return file.read_text(encoding="utf-8") if file.exists() else None

    for patch in patches:
        texts |= _applied(patch, read)
    return texts


def _applied(
    patch: Patch, read: Callable[[str], str | None], *, reverse: bool = False
) -> dict[str, str]:
    changed: dict[str, str] = {}
    for file in patch.files:
        text = read(file.path)
        if text is None and (reverse or any(hunk.old for hunk in file.hunks)):
            raise UserError(
                f"{file.path} cannot be patched: there is no such file", where=patch.name
            )
        if text is None:
            changed[file.path] = "".join(f"{line}\n" for hunk in file.hunks for line in hunk.new)
            continue
        lines = text.split("\n")
        offset = 0
        for hunk in file.hunks:
            before, after = (hunk.new, hunk.old) if reverse else (hunk.old, hunk.new)
            at = _find(lines, before, hunk.start - 1 + offset)
            if at is None:
                raise _rejected(patch, file, hunk, lines, before, hunk.start - 1 + offset)
            lines[at : at + len(before)] = after
            offset = at + len(after) - len(before) - (hunk.start - 1)
        changed[file.path] = "\n".join(lines)
    return changed


def _path(line: str, *, where: str) -> str:
    path = line[4:].split("\t")[0].strip()
    path = path.split("/", 1)[1] if path.startswith(("a/", "b/")) else path
    parts = Path(path).parts
    if not parts or path.startswith("/") or ".." in parts:
        raise UserError(f"patches no file inside the tree: {path!r}", where=where)
    return path


def _find(lines: list[str], wanted: tuple[str, ...], near: int) -> int | None:
    """Where ``wanted`` stands, nearest to index ``near``; None when it does not."""
    last = len(lines) - len(wanted)
    for index in sorted(range(last + 1), key=lambda index: abs(index - near)):
        if lines[index] == wanted[0] and tuple(lines[index : index + len(wanted)]) == wanted:
            return index
    return None


def _rejected(
    patch: Patch,
    file: FilePatch,
    hunk: Hunk,
    lines: list[str],
    wanted: tuple[str, ...],
    near: int,
) -> UserError:
    # The place where most of the hunk fits is the one that the author meant.
    def fit(index: int) -> int:
        return sum(a == b for a, b in zip(lines[index:], wanted, strict=False))

    candidates = range(max(1, len(lines) - len(wanted) + 1))
    best = max(candidates, key=lambda index: (fit(index), -abs(index - near)))
    wrong = next(
        (n for n, line in enumerate(wanted) if best + n >= len(lines) or lines[best + n] != line),
        0,
    )
    there = lines[best + wrong] if best + wrong < len(lines) else "(end of file)"
    return UserError(
        f"this hunk does not fit {file.path} (line {best + wrong + 1} differs)",
        where=f"{patch.name}:{hunk.at}",
        todo="\n".join(
            [
                f"expected: {wanted[wrong]}",
                f"found:    {there}",
                "the hunk:",
                *(f"| {line}" for line in hunk.lines),
            ]
        ),
    )
