"""The configurations in which the source is read: configured like the release, hardly built.

Reads the release interpreter and ``cpython-ref/profiles.toml``; gives for each name in
`CONFIGS` a build folder with its ``pyconfig.h`` and Makefile.  The default configuration is
the interpreter itself.  For the others configure runs with the answers that it found for the
release, which takes 2 s instead of 30; only what their own options change is asked anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.model import CONFIGS
from annotator.paths import cache_root
from annotator.reference.cache import Manifest, disk_errors, locked, remove
from annotator.reference.interpreters import Interpreter, configure
from annotator.reference.progress import Report
from annotator.reference.releases import REFERENCE, Release

_FORMAT = 1  # raise when this module configures the same options differently

# configure asks about these after it has used the answer: with a remembered one it would
# decide differently than it does on its first run.
_ASKED_LATE = ("ac_cv_gcc_asm_for_x64", "ac_cv_wl_no_as_needed")

_ANSWERS = re.compile(r"^## Cache variables\. ##$(.*?)^## Output variables\. ##$", re.M | re.S)
_ANSWER = re.compile(r"^(?!ac_cv_env_)(\w+_cv_\w+)=.*$", re.M)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A folder in which CPython is configured in one way."""

    name: str  # one of CONFIGS
    build: Path  # the folder, with pyconfig.h, the Makefile and the headers that make makes
    source: Path  # the root of the source tree
    key: str  # changes with everything that it was made from
    log: Path  # what configure and make said

    @property
    def number(self) -> int:
        """Its index in `CONFIGS`."""
        return CONFIGS.index(self.name)


def configurations(
    interpreter: Interpreter, release: Release, *, report: Report
) -> list[Configuration]:
    """The configurations that the release knows, in the order of `CONFIGS`.

    *interpreter* is the release one; what is missing is configured beside it, in the cache.
    Raises `UserError` when configure fails; it names the log.
    """
    first = Configuration(
        CONFIGS[0], interpreter.build, interpreter.source, interpreter.key, interpreter.log
    )
    options = _options()
    known = (interpreter.source / "configure").read_text(encoding="utf-8", errors="replace")
    others = []
    for name in CONFIGS[1:]:
        missing = [word for word in options[name]["configure"] if word not in known]
        if missing:
            report.say(f"{release.version} has no {name} configuration ({missing[0]})")
        else:
            others.append(_describe(name, options[name], interpreter, release))
    with ThreadPoolExecutor(max_workers=len(CONFIGS)) as pool:
        made = [
            pool.submit(_ensure, it, options[it.name], interpreter, release, report)
            for it in others
        ]
        for one in made:
            one.result()
    return [first, *others]


def _options() -> dict[str, dict[str, Any]]:
    data = tomllib.loads((REFERENCE / "profiles.toml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = data["configuration"]
    return found


def _describe(
    name: str, options: dict[str, Any], interpreter: Interpreter, release: Release
) -> Configuration:
    parts = [_FORMAT, interpreter.key, options["configure"], options["opt"]]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
    key = f"{release.version}-{name}-{digest}"
    build = cache_root() / "configurations" / key
    return Configuration(name, build, interpreter.source, key, build.with_name(f"{key}.log"))


def _ensure(
    it: Configuration,
    options: dict[str, Any],
    interpreter: Interpreter,
    release: Release,
    report: Report,
) -> None:
    whole = f"{it.key} {it.build} {it.source} {interpreter.build}"
    if Manifest.holds(it.build, whole):
        return
    lock = it.build.with_name(f"{it.build.name}.lock")
    with locked(lock, report=report, what=f"the {it.name} configuration") as hold:
        if Manifest.holds(it.build, whole):
            return
        with disk_errors(it.build.parent):
            remove(it.build)
            it.build.mkdir(parents=True)
            (it.build / "config.cache").write_text(_answers(interpreter.build / "config.log"))
        configure(
            it,
            [*options["configure"], "--cache-file=config.cache"],
            opt=options["opt"],
            release=release,
            hold=hold,
        )
        with disk_errors(it.build.parent):
            made = [*_take_headers(interpreter, it.build), "pyconfig.h", "Makefile"]
            Manifest.of(it.build, whole, [*made, "Modules/config.c"]).write(it.build)


def _answers(log: Path) -> str:
    """What configure found out, from its log; "" when there is no log: it asks everything."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = _ANSWERS.search(text)
    if found is None:
        return ""
    lines = [m[0] for m in _ANSWER.finditer(found[1]) if m[1] not in _ASKED_LATE]
    return "\n".join(lines) + "\n"


def _take_headers(interpreter: Interpreter, build: Path) -> list[str]:
    """Headers that the interpreter's make made (the frozen modules): they are the same here."""
    names = []
    for header in sorted(interpreter.build.rglob("*.h")):
        name = header.relative_to(interpreter.build).as_posix()
        if name != "pyconfig.h":
            (build / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(header, build / name)
            names.append(name)
    return names
