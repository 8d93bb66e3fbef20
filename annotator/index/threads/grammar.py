"""Grammar and abstract syntax: reads ``python.gram`` and ``Python.asdl``, gives symbols and pairs.

A rule of the grammar becomes a function of ``Parser/parser.c`` called ``<rule>_rule`` (PEP 617);
a node of the abstract syntax becomes a constructor ``_PyAST_<Node>``, a ``<Node>_kind`` and a
struct of ``Include/internal/pycore_ast.h`` (PEP 339).
"""

from __future__ import annotations

import re

from annotator.index.threads.store import Spot, Store, Text
from annotator.model import Kind, Use

GRAMMAR, PARSER = "Grammar/python.gram", "Parser/parser.c"
ASDL = "Parser/Python.asdl"

_RULE = re.compile(rb"^([a-z_]\w*)(?:\[[^\]\n]*\])?(?:[ \t]*\(memo\))?[ \t]*:", re.M)
_TOKEN = re.compile(
    rb"(?P<comment>\#[^\n]*)|(?P<string>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    rb"|(?P<trailer>'''[\s\S]*?''')|(?P<word>[A-Za-z_]\w*)|(?P<sign>[{}\[\]=|:\n])"
)


def weave(store: Store) -> dict[str, int]:
    """Add the rules and nodes and pair them; how many there are of each, by file."""
    nodes = _asdl(store)
    return {GRAMMAR: _grammar(store, nodes), ASDL: len(nodes)}


# -- the grammar --------------------------------------------------------------------------------


def _grammar(store: Store, nodes: dict[str, int]) -> int:
    text = store.text(GRAMMAR)
    if text is None:
        return 0
    heads = list(_RULE.finditer(text.data))
    ends = [*(m.start() for m in heads[1:]), len(text.data)]
    rules: dict[str, int] = {}
    for m, end in zip(heads, ends, strict=True):
        body = text.data[m.start() : end].rstrip()
        name = m[1].decode()
        spot = _spot(text, m.start(1))
        rules[name] = store.add_symbol(
            Kind.RULE,
            name,
            spot,
            end_line=text.lines.place(m.start() + len(body))[0],
            declaration=m[0].decode().rstrip(":"),
        )
        for function in store.definitions(f"{name}_rule", "function", PARSER):
            store.pair(spot, function, "parser function", "grammar rule")
    for m, end in zip(heads, ends, strict=True):
        _alternatives(store, text, m, end, rules, nodes)
    return len(rules)


def _alternatives(
    store: Store,
    text: Text,
    head: re.Match[bytes],
    end: int,
    rules: dict[str, int],
    nodes: dict[str, int],
) -> None:
    """The names in the alternatives of a rule, and in their actions, which are C."""
    function = rules[head[1].decode()]
    braces = 0
    bound: set[str] = set()  # names that the alternative in hand gives to its parts
    for m in _TOKEN.finditer(text.data, head.end(1), end):
        if m["sign"] is not None:
            braces += {b"{": 1, b"}": -1}.get(m["sign"], 0)
            if m["sign"] == b"|" and not braces:
                bound.clear()
            continue
        if m["word"] is None:
            continue
        name, spot = m["word"].decode(), _spot(text, m.start())
        if not braces:
            if name not in rules and _BINDS.match(text.data, m.end()):
                bound.add(name)
                continue
            if name in rules:
                store.add_ref(spot, len(name), rules[name], Use.CALL, function=function)
                continue
        if name not in bound and (symbol := store.named(name)):
            use = Use.CALL if braces and text.data[m.end() : m.end() + 1] == b"(" else Use.READ
            store.add_ref(spot, len(name), symbol, use, function=function)
            if name.startswith("_PyAST_") and (node := nodes.get(name.removeprefix("_PyAST_"))):
                rule = store.symbols([function])[function][2]
                place = store.symbols([node])[node][2]
                store.pair(rule, place, "node that it makes", "grammar rule")


# An alternative's part gets a name: a=NAME, a[asdl_expr_seq*]=','.e+
_BINDS = re.compile(rb"(\[[^\]\n]*\])?=")


# -- the abstract syntax ------------------------------------------------------------------------

_TYPE = re.compile(rb"^[ \t]*([a-z_]\w*)[ \t]*=", re.M)
_CONSTRUCTOR = re.compile(rb"[=|]\s*([A-Z]\w*)")
_FIELD_TYPE = re.compile(rb"([a-z_]\w*)[*?]?[ \t]+[a-z_]\w*")


def _asdl(store: Store) -> dict[str, int]:
    """Symbols of the types and constructors, by name, each tied to what is made of it."""
    text = store.text(ASDL)
    if text is None:
        return {}
    # Comments are blanked out, so that offsets stay.
    data = re.sub(rb"--[^\n]*", lambda m: b" " * len(m[0]), text.data)
    nodes: dict[str, int] = {}
    types = list(_TYPE.finditer(data))
    ends = [*(m.start() for m in types[1:]), len(data)]
    for m, end in zip(types, ends, strict=True):
        name, spot = m[1].decode(), _spot(text, m.start(1))
        nodes[name] = store.add_symbol(
            Kind.NODE, name, spot, declaration=f"{name}, a type of the abstract syntax"
        )
        _tie(store, spot, f"_{name}", ("struct", "enum"), "its type in C")
        _tie(store, spot, f"_PyAST_{name}", ("function",), "constructor")
        for c in _CONSTRUCTOR.finditer(data, m.end() - 1, end):
            spelled, place = c[1].decode(), _spot(text, c.start(1))
            nodes[spelled] = store.add_symbol(
                Kind.NODE,
                spelled,
                place,
                declaration=_signature(data, c),
                parent=nodes[name],
                parent_name=name,
            )
            _tie(store, place, f"_PyAST_{spelled}", ("function",), "constructor")
            _tie(store, place, f"{spelled}_kind", ("enumerator",), "its kind")
            _tie(store, place, spelled, ("enumerator",), "its value")
    for m in _FIELD_TYPE.finditer(data):
        symbol = nodes.get(m[1].decode())
        if symbol:
            store.add_ref(_spot(text, m.start(1)), len(m[1]), symbol, Use.TYPE)
    return nodes


def _tie(store: Store, spot: Spot, name: str, kinds: tuple[str, ...], relation: str) -> None:
    for kind in kinds:
        for other in store.definitions(name, kind):
            store.pair(spot, other, relation, "abstract syntax")


def _signature(data: bytes, m: re.Match[bytes]) -> str:
    """A constructor with its fields, on one line."""
    end = m.end()
    if data[end : end + 1] == b"(":
        end = data.find(b")", end) + 1
    return " ".join(data[m.start(1) : end].decode().split())


# -- both ---------------------------------------------------------------------------------------


def _spot(text: Text, offset: int) -> Spot:
    return Spot(text.number, *text.lines.place(offset))
