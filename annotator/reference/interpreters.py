"""Builds the reference interpreters, out of tree and in the cache.

Reads the pinned source and ``cpython-ref/profiles.toml``; gives an `Interpreter` that runs in
place.  Its folder is named after all that it was made from: the release's digest, the
options, the compiler and the libraries found.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from annotator.errors import UserError
from annotator.paths import cache_root
from annotator.reference import acquire, systools
from annotator.reference.cache import Manifest, disk_errors, locked, remove
from annotator.reference.progress import Report
from annotator.reference.releases import REFERENCE, Release
from annotator.reference.run import clean_environment, output, run

PROFILES = ("release", "debug")

_CONFIGURED = ".configured"  # exists when configure has run to its end
_SETTLED = ".settled"  # exists when nothing was at work after that
_UNSURE = 15.0  # seconds: what was written this shortly before a build was killed is not trusted
_FORMAT = 1  # raise when this module builds the same options differently


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython that was built from the pinned source and runs where it was built."""

    profile: str
    python: Path
    build: Path  # the build folder, with the Makefile, pyconfig.h and all objects
    source: Path  # the root of the source tree
    key: str  # changes with everything that it was made from

    @property
    def log(self) -> Path:
        """What configure and make said."""
        return self.build.with_name(self.build.name + ".log")


def ensure(profile: str, release: Release, *, report: Report) -> Interpreter:
    """The interpreter of ``profile`` ("release" or "debug"), built if it is not there yet.

    A build that was killed is taken up again.  Two processes may ask at once: one builds, the
    other waits.  Raises `UserError` when configure or make fails; it names the log.
    """
    source = acquire.source_tree(release, report=report)
    interpreter = _describe(profile, release, source)
    if Manifest.holds(interpreter.build, _whole_key(interpreter)):
        return interpreter
    lock = interpreter.build.with_name(interpreter.build.name + ".lock")
    with locked(lock, report=report, what=f"the {profile} interpreter") as hold:
        if not Manifest.holds(interpreter.build, _whole_key(interpreter)):
            with report.stage(f"build the {profile} interpreter"):
                _build(interpreter, release, hold=hold, report=report)
    return interpreter


def ensure_all(release: Release, *, report: Report) -> list[Interpreter]:
    """The interpreters of all `PROFILES`, in that order.

    configure keeps one core busy, so the others' runs beside that of the first.
    """
    acquire.source_tree(release, report=report)
    first, *others = PROFILES
    beside: list[threading.Thread] = []
    if find(first, release) is None:
        # Daemons: when we are stopped, they and what they started go with us.
        beside = [
            threading.Thread(target=_configure_ahead, args=(other, release), daemon=True)
            for other in others
        ]
    for thread in beside:
        thread.start()
    built = [ensure(first, release, report=report)]
    for thread in beside:
        thread.join()
    return built + [ensure(other, release, report=report) for other in others]


def find(profile: str, release: Release) -> Interpreter | None:
    """The interpreter of ``profile`` if it and the source are there and whole."""
    source = acquire.find_source_tree(release)
    if source is None:
        return None
    interpreter = _describe(profile, release, source)
    return interpreter if Manifest.holds(interpreter.build, _whole_key(interpreter)) else None


def kept() -> Iterator[tuple[Path, bool]]:
    """Each interpreter's folder in the cache, and whether it was finished."""
    home = cache_root() / "interpreters"
    if home.is_dir():
        for build in sorted(home.iterdir()):
            if build.is_dir() and not build.name.endswith(".trash"):
                yield build, (build / Manifest.NAME).exists()


def profile_options(profile: str) -> dict[str, Any]:
    """The table of ``profile`` in `cpython-ref/profiles.toml`."""
    path = REFERENCE / "profiles.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    if profile not in PROFILES or profile not in data:
        raise UserError(f"there is no build profile {profile!r}", where=str(path))
    options: dict[str, Any] = data[profile]
    return options


