"""What directives stand on: the index, the interpreters, and what each document was made from.

Reads the index and the cache; gives them, opened once for each process, to the other modules.
A document that used one of them is read again when that changed.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sphinx.errors import ExtensionError
from sphinx.util import logging

from annotator import paths
from annotator.errors import UserError
from annotator.pages.code import Source

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from annotator.index.query import Index
    from annotator.model import FileInfo

FORMAT = "1"
_log = logging.getLogger(__name__)


class Miss(Exception):
    """A document asks for something that is not there; the text says what is near."""


def warn(message: str, location: Any) -> None:
    """A warning at a place in a document; with ``-W`` it fails the build."""
    _log.warning("%s", message, location=location, type="annotator")


def near(candidates: Iterable[str], *, hint: str = "nearest") -> str:
    """The end of a message that offers *candidates*; empty when there are none."""
    found = list(candidates)
    return f" ({hint}: {', '.join(found)})" if found else ""


def index(config: Config) -> Index:
    """The index of this build.  Raises `ExtensionError` when there is none."""
    path = Path(config.annotator_index)
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        stamp = 0
    # A connection must not cross a fork (sqlite.org, "How To Corrupt", 2.6): one per process.
    return _open(os.getpid(), path, stamp)


@functools.lru_cache(maxsize=1)
def _open(_process: int, path: Path, _stamp: int) -> Index:
    from annotator.index.query import Index

    try:
        return Index.open(path)
    except UserError as error:
        raise ExtensionError(str(error)) from None


def files(config: Config) -> dict[str, FileInfo]:
    """The files of the index by path: those that have a page."""
    return _files(index(config))


@functools.lru_cache(maxsize=1)
def _files(opened: Index) -> dict[str, FileInfo]:
    return {info.path: info for info in opened.files()}


def source(config: Config, path: str) -> Source:
    """A file of the tree, ready to be shown."""
    return _source(index(config), path)


@functools.lru_cache(maxsize=24)
def _source(opened: Index, path: str) -> Source:
    return Source.of(opened, path, _files(opened))


# What a document was made from, by document: {"index": fingerprint, …}
def depend(env: BuildEnvironment, kind: str, state: str) -> None:
    """Note that the document in hand is to be read again when *kind* is no longer *state*."""
    _known(env).setdefault(env.docname, {})[kind] = state


def depend_on_index(env: BuildEnvironment) -> Index:
    """The index, for the document in hand."""
    opened = index(env.config)
    depend(env, "index", opened.fingerprint)
    return opened


_STATES: dict[str, Callable[[Config], str]] = {"index": lambda config: index(config).fingerprint}


def state(kind: str, of: Callable[[Config], str]) -> None:
    """Say how the present state of *kind* is found out."""
    _STATES[kind] = of


def _known(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    if not hasattr(env, "annotator_states"):
        env.annotator_states = {}
    return cast("dict[str, dict[str, str]]", env.annotator_states)


def _outdated(app: Sphinx, env: BuildEnvironment, *_: object) -> list[str]:
    now: dict[str, str] = {}
    out = []
    for docname, states in _known(env).items():
        for kind, then in states.items():
            if kind not in now:
                now[kind] = _STATES[kind](app.config)
            if now[kind] != then:
                out.append(docname)
                break
    return sorted(out)


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _known(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    for docname in docnames & _known(other).keys():
        _known(env)[docname] = _known(other)[docname]


def page_of(node: nodes.Node, builder: Any) -> str:
    """The address of the page that is being written, from the site's root."""
    return str(builder.get_target_uri(builder.current_docname))


def setup(app: Sphinx) -> None:
    """Register the settings and what keeps documents up to date."""
    app.add_config_value("annotator_index", str(paths.INDEX), "env", types=frozenset({str}))
    app.connect("env-get-outdated", _outdated)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
