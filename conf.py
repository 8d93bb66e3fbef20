"""Sphinx's settings: ``sphinx-build -c . docs build/html``.

Reads no network and no clock: the same source gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # annotator and labs are not installed

from annotator import paths  # noqa: E402
from annotator.reference.releases import selected  # noqa: E402

project = "Inside CPython"
html_title = "Inside CPython"
release = selected().version
version = selected().short
author = ""
language = "en"
html_show_copyright = False
html_last_updated_fmt = None
html_show_sphinx = True

extensions = ["autodoc2", "annotator.sphinx_ext"]
templates_path = ["docs/_templates"]
html_static_path = ["docs/_static"]
exclude_patterns = ["_templates", "_static", "**/README.rst"]
root_doc = "index"
nitpicky = True
toc_object_entries = False
smartquotes = True
pygments_style = "friendly"
pygments_dark_style = "monokai"
highlight_language = "none"

# -- HTML ---------------------------------------------------------------------------------
html_theme = "furo"
_STYLES = ("code", "book", "running", "browse", "ic", "search", "graph", "folder", "reading")
html_css_files = [f"{name}.css" for name in _STYLES]
_SCRIPTS = (
    "ic.js",
    "names.js",
    "uses.js",
    "cpp.js",
    "macro.js",
    "struct.js",
    "card.js",
    "find.js",
    "search.js",
)  # in this order
html_js_files = [(name, {"defer": "defer"}) for name in _SCRIPTS]
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # summaries need fetch(), which file:// refuses
html_permalinks_icon = "#"
html_domain_indices = False
html_use_index = True
_LIGHT = {
    "c-text": "#24292e",
    "c-number": "#656d75",
    "c-comment": "#5f6b60",
    "c-keyword": "#8a3aa8",
    "c-string": "#9c4a00",
    "c-directive": "#1a6b8f",
    "c-definition": "#0b4fa8",
    "c-target": "#fff3c4",
    "c-mark": "#ffe08a",
    "c-lit": "#d8e8ff",
    "c-arg0": "#fde8c8",
    "c-arg1": "#d3ecd8",
    "c-arg2": "#d6e6fb",
    "c-arg3": "#f3dcf0",
    "c-arg4": "#e3e5c5",
    "c-arg5": "#fadbd6",
    "c-off": "#656d75",
    "c-off-stripe": "#eef0f2",
    "c-note": "#d19a1c",
    "c-bar": "#c9d7e6",
    "c-box": "#f6f7f9",
    "c-good": "#1d6f3a",
    "c-bad": "#b3261e",
    "c-even": "#e4edf7",
    "c-hole": "#d6d6d6",
    "c-edge": "#7d93ab",
}
_DARK = {
    "c-text": "#d7dbe0",
    "c-number": "#949ca5",
    "c-comment": "#94a595",
    "c-keyword": "#d59cf0",
    "c-string": "#e5ab76",
    "c-directive": "#78c0df",
    "c-definition": "#8dbcff",
    "c-target": "#3a3218",
    "c-mark": "#6b5312",
    "c-lit": "#1f3a5c",
    "c-arg0": "#4a3312",
    "c-arg1": "#163b22",
    "c-arg2": "#1b3556",
    "c-arg3": "#442043",
    "c-arg4": "#383a14",
    "c-arg5": "#4d241f",
    "c-off": "#949ca5",
    "c-off-stripe": "#1d2024",
    "c-note": "#c7952a",
    "c-bar": "#3a5068",
    "c-box": "#1e2124",
    "c-good": "#6fcf8e",
    "c-bad": "#ff8a80",
    "c-even": "#22313f",
    "c-hole": "#444",
    "c-edge": "#6d8299",
}
html_theme_options = {
    "light_css_variables": _LIGHT,
    "dark_css_variables": _DARK,
}

# -- EPUB: of the book alone (`make epub`) --------------------------------------------------
epub_basename = "inside-cpython"
epub_title = f"Inside CPython {release}"
epub_author = epub_publisher = epub_contributor = "Inside CPython"
epub_description = "How CPython works inside, from the object header outwards"
epub_copyright = "MIT licence"
epub_uid = "book"
epub_identifier = f"urn:inside-cpython:{release}"
epub_scheme = "URI"
epub_css_files = ["code.css", "book.css", "running.css"]
epub_show_urls = "no"
epub_use_index = False
epub_tocscope = "includehidden"
epub_tocdup = False

# -- the project's own Python API ------------------------------------------------------------
autodoc2_packages = [
    {"path": "../annotator"},
    {"path": "../labs", "exclude_dirs": ["extension", "patch"]},
]
autodoc2_output_dir = "reference/python"
autodoc2_hidden_objects = {"private", "dunder", "inherited"}
autodoc2_sort_names = True
autodoc2_index_template = None

# -- the C API -----------------------------------------------------------------------------------
_XML = paths.BUILD / "doxygen" / "xml"
if (_XML / "index.xml").exists():
    extensions.append("breathe")
    breathe_projects = {"cpython": str(_XML)}
    breathe_default_project = "cpython"
    breathe_domain_by_extension = {"h": "c", "c": "c"}
    breathe_show_include = False
else:
    extensions.append("annotator.sphinx_ext.without_doxygen")
    print("reference/c: without descriptions, since Doxygen did not run (no build/doxygen/xml)")

suppress_warnings = ["autodoc2.dup_item"]  # docutils nodes inherit their attributes twice
nitpick_ignore_regex = [
    (r"c:identifier", r".*@\d+"),  # Doxygen's names for what has none
    (r"c:identifier", r"u?int(\d+|ptr)_t|va_list|FILE|wchar_t"),  # the C library's
    # other people's Python is not described here, nor what of ours is private
    (r"py:.*", r"(?!annotator\.|labs\.).*|.*\._\w+"),
]
