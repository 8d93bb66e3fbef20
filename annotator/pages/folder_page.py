"""Pages of folders: reads the list of files, gives HTML with what each folder holds, and sizes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from annotator.model import FileInfo
from annotator.pages.addresses import file_address, folder_address, relative
from annotator.pages.escape import text
from annotator.pages.file_page import Page, crumbs

# What a newcomer finds in a folder, in a line.
ABOUT = {
    "": "The C source of this release.",
    "Grammar": "The grammar, and the tokens it is made of.",
    "Include": "What extensions include: the public C API, in headers.",
    "Include/cpython": "Public API outside the limited one: it may change between releases.",
    "Include/internal": "The interpreter’s own headers; an extension must not need them.",
    "Include/internal/mimalloc": "Headers of mimalloc, the allocator of free-threaded builds.",
    "Modules": "Extension modules of the standard library, and the interpreter’s start.",
    "Objects": "The built-in types: one file each for int, str, list, dict and the others.",
    "Objects/clinic": "Argument parsing for the types, written by Argument Clinic.",
    "Objects/mimalloc": "mimalloc, the allocator of free-threaded builds.",
    "Objects/stringlib": "String algorithms, included once for each width of character.",
    "PC": "What only Windows needs.",
    "Parser": "Tokeniser, generated PEG parser and the abstract syntax tree.",
    "Parser/lexer": "The tokeniser’s states and rules.",
    "Parser/tokenizer": "Where the tokeniser gets its text from: a file, a string, a callable.",
    "Programs": "The main functions of the programs that the build makes.",
    "Python": "The interpreter: compiler, evaluation loop, imports, errors, threads.",
    "Python/clinic": "Argument parsing for built-in functions, written by Argument Clinic.",
}


@dataclass(slots=True)
class Folder:
    """A folder of the tree with what lies directly in it; sizes are of all that lies below."""

    path: str
    folders: list[str] = field(default_factory=list)
    files: list[FileInfo] = field(default_factory=list)
    lines: int = 0
    count: int = 0


def folders(files: Iterable[FileInfo]) -> dict[str, Folder]:
    """Every folder that holds a file of the index, by path; ``""`` is the root."""
    out: dict[str, Folder] = {"": Folder("")}
    for info in sorted(files, key=lambda f: f.path):
        parent = posixpath.dirname(info.path)
        _ensure(out, parent).files.append(info)
        while True:
            out[parent].lines += info.lines
            out[parent].count += 1
            if not parent:
                break
            parent = posixpath.dirname(parent)
    return out


def _ensure(known: dict[str, Folder], path: str) -> Folder:
    if path not in known:
        known[path] = Folder(path)
        _ensure(known, posixpath.dirname(path)).folders.append(path)
    return known[path]


def folder_page(folder: Folder, known: Mapping[str, Folder], notes: Mapping[str, int]) -> Page:
    """The page of a folder; *notes* counts the notes of each file."""
    address = folder_address(folder.path)
    head = f"<h1>{text(folder.path)}/</h1>" if folder.path else "<h1>Source</h1>"
    about = ABOUT.get(folder.path, "")
    body = (
        f"<div class=file-head>{head}\n"
        f"<p class=facts>{_files(folder.count)} · {folder.lines:,} lines</p>\n"
        f"{f'<p>{text(about)}</p>' if about else ''}</div>\n"
        f"{listing(folder, known, notes, address)}"
    )
    return Page(
        address, f"{folder.path}/" if folder.path else "Source", crumbs(folder.path, address), body
    )


def listing(
    folder: Folder, known: Mapping[str, Folder], notes: Mapping[str, int], address: str
) -> str:
    """A table of what lies in a folder, with links relative to *address*."""
    rows = []
    most = max([known[p].lines for p in folder.folders] + [f.lines for f in folder.files] + [1])
    for path in sorted(folder.folders):
        child = known[path]
        rows.append(
            _row(
                "dir",
                f'<a href="{relative(folder_address(path), address)}">'
                f"{text(posixpath.basename(path))}/</a>",
                child.lines,
                most,
                f"{_files(child.count)}{_about(path)}",
            )
        )
    for info in folder.files:
        count = notes.get(info.path, 0)
        remark = f"{count} note{'s' if count > 1 else ''}" if count else ""
        rows.append(
            _row(
                "file",
                f'<a href="{relative(file_address(info.path), address)}">'
                f"{text(posixpath.basename(info.path))}</a>",
                info.lines,
                most,
                remark,
            )
        )
    return (
        "<table class=listing><thead><tr><th scope=col>Name<th scope=col class=num>Lines"
        "<th scope=col>What</thead>\n<tbody>\n" + "".join(rows) + "</tbody></table>\n"
    )


def _row(kind: str, link: str, lines: int, most: int, remark: str) -> str:
    share = max(1, round(100 * lines / most))
    return (
        f"<tr class={kind}><th scope=row>{link}</th>"
        f"<td class=num style=--share:{share}%>{lines:,}</td><td>{remark}</td></tr>\n"
    )


def _about(path: str) -> str:
    about = ABOUT.get(path, "")
    return f" · {text(about)}" if about else ""


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"
