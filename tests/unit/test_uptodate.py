"""Noticing what changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from annotator.uptodate import Digests, Stamps, combined, program


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two files and what must not count."""
    root = tmp_path / "tree"
    (root / "sub" / "__pycache__").mkdir(parents=True)
    (root / "a.rst").write_text("a")
    (root / "sub" / "b.rst").write_text("b")
    (root / "sub" / "__pycache__" / "c.pyc").write_text("c")
    return root


def test_contents_decide_and_times_do_not(tree: Path, tmp_path: Path) -> None:
    """A touched file has the same digest, an edited one another, in this run and the next."""
    store = tmp_path / "store"
    digests = Digests(store)
    before = digests.of(tree, base=tmp_path)
    assert list(before) == ["tree/a.rst", "tree/sub/b.rst"]
    digests.save()
    os.utime(tree / "a.rst", (1, 1))
    (tree / "sub" / "b.rst").write_text("B")
    for fresh in (digests, Digests(store)):
        after = fresh.of(tree, base=tmp_path)
        assert after["tree/a.rst"] == before["tree/a.rst"]
        assert after["tree/sub/b.rst"] != before["tree/sub/b.rst"]


@pytest.mark.parametrize("damage", ["", "[]", '{"x": 1}', "\0"])
def test_a_damaged_store_costs_time_only(tree: Path, tmp_path: Path, damage: str) -> None:
    """Nonsense in the store is as good as no store."""
    store = tmp_path / "store"
    wanted = Digests(store).of(tree, base=tmp_path)
    store.write_text(damage)
    assert Digests(store).of(tree, base=tmp_path) == wanted


def test_a_finished_stage_is_fresh_until_something_changes(tree: Path, tmp_path: Path) -> None:
    """Key, a missing output, an edited output and a new file in it are each noticed."""
    store = tmp_path / "stamps"
    Stamps(store).finished("site", "k", tree)
    assert Stamps(store).fresh("site", "k", tree)
    assert not Stamps(store).fresh("site", "other", tree)
    assert not Stamps(store).fresh("index", "k", tree)
    (tree / "new.html").write_text("x")
    assert not Stamps(store).fresh("site", "k", tree)
    (tree / "new.html").unlink()
    assert Stamps(store).fresh("site", "k", tree)
    (tree / "a.rst").write_text("shorter or longer")
    assert not Stamps(store).fresh("site", "k", tree)


def test_a_stage_in_work_is_not_finished(tree: Path, tmp_path: Path) -> None:
    """After `forget`, whoever looks, even after a kill, sees no finished stage."""
    store = tmp_path / "stamps"
    stamps = Stamps(store)
    stamps.finished("site", "k", tree)
    stamps.forget("site")
    assert not Stamps(store).fresh("site", "k", tree)
    assert Stamps(store).key("site") == ""


def test_no_output_is_not_fresh(tmp_path: Path) -> None:
    """A folder that was never there does not count as made."""
    stamps = Stamps(tmp_path / "stamps")
    stamps.finished("site", "k", tmp_path / "html")
    assert not stamps.fresh("site", "k", tmp_path / "html")


def test_keys_depend_on_every_part() -> None:
    """Order of a dictionary does not matter, everything else does."""
    assert combined({"a": 1, "b": 2}) == combined({"b": 2, "a": 1})
    assert combined("a", "b") != combined("b", "a")
    assert combined(["a"], "b") != combined("a", ["b"])


def test_a_program_is_identified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program of the same name is another one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program("thing") == "thing: none"
    (tmp_path / "thing").write_text("1")
    (tmp_path / "thing").chmod(0o755)
    first = program("thing")
    (tmp_path / "thing").write_text("22")
    assert program("thing") != first
