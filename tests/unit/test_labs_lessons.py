"""``lab.toml`` and the tests' docstrings: what is read, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from annotator.errors import UserError
from labs.runner import scaffold
from labs.runner.lessons import LABS, all_labs, checks, find_lab, read_lab
from labs.runner.proof import look_over
from labs.runner.stages import stray_files
from labs.runner.verdict import Wrong

SLUG = "01-module"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the first lab, to be spoilt."""
    target = tmp_path / "extension" / SLUG
    shutil.copytree(LABS / "extension" / SLUG, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def spoil(folder: Path, old: str, new: str, name: str = "lab.toml") -> None:
    """Replaces text in one of the lab's files."""
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_every_lab_is_complete() -> None:
    """Each lab of the repository is well formed: three hints a step, tests that say what they
    check, three mutations, nothing lying about."""
    labs = all_labs()
    assert {lab.slug for lab in labs} >= {"01-module", "04-binary-op-add-list"}
    for lab in labs:
        look_over(lab)
        for step in lab.steps:
            assert len(step.hints) == 3
            assert checks(lab, step.number)


def test_every_lab_practises_a_chapter() -> None:
    """The chapter that a lab names is one of the book's, by the name of its file."""
    book = LABS.parent / "docs" / "book"
    chapters = {file.stem.partition("-")[2] for file in book.glob("[0-9]*.rst")}
    assert "build" in chapters
    assert {lab.chapter for lab in all_labs()} <= chapters


def test_found_by_slug_code_and_part() -> None:
    """A lab answers to its slug, to its code, and to an unambiguous part of its name."""
    for name in ("01-module", "X1", "x1", "module"):
        assert find_lab(name).slug == "01-module"
    assert find_lab("p4").slug == "04-binary-op-add-list"


def test_unknown_lab_gets_candidates() -> None:
    """A name that is no lab is an error with the nearest ones."""
    with pytest.raises(UserError) as caught:
        find_lab("01-modul-e")
    assert "Nearest: 01-module" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('chapter = "import"', 'chaptre = "import"', "chapter is missing"),
        ("minutes = 75", "minutes = 75\nlevel = 3", "unknown key 'level'"),
        ("minutes = 75", 'minutes = "long"', "minutes must be a whole number"),
        ("minutes = 75", "minutes = ", "not valid TOML"),
        ("caught-by = [2]", "caught-bye = [2]", "mutation 1: unknown key 'caught-bye'"),
        ('sources = ["tally.c"]', 'sources = "tally.c"', "sources must be a list of strings"),
    ],
)
def test_wrong_toml(folder: Path, old: str, new: str, what: str) -> None:
    """A wrong or unknown key is an error that names the file and the key."""
    spoil(folder, old, new)
    with pytest.raises(UserError, match=what) as caught:
        read_lab(folder)
    assert caught.value.where == str(folder / "lab.toml")


def test_two_hints_are_not_three(folder: Path) -> None:
    """A step has exactly three hints."""
    text = (folder / "lab.toml").read_text()
    start = text.index("hints = [")
    (folder / "lab.toml").write_text(
        text[:start] + 'hints = ["one", "two"]' + text[text.index("]\n", start) + 1 :]
    )
    with pytest.raises(UserError, match="step 1 has 2 hints, not 3"):
        read_lab(folder)


def test_a_test_must_say_what_it_checks(folder: Path) -> None:
    """A test without a docstring is an error with file and line."""
    (folder / "tests" / "step_1.py").write_text("def test_it():\n    pass\n")
    with pytest.raises(UserError, match="test_it does not say") as caught:
        checks(read_lab(folder), 1)
    assert caught.value.where.endswith("step_1.py:1")


def test_stray_files_are_found(folder: Path) -> None:
    """A file that nothing of the lab names makes it broken."""
    assert stray_files(read_lab(folder)) == []
    (folder / "tally.so").write_text("")
    with pytest.raises(Wrong, match=r"tally\.so belongs to nothing"):
        look_over(read_lab(folder))


def test_a_step_without_work_is_refused(folder: Path) -> None:
    """A step that ``lab.toml`` has and the marked file has not is an error."""
    text = (folder / "tally.c").read_text()
    kept = [line for line in text.splitlines() if line.strip() not in ("//: step 5", "//: end 5")]
    (folder / "tally.c").write_text("\n".join(kept))
    with pytest.raises(UserError):
        look_over(read_lab(folder))


def test_prerequisites_must_exist(folder: Path) -> None:
    """A prerequisite that is no lab is an error."""
    spoil(folder, "minutes = 75", 'minutes = 75\nprerequisites = ["00-nothing"]')
    with pytest.raises(UserError, match="'00-nothing' is no lab"):
        all_labs(folder.parent.parent)


@pytest.mark.parametrize("kind", ["extension", "patch"])
def test_skeleton_is_read(tmp_path: Path, kind: str) -> None:
    """What ``labs new`` writes is a lab that can be read, and is not overwritten."""
    root = tmp_path / "labs"
    folder, page = scaffold.new(kind, "07-try-it", root)
    lab = read_lab(folder)
    assert (lab.slug, lab.number) == ("07-try-it", 7)
    assert checks(lab, 1)[0].name == "test_something"
    look_over(lab)
    assert page == tmp_path / "docs" / "labs" / "07-try-it.rst"
    assert ".. lab-steps:: 07-try-it" in page.read_text()
    with pytest.raises(UserError, match="there already"):
        scaffold.new(kind, "07-try-it", root)


def test_skeleton_wants_a_slug(tmp_path: Path) -> None:
    """A name that is no slug is refused."""
    with pytest.raises(UserError, match="no slug"):
        scaffold.new("extension", "Point", tmp_path)
