"""The command line: reads arguments and the index, prints what a person or a program asked.

Exit codes: 0 found, 1 not found, 2 a wrong call or no index.  What was found goes to standard
output, what is said about it to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence

from annotator.errors import UserError
from annotator.index import ctags, export
from annotator.index.edges import Edges
from annotator.index.python_names import Names
from annotator.index.query import Index
from annotator.model import CONFIGS, Kind, Symbol, Use
from annotator.paths import INDEX
from annotator.show import Printer

_CALLABLE = (Kind.FUNCTION, Kind.MACRO, Kind.INSTRUCTION, Kind.MICRO_OP, Kind.MEMBER)
_TYPES = (Kind.STRUCT, Kind.UNION, Kind.ENUM, Kind.TYPEDEF)


def main(argv: Sequence[str]) -> int:
    """Run one command; errors of the user's making are told without a traceback."""
    try:
        return _run(_parser().parse_args(argv))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # somebody reads with head(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m annotator", description="Ask the index of CPython's C source."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help: str, operand: str = "") -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        if operand:
            sub.add_argument("name", metavar=operand)
        sub.add_argument("--json", action="store_true", help="for programs: JSON")
        return sub

    command("def", "where a name is defined and declared", "NAME")
    uses = command("uses", "every use of a name", "NAME")
    uses.add_argument("--kind", choices=[u.value for u in Use], help="only uses of this kind")
    struct = command("struct", "a struct's members, offsets, sizes and holes", "NAME")
    struct.add_argument("--config", choices=CONFIGS, help="only as this configuration lays it out")
    command("macro", "every definition of a macro", "NAME")
    command("callers", "who calls a function: plainly, in macros, through tables", "NAME")
    command("callees", "what a function calls: plainly, in macros, through tables", "NAME")
    command("where", "the C behind a Python name: list.append, len, 'a[b] for dict'", "NAME")
    command("file", "what a file of the tree defines, and which lines are compiled", "PATH")
    command("status", "how complete the index is")
    out = commands.add_parser("export", help="the index as JSON Lines")
    out.add_argument("what", choices=("refs", "symbols", "names", "tags"))
    out.add_argument("--config", choices=CONFIGS, default=CONFIGS[0])
    return parser


def _run(args: argparse.Namespace) -> int:
    index = Index.open(INDEX)
    printer = Printer(index, as_json=getattr(args, "json", False))
    if args.command == "export":
        exports: dict[str, Callable[[], Iterable[str]]] = {
            "refs": lambda: export.refs(index, args.config),
            "symbols": lambda: export.symbols(index),
            "names": lambda: export.names(index),
            "tags": lambda: ctags.lines(index),
        }
        for line in exports[args.what]():
            print(line)
        return 0
    if args.command == "status":
        return _status(index, args.json)
    table: dict[str, Callable[[], int]] = {
        "def": lambda: _definitions(index, printer, args.name, None),
        "macro": lambda: _definitions(index, printer, args.name, (Kind.MACRO,)),
        "uses": lambda: _uses(index, printer, args.name, args.kind),
        "callers": lambda: _edges(index, printer, args.name, callers=True),
        "callees": lambda: _edges(index, printer, args.name, callers=False),
        "where": lambda: _where(index, printer, args.name),
        "struct": lambda: _struct(index, printer, args.name, args.config),
        "file": lambda: _file(index, printer, args.name),
    }
    return table[args.command]()


def _status(index: Index, as_json: bool) -> int:
    status = export.status(index)
    failed = [path for name in index.configs for path, parsed in _units(index, name) if not parsed]
    if as_json:
        print(json.dumps(status))
        return 1 if failed else 0
    print(f"CPython {status['release']}: {status['symbols']} symbols, {status['refs']} uses")
    for name in index.configs:
        units = _units(index, name)
        print(f"{name}: {sum(p for _, p in units)} of {len(units)} units parsed")
        for kind, message, path, line, col in index.diagnostics(config=CONFIGS.index(name)):
            print(f"{path}:{line}:{col}: {kind}: {message}")
    return 1 if failed else 0