def compiler_version() -> str:
    """What gcc calls itself, with Debian's revision: it is part of every key."""
    said = output(["gcc", "--version"]).splitlines()
    if not said:
        raise UserError("gcc does not run", todo=systools.apt_line(["gcc"]))
    return said[0]


def _describe(profile: str, release: Release, source: Path) -> Interpreter:
    options = profile_options(profile)
    without = set(options["without"])
    missing = systools.missing_libraries(systools.libraries())
    parts = {
        "format": _FORMAT,
        "digest": release.sha256,
        "options": [options["opt"], options["configure"], sorted(without)],
        "compiler": compiler_version(),
        "missing": sorted(lib.header for lib in missing if not without.issuperset(lib.modules)),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
    key = f"{release.version}-{profile}-{digest}"
    build = cache_root() / "interpreters" / key
    return Interpreter(profile, build / "python", build, source, key)


def _whole_key(interpreter: Interpreter) -> str:
    # A build tree holds its own path and that of its source; moved, it is another one.
    return f"{interpreter.key} {interpreter.build} {interpreter.source}"


def _build(interpreter: Interpreter, release: Release, *, hold: int, report: Report) -> None:
    build = interpreter.build
    log = interpreter.log
    with disk_errors(build):
        (build / Manifest.NAME).unlink(missing_ok=True)
        if not can_continue(build, _whole_key(interpreter)):
            remove(build)
            build.mkdir(parents=True)
            with report.stage("configure"):
                _configure(interpreter, release, hold=hold, report=report)
        with report.stage("make"):
            _make(interpreter, release, log=log, hold=hold, report=report)
    _check(interpreter, release)
    Manifest.of(build, _whole_key(interpreter), _products(build)).write(build)


def _configure_ahead(profile: str, release: Release) -> None:
    """Configures an interpreter that is to be made later.

    What goes wrong here goes wrong again in `ensure`, which says so.
    """
    quiet = Report.quiet()
    with contextlib.suppress(UserError):
        interpreter = _describe(profile, release, acquire.source_tree(release, report=quiet))
        build = interpreter.build
        lock = build.with_name(build.name + ".lock")
        with locked(lock, report=quiet, what=f"the {profile} interpreter") as hold:
            if build.exists():
                return
            build.mkdir(parents=True)
            _configure(interpreter, release, hold=hold, report=quiet)
            (build / _SETTLED).touch()


def can_continue(build: Path, key: str) -> bool:
    """Whether make may take up what is in ``build``, configured for ``key``; makes it safe first.

    Whatever killed the build may have killed a compiler in the middle of an object file,
    which make would take for finished.  Such a file is among the youngest of the tree.
    """
    configured = build / _CONFIGURED
    if not configured.exists() or configured.read_text() != key:
        return False
    if (build / _SETTLED).exists():
        (build / _SETTLED).unlink()
        return True
    files = [Path(folder) / name for folder, _, names in os.walk(build) for name in names]
    ages = {file: file.lstat().st_mtime for file in files}
    unsure = max(ages.values()) - _UNSURE
    # A finished tree comes here only when its manifest did not hold: something changed a
    # file of it, and make cannot know which ones are true.
    if (build / "platform").exists():
        return False
    for file, age in ages.items():
        if age >= unsure and age > ages[configured]:  # what configure wrote is whole
            file.unlink()
    return True


def _environment(release: Release) -> dict[str, str]:
    # SOURCE_DATE_EPOCH: gcc takes __DATE__ and __TIME__ from it, so that sys.version is the
    # same in every build.
    return clean_environment(SOURCE_DATE_EPOCH=str(release.epoch), CCACHE_DISABLE="1")


def _configure(interpreter: Interpreter, release: Release, *, hold: int, report: Report) -> None:
    options = profile_options(interpreter.profile)
    without = [f"py_cv_module_{module}=n/a" for module in options["without"]]
    lines = 0

    def count(line: str) -> None:
        nonlocal lines
        lines += 1
        report.step(lines, 0, line[:60])

    configure(
        interpreter,
        [*options["configure"], *without],
        opt=options["opt"],
        release=release,
        hold=hold,
        on_line=count,
    )
    (interpreter.build / _CONFIGURED).write_text(_whole_key(interpreter))


class Configurable(Protocol):
    """A build folder and what belongs to it."""

    @property
    def build(self) -> Path: ...
    @property
    def source(self) -> Path: ...
    @property
    def log(self) -> Path: ...
    @property
    def key(self) -> str: ...


def configure(
    it: Configurable,
    arguments: Sequence[str],
    *,
    opt: str,
    release: Release,
    hold: int,
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Runs configure in the build folder of *it*.  Raises `UserError` when it fails."""
    run(
        [
            it.source / "configure",
            *arguments,
            "CC=gcc",
            f"OPT={opt}",
            # Paths in __FILE__ and in debug information become relative to the source tree;
            # here and not in CFLAGS, which extension modules inherit.
            f"CFLAGS_NODIST=-ffile-prefix-map={it.source}/= -ffile-prefix-map={it.build}=.",
            # Otherwise configure takes the first python3.x on $PATH that exists, even one that
            # does not run.
            "PYTHON_FOR_REGEN=python3",
        ],
        what=f"configuring {it.key}",
        log=it.log,
        timeout=900,
        cwd=it.build,
        env=_environment(release),
        on_line=on_line,
        hold=hold,
    )
    # The one generated unit says in a comment where it was generated; the site shows it.
    generated = it.build / "Modules" / "config.c"
    generated.write_text(generated.read_text().replace(f"{it.source}/", ""))


def _make(
    interpreter: Interpreter, release: Release, *, log: Path, hold: int, report: Report
) -> None:
    command = ["make", f"-j{os.cpu_count() or 1}", f"PYTHON_FOR_REGEN={sys.executable}"]
    total = _objects_to_make(interpreter, release)
    done = 0

    def count(line: str) -> None:
        nonlocal done
        if match := _COMPILES.search(line):
            done += 1
            report.step(done, max(total, done), match.group(1))

    run(
        command,
        what=f"building the {interpreter.profile} interpreter",
        log=log,
        timeout=3600,
        cwd=interpreter.build,
        env=_environment(release),
        on_line=count,
        hold=hold,
        append=True,
    )


_COMPILES = re.compile(r"-o (\S+\.o)\b")


def _objects_to_make(interpreter: Interpreter, release: Release) -> int:
    said = output(
        ["make", "-n", "-C", interpreter.build, f"PYTHON_FOR_REGEN={sys.executable}"], timeout=60
    )
    return len(_COMPILES.findall(said))


def _check(interpreter: Interpreter, release: Release) -> None:
    """The new interpreter must start, be the release, and import a compiled module."""
    said = output([interpreter.python, "-c", "import math, sys; print(sys.version.split()[0])"])
    if said.strip() != release.version:
        raise UserError(
            f"the {interpreter.profile} interpreter was built but does not run",
            where=str(interpreter.log),
            todo=f"Remove {interpreter.build} and try again.",
        )


def _products(build: Path) -> list[str]:
    """The files by which a finished build is recognised: the program, its modules, its facts."""
    names = ["python", "pyconfig.h", "Makefile", "pybuilddir.txt", "platform"]
    names += [path.relative_to(build).as_posix() for path in build.glob("Modules/**/*.so")]
    names += [path.relative_to(build).as_posix() for path in build.glob("**/*.o")]
    return names


def forget(build: Path) -> None:
    """Removes an interpreter, its log and what was noted beside it."""
    remove(build)
    for beside in build.parent.glob(build.name + ".*"):
        if beside.is_dir():
            shutil.rmtree(beside)
        else:
            beside.unlink()
