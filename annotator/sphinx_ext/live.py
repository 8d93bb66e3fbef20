"""Python that the build runs: the ``live`` directive, and the roles ``live`` and ``measured``.

Reads Python and what it is expected to do; gives the code with what it printed in the reference
interpreter.  What did not come out as expected is a warning.
"""

from __future__ import annotations

import ast
import difflib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole

from annotator.errors import UserError
from annotator.sphinx_ext import access
from annotator.sphinx_ext.live_run import TIMEOUT, Program, Result, run
from annotator.sphinx_ext.measured import measured_block, measured_inline

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment


class live_value(nodes.Inline, nodes.Element):
    """Stands for ``words`` (block.variable) until the whole document was read."""


@functools.lru_cache(maxsize=4)
def interpreter(profile: str, overrides: tuple[tuple[str, str], ...]) -> tuple[Path, str]:
    """The interpreter of *profile* and the key of all it was made from."""
    chosen = dict(overrides)
    if profile in chosen:
        path = Path(chosen[profile])
        return path, f"{path} {path.stat().st_mtime_ns}"
    from annotator.reference.interpreters import ensure
    from annotator.reference.progress import Report
    from annotator.reference.releases import selected

    try:
        found = ensure(profile, selected(), report=Report.quiet())
    except UserError as error:
        raise ExtensionError(str(error)) from None
    return found.python, found.key


def _interpreter(config: Config, profile: str) -> tuple[Path, str]:
    return interpreter(profile, tuple(sorted(config.annotator_interpreters.items())))


def _profile(text: str) -> str:
    return directives.choice(text, ("release", "debug"))


class Live(SphinxDirective):
    """``.. live::``: see the options; each block is a program of its own."""

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "name": directives.unchanged_required,
        "after": directives.unchanged_required,  # names of blocks whose code runs first, unseen
        "expect": directives.unchanged,
        "assert": directives.unchanged_required,  # one expression a line
        "interpreter": _profile,
        "measured": directives.flag,
        "hide-code": directives.flag,
        "raises": directives.unchanged_required,
        "crash": directives.unchanged_required,
        "caption": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Run the block and show it."""
        code = "\n".join(self.content).rstrip() + "\n"
        name = self.options.get("name", "")
        label = f"live {name!r}" if name else "live"
        profile = self.options.get("interpreter", "release")
        measured = "measured" in self.options
        try:
            before = self._before()
            python, key = _interpreter(self.config, profile)
            access.depend(self.env, f"interpreter {profile}", key)
            asserts = tuple(a for a in self.options.get("assert", "").splitlines() if a.strip())
            result = run(
                Program(before + code, asserts), python, key, measured=measured, timeout=TIMEOUT
            )
            _check(self.options, result)
        except access.Miss as miss:
            access.warn(f"{label}: {miss}", self.get_location())
            return []
        except UserError as error:
            access.warn(f"{label}: {error}", self.get_location())
            return []
        if name:
            known = _blocks(self.env)
            if name in known:
                access.warn(f"{label}: there is another of this name above", self.get_location())
            known[name] = (before + code, result, measured)
        return [self._show(code, result, measured)]

    def _before(self) -> str:
        out = []
        for name in self.options.get("after", "").replace(",", " ").split():
            if name not in _blocks(self.env):
                close = access.near(_blocks(self.env), hint="above stand")
                raise access.Miss(f":after: no block {name!r} above{close}")
            out.append(_blocks(self.env)[name][0])
        return "".join(out)

    def _show(self, code: str, result: Result, measured: bool) -> nodes.Element:
        box = nodes.container(classes=["live"])
        self.set_source_info(box)
        if "caption" in self.options:
            children, _ = self.parse_inline(self.options["caption"])
            box += nodes.paragraph("", "", *children, classes=["live-caption"])
        if "hide-code" not in self.options:
            block = literal(code, "python")
            block["classes"].append("live-code")
            box += block
        shown = result.stdout
        if "raises" in self.options or "crash" in self.options:
            shown += result.stderr
        if result.signal:
            shown += f"[{result.signal}]\n"
        if shown.strip():
            if measured:
                box += measured_block(value=shown.rstrip("\n"))
            else:
                output = literal(shown, "text")
                output["classes"].append("live-output")
                box += output
        if "debug" in self.options.get("interpreter", ""):
            box["classes"].append("debug")
        return box


def literal(text: str, language: str) -> nodes.literal_block:
    """A block of code; Sphinx colours only one whose raw source is its text."""
    text = text.rstrip("\n")
    return nodes.literal_block(text, text, language=language)


def _check(options: dict[str, Any], result: Result) -> None:
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


class Value(SphinxRole):
    """``:live:`block.variable```: the value that a block of this document left."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The block may stand further down: leave a mark."""
        node = live_value(words=self.text, role=self.name)
        self.set_source_info(node)
        return [node], []


class Values(SphinxTransform):
    """Puts values where the roles ask for them, when a document was read."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Replace every `live_value`."""
        known = _blocks(self.env)
        for node in list(self.document.findall(live_value)):
            try:
                value = self._value(node, known)
            except access.Miss as miss:
                access.warn(f":{node['role']}:`{node['words']}`: {miss}", node)
                value = nodes.literal(node["words"], node["words"])
            node.replace_self(value)
        self.env.temp_data.pop("annotator-live", None)

    def _value(
        self, node: live_value, known: dict[str, tuple[str, Result, bool]]
    ) -> nodes.Element | nodes.Text:
        block, dot, name = node["words"].rpartition(".")
        if not dot:
            raise access.Miss("wants block.variable")
        if block not in known:
            raise access.Miss(f"no live block {block!r} here{access.near(sorted(known))}")
        _, result, measured = known[block]
        if name not in result.values:
            close = difflib.get_close_matches(name, result.values, 5, 0.3)
            why = "" if measured else "; one whose value varies from run to run needs :measured:"
            raise access.Miss(f"block {block!r} left no {name!r}{access.near(close)}{why}")
        value = result.values[name]
        try:
            shown = ast.literal_eval(value)
            if isinstance(shown, str):
                value = shown
        except (ValueError, SyntaxError, MemoryError):
            pass
        if measured or node["role"] == "measured":
            return measured_inline(value=value)
        return nodes.inline(value, value, classes=["live-value"])


def _blocks(env: BuildEnvironment) -> dict[str, tuple[str, Result, bool]]:
    known: dict[str, tuple[str, Result, bool]] = env.temp_data.setdefault("annotator-live", {})
    return known


def setup(app: Sphinx) -> None:
    """Register directives, roles, settings."""
    # path of an interpreter by profile, instead of the reference ones (for tests)
    app.add_config_value("annotator_interpreters", {}, "env", types=frozenset({dict}))
    for profile in ("release", "debug"):
        access.state(
            f"interpreter {profile}",
            lambda config, profile=profile: _interpreter(config, profile)[1],  # type: ignore[misc]
        )
    app.add_node(live_value)
    app.add_directive("live", Live)
    app.add_role("live", Value())
    app.add_role("measured", Value())
    app.add_transform(Values)
