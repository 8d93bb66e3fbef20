"""Unified diffs: applied to the letter, or refused with the line that does not fit."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import UserError
from labs.runner.lessons import all_labs
from labs.runner.model import Kind
from labs.runner.patches import apply_patch, parse_patch, patched, read_patch
from labs.runner.stages import patch_files

OLD = [f"line {n}" for n in range(1, 21)]
NEW = [*OLD[:4], "new 5", *OLD[5:14], "between", *OLD[14:]]


def diff(old: list[str], new: list[str], path: str = "a.c") -> str:
    """A unified diff as git writes it."""
    lines = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines) + "\n"


def write(tree: Path, lines: list[str], path: str = "a.c") -> Path:
    """A file of these lines."""
    (tree / path).write_text("\n".join(lines) + "\n")
    return tree / path


def test_apply_and_back(tmp_path: Path) -> None:
    """A patch makes the new text of the old; reversed, the old of the new."""
    file = write(tmp_path, OLD)
    patch = parse_patch(diff(OLD, NEW), name="p")
    assert apply_patch(patch, tmp_path) == ["a.c"]
    assert file.read_text().splitlines() == NEW
    apply_patch(patch, tmp_path, reverse=True)
    assert file.read_text().splitlines() == OLD


def test_moved_hunks(tmp_path: Path) -> None:
    """Hunks find their place when lines were added before and between them."""
    extra = ["x"] * 7
    file = write(tmp_path, [*extra, *OLD[:10], *extra, *OLD[10:]])
    apply_patch(parse_patch(diff(OLD, NEW), name="p"), tmp_path)
    assert file.read_text().splitlines() == [*extra, *NEW[:10], *extra, *NEW[10:]]


def test_rejected_hunk_says_which_line(tmp_path: Path) -> None:
    """A hunk that does not fit is shown, with the line expected and the line found."""
    changed = [*OLD[:15], "other", *OLD[16:]]
    file = write(tmp_path, changed)
    with pytest.raises(UserError) as caught:
        apply_patch(parse_patch(diff(OLD, NEW), name="2-guard.patch"), tmp_path)
    said = str(caught.value)
    assert "a.c (line 16 differs)" in said
    assert "expected: line 16" in said
    assert "found:    other" in said
    assert "| +between" in said
    assert caught.value.where.startswith("2-guard.patch:")
    assert file.read_text().splitlines() == changed


def test_all_files_or_none(tmp_path: Path) -> None:
    """When the second file does not fit, the first is not touched."""
    first = write(tmp_path, OLD, "a.c")
    write(tmp_path, ["quite different"], "b.c")
    both = parse_patch(diff(OLD, NEW, "a.c") + diff(OLD, NEW, "b.c"), name="p")
    with pytest.raises(UserError, match=r"b\.c"):
        apply_patch(both, tmp_path)
    assert first.read_text().splitlines() == OLD


@pytest.mark.parametrize("path", ["../a.c", "x/../../a.c"])
def test_no_file_outside_the_tree(path: str) -> None:
    """A patch cannot name a file outside the tree."""
    with pytest.raises(UserError, match="no file inside the tree"):
        parse_patch(diff(OLD, NEW, path), name="p")


@pytest.mark.parametrize(
    "text", ["", "words\n", "@@ -1 +1 @@\n-a\n+b\n", "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n a\n"]
)
def test_no_patch(text: str) -> None:
    """What is no whole unified diff is refused."""
    with pytest.raises(UserError):
        parse_patch(text, name="p")


def test_missing_file(tmp_path: Path) -> None:
    """A file that the tree lacks (another release) is named."""
    with pytest.raises(UserError, match=r"a\.c cannot be patched"):
        apply_patch(parse_patch(diff(OLD, NEW), name="p"), tmp_path)


TEXTS = st.lists(st.sampled_from(["a", "b", "", "    c", "-d", "+e"]), max_size=30)


@given(TEXTS, TEXTS)
def test_what_difflib_writes_is_applied(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str]
) -> None:
    """For any two texts, the diff of them turns one into the other and back."""
    if old == new:
        return
    tree = tmp_path_factory.mktemp("tree")
    file = tree / "a.c"
    file.write_text("\n".join(["first", *old, "last"]) + "\n")
    patch = parse_patch(diff(["first", *old, "last"], ["first", *new, "last"]), name="p")
    apply_patch(patch, tree)
    assert file.read_text() == "\n".join(["first", *new, "last"]) + "\n"
    apply_patch(patch, tree, reverse=True)
    assert file.read_text() == "\n".join(["first", *old, "last"]) + "\n"


def test_the_labs_patches_fit_the_pinned_source(source_tree: Path, tmp_path: Path) -> None:
    """Each step's patch applies upon the ones before, to the pinned release, without moving."""
    for lab in all_labs():
        if lab.kind is not Kind.PATCH:
            continue
        patches = [read_patch(file) for file in patch_files(lab)]
        for path in {file.path for patch in patches for file in patch.files}:
            target = tmp_path / lab.slug / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((source_tree / path).read_bytes())
        for patch in patches:
            for file in patch.files:
                lines = (tmp_path / lab.slug / file.path).read_text().splitlines()
                for hunk in file.hunks:
                    assert tuple(lines[hunk.start - 1 :][: len(hunk.old)]) == hunk.old
            apply_patch(patch, tmp_path / lab.slug)


def test_a_new_file(tmp_path: Path) -> None:
    """A patch against nothing makes the file; ``patched`` tells the text and writes nothing."""
    patch = parse_patch(
        "--- /dev/null\n+++ b/new.c\n@@ -0,0 +1,2 @@\n+int one;\n+int two;\n", name="new.patch"
    )
    assert patched([patch], tmp_path) == {"new.c": "int one;\nint two;\n"}
    assert not (tmp_path / "new.c").exists()
    assert apply_patch(patch, tmp_path) == ["new.c"]
    assert (tmp_path / "new.c").read_text() == "int one;\nint two;\n"
