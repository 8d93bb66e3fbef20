"""The page that searches the lines of the source: gives a form, which ``text.js`` answers."""

from __future__ import annotations

from annotator.pages.addresses import ROOT, relative
from annotator.pages.file_page import Page, crumbs

ADDRESS = f"{ROOT}/text.html"
NAMES = f"{ROOT}/names.html"  # for those who read without scripts


def text_page() -> Page:
    """The page; it is the same for every index."""
    script = relative("_static/text.js", ADDRESS)
    body = f"""<div class="file-head text-head"><h1>Search the lines</h1>
<p>All of the source on this site, by plain text or by regular expression.
Names are found faster with <kbd class=ic-key>/</kbd>.</p></div>
<noscript><p class=text-noscript>This search is done by a script of the page, and scripts are
off.  The <a href="{relative(NAMES, ADDRESS)}">list of names and files</a> works without.</p>
</noscript>
<form id=text-form class=text-form role=search hidden>
<p class=text-row><label>Text <input name=q type=text autocomplete=off autocapitalize=off
 spellcheck=false placeholder="ob_refcnt\\s*=[^=]"></label>
<label>In files <input name=path type=text autocomplete=off autocapitalize=off spellcheck=false
 placeholder="Objects/ *.h !_test"></label></p>
<p class=text-row><label><input name=re type=checkbox> regular expression</label>
<label><input name=case type=checkbox> <abbr title="Capitals count">Aa</abbr></label>
<label><input name=word type=checkbox> whole words</label>
<label>around each <select name=context><option value=0>no lines<option value=1>1 line
<option value=3>3 lines<option value=6>6 lines</select></label></p>
<p id=text-status class=text-status role=status></p>
</form>
<div id=text-found class=text-found></div>
<script defer src="{script}"></script>
"""
    return Page(ADDRESS, "Search the lines", crumbs("", ADDRESS) + _HERE, body)


_HERE = "<span class=sep>/</span><b aria-current=page>search the lines</b>"
