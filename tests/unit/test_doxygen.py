"""The XML of CPython's headers."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from annotator.reference import doxygen
from annotator.reference.progress import Report
from annotator.reference.releases import Release


@pytest.fixture(scope="module")
def xml(source_tree: Path, release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The XML of the release's headers, made here."""
    folder = tmp_path_factory.mktemp("doxygen")
    return doxygen.make_xml(
        source_tree,
        folder / "out",
        digest=release.sha256,
        log=folder / "log",
        report=Report.quiet(),
    )


def names(xml: Path, compound: str) -> list[str]:
    """Names of the members of one compound."""
    root = ElementTree.parse(xml / compound).getroot()
    return [name.text or "" for name in root.findall(".//memberdef/name")]


def test_functions_have_their_names(xml: Path) -> None:
    """The macros around declarations are understood: no function is called PyAPI_FUNC."""
    found = names(xml, "dictobject_8h.xml")
    assert {"PyDict_SetItem", "PyDict_GetItemWithError"} <= set(found)
    everything = "".join(file.read_text() for file in xml.glob("*_8h.xml"))
    assert "<name>PyAPI_FUNC</name>" not in everything
    assert "<name>PyAPI_DATA</name>" not in everything


def test_structs_have_all_their_members(xml: Path) -> None:
    """The header that a macro puts first is there, and padding has a name."""
    assert names(xml, "struct__typeobject.xml")[:2] == ["ob_base", "tp_name"]
    assert "ob_base" in names(xml, "structPyListObject.xml")
    assert "_padding" in names(xml, "structPyASCIIObject.xml")


def test_the_xml_names_no_place_of_this_machine(xml: Path, source_tree: Path) -> None:
    """The same headers give the same bytes wherever they lie."""
    for file in xml.iterdir():
        data = file.read_bytes()
        assert str(xml.parent).encode() not in data
        assert str(source_tree).encode() not in data


def test_it_is_made_once(xml: Path, source_tree: Path, release: Release) -> None:
    """A second call writes nothing; one for another release starts anew."""
    before = (xml / "index.xml").stat().st_mtime_ns
    again = doxygen.make_xml(
        source_tree,
        xml.parent,
        digest=release.sha256,
        log=xml.parent / "log",
        report=Report.quiet(),
    )
    assert again == xml
    assert (xml / "index.xml").stat().st_mtime_ns == before
    assert doxygen.key("other") != doxygen.key(release.sha256)
