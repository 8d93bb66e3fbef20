"""The page of graphs: gives a form and an empty picture, which ``graph.js`` fills."""

from __future__ import annotations

from annotator.pages.addresses import ROOT, relative
from annotator.pages.file_page import Page, crumbs
from annotator.pages.text_page import NAMES

ADDRESS = f"{ROOT}/graph.html"
_DEPTHS = "".join(f"<option value={n}>{n}" for n in (0, 1, 2, 3))


def graph_page() -> Page:
    """The page; it is the same for every index."""
    body = f"""<div class="file-head text-head"><h1>Who calls whom</h1>
<p>The callers and callees of a function, the ways from one function to another, or what a file
includes; drawn, and below as text.</p></div>
<noscript><p class=text-noscript>The graphs are drawn by a script of the page, and scripts are off.
In a file, each name of a function is a link to its definition; the
<a href="{relative(NAMES, ADDRESS)}">list of names and files</a> leads to all of them.</p>
</noscript>
<form id=graph-form class="text-form graph-form" role=search hidden>
<p class=text-row><label>Of <input name=of type=text autocomplete=off autocapitalize=off
 spellcheck=false placeholder="a function, a macro or a file"></label>
<label>to <input name=to type=text autocomplete=off autocapitalize=off spellcheck=false
 placeholder="another function (optional)"></label><button class=graph-go>Draw</button></p>
<p class=text-row>
<label>callers, steps <select name=up>{_DEPTHS}</select></label>
<label>callees, steps <select name=down>{_DEPTHS}</select></label>
<label><input name=pointers type=checkbox> through pointers and tables</label>
<label><input name=macros type=checkbox> macros</label></p>
<p id=graph-status class=text-status role=status></p>
</form>
<figure id=graph class=graph hidden><div class=graph-scroll tabindex=0 role=group
 aria-label="The graph; the same stands below as text"></div>
<figcaption class=graph-key></figcaption></figure>
<div id=graph-text class=graph-text></div>
<script defer src="{relative("_static/graph.js", ADDRESS)}"></script>
"""
    where = "<span class=sep>/</span><b aria-current=page>graphs</b>"
    return Page(ADDRESS, "Who calls whom", crumbs("", ADDRESS) + where, body)
