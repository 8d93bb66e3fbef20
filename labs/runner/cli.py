"""``python -m labs``: the commands, from the command line to an exit status.

0: done, and all is well; 1: tests fail, or a lab is not right; 2: something the user can mend;
130: interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from annotator.errors import UserError
from annotator.reference.progress import Report
from annotator.reference.releases import Release, selected

from . import commands, gate, scaffold
from .lessons import all_labs
from .model import Outcome
from .results import to_json
from .show import paint, table
from .state import NAME, Progress, load


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit status."""
    args = _parser().parse_args(argv)
    try:
        return _run(args)
    except UserError as error:
        print(f"{paint('error:', 'bad')} {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing is lost", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(args: argparse.Namespace) -> int:
    if args.command == "list":
        print(table(all_labs(), _states(args.into)))
        return 0
    if args.command == "new":
        folder, page = scaffold.new(args.kind, args.slug)
        print(
            f"wrote {folder}\nand   {page}\nIt passes: python -m labs check {args.slug} --mutations"
        )
        return 0
    release = selected(args.release)
    if args.command == "check":
        return _check(args, release)
    return commands.run(args, release)


def _check(args: argparse.Namespace, release: Release) -> int:
    report = Report()
    if not args.all and not args.slugs:
        raise UserError("which lab?", todo="Name some, or give --all.")
    known = {lab.slug for lab in all_labs()}
    if unknown := sorted(set(args.slugs) - known):
        raise UserError(f"there is no lab {unknown[0]!r}", todo=f"There are {sorted(known)}.")
    with report.stage("check the labs"):
        results = gate.check_all(
            release=release,
            report=report,
            jobs=args.jobs,
            mutations=args.mutations,
            only=None if args.all else args.slugs,
        )
    if args.json:
        print(json.dumps([to_json(result) for result in results], indent=1))
    else:
        for result in results:
            kind = "good" if result.outcome is Outcome.PASSED else "bad"
            print(f"{paint(result.outcome.value, kind):8} {result.slug}  {result.reason}".rstrip())
            for mutation in result.mutations:
                by = f"caught ({mutation.by[0]})" if mutation.by else "not caught"
                print(f"         {by}: {mutation.name}")
    return 0 if all(result.outcome is Outcome.PASSED for result in results) else 1


def _states(into: Path) -> dict[str, Progress]:
    found = {}
    for file in sorted(into.glob(f"*/{NAME}")):
        progress = load(file.parent)
        found[progress.slug] = progress
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m labs", description="Build types, change the language, hunt leaks."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--into",
        type=Path,
        default=Path("my-labs"),
        metavar="FOLDER",
        help="where your work is (default: ./my-labs)",
    )
    common.add_argument("--release", help="the pinned release to work with")
    common.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help=argparse.SUPPRESS)
    verbs = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def verb(name: str, text: str, *, slug: str = "?") -> argparse.ArgumentParser:
        made = verbs.add_parser(name, help=text, description=text, parents=[common])
        if slug:
            made.add_argument("slug", nargs=None if slug == "1" else slug, help="which lab")
        return made

    verb("list", "all labs, and how far you are", slug="")
    start = verb("start", "begin a lab in a folder of your own", slug="1")
    start.add_argument("--from-step", type=int, default=1, metavar="K", help="with 1 to K−1 solved")
    verb("build", "build what you have")
    test = verb("test", "build, and see how far you are")
    test.add_argument("--step", type=int, help="this step's tests only")
    test.add_argument("--all", action="store_true", help="do not stop at the first step that fails")
    hint = verb("hint", "the next hint for the step you are at")
    hint.add_argument("--step", type=int)
    hint.add_argument("--again", action="store_true", help="those that you have had, once more")
    for name, text in (
        ("diff", "what separates you from the solution of the step you are at"),
        ("solution", "the solution of the step you are at"),
    ):
        made = verb(name, text)
        made.add_argument("--step", type=int)
    verb("status", "where you stand")
    reset = verb("reset", "throw your work away and begin anew")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    check = verb("check", "for authors: prove labs both ways", slug="")
    check.add_argument("slugs", nargs="*", metavar="SLUG")
    check.add_argument("--all", action="store_true")
    check.add_argument("--json", action="store_true", help="the results on standard output")
    check.add_argument("--mutations", action="store_true", help="plant faults in the solutions too")
    new = verb("new", "for authors: the skeleton of a new lab", slug="")
    new.add_argument("kind", choices=("extension", "patch"))
    new.add_argument("slug", metavar="NN-name")
    return parser
