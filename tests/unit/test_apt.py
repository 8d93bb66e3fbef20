"""Reading apt's own configuration."""

from __future__ import annotations

from pathlib import Path

from annotator.reference import apt

ONE_LINE = """\
# deb http://commented.example/debian stable main
deb [arch=amd64 signed-by=/some/key ring.gpg] http://one.example/debian/ stable main contrib
deb-src http://two.example/debian stable main # with a comment
deb http://three.example/debian-security stable-security main
deb cdrom:[Debian]/ stable main
deb http://four.example/debian stable contrib
deb https://five.example/apt everything main
not a line at all
"""

DEB822 = """\
# A comment
Types: deb deb-src
URIs: http://six.example/debian
 http://seven.example/debian/
Suites: stable
# a comment inside
 stable-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 URIs: http://trap.example/debian

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: stable
Components: main

types: deb
uris: http://eight.example/debian
suites: stable-security
components: main
"""


def configure(etc: Path) -> Path:
    """An ``/etc/apt`` with both formats."""
    (etc / "sources.list").write_text(ONE_LINE)
    folder = etc / "sources.list.d"
    folder.mkdir()
    (folder / "debian.sources").write_text(DEB822)
    (folder / "old.list.save").write_text("deb http://saved.example/debian stable main\n")
    return etc


def test_mirrors_of_both_formats(tmp_path: Path) -> None:
    """Enabled archives with main are found, Debian's first; security archives are not asked."""
    assert apt.mirrors(configure(tmp_path)) == [
        "http://one.example/debian",
        "http://two.example/debian",
        "http://six.example/debian",
        "http://seven.example/debian",
        "https://five.example/apt",
    ]


def test_archives_in_full(tmp_path: Path) -> None:
    """Suite and components are read as written."""
    found = apt.archives(configure(tmp_path))
    assert apt.Archive("http://one.example/debian", "stable", ("main", "contrib")) in found
    assert apt.Archive("http://seven.example/debian", "stable-updates", ("main",)) in found
    assert not any(word in archive.uri for archive in found for word in ("off", "trap", "saved"))


def test_a_system_without_apt(tmp_path: Path) -> None:
    """No configuration means no mirrors, and no error."""
    assert apt.mirrors(tmp_path / "nothing") == []
