# mypy: disable-error-code="attr-defined,import-not-found,call-overload"
# (it runs in the pinned release, whose library is newer than what the types here know)
"""From source text to the instructions that run: gives each form that the compiler makes of it.

Asks the interpreter itself: the tokenizer, ``ast``, ``symtable``, the compiler's stages as
``_testinternalcapi`` exposes them for CPython's own tests, and ``dis`` with its adaptive view.
"""

from __future__ import annotations

import ast
import dis
import io
import symtable
import token
import tokenize
import types
from typing import Any

from . import give

FILE = "<trace>"


def stages(
    source: str, *, function: str = "", adaptive: bool, warm: str = "", rounds: int = 100
) -> None:
    """Hand over every form of *source*, or of *function* (dotted) in it.

    For the adaptive form the snippet is run: ``warm`` runs before it, and it runs ``rounds``
    times; of a *function*, the snippet runs once and then ``warm`` so often.
    """
    tree = ast.parse(source)
    told: dict[str, Any] = {
        "tokens": _tokens(source),
        "ast": ast.dump(tree, indent=2),
        "symtable": _scopes(symtable.symtable(source, FILE, "exec")),
    }
    module = compile(source, FILE, "exec")
    code = _inner(module, function)
    told["before"], told["flow"] = _sequences(source, function)
    told["code"] = _listing(code)
    if adaptive:
        space: dict[str, Any] = {"__name__": "__main__"}
        told["adaptive"] = _warmed(module, function, warm, rounds, space)
    give(told)


def _warmed(
    module: types.CodeType, function: str, warm: str, rounds: int, space: dict[str, Any]
) -> list[list[Any]]:
    if function:
        exec(module, space)
        target: Any = space
        for part in function.split("."):
            target = target[part] if isinstance(target, dict) else vars(target)[part]
        code = target.__code__
        again = compile(warm, "<warm>", "exec")
    else:
        code, again = module, module
        if warm:
            exec(compile(warm, "<warm>", "exec"), space)
    for _ in range(rounds):
        exec(again, space)
    return _listing(code, adaptive=True)


def _tokens(source: str) -> list[list[Any]]:
    out = []
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        out.append([token.tok_name[one.exact_type], one.string, *one.start, *one.end])
    return out


def _scopes(table: symtable.SymbolTable, level: int = 0) -> list[list[Any]]:
    rows = []
    for symbol in table.get_symbols():
        said = [
            word
            for word, holds in {
                "parameter": symbol.is_parameter(),
                "local": symbol.is_local(),
                "global": symbol.is_global(),
                "declared global": symbol.is_declared_global(),
                "nonlocal": symbol.is_nonlocal(),
                "free": symbol.is_free(),
                "assigned": symbol.is_assigned(),
                "referenced": symbol.is_referenced(),
                "imported": symbol.is_imported(),
                "namespace": symbol.is_namespace(),
            }.items()
            if holds
        ]
        rows.append([level, f"{table.get_type().value} {table.get_name()}", symbol.get_name(),
                     ", ".join(said)])  # fmt: skip
    for child in table.get_children():
        rows += _scopes(child, level + 1)
    return rows


def _sequences(source: str, function: str) -> tuple[list[list[Any]], list[list[Any]]]:
    """The instruction sequence that code generation emits, and what the optimiser makes of it."""
    try:
        import _testinternalcapi as internal
    except ImportError:
        return [], []
    # The compiler folds constants in the tree before it generates code (ast_opt.c).
    tree = ast.parse(source, optimize=0)
    sequence, facts = internal.compiler_codegen(tree, FILE, 0, 0)
    inner: Any = compile(source, FILE, "exec")
    for part in [p for p in function.split(".") if p]:
        codes = [c for c in inner.co_consts if isinstance(c, types.CodeType)]
        place = [c.co_name for c in codes].index(part)
        nested = sequence.get_nested()
        sequence, inner = nested[place], codes[place]
    before = _instructions(sequence.get_instructions())
    if function:
        # The optimiser wants the table of constants, which is not given for inner code.
        return before, []
    consts = list(facts["consts"])
    flow = internal.optimize_cfg(sequence, consts, 0)
    return before, _instructions(flow.get_instructions())


def _instructions(told: list[tuple[Any, ...]]) -> list[list[Any]]:
    import _opcode_metadata

    names = {number: name for name, number in _opcode_metadata.opmap.items()}
    names |= {number: name for name, number in _opcode_metadata._specialized_opmap.items()}
    return [[names.get(op, str(op)), arg, line] for op, arg, line, *_ in told]


def _listing(code: types.CodeType, *, adaptive: bool = False) -> list[list[Any]]:
    out = []
    for one in dis.get_instructions(code, adaptive=adaptive):
        argument = "" if one.arg is None else str(one.arg)
        shown = one.argrepr
        if isinstance(one.argval, types.CodeType):
            shown = f"<code {one.argval.co_name}>"
        out.append([one.offset, one.opname, argument, shown, one.line_number or 0, one.label or 0])
    return out


def _inner(code: types.CodeType, function: str) -> types.CodeType:
    for part in [p for p in function.split(".") if p]:
        found = [c for c in code.co_consts if isinstance(c, types.CodeType) and c.co_name == part]
        if not found:
            names = [c.co_name for c in code.co_consts if isinstance(c, types.CodeType)]
            raise LookupError(f"no function {part!r} in {code.co_name}: {', '.join(names)}")
        code = found[0]
    return code
