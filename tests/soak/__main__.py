"""``make soak``: builds from nothing and compares them; kills builds and compares again.

Reads the last commit of this repository; works in clones and caches of its own, which it
keeps when something differs.  ``ARGS="cold"`` runs one part; ``ARGS="--seed 7"`` the same
kills again.  ``LABS=skip`` is passed on to every build.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.paths import REPOSITORY
from annotator.reference import acquire
from annotator.reference.progress import Report, elapsed
from annotator.reference.releases import default_version, load_releases, selected
from tests.soak.compare import differences

KILLS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A clone with a cache of its own."""

    root: Path

    @property
    def clone(self) -> Path:
        """The repository."""
        return self.root / "clone"

    @property
    def html(self) -> Path:
        """What it builds."""
        return self.clone / "build" / "html"

    def start(self, *words: str, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Starts make (after the words ``before``); its output goes to a log beside the clone."""
        env = os.environ | {"XDG_CACHE_HOME": str(self.root / "cache")}
        for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "CPYTHON", "VIRTUAL_ENV"):
            env.pop(name, None)
        env["CPYTHON_TARBALL"] = str(acquire.tarball(selected(), report=Report.quiet()))
        with (self.root / "log").open("ab") as log:
            return subprocess.Popen(
                [*before, "make", "html", *words],
                cwd=self.clone,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def build(self, *words: str, before: Sequence[str] = ()) -> float:
        """Builds to the end; gives the seconds that it took."""
        begin = time.monotonic()
        if self.start(*words, before=before).wait():
            sys.exit(f"make html failed in {self.clone}; its output is in {self.root / 'log'}")
        took = time.monotonic() - begin
        if not (self.root / "seconds").exists():
            (self.root / "seconds").write_text(str(took))
        return took


def clone(base: Path, name: str) -> Place:
    """A fresh clone of the last commit under ``base``; the names make the paths' lengths differ."""
    place = Place(base / name)
    place.root.mkdir(parents=True)
    first = Place(base / "one").clone  # the commit may have moved on since
    origin = first if first.exists() else REPOSITORY
    subprocess.run(["git", "clone", "-q", origin, place.clone], check=True)
    return place


def verdict(what: str, first: Path, second: Path) -> bool:
    """Says whether two sites are the same, and in what they are not."""
    found = differences(first, second)
    pages = sum(1 for _ in first.rglob("*.html"))
    print(f"{what}: {'the same' if not found else 'DIFFERENT'} ({pages} pages)", flush=True)
    for line in found[:40]:
        print(f"  {line}")
    return not found


def cold(base: Path, chance: random.Random) -> bool:
    """Two builds from empty caches, in two places."""
    first, second = clone(base, "one"), clone(base, "another-place-with-a-longer-name")
    print(f"cold build: {elapsed(first.build())}", flush=True)
    print(f"cold build: {elapsed(second.build())}", flush=True)
    return verdict("two cold builds", first.html, second.html)


def warm(base: Path, chance: random.Random) -> bool:
    """A chapter edited and edited back, a page damaged, a page removed: the same pages again."""
    place, other = _one(base), Place(base / "another-place-with-a-longer-name")
    reference = other.html if other.html.exists() else base / "reference"
    if reference != other.html:
        shutil.copytree(place.html, reference, dirs_exist_ok=True)
    chapters = sorted((place.clone / "docs" / "book").glob("[0-9]*.rst"))
    chapter = chance.choice(chapters)
    text = chapter.read_text()
    chapter.write_text(text + "\nA sentence that was not there before.\n")
    print(f"one chapter edited: {elapsed(place.build())}", flush=True)
    chapter.write_text(text)
    print(f"edited back: {elapsed(place.build())}", flush=True)
    same = verdict("after an edit", place.html, reference)
    print(f"nothing changed: {elapsed(place.build())}", flush=True)
    pages = sorted(place.html.rglob("*.html"))
    chance.choice(pages).write_text("damaged")
    chance.choice(pages).unlink(missing_ok=True)
    print(f"two pages damaged: {elapsed(place.build())}", flush=True)
    same = verdict("after damage", place.html, reference) and same
    subprocess.run(["make", "clean"], cwd=place.clone, stdout=subprocess.DEVNULL, check=True)
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    print(f"after make clean, without network: {elapsed(place.build(before=alone))}", flush=True)
    return verdict("after make clean", place.html, reference) and same


def kills(base: Path, chance: random.Random) -> bool:
    """A build from an empty cache, killed ten times on its way; then the same pages."""
    reference = _one(base)
    victim = clone(base, "victim")
    whole = float((reference.root / "seconds").read_text())
    reach = 0.3 * whole  # a kill comes within this time; so each run gets some way further
    number = 1
    while number <= KILLS:
        started = time.monotonic()
        process = victim.start()
        try:
            process.wait(timeout=reach * chance.uniform(0.05, 1))
        except subprocess.TimeoutExpired:
            everything = chance.random() < 0.7
            _kill(process, everything=everything)
            how = "everything" if everything else "make and the driver"
            after = elapsed(time.monotonic() - started)
            print(f"kill {number}: {how} after {after}, {_stage(victim)}", flush=True)
            number += 1
            continue
        # It ended before its moment: begin again, with the interpreters that are there.
        print("it had ended; its build/ is removed", flush=True)
        shutil.rmtree(victim.clone / "build")
        reach = time.monotonic() - started
    print(f"to the end: {elapsed(victim.build())}", flush=True)
    return verdict(f"after {KILLS} kills", victim.html, reference.html)


def releases(base: Path, chance: random.Random) -> bool:
    """Every other pinned release: fetched, built, indexed."""
    from annotator.index.build import build_index
    from annotator.reference import interpreters
    from annotator.reference.configurations import configurations

    good = True
    report = Report()
    for version, release in load_releases().items():
        if version == default_version():
            continue
        try:
            built = interpreters.ensure("release", release, report=report)
            configured = configurations(built, release, report=report)
            build_index(release, configured, built, base / f"{version}.sqlite", report=report)
            print(f"CPython {version}: built and indexed", flush=True)
        except Exception as error:  # whatever it is, the others are still to be tried
            print(f"CPython {version}: {type(error).__name__}: {error}", flush=True)
            good = False
    return good


def _one(base: Path) -> Place:
    """The first cold build; made now if that part did not run."""
    place = Place(base / "one")
    if not place.html.exists():
        place = clone(base, "one") if not place.root.exists() else place
        print(f"cold build: {elapsed(place.build())}", flush=True)
    return place


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            # The name in parentheses may hold anything (proc(5)).
            parents.setdefault(int(stat.rsplit(")", 1)[1].split()[1]), []).append(int(entry.name))
    found = [pid]
    for process in found:
        found += parents.get(process, [])
    return found


def _kill(process: subprocess.Popen[bytes], *, everything: bool) -> None:
    family = _descendants(process.pid)
    for pid in family if everything else family[:2]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def _stage(place: Place) -> str:
    lines = (place.root / "log").read_text(errors="replace").splitlines()
    return lines[-1].strip() if lines else "before its first word"


PARTS: dict[str, Callable[[Path, random.Random], bool]] = {
    "cold": cold,
    "kills": kills,
    "warm": warm,
    "releases": releases,
}


def main() -> int:
    """Runs the parts asked for; 0 when all of them found what they should."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.split("\n")[0])
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--folder", type=Path, help="work here, and keep it")
    said = parser.parse_args()
    if unknown := set(said.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    base = said.folder or Path(tempfile.mkdtemp(prefix="inside-cpython-soak-"))
    base.mkdir(parents=True, exist_ok=True)
    print(f"seed {said.seed}, in {base}", flush=True)
    chance = random.Random(said.seed)
    good = True
    for name in said.parts or PARTS:
        good = PARTS[name](base, chance) and good
    if good and not said.folder:
        shutil.rmtree(base)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
