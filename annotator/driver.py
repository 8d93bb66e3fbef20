"""Builds the site: every stage in its order, and none that has nothing to do.

Reads the whole repository and the command line; gives ``build/html``.  Stages are made by
their own packages and imported only when they run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from annotator import site
from annotator.errors import UserError
from annotator.paths import BUILD, INDEX, LAB_RESULTS, REPOSITORY
from annotator.reference import acquire, doxygen, interpreters, systools
from annotator.reference.cache import locked, write_whole
from annotator.reference.family import tie_children
from annotator.reference.interpreters import Interpreter
from annotator.reference.progress import Report
from annotator.reference.releases import Release, selected
from annotator.site import GENERATED, HTML
from annotator.uptodate import Digests, Stamps, combined, program

DOXYGEN = BUILD / "doxygen"
LOGS = BUILD / "logs"

STAGES = ("system tools", "source", "interpreters", "index", "labs", "C reference", "site")

# Programs whose presence or version shows in the pages.
_PROGRAMS = ("gcc", "doxygen", "dot", "gdb", "ccache", "patch")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for."""

    release: Release
    labs: bool  # whether labs are built and tested, or shown as not run
    tests: bool  # whether the tests' tools are wanted too
    only_labs: bool
    epub: bool = False  # whether the book is wanted as an EPUB too


@dataclass(frozen=True, slots=True)
class Keys:
    """What each stage is made from."""

    index: str
    labs: str
    pages: str  # all of the site but its prose
    site: str
    documents: tuple[str, ...]


def build_site(argv: Sequence[str] = ()) -> int:
    """Builds what ``argv`` asks for; 0 when it is there.

    Raises `UserError` for everything that the user can do something about.
    """
    plan = _plan(argv)
    report = Report()
    tie_children()
    # The lock is on the repository itself: build/ may go away while another waits for it.
    with locked(REPOSITORY, report=report, what="this repository") as hold:
        if plan.only_labs:
            return _only_labs(plan, report)
        digests, stamps = Digests(BUILD / "digests.json"), Stamps(BUILD / "stamps.json")
        found = [interpreters.find(name, plan.release) for name in interpreters.PROFILES]
        if all(tool.there for tool in systools.HTML if not tool.optional) and all(found):
            keys = _keys(plan, [it for it in found if it], digests)
            if stamps.fresh("site", keys.site, HTML) and stamps.fresh(
                "labs", keys.labs, LAB_RESULTS
            ):
                if plan.tests:
                    systools.require(systools.TEST, log=LOGS / "apt.log", report=report)
                digests.save()
                return _epub(plan, hold) if plan.epub else _show("nothing changed")
        _build(plan, digests, stamps, hold=hold, report=report)
        return _epub(plan, hold) if plan.epub else _show("done")


def _epub(plan: Plan, hold: int) -> int:
    from annotator import epub

    print(epub.build(plan.release, hold=hold))
    return 0


def _build(plan: Plan, digests: Digests, stamps: Stamps, *, hold: int, report: Report) -> None:
    report.plan(STAGES)
    with report.stage("system tools"):
        tools = systools.TEST if plan.tests else systools.HTML
        systools.require(tools, log=LOGS / "apt.log", report=report)
    with report.stage("source"):
        source = acquire.source_tree(plan.release, report=report)
        # From here on the cache has it, for this process and for those that it starts.
        os.environ.pop("CPYTHON_TARBALL", None)
        os.environ["CPYTHON"] = plan.release.version
    with report.stage("interpreters"):
        built = interpreters.ensure_all(plan.release, report=report)
    keys = _keys(plan, built, digests)
    with report.stage("index"):
        _index(plan, built[0], keys, stamps, report)
    with report.stage("labs"):
        _labs(plan, keys, stamps, report)
    with report.stage("C reference"):
        doxygen.make_xml(
            source,
            DOXYGEN,
            digest=plan.release.sha256,
            log=LOGS / "doxygen.log",
            report=report,
        )
    with report.stage("site"):
        site.build(
            plan.release,
            documents=keys.documents,
            but_prose=keys.pages,
            everything=keys.site,
            stamps=stamps,
            hold=hold,
            report=report,
        )
    digests.save()
    if bad := _labs_that_fail():
        stamps.forget("labs")  # they are tried again by the next run
        raise UserError(
            f"labs that do not pass: {', '.join(bad)}",
            where=str(LAB_RESULTS),
            todo="The site is built and shows them as they are.",
        )


