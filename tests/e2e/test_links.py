"""Every page of the site, read as text: links, what is loaded, and the source in it."""

from __future__ import annotations

import html
import posixpath
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from annotator.index.query import Index
from annotator.model import Use

_ID = re.compile(r"""\sid=(?:"([^"]*)"|([^\s>"']+))""")
_LINK = re.compile(
    r"""<([a-z][\w-]*)\b[^>]*?\s(href|src|srcset|data|action|poster)=("[^"]*"|[^\s>"]+)"""
)
_LOADS = {"href": {"link"}, "src": {"script", "img", "iframe", "source", "video", "audio", "input"}}


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a page points at: ``page`` points with ``attribute`` of ``tag`` at ``to``."""

    page: str
    tag: str
    attribute: str
    to: str

    @property
    def loads(self) -> bool:
        """Whether a browser fetches it without being asked."""
        return self.attribute in ("srcset", "data", "poster") or self.tag in _LOADS.get(
            self.attribute, ()
        )


@cache
def pages(site: Path) -> dict[str, str]:
    """All pages of the site by their address."""
    return {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
    }


@cache
def references(site: Path) -> list[Reference]:
    """All references of all pages, each once a page."""
    out = []
    for page, text in pages(site).items():
        found = {(m[1], m[2], html.unescape(m[3].strip('"'))) for m in _LINK.finditer(text)}
        out += [Reference(page, *one) for one in sorted(found)]
    return out


def test_every_local_link_leads_somewhere(site: Path) -> None:
    """Each file that a page points at exists, and each fragment is an id of its page."""
    ids = {
        page: {"", "top", *(html.unescape(a or b) for a, b in _ID.findall(text))}
        for page, text in pages(site).items()
    }
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    dead = []
    for ref in references(site):
        target = urlsplit(ref.to)
        if target.scheme or target.netloc:
            continue
        path = ref.page
        if target.path:
            path = posixpath.normpath(
                posixpath.join(posixpath.dirname(ref.page), unquote(target.path))
            )
        known = path in ids and unquote(target.fragment) in ids[path]
        if not (known or (path in files and not target.fragment)):
            dead.append(f"{ref.page}: {ref.to}")
    assert dead == []


def test_nothing_is_loaded_from_the_network(site: Path) -> None:
    """No script, style, image or font comes from anywhere but the site's own folder."""
    remote = [
        f"{ref.page}: {ref.to}"
        for ref in references(site)
        if ref.loads and (urlsplit(ref.to).netloc or urlsplit(ref.to).scheme not in ("", "data"))
    ]
    assert remote == []
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        loaded = re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""", text)
        assert [u for u in loaded if urlsplit(u).scheme not in ("", "data")] == [], style
        assert [u for u in loaded if u.startswith("//")] == [], style


def test_links_that_leave_are_only_links(site: Path) -> None:
    """What leads elsewhere leads to the web, by a scheme that runs nothing."""
    schemes = {urlsplit(ref.to).scheme for ref in references(site)}
    assert schemes <= {"", "http", "https", "mailto", "data"}


def source_of(page: str) -> bytes:
    """The source that a browser page shows, by this test's own reading of the markup."""
    out = []
    for chunk in re.findall(r"<pre class=s>(.*?)</pre>", page, re.DOTALL):
        text = chunk.removeprefix("\n")
        text = re.sub(r"<span data-byte=(..)>.</span>", r"<\1>", text, flags=re.DOTALL)
        pieces = re.split(r"(<[^>]*>)", text)
        for piece in pieces:
            if byte := re.fullmatch(r"<([0-9a-f]{2})>", piece):
                out.append(bytes.fromhex(byte[1]))
            elif not piece.startswith("<"):
                out.append(html.unescape(piece).encode("utf-8"))
    return b"".join(out)


def test_every_page_is_its_source(site: Path, index: Index) -> None:
    """Without their markup, the pages are the files, byte for byte: all of them."""
    wrong = []
    for info in index.files():
        page = pages(site)[f"browse/{info.path}.html"]
        if source_of(page) != index.text(info.path):
            wrong.append(info.path)
    assert wrong == []


def test_every_page_belongs_to_a_file(site: Path, index: Index) -> None:
    """No page of the browser is left over from another build."""
    expected = {f"browse/{info.path}.html" for info in index.files()}
    expected |= {f"browse/{tool}.html" for tool in ("graph", "names", "text")}
    found = {p for p in pages(site) if p.startswith("browse/") and not p.endswith("index.html")}
    assert found == expected


def macro_bodies(index: Index, path: str, line: int, depth: int = 6) -> list[str]:
    """The definitions of the macros that a line uses, and of those that they use."""
    found: list[str] = []
    for ref in index.refs_between(path, line, line):
        if ref.use is Use.EXPAND and depth:
            place = index.symbol(ref.symbol).place
            lines = index.text(place.path).decode("utf-8", "replace").split("\n")
            for number in range(place.line, max(place.end_line, place.line) + 1):
                found.append(lines[number - 1])
                if number != line or place.path != path:
                    found += macro_bodies(index, place.path, number, depth - 1)
    return found


def test_links_lead_to_lines_that_spell_the_name(site: Path, index: Index) -> None:
    """300 sampled names in the source lead to lines on which these names stand, 95 in 100 of them.

    The rest is put together: by a macro that the line uses, or by a generator out of the
    line's words (Argument Clinic writes ``set_discard__doc__`` for its input ``set.discard``).
    """
    pick = random.Random(1)
    paths = [info.path for info in index.files()]
    wrong = []
    sampled, spelt = 0, 300
    while sampled < 300:
        path = pick.choice(paths)
        page = pages(site)[f"browse/{path}.html"]
        code = "".join(re.findall(r"<pre class=s>(.*?)</pre>", page, re.DOTALL))
        names = re.findall(r"<a(?: class=d)? href=([^\s>]+)[^>]*>([A-Za-z_]\w*)</a>", code)
        if not names:
            continue
        sampled += 1
        target, name = pick.choice(names)
        address, _, line = target.partition("#L")
        other = path
        if address:
            folder = posixpath.dirname(f"browse/{path}.html")
            other = posixpath.normpath(posixpath.join(folder, unquote(address)))
            other = other.removeprefix("browse/").removesuffix(".html")
        text = index.text(other).split(b"\n")[int(line) - 1].decode("utf-8", "replace")
        if name in text:
            continue
        spelt -= 1
        # A macro that the line uses makes it; or a generator made the name out of the line.
        made_of = [text, *macro_bodies(index, other, int(line))]
        pieces = re.findall(r"[a-z0-9_]{4,}", " ".join(made_of).lower())
        if not any(piece in name.lower() for piece in pieces):
            wrong.append(f"{path}: {name} -> {target}: {text!r}")
    assert wrong == []
    assert spelt >= 0.95 * 300
