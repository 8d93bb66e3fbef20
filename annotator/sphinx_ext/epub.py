"""The book as an EPUB: Sphinx's own builder, for the chapters, the words and the notes they cite.

Reads the doctrees of the site; gives one file, the same bytes from the same doctrees.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.epub3 import Epub3Builder

from annotator.sphinx_ext import xhtml

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = "book/index"
_WORDS = ("glossary", "further-reading")
_STYLE = "reader.css"
_OF_SPHINX = ("epub.css", "pygments.css", "basic.css", "file.png", "plus.png", "minus.png")
_FIXED = (1980, 1, 1, 0, 0, 0)
# What the site's theme would say, in the light.
_THEME = {
    "color-foreground-primary": "#000000",
    "color-foreground-secondary": "#5a5c63",
    "color-foreground-muted": "#6b6f76",
    "color-foreground-border": "#878787",
    "color-background-primary": "#ffffff",
    "color-background-secondary": "#f8f9fb",
    "color-background-hover": "#efeff4",
    "color-background-border": "#eeebee",
    "color-brand-primary": "#0a4bff",
    "color-brand-content": "#2757dd",
    "color-link": "#2757dd",
    "color-link-underline": "#eeebee",
    "color-code-background": "#f8f9fb",
    "color-code-foreground": "#24292e",
    "color-inline-code-background": "#f8f9fb",
    "font-stack--monospace": "monospace",
    "code-font-size": "0.85em",
}


class BookBuilder(Epub3Builder):
    """Writes the book alone; what a page of it says stays, what only a browser does goes."""

    name = "epub"
    refnodes: list[dict[str, Any]]

    def init(self) -> None:
        """Without the site's static files."""
        super().init()
        self.config.html_static_path = []  # of all that, the style sheets alone

    def init_js_files(self) -> None:
        """There are none."""
        self._js_files: list[Any] = []

    def write(
        self,
        build_docnames: Iterable[str] | None,
        updated_docnames: Iterable[str],
        method: str = "update",
    ) -> None:
        """Write what the book holds, whatever was asked for."""
        self.config.root_doc = ROOT
        self._book = self._chosen()
        super().write(sorted(self._book), [], method="specific")

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Sphinx adds the pages that list one; they are no part of the book."""
        if docname in self._book:
            super().write_doc(docname, doctree)

    def gen_pages_from_extensions(self) -> None:
        """The browser stays where it is."""

    def _chosen(self) -> set[str]:
        found = self.env.found_docs
        chosen = {name for name in found if name.startswith("book/")} | (found & set(_WORDS))
        cited = set()
        for name in sorted(chosen):
            tree = self.env.get_doctree(name)
            for ref in tree.findall(addnodes.pending_xref):
                said = ref.get("reftarget", "")
                if ref.get("reftype") == "doc":
                    cited.add(posixpath.normpath(posixpath.join("book", said)).lstrip("/"))
                elif ref.get("refdomain") == "std" and said in self._labels:
                    cited.add(self._labels[said])
            for node in tree.findall(nodes.reference):
                to = xhtml.target(f"{name}.html", node.get("refuri", ""))
                if to:
                    cited.add(posixpath.splitext(to[0])[0])
        return chosen | {name for name in cited & found if name.startswith("notes/")}

    @property
    def _labels(self) -> dict[str, str]:
        known: Any = self.env.get_domain("std")
        return {label: place[0] for label, place in known.anonlabels.items()}

    def get_toc(self) -> None:
        """Addresses as from the top, of what is there."""
        super().get_toc()
        there = {f"{name}{self.out_suffix}" for name in self._book}
        kept, seen = [], set()
        for node in self.refnodes:
            node["refuri"] = posixpath.normpath(node["refuri"])
            path = node["refuri"].partition("#")[0]
            if path in there and node["refuri"] not in seen:
                seen.add(node["refuri"])
                kept.append(node)
        self.refnodes = kept

    def toc_metadata(self, level: int, navpoints: list[Any]) -> dict[str, Any]:
        """The older table of contents, with the book's identifier instead of its name."""
        uid = self.config.epub_identifier
        return super().toc_metadata(level, navpoints) | {"uid": uid}

    def build_content(self) -> None:
        """Mend the pages, then list them."""
        out = Path(self.outdir)
        self._styles(out)
        self._mend(out)
        super().build_content()
        package = out / "content.opf"
        drawn = {
            path.relative_to(out).as_posix()
            for path in out.rglob(f"*{self.out_suffix}")
            if "<svg" in path.read_text("utf-8")
        }

        def declared(item: re.Match[str]) -> str:
            svg = ' properties="svg"' if item["href"] in drawn else ""
            return f"{item[1]}{svg} />"

        text = package.read_text("utf-8")
        text = re.sub(r'(<item id="[^"]*" href="(?P<href>[^"]*)"[^>]*?) />', declared, text)
        package.write_text(text, "utf-8")

    def _styles(self, out: Path) -> None:
        colours = _THEME | self.config.html_theme_options.get("light_css_variables", {})
        rules = "".join(f"  --{name}: {value};\n" for name, value in sorted(colours.items()))
        static = out / "_static"
        wanted = [str(name) for name, _ in self.config.epub_css_files]
        for name in wanted:
            found = Path(self.srcdir) / "_static" / name
            if found.exists():
                (static / name).write_text(found.read_text("utf-8"), "utf-8")
        (static / _STYLE).write_text(f":root {{\n{rules}}}\nsvg {{ max-width: 100%; }}\n", "utf-8")

    def _mend(self, out: Path) -> None:
        pages = {
            path.relative_to(out).as_posix(): path.read_text("utf-8")
            for path in sorted(out.rglob(f"*{self.out_suffix}"))
            if path.name != "nav.xhtml"
        }
        ids = {name: xhtml.ids(text) for name, text in pages.items()}
        sheets = {path.relative_to(out).as_posix() for path in out.rglob("*.css")}
        for name, text in pages.items():

            def leads(href: str, name: str = name) -> bool:
                to = xhtml.target(name, href)
                if to is None:
                    return href.startswith(("http:", "https:"))
                path, fragment = to
                return path in ids and (not fragment or fragment in ids[path])

            def sheet(link: re.Match[str], name: str = name) -> str:
                to = xhtml.target(name, link[1].partition("?")[0])
                keep = 'rel="stylesheet"' in link[0] and to is not None and to[0] in sheets
                return re.sub(r"\?v=\w+", "", link[0]) if keep else ""

            text = re.sub(r'<link\b[^>]*?href="([^"]*)"[^>]*>', sheet, text)
            up = "../" * name.count("/")
            mine = f'<link rel="stylesheet" type="text/css" href="{up}_static/{_STYLE}" />'
            text = text.replace("</head>", f"{mine}</head>")
            (out / name).write_text(xhtml.rewritten(text, leads), "utf-8")
        wanted = {f"_static/{name}" for name, _ in self.config.epub_css_files}
        wanted |= {f"_static/{name}" for name in (_STYLE, *_OF_SPHINX)}
        for path in sorted((out / "_static").rglob("*")):
            if path.is_file() and path.relative_to(out).as_posix() not in wanted:
                path.unlink()

    def build_epub(self) -> None:
        """Pack it, without the time of day."""
        out = Path(self.outdir)
        names: Sequence[str] = [
            "mimetype",
            *sorted({"META-INF/container.xml", "content.opf", "toc.ncx", *self.files}),
        ]
        with ZipFile(out / f"{self.config.epub_basename}.epub", "w") as book:
            for name in names:
                entry = ZipInfo(name, _FIXED)
                entry.external_attr = 0o644 << 16
                entry.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
                book.writestr(entry, (out / name).read_bytes())


def setup(app: Sphinx) -> None:
    """Take the place of Sphinx's builder."""
    app.add_builder(BookBuilder, override=True)
