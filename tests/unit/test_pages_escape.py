"""Bytes to HTML and back."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from annotator.pages.escape import attribute, escape, strip


def page(data: bytes) -> str:
    """A page with one chunk of source."""
    code = escape(data)
    return f"<pre class=s>{chr(10) if code.startswith(chr(10)) else ''}{code}</pre>"


@given(st.binary())
@example(b"\n\nleading newlines")
@example(b"\r\n \r \f \v \t \x00 \x7f \x80 \xff")
@example("\u202e\u2066 \ufffe \ufdd0 \x85 \U0001ffff \ufeff é".encode())
@example(b"</pre><script>alert(1)</script> &amp; <span data-byte=41>A</span> &#13;")
@example(b"\xed\xa0\x80 a lone surrogate, as some encode it")
def test_every_byte_comes_back(data: bytes) -> None:
    """Stripping the markup gives back whatever went in."""
    assert strip(page(data)) == data


@given(st.text())
@example('"><img src=x onerror=alert(1)>')
def test_attributes_do_not_end_early(value: str) -> None:
    """Neither quotes nor markup get out of an attribute."""
    shown = attribute(value)
    assert '"' not in shown
    assert "<" not in shown
    assert not any("\u202a" <= char <= "\u202e" for char in shown)


def test_controls_are_visible() -> None:
    """What a reader could not see, or what would turn the text round, is shown as itself."""
    assert "data-byte=00" in escape(b"\0")
    assert 'title="U+202E"' in escape("\u202e".encode())
    assert "data-byte=ff" in escape(b"\xff")
