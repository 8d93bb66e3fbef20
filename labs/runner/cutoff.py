"""Which objects a changed header really reaches, so that a rebuild takes seconds.

CPython's own Makefile lets every object depend on every header; a new opcode then costs a whole
build. The trees of patch labs know better: each object has its true list of headers (a ``.d``
file from the compiler) and, in ``.labs/units.json``, the macros that its unit uses. A header
that changed only in the definitions of macros reaches the units that use one of them, or that
hold a name which is a macro now. Their objects are removed; the header gets its old time back,
so that make leaves the others alone. Everything else stays make's business.

Reads and writes a tree; imports nothing of ours but the data it keeps there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from annotator.errors import UserError

_UNITS = Path(".labs/units.json")
_HEADERS = Path(".labs/headers.json")
_OBJECT = re.compile(r" -o (\S+\.o)\b")
_DEFINE = re.compile(r"#\s*define\s+(\w+)(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_SOURCES = ("Include", "Objects", "Python", "Modules", "Parser", "Programs")


def survey(tree: Path, make: list[str], *, jobs: int, step: Callable[[int, int], None]) -> None:
    """Asks the compiler what every unit includes and which macros it uses.

    ``make`` is the command that builds the tree; nothing is built. ``step`` hears how many of
    how many units are done. The tree must be built and up to date.
    """
    commands = _commands(tree, make)
    used: dict[str, list[str]] = {}

    def ask(unit: str) -> None:
        # -dU: the macros that were expanded or tested, and no others.
        depends = ["-MMD", "-MP", "-MF", f"{unit[:-2]}.d", "-MT", unit]
        command = commands[unit].replace(f" -o {unit}", " ")
        ran = subprocess.run(
            f"{command} -E -P -dU {' '.join(depends)}",
            shell=True,
            cwd=tree,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if ran.returncode:
            raise UserError(f"{unit} cannot be preprocessed", todo=ran.stderr[-2000:])
        names = {
            line.split(maxsplit=2)[1].split("(")[0]
            for line in ran.stdout.splitlines()
            if line.startswith(("#define ", "#undef "))
        }
        used[unit] = sorted(names)
        step(len(used), len(commands))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(ask, commands))
    _write(tree / _UNITS, dict(sorted(used.items())))
    remember(tree)


def remember(tree: Path) -> None:
    """Notes the headers as they are now, and their times: the tree is built with them."""
    known = {}
    for header in _headers(tree):
        file = tree / header
        macros, rest = _split(file.read_text(encoding="utf-8", errors="replace"))
        known[header] = {"time": file.stat().st_mtime_ns, "macros": macros, "rest": rest}
    _write(tree / _HEADERS, known)


def settle(tree: Path) -> list[str]:
    """Before a build: lets changed headers reach only what they concern.

    Gives the objects that it removed. Does nothing in a tree that was not surveyed.
    """
    if not (tree / _UNITS).exists() or not (tree / _HEADERS).exists():
        return []
    used = json.loads((tree / _UNITS).read_text(encoding="utf-8"))
    known = json.loads((tree / _HEADERS).read_text(encoding="utf-8"))
    changed: dict[str, set[str] | None] = {}  # None: more than definitions of macros
    added: set[str] = set()
    for header, before in known.items():
        file = tree / header
        if not file.exists() or file.stat().st_mtime_ns == before["time"]:
            continue
        macros, rest = _split(file.read_text(encoding="utf-8", errors="replace"))
        old = before["macros"]
        names = {name for name in {*macros, *old} if macros.get(name) != old.get(name)}
        added |= macros.keys() - old.keys()
        changed[header] = names if rest == before["rest"] else None
    if not changed:
        return []
    mention = _mentions(tree, added)
    removed = []
    for unit, macros in used.items():
        depends = _depends(tree / f"{unit[:-2]}.d")
        touched = depends & changed.keys()
        if not touched or not (tree / unit).exists():
            continue
        if _reached(touched, changed, set(macros), (depends - changed.keys()) & mention):
            (tree / unit).unlink()
            removed.append(unit)
    # Only now, when what they concern is gone, may the headers look old again.
    for header in changed:
        os.utime(tree / header, ns=(known[header]["time"], known[header]["time"]))
    return removed


def _reached(
    touched: Iterable[str],
    changed: dict[str, set[str] | None],
    macros: set[str],
    mentions: set[str],
) -> bool:
    if mentions:
        return True
    for header in touched:
        names = changed[header]
        if names is None or names & macros:
            return True
    return False


def _commands(tree: Path, make: list[str]) -> dict[str, str]:
    """Each object's compile command, as make would run it."""
    kept = ("Makefile", "Makefile.pre", "config.status", "./configure", "pyconfig.h")
    old = [word for name in kept for word in ("-o", name)]
    ran = subprocess.run([*make, "-n", "-B", *old, "all"], cwd=tree, capture_output=True, text=True)
    commands = {}
    # Some commands go over several lines, each but the first behind a tab.
    for line in ran.stdout.replace("\\\n", " ").replace("\t", " ").splitlines():
        if " -c " in line and (found := _OBJECT.search(line)):
            commands[found[1]] = line
    if not commands:
        raise UserError("make does not say how it compiles", todo=ran.stderr[-2000:])
    return commands


def _headers(tree: Path) -> list[str]:
    return sorted(str(path.relative_to(tree)) for path in (tree / "Include").rglob("*.h"))


def _split(text: str) -> tuple[dict[str, str], str]:
    """The macros a header defines (name to a digest of all its definitions), and a digest of
    everything else in it."""
    macros: dict[str, str] = {}
    rest = []
    for line in text.replace("\\\n", " ").splitlines():
        if found := _DEFINE.match(line.strip()):
            macros[found[1]] = macros.get(found[1], "") + found[2]
        else:
            rest.append(line)
    digests = {name: _digest(value) for name, value in macros.items()}
    return digests, _digest("\n".join(rest))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _depends(file: Path) -> set[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return set()
    rule = text.replace("\\\n", " ").split("\n", 1)[0]
    return {os.path.normpath(name) for name in rule.split()[1:]}


def _mentions(tree: Path, names: set[str]) -> set[str]:
    """The source files in which one of ``names`` stands as a word."""
    if not names:
        return set()
    found = set()
    for folder in _SOURCES:
        for path in (tree / folder).rglob("*.[ch]"):
            text = path.read_text(encoding="utf-8", errors="replace")
            if any(name in text for name in names) and names & set(_NAME.findall(text)):
                found.add(str(path.relative_to(tree)))
    return found


def _write(file: Path, data: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(data), encoding="utf-8")
    part.replace(file)