def _plan(argv: Sequence[str]) -> Plan:
    parser = argparse.ArgumentParser(prog="annotator build", description=__doc__.split("\n")[0])
    parser.add_argument("--release", help="a pinned release (default: $CPYTHON, then 3.13's)")
    parser.add_argument(
        "--labs",
        choices=("run", "skip"),
        default="skip" if os.environ.get("LABS", "").lower() in ("skip", "no", "0") else "run",
        help="skip: show the labs as not run (also LABS=skip)",
    )
    parser.add_argument("--for-tests", action="store_true", help="install the tests' tools too")
    parser.add_argument("--labs-only", action="store_true", help="only build and test the labs")
    parser.add_argument("--epub", action="store_true", help="the site, then the book as an EPUB")
    said = parser.parse_args(argv)
    return Plan(
        selected(said.release), said.labs == "run", said.for_tests, said.labs_only, said.epub
    )


def _keys(plan: Plan, built: Sequence[Interpreter], digests: Digests) -> Keys:
    code = REPOSITORY / "annotator"
    below = [path for path in code.iterdir() if path.suffix == ".py"]
    annotator = digests.of(
        *below,
        *(code / room for room in ("reference", "source", "parse", "meaning", "index")),
        REPOSITORY / "cpython-ref",
        REPOSITORY / ".pins.txt",
        base=REPOSITORY,
    )
    interpreter_keys = [f"{it.key} {it.source}" for it in built]
    index = combined(annotator, interpreter_keys, sys.version)
    labs = combined(
        digests.of(REPOSITORY / "labs", base=REPOSITORY),
        {path: it for path, it in annotator.items() if path.startswith("annotator/reference/")},
        interpreter_keys,
        [program(name) for name in _PROGRAMS],
        plan.labs,
    )
    rest = digests.of(
        *(code / room for room in ("pages", "sphinx_ext")), REPOSITORY / "conf.py", base=REPOSITORY
    )
    prose = {
        path: it
        for path, it in digests.of(REPOSITORY / "docs", base=REPOSITORY).items()
        if not (REPOSITORY / path).is_relative_to(GENERATED)
    }
    documents = {path: it for path, it in prose.items() if path.endswith(".rst")}
    other = {path: it for path, it in prose.items() if path not in documents}
    pages = combined(index, labs, rest, other, doxygen.key(plan.release.sha256))
    mine = digests.of(*sorted(REPOSITORY.glob("my-labs/*/progress.toml")), base=REPOSITORY)
    return Keys(index, labs, pages, combined(pages, documents, mine), tuple(documents))


def _index(
    plan: Plan, interpreter: Interpreter, keys: Keys, stamps: Stamps, report: Report
) -> None:
    if stamps.fresh("index", keys.index, INDEX):
        return
    stamps.forget("index")
    from annotator.index.build import build_index
    from annotator.reference.configurations import configurations

    configured = configurations(interpreter, plan.release, report=report)
    build_index(plan.release, configured, interpreter, INDEX, report=report)
    stamps.finished("index", keys.index, INDEX)


def _labs(plan: Plan, keys: Keys, stamps: Stamps, report: Report) -> None:
    if stamps.fresh("labs", keys.labs, LAB_RESULTS):
        return
    stamps.forget("labs")
    if plan.labs:
        from labs.runner import gate

        gate.check_all(release=plan.release, report=report)
    else:
        _skip_labs("LABS=skip: this build did not run the labs")
        report.say("skipped, and shown as not run")
    stamps.finished("labs", keys.labs, LAB_RESULTS)


def _skip_labs(reason: str) -> None:
    from labs.runner.lessons import all_labs
    from labs.runner.model import Outcome
    from labs.runner.results import not_run, to_json

    results = [to_json(not_run(lab, Outcome.SKIPPED, reason)) for lab in all_labs()]
    write_whole(LAB_RESULTS, json.dumps(results, indent=1))


def _only_labs(plan: Plan, report: Report) -> int:
    systools.require(systools.HTML, log=LOGS / "apt.log", report=report)
    from labs.runner import gate

    gate.check_all(release=plan.release, report=report)
    for lab in json.loads(LAB_RESULTS.read_bytes()):
        print(f"{lab['outcome']:8} {lab['slug']}  {lab['reason']}".rstrip())
    return 1 if _labs_that_fail() else 0


def _labs_that_fail() -> list[str]:
    """Slug, outcome and reason of each lab that was run and is not right."""
    return [
        f"{lab['slug']} ({lab['outcome']}: {lab['reason']})"
        for lab in json.loads(LAB_RESULTS.read_bytes())
        if lab["outcome"] not in ("passed", "skipped")
    ]


def _show(state: str) -> int:
    print(f"{state}; open {HTML / 'index.html'}")
    return 0


def main(argv: Sequence[str]) -> int:
    """`build_site` for the command line: a `UserError` becomes a message and status 1."""
    try:
        return build_site(argv)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the next run goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
