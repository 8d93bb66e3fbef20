"""What the directives that run programs share: interpreters, expectations, and named blocks.

Reads a directive's options and what a program did; gives warnings for what came out otherwise,
and remembers by name what each block of a document left behind.
"""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError

from annotator.errors import UserError
from annotator.running.program import Result
from annotator.sphinx_ext import access
from annotator.sphinx_ext.layout import expanded

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.docutils import SphinxDirective


# Printed between the code that runs first, unseen, and the block's own.
_MARK = "\x1e\n"
_HERE = f"__import__('sys').stdout.write({_MARK!r})\n"


@dataclass(frozen=True, slots=True)
class Ran:
    """A block of a document: its code with all that ran before it, and what came of it."""

    code: str
    result: Result
    measured: bool


@functools.lru_cache(maxsize=4)
def _interpreter(name: str, overrides: tuple[tuple[str, str], ...]) -> tuple[Path, str]:
    chosen = dict(overrides)
    if name in chosen:
        path = Path(chosen[name])
        return path, f"{path} {path.stat().st_mtime_ns}"
    from annotator.reference.interpreters import ensure
    from annotator.reference.progress import Report
    from annotator.reference.releases import selected

    try:
        found = ensure(name, selected(), report=Report.quiet())
    except UserError as error:
        raise ExtensionError(str(error)) from None
    return found.python, found.key


def _of(config: Config, name: str) -> tuple[Path, str]:
    return _interpreter(name, tuple(sorted(config.annotator_interpreters.items())))


def profile(text: str) -> str:
    """The option ``:interpreter:``."""
    return directives.choice(text, ("release", "debug"))


def interpreter_of(directive: SphinxDirective) -> tuple[Path, str]:
    """The interpreter that a directive asks for, and the key of all it was made from.

    The document in hand is read again when that changes.
    """
    return _used(directive.env, directive.options.get("interpreter", "release"))


def release_interpreter(env: BuildEnvironment) -> tuple[Path, str]:
    """The release interpreter, for the document in hand."""
    return _used(env, "release")


def _used(env: BuildEnvironment, name: str) -> tuple[Path, str]:
    python, key = _of(env.config, name)
    access.depend(env, f"interpreter {name}", key)
    return python, key


def structs(directive: SphinxDirective) -> dict[str, Any]:
    """What ``inside`` shall know of the structs in the option ``:structs:``."""
    names = directive.options.get("structs", "").replace(",", " ").split()
    if not names:
        return {}
    opened = access.depend_on_index(directive.env)
    out = {}
    for name in names:
        found = opened.layout(name)
        if found is None:
            raise access.Miss(f":structs: no layout of {name!r}{access.near(opened.nearest(name))}")
        layout = expanded(opened, found)
        members = [
            [m.name, m.offset, m.size, m.bit_offset, m.bit_size, m.type] for m in layout.members
        ]
        out[name] = {"size": layout.size, "members": members}
    return out


def literal(text: str, language: str) -> nodes.literal_block:
    """A block of code; Sphinx colours only one whose raw source is its text."""
    text = text.rstrip("\n")
    return nodes.literal_block(text, text, language=language)


def frame(directive: SphinxDirective, *classes: str) -> nodes.container:
    """The box around a program and what came of it, with the option ``:caption:``."""
    box = nodes.container(classes=["live", *classes])
    directive.set_source_info(box)
    if "caption" in directive.options:
        children, _ = directive.parse_inline(directive.options["caption"])
        box += nodes.paragraph("", "", *children, classes=["live-caption"])
    return box


def code_block(code: str) -> nodes.literal_block:
    """The code of a program, in such a box."""
    block = literal(code, "python")
    block["classes"].append("live-code")
    return block


def assertions(options: dict[str, Any]) -> tuple[str, ...]:
    """The option ``:assert:``, one expression a line."""
    return tuple(line for line in options.get("assert", "").splitlines() if line.strip())


def blocks(env: BuildEnvironment) -> dict[str, Ran]:
    """The named blocks of the document in hand."""
    known: dict[str, Ran] = env.temp_data.setdefault("annotator-live", {})
    return known


def add_block(env: BuildEnvironment, name: str, ran: Ran) -> None:
    """Remember a block.  Raises `Miss` when there is another of this name."""
    known = blocks(env)
    if name in known:
        raise access.Miss("there is another of this name above")
    known[name] = ran


def code_before(env: BuildEnvironment, names: str) -> str:
    """The code of the blocks *names*, all that ran before them included."""
    out = []
    for name in names.replace(",", " ").split():
        if name not in blocks(env):
            close = access.near(blocks(env), hint="above stand")
            raise access.Miss(f":after: no block {name!r} above{close}")
        out.append(blocks(env)[name].code)
    return "".join(out) + _HERE if out else ""


def own_output(result: Result) -> Result:
    """*result* without what was printed by code that ran before the block's own."""
    _, mark, rest = result.stdout.rpartition(_MARK)
    return replace(result, stdout=rest) if mark else result


def check(options: dict[str, Any], result: Result) -> None:
    """Raise `Miss` when a block did not do what its options say."""
    crash, raises = options.get("crash", ""), options.get("raises", "")
    tail = "\n" + "\n".join(result.stderr.strip().splitlines()[-12:])
    if crash:
        if result.signal != crash:
            how = result.signal or result.exception or f"status {result.status}"
            raise access.Miss(f"should die of {crash}, ended with {how}{tail}")
    elif result.signal:
        raise access.Miss(f"died of {result.signal}{tail}")
    elif raises:
        if result.exception != raises:
            what = result.exception or "nothing"
            raise access.Miss(f"should raise {raises}, raised {what}{tail}")
    elif result.exception or result.status:
        raise access.Miss(f"ended with {result.exception or f'status {result.status}'}{tail}")
    if "expect" in options:
        wanted, got = options["expect"].strip(), result.stdout.strip()
        if wanted != got:
            difference = "\n".join(
                difflib.unified_diff(
                    wanted.splitlines(), got.splitlines(), "expected", "printed", lineterm="", n=2
                )
            )
            raise access.Miss(f"printed something else than :expect:\n{difference}")
    if result.failed:
        raise access.Miss(f":assert: does not hold: {'; '.join(result.failed)}")


def setup(app: Sphinx) -> None:
    """Register the setting, and the interpreters as what documents depend on."""
    # path of an interpreter by profile, instead of the reference ones (for tests)
    app.add_config_value("annotator_interpreters", {}, "env", types=frozenset({dict}))
    for name in ("release", "debug"):
        access.state(
            f"interpreter {name}",
            lambda config, name=name: _of(config, name)[1],  # type: ignore[misc]
        )
