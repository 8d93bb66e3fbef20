"""The comparison of two sites: it must see everything but what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.compare import differences, without_measured


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("<p>a <b data-measured>3 ms</b> b</p>", "<p>a <measured> b</p>"),
        ("<div data-measured=''><div>x</div><br>y</div>z", "<measured>z"),
        ("<ul data-measured><li>a<li>b</ul>c<p>", "<measured>c<p>"),
        ("<svg data-measured><path d='x'/></svg>c", "<measured>c"),
        ("<td\n data-measured\n title='>'>\n4</td  >.", "<measured>."),
        ("<img data-measured src=x>y", "<measured>y"),
        ("<i data-measured>1</i>, <i data-measured>2</i>", "<measured>, <measured>"),
        ("<p>data-measured</p>", "<p>data-measured</p>"),
        ("<pre>&lt;i data-measured&gt;1</pre>", "<pre>&lt;i data-measured&gt;1</pre>"),
        (
            "\f\u2028<b data-measured>3</b>\n\u2028<b data-measured>4</b>",
            "\f\u2028<measured>\n\u2028<measured>",
        ),
        ("<script>'<i data-measured>'</script>1", "<script>'<i data-measured>'</script>1"),
    ],
)
def test_only_marked_elements_are_left_out(text: str, rest: str) -> None:
    """From the first ``<`` to the last ``>`` of a marked element, whatever it holds."""
    assert without_measured(text) == rest


def test_a_marked_element_that_never_ends_is_an_error() -> None:
    """Otherwise the rest of the page would not be compared."""
    with pytest.raises(ValueError, match="never closed"):
        without_measured("<p><i data-measured>1</p><p>all of this")


def test_every_kind_of_difference_is_seen(tmp_path: Path) -> None:
    """A missing file, an added one, other bytes, other text; measured text is none."""
    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        (root / "sub").mkdir(parents=True)
        (root / "same.html").write_text("<p>same</p>")
        (root / "sub" / "text.html").write_text(f"<p>{root.name}</p>")
        (root / "time.html").write_text(f"<b data-measured>{root.name}</b>")
        (root / "data.js").write_text(f"'<b data-measured>{root.name}</b>'")
        (root / f"only-{root.name}").touch()
    found = [line for line in differences(first, second) if not line.startswith("  ")]
    assert found == [
        f"only in {first}: only-first",
        f"only in {second}: only-second",
        "differs: data.js (28 and 29 bytes)",
        "differs: sub/text.html",
    ]
    assert differences(first, first) == []
