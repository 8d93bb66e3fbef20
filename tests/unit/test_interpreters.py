"""The reference interpreters and how they are compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.reference import interpreters
from annotator.reference.cache import Manifest
from annotator.reference.commands import compile_commands, parse_commands
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release

NOW = 2_000_000_000.0


def evaluate(interpreter: Interpreter, expression: str) -> str:
    """What the interpreter prints for an expression."""
    return subprocess.run(
        [interpreter.python, "-I", "-c", f"import sys, sysconfig; print({expression})"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_they_run_in_place_and_are_what_was_asked(
    release: Release, interpreter: Callable[[str], Interpreter]
) -> None:
    """Both are the pinned release; only one counts references; compiled modules import."""
    for profile, counts in (("release", "False"), ("debug", "True")):
        built = interpreter(profile)
        assert evaluate(built, "sys.version.split()[0]") == release.version
        assert evaluate(built, "hasattr(sys, 'gettotalrefcount')") == counts
        assert evaluate(built, "__import__('math').__file__").startswith(str(built.build))
    assert "-O2" in evaluate(interpreter("release"), "sysconfig.get_config_var('OPT')")


def test_the_build_date_is_the_release_date(
    release: Release, release_interpreter: Interpreter
) -> None:
    """``sys.version`` does not tell when this machine compiled it."""
    day = release.released.strftime("%b %e %Y")
    assert f", {day}, 00:00:00)" in evaluate(release_interpreter, "sys.version").replace("  ", " ")


def test_objects_do_not_know_where_they_were_compiled(release_interpreter: Interpreter) -> None:
    """No object of the core names the cache, so that builds in two places are the same."""
    build, source = release_interpreter.build, release_interpreter.source
    for name in ("Objects/dictobject.o", "Python/ceval.o", "Modules/mathmodule.o"):
        data = (build / name).read_bytes()
        assert str(build).encode() not in data
        assert str(source).encode() not in data
    assert str(source) not in (build / "Modules/config.c").read_text()


def test_every_object_has_its_command(release_interpreter: Interpreter) -> None:
    """The units that make names are exactly those that were compiled (one is assembly)."""
    build = release_interpreter.build
    objects = {path.relative_to(build).as_posix() for path in build.rglob("*.o")}
    units = compile_commands(release_interpreter)
    assert {unit.path.removesuffix(".c") + ".o" for unit in units} == objects - {
        "Python/asm_trampoline.o"
    }
    assert [unit.path for unit in units if unit.generated] == ["Modules/config.c"]
    assert all(unit.file.is_file() for unit in units)
    assert compile_commands(release_interpreter) == units


def test_a_commands_options_preprocess_its_unit(release_interpreter: Interpreter) -> None:
    """The options kept are enough for the preprocessor, with no other options at all."""
    units = {unit.path: unit for unit in compile_commands(release_interpreter)}
    for path in ("Objects/dictobject.c", "Modules/_sqlite/blob.c", "Modules/config.c"):
        unit = units[path]
        subprocess.run(
            ["gcc", "-E", *unit.args, unit.file],
            cwd=unit.cwd,
            stdout=subprocess.DEVNULL,
            check=True,
        )


SAID = """\
gcc -c -Wall -DA=1 -O2 -I/src/Include -I. -DPy_BUILD_CORE -o Objects/a.o /src/Objects/a.c
gcc -c -DPREFIX='"/usr/local"' \\
\t-D NAME -include x.h \\
\t-o Modules/b.o Modules/b.c
gcc -Ia -fPIC -std=c11 -c /src/Objects/a.c -o again.o
gcc -shared Modules/b.o -o b.so
for x in 'a b; do \\
  echo -c; done
ar rcs lib.a Objects/a.o
gcc -c -o Python/t.o /src/Python/t.S
"""


def test_parsing_what_make_says() -> None:
    """Continued lines, quoted definitions, separate arguments; no links, no assembly."""
    first, second = parse_commands(SAID, source=Path("/src"), build=Path("/build"))
    assert (first.path, first.generated) == ("Modules/b.c", True)
    assert first.args == ('-DPREFIX="/usr/local"', "-D", "NAME", "-include", "x.h")
    assert first.file == Path("/build/Modules/b.c")
    assert (second.path, second.generated) == ("Objects/a.c", False)
    assert second.args == ("-DA=1", "-O2", "-I/src/Include", "-I.", "-DPy_BUILD_CORE")


def test_an_unknown_profile() -> None:
    """A profile that is not in the file is a `UserError`."""
    with pytest.raises(UserError, match="'fast'"):
        interpreters.profile_options("fast")


@pytest.fixture
def halfway(tmp_path: Path) -> Path:
    """A build that was killed: configured long ago, one object old, one just written."""
    build = tmp_path / "build"
    build.mkdir()
    for name, age in ((".configured", 100.0), ("old.o", 60.0), ("young.o", 1.0), ("last.o", 0.0)):
        (build / name).write_text("key")
        os.utime(build / name, (NOW - age, NOW - age))
    return build


def test_a_killed_build_goes_on_without_its_youngest_files(halfway: Path) -> None:
    """What may have been written when the kill came is not trusted; the rest is kept."""
    assert interpreters.can_continue(halfway, "key")
    assert sorted(path.name for path in halfway.iterdir()) == [".configured", "old.o"]


@pytest.mark.parametrize("why", ["other key", "no mark", "was finished"])
def test_a_build_that_starts_anew(halfway: Path, why: str) -> None:
    """What was configured otherwise or half, and what was finished and then damaged."""
    key = "key"
    match why:
        case "other key":
            key = "other"
        case "no mark":
            (halfway / ".configured").unlink()
        case "was finished":
            (halfway / "platform").write_text("linux-x86_64")
            os.utime(halfway / "platform", (NOW - 50, NOW - 50))
    assert not interpreters.can_continue(halfway, key)


def test_what_configure_wrote_is_kept(halfway: Path) -> None:
    """Killed right after configure had ended, its files are young and yet whole."""
    os.utime(halfway / ".configured", (NOW - 0.5, NOW - 0.5))
    assert interpreters.can_continue(halfway, "key")
    assert sorted(path.name for path in halfway.iterdir()) == [".configured", "old.o", "young.o"]


def test_configured_ahead_goes_on(halfway: Path) -> None:
    """When configure had ended in peace, its files may be as young as they like."""
    (halfway / ".settled").touch()
    assert interpreters.can_continue(halfway, "key")
    assert (halfway / "last.o").exists()
    assert not (halfway / ".settled").exists()


def test_damage_is_noticed(debug_interpreter: Interpreter, tmp_path: Path) -> None:
    """A manifest fails for a tree whose program, module or object was changed or is gone."""
    build = tmp_path / "build"
    names = ["python", "pyconfig.h", "Objects/dictobject.o"]
    for name in names:
        (build / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(debug_interpreter.build / name, build / name)
    Manifest.of(build, "key", names).write(build)
    assert Manifest.holds(build, "key")
    with (build / "Objects/dictobject.o").open("r+b") as file:
        file.truncate(100)
    assert not Manifest.holds(build, "key")


def test_asking_again_builds_nothing(release: Release, debug_interpreter: Interpreter) -> None:
    """The second call finds what the first made, and writes nothing."""
    before = debug_interpreter.log.stat().st_mtime_ns
    assert interpreters.find("debug", release) == debug_interpreter
    assert interpreters.ensure("debug", release, report=Report.quiet()) == debug_interpreter
    assert debug_interpreter.log.stat().st_mtime_ns == before
