"""A small site of the real extension, on the small tree: what tests of directives are made on."""

from __future__ import annotations

import io
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from annotator.paths import REPOSITORY
from tests.unit import small_tree

CONF = """\
extensions = ["annotator.sphinx_ext"]
html_theme = "furo"
html_title = "Small"
html_copy_source = False
nitpicky = True
templates_path = [{templates!r}]
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build gave: where the pages are, and its warnings, paths relative to the documents."""

    pages: Path
    warnings: list[str]

    def page(self, name: str) -> str:
        """The HTML of a page, by its address."""
        return (self.pages / name).read_text(encoding="utf-8")

    def body(self, name: str) -> str:
        """The article of a document's page."""
        found = re.search(r'<article role="main".*?</article>', self.page(name), re.DOTALL)
        assert found is not None
        return found.group()

    def warning(self, place: str) -> str:
        """The only warning at *place*, such as ``index.rst:3``."""
        found = [w for w in self.warnings if w.startswith(f"{place}:")]
        assert len(found) == 1, self.warnings
        return found[0]


class Site:
    """A site below *folder*; documents stay from one build to the next until they are changed."""

    def __init__(self, folder: Path, **files: str | bytes) -> None:
        self.folder = folder
        self.docs = folder / "docs"
        self.docs.mkdir(parents=True)
        self.make_index(**files)
        (self.docs / "conf.py").write_text(
            CONF.format(templates=str(REPOSITORY / "docs" / "_templates"))
        )
        # The probe of layouts compiles against this instead of CPython's headers.
        (folder / "tree" / "Include" / "Python.h").write_text("")
        self.settings: dict[str, object] = {
            "annotator_index": str(folder / "index.sqlite"),
            "annotator_interpreters": {"release": sys.executable, "debug": sys.executable},
            "annotator_headers": (str(folder / "tree"), str(folder)),
            "annotator_lab_results": str(folder / "results.json"),
        }

    def make_index(self, **files: str | bytes) -> None:
        """Index the tree anew, with other files."""
        small_tree.make(self.folder, **files)

    def write(self, **documents: str) -> None:
        """Write documents; ``__`` in a name is a folder."""
        for name, text in documents.items():
            path = self.docs / f"{name.replace('__', '/')}.rst"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def build(self, builder: str = "html", **documents: str) -> Built:
        """Build with *documents* changed; a site needs an ``index``."""
        self.write(**documents)
        warnings = io.StringIO()
        with patch_docutils(str(self.docs)), docutils_namespace():
            app = Sphinx(
                str(self.docs),
                str(self.docs),
                str(self.folder / builder),
                str(self.folder / "doctrees"),
                builder,
                confoverrides=self.settings,
                status=None,
                warning=warnings,
            )
            app.build()
        text = re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue())
        entries = re.split(rf"^(?={re.escape(str(self.docs))}/)", text, flags=re.MULTILINE)
        prefix = f"{self.docs}/"
        return Built(
            self.folder / builder,
            [e.removeprefix(prefix).strip() for e in entries if e.strip()],
        )

    def forget(self) -> None:
        """Remove all that was built."""
        shutil.rmtree(self.folder / "html", ignore_errors=True)
        shutil.rmtree(self.folder / "doctrees", ignore_errors=True)
