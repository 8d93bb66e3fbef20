"""The table of pinned releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.errors import UserError
from annotator.reference import releases

ENTRY = f"""\
default = "3.1.4"
["3.1.4"]
sha256 = "{"0a" * 32}"
released = 2011-06-11
home = "https://example.invalid/Python-3.1.4.tgz"
"""


def test_the_projects_own_table_is_valid() -> None:
    """Every pinned release loads, and the default is one of them."""
    table = releases.load_releases()
    assert releases.default_version() in table
    for version, release in table.items():
        assert release.home.rsplit("/", 1)[-1].startswith(release.folder)
        assert release.debian.startswith("pool/main/p/python")
        assert version.startswith(release.short)


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An argument goes before $CPYTHON, and that before the default."""
    path = tmp_path / "releases.toml"
    path.write_text(ENTRY + ENTRY.split("\n", 1)[1].replace("3.1.4", "3.1.5"))
    monkeypatch.delenv("CPYTHON", raising=False)
    assert releases.selected(path=path).version == "3.1.4"
    monkeypatch.setenv("CPYTHON", "3.1.5")
    assert releases.selected(path=path).version == "3.1.5"
    assert releases.selected("3.1.4", path=path).version == "3.1.4"


def test_an_unknown_release_names_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for what is not pinned says what is."""
    monkeypatch.setenv("CPYTHON", "2.7.18")
    with pytest.raises(UserError, match=r"2\.7\.18") as caught:
        releases.selected()
    assert releases.default_version() in caught.value.todo


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("default", "# default"), "default"),
        (('"3.1.4"]', '"3.1"]'), "not a version"),
        (("0a0a", "0A0A"), "64 hexadecimal digits"),
        (("home", "house"), "needs `home`"),
        (('["3.1.4"]', '["3.1.4"'), "not valid TOML"),
    ],
)
def test_mistakes_in_the_table_are_named(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    """A wrong entry is a `UserError` that names the file and the key."""
    path = tmp_path / "releases.toml"
    path.write_text(ENTRY.replace(*change))
    with pytest.raises(UserError, match=message) as caught:
        releases.selected("3.1.4" if "default" not in message else None, path=path)
    assert str(path) in caught.value.where
