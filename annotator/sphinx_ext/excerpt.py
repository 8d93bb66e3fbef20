"""The ``excerpt`` directive: reads a place in the tree, gives its source, live and cross-linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from annotator.pages.addresses import Linker, file_address, relative
from annotator.pages.escape import text
from annotator.sphinx_ext import access
from annotator.sphinx_ext.targets import find_code, resolve, whole

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class source_lines(nodes.General, nodes.Element):
    """Lines of a file of the tree: ``path``, ``first``, ``last``, ``marked`` lines, ``name``.

    ``bare`` ones have no frame and caption.  The markup is made when the page is written, since
    its links depend on the page.
    """


def frame(self: Any, node: source_lines) -> str:
    """The HTML of *node* on the page that is being written."""
    base = access.page_of(node, self.builder)
    path, first, last = node["path"], node["first"], node["last"]
    source = access.source(self.config, path)
    href = Linker(base)
    marked = set(node["marked"])
    numbers = "".join(
        f"<a href={href(path, n)}{' class=h' if n in marked else ''}>{n}</a>"
        for n in range(first, last + 1)
    )
    code = source.html(first, last, href=href)
    guard = "\n" if code.startswith("\n") else ""
    block = (
        f'<div class="src" style="--digits:{len(str(last))}"><div class="c">'
        f'<div class="g" aria-hidden="true">{numbers}</div>'
        f'<pre class="s">{guard}{code}</pre></div></div>'
    )
    if node["bare"]:
        return block
    lines = f"line {first}" if first == last else f"lines {first}–{last}"
    name = f" <b>{text(node['name'])}</b>" if node["name"] else ""
    where = relative(f"{file_address(path)}#L{first}", base)
    return (
        f'<figcaption><a class="open" href="{where}" title="Open in the browser">'
        f"<span>{text(path)}</span>{name} <small>{lines}</small></a></figcaption>{block}"
    )


def _visit(self: Any, node: source_lines) -> None:
    if node["bare"]:
        self.body.append(frame(self, node))
        raise nodes.SkipNode
    ids = f' id="{node["ids"][0]}"' if node["ids"] else ""
    self.body.append(f'<figure class="excerpt"{ids}>{frame(self, node)}')


def _depart(self: Any, node: source_lines) -> None:
    self.body.append("</figure>\n")


def _skip(self: Any, node: source_lines) -> None:
    raise nodes.SkipNode


class Excerpt(SphinxDirective):
    """``.. excerpt:: file:name`` with ``:from:``, ``:to:``, ``:highlight:`` and ``:caption:``."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "from": directives.unchanged_required,
        "to": directives.unchanged_required,
        "highlight": directives.unchanged_required,
        "caption": directives.unchanged_required,
        "name": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Find the lines; a miss is a warning."""
        opened = access.depend_on_index(self.env)
        words = self.arguments[0]
        try:
            target = resolve(opened, words)
            data = opened.text(target.path)
            first, last = whole(opened, target)
            inside = (first, last)
            for option in ("from", "to"):
                if option in self.options:
                    found = find_code(
                        data, self.options[option], *inside, where=words, what=f":{option}:"
                    )
                    first, last = (found[0], last) if option == "from" else (first, found[1])
            if first > last:
                raise access.Miss(":from: stands behind :to:")
            marked: list[int] = []
            for code in self.options.get("highlight", "").splitlines():
                if code.strip():
                    a, b = find_code(data, code, first, last, where=words, what=":highlight:")
                    marked.extend(range(a, b + 1))
        except access.Miss as miss:
            access.warn(f"excerpt {words!r}: {miss}", self.get_location())
            return []
        symbol = target.symbol
        node = source_lines(
            path=target.path,
            first=first,
            last=last,
            marked=marked,
            name=symbol.name if symbol else "",
            bare=False,
        )
        self.set_source_info(node)
        self.add_name(node)
        mention(self.env, target.path)
        if symbol:
            mention_name(self.env, target.path, symbol.name)
        if "caption" in self.options:
            children, messages = self.parse_inline(self.options["caption"])
            node += nodes.paragraph("", "", *children, classes=["excerpt-caption"])
            return [node, *messages]
        return [node]


def mention(env: Any, path: str) -> None:
    """Note that the document in hand shows something of the file *path*."""
    mentions(env).setdefault(env.docname, set()).add(path)


def mentions(env: Any) -> dict[str, set[str]]:
    """The files that each document shows, by document."""
    if not hasattr(env, "annotator_mentions"):
        env.annotator_mentions = {}
    known: dict[str, set[str]] = env.annotator_mentions
    return known


def mention_name(env: Any, path: str, name: str) -> None:
    """Note that the document in hand tells of what is called *name* in the file *path*."""
    named(env).setdefault(env.docname, set()).add((path, name))


def named(env: Any) -> dict[str, set[tuple[str, str]]]:
    """The (path, name) of each thing that a document shows or links to, by document."""
    if not hasattr(env, "annotator_named"):
        env.annotator_named = {}
    known: dict[str, set[tuple[str, str]]] = env.annotator_named
    return known


def _purge(app: Sphinx, env: Any, docname: str) -> None:
    mentions(env).pop(docname, None)
    named(env).pop(docname, None)


def _merge(app: Sphinx, env: Any, docnames: set[str], other: Any) -> None:
    for docname in docnames & mentions(other).keys():
        mentions(env)[docname] = mentions(other)[docname]
    for docname in docnames & named(other).keys():
        named(env)[docname] = named(other)[docname]


def setup(app: Sphinx) -> None:
    """Register the node and the directive."""
    app.add_node(source_lines, html=(_visit, _depart), text=(_skip, None))
    app.add_directive("excerpt", Excerpt)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
