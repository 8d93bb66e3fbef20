"""The programs and libraries that must be on the system, and how they get there.

Reads ``$PATH``, ``cpython-ref/profiles.toml`` and the compiler's include path; installs what
is missing through apt when that needs no password, and otherwise says the one line to type.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.progress import Report
from annotator.reference.releases import REFERENCE
from annotator.reference.run import clean_environment, output, run


@dataclass(frozen=True, slots=True)
class Tool:
    """Something outside the project that it uses."""

    name: str  # the program; or, with ``file``, what to call it
    package: str  # Debian's
    use: str  # what it is needed for; with an optional one, what is missing without it
    optional: bool = False
    file: str = ""  # a file whose presence shows that it is there, instead of a program

    @property
    def there(self) -> bool:
        """Whether it can be found."""
        return Path(self.file).exists() if self.file else shutil.which(self.name) is not None


# What `make html` needs, and what `make test` needs on top of it.
HTML = (
    Tool("gcc", "gcc", "compiles CPython, and preprocesses it for the index"),
    Tool("make", "make", "builds CPython"),
    Tool("ld", "binutils", "links, and takes machine code apart"),
    Tool(
        "C library headers",
        "libc6-dev",
        "are what every C file includes",
        file="/usr/include/stdio.h",
    ),
    Tool("patch", "patch", "applies the patch labs"),
    Tool("doxygen", "doxygen", "reads the headers for the C reference"),
    Tool("dot", "graphviz", "draws graphs"),
    Tool("pkg-config", "pkg-config", "tells configure where libraries are"),
    Tool("ccache", "ccache", "labs that rebuild CPython take longer without it", optional=True),
    Tool("gdb", "gdb", "labs that use the debugger are left out without it", optional=True),
)
TEST = (
    *HTML,
    Tool("chromium", "chromium", "the pages are not tried in a browser without it", optional=True),
    Tool(
        "clang's own headers",
        "libclang-common-14-dev",
        "links are not compared with those of clang without them",
        optional=True,
        file="/usr/lib/llvm-14/lib/clang/14.0.6/include/stddef.h",
    ),
)


@dataclass(frozen=True, slots=True)
class Library:
    """A C library that optional modules of CPython need."""

    header: str
    package: str
    modules: tuple[str, ...]


def libraries() -> list[Library]:
    """What `cpython-ref/profiles.toml` lists."""
    data = tomllib.loads((REFERENCE / "profiles.toml").read_text(encoding="utf-8"))
    return [
        Library(entry["header"], entry["package"], tuple(entry["modules"]))
        for entry in data["library"]
    ]


def missing_libraries(known: Iterable[Library]) -> list[Library]:
    """Those whose header the compiler does not find (asked once for all of them)."""
    known = list(known)
    question = "".join(
        f"#if !__has_include(<{library.header}>)\nmissing {number}\n#endif\n"
        for number, library in enumerate(known)
    )
    said = output(["gcc", "-E", "-P", "-x", "c", "-"], text=question)
    return [known[int(line.split()[1])] for line in said.splitlines() if "missing" in line]


def require(tools: Iterable[Tool], *, log: Path, report: Report) -> None:
    """Sees to it that ``tools`` and the libraries of CPython's modules are there.

    Installs through apt what is missing if that needs no password.  Raises `UserError` with
    the line to paste when a tool that cannot be done without is still missing; what can be
    done without is said and switched off.
    """
    tools = list(tools)
    absent = [tool for tool in tools if not tool.there]
    lacking = missing_libraries(libraries()) if shutil.which("gcc") else libraries()
    packages = [tool.package for tool in absent] + [library.package for library in lacking]
    if not packages:
        return
    refusal = install(packages, log=log, report=report)
    absent = [tool for tool in tools if not tool.there]
    needed = [tool for tool in absent if not tool.optional]
    if needed:
        raise UserError(
            "programs are missing: " + ", ".join(tool.name for tool in needed),
            todo="\n".join(
                [
                    *(f"{tool.name} {tool.use}." for tool in needed),
                    *([f"apt was tried: {refusal}"] if refusal else []),
                    "On Debian or Ubuntu, type:",
                    f"  {apt_line(packages)}",
                ]
            ),
        )
    for tool in absent:
        report.say(f"{tool.name} is missing (package {tool.package}): {tool.use}")
    for library in missing_libraries(libraries()):
        report.say(
            f"{library.header} is missing (package {library.package}): the module "
            f"{' and '.join(library.modules)} is left out of the reference interpreters"
        )


def apt_line(packages: Iterable[str]) -> str:
    """The command that installs ``packages``, to be pasted into a terminal."""
    return f"sudo apt-get install -y {' '.join(sorted(set(packages)))}"


def privilege() -> list[str] | None:
    """What to put before apt-get: nothing as root, sudo without password; ``None``: neither."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and output(["sudo", "-n", "echo", "yes"]).strip() == "yes":
        return ["sudo", "-n", "--preserve-env=DEBIAN_FRONTEND"]
    return None


def install(packages: Iterable[str], *, log: Path, report: Report) -> str:
    """Tries to install ``packages``; gives the reason when that failed, else ""."""
    before = privilege()
    if before is None:
        return ""
    names = sorted(set(packages))
    get = [*before, "apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2"]
    env = clean_environment(DEBIAN_FRONTEND="noninteractive")
    # A slim image names archives but has no lists of theirs yet, and old lists name files
    # that are gone.
    with report.stage(f"apt-get install {' '.join(names)}"):
        try:
            run([*get, "update"], what="apt-get update", log=log, timeout=600, env=env)
        except UserError as error:
            report.say(f"{error.what}; going on with the lists that are there")
        try:
            _apt_get([*get, "install", "-y", "--no-install-recommends", *names], log, env)
        except UserError as error:
            # One package that this system does not have must not keep the others away.
            for name in names:
                try:
                    _apt_get([*get, "install", "-y", "--no-install-recommends", name], log, env)
                except UserError:
                    continue
            return f"{error.what}, see {log}"
    return ""


def _apt_get(command: list[str], log: Path, env: dict[str, str]) -> None:
    run(command, what="apt-get install", log=log, timeout=1800, env=env, append=True)