def _units(index: Index, config: str) -> list[tuple[str, bool]]:
    return index.units(config=CONFIGS.index(config))


def _find(index: Index, name: str, kinds: Sequence[Kind] | None = None) -> list[Symbol]:
    """Symbols by name, or by ``record.member``."""
    record, dot, member = name.partition(".")
    if dot and not name.endswith((".c", ".h")):
        found = index.member(record, member)
        return [found] if found is not None else []
    return index.named(name, kinds=kinds)


def _missing(index: Index, name: str) -> int:
    near = index.nearest(name)
    print(f"no {name!r} in CPython {index.release}", file=sys.stderr)
    if near:
        print(f"near: {', '.join(near)}", file=sys.stderr)
    return 1


def _definitions(index: Index, printer: Printer, name: str, kinds: Sequence[Kind] | None) -> int:
    found = _find(index, name, kinds)
    if not found:
        return _missing(index, name)
    printer.symbols(found)
    return 0


def _uses(index: Index, printer: Printer, name: str, use: str | None) -> int:
    found = _find(index, name)
    if not found:
        return _missing(index, name)
    if "." not in name:
        # Members and locals share names by accident; they are asked for as record.member.
        broad = [s for s in found if s.kind not in (Kind.LOCAL, Kind.PARAMETER, Kind.LABEL)]
        found = broad or found
    for symbol in found:
        refs = [r for r in index.uses(symbol.id) if use is None or r.use.value == use]
        printer.uses(symbol, refs)
    printer.end()
    return 0


def _edges(index: Index, printer: Printer, name: str, *, callers: bool) -> int:
    edges = Edges(index)
    found = [s for s in _find(index, name) if s.kind in _CALLABLE]
    if not callers:
        found = [s for s in found if s.place.is_definition]
    if not found:
        return _missing(index, name)
    for symbol in found:
        if callers:
            printer.callers(symbol, edges.callers(symbol))
        else:
            printer.callees(symbol, edges.callees(symbol))
    printer.end()
    return 0


def _where(index: Index, printer: Printer, asked: str) -> int:
    names = Names(index)
    found = names.find(asked)
    if not found:
        found = [n for s in index.named(asked, kinds=(Kind.FUNCTION,)) for n in names.of(s)]
    if not found:
        print(f"no {asked!r} is implemented in C in CPython {index.release}", file=sys.stderr)
        if near := names.nearest(asked):
            print(f"near: {', '.join(near)}", file=sys.stderr)
        return 1
    printer.python_names(found)
    return 0


def _struct(index: Index, printer: Printer, name: str, config: str | None) -> int:
    tag = name.removeprefix("struct ").removeprefix("union ").strip()
    chosen = (config,) if config else index.configs
    found = {one: index.layout(tag, config=CONFIGS.index(one)) for one in chosen}
    layouts = {one: layout for one, layout in found.items() if layout is not None}
    if layouts:
        printer.layouts(layouts, chosen)
        return 0
    symbols = _find(index, name, _TYPES)
    if not symbols:
        return _missing(index, name)
    printer.symbols(symbols)
    print("its layout is not known: the type is incomplete", file=sys.stderr)
    return 1


def _file(index: Index, printer: Printer, path: str) -> int:
    info = index.file(path)
    if info is None:
        near = index.nearest_files(path)
        print(f"no file {path!r} in the index of CPython {index.release}", file=sys.stderr)
        if near:
            print(f"near: {', '.join(near)}", file=sys.stderr)
        return 1
    shown = (*_TYPES, Kind.FUNCTION, Kind.VARIABLE, Kind.MACRO)
    found = [
        s
        for s in index.symbols_in(path, shown)
        if any(p.path == path and p.is_definition for p in s.places) and s.name
    ]
    printer.outline(info, found)
    return 0
