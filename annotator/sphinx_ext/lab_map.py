"""All labs at once: the directives ``lab-map`` and ``lab-mutations``.

Reads `labs.runner.pages` and the reader's own state files; gives the map of chapters and labs, in
the order of the book, with the reader's progress in it, and for authors the table of the faults
that are put into the solutions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from annotator import paths
from annotator.errors import UserError
from annotator.sphinx_ext import access
from annotator.sphinx_ext.labs import badge, chapter_link, state
from annotator.sphinx_ext.notes import chapters

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from labs.runner.pages import LabPage, Progress

_KINDS = {"extension": "extension", "patch": "patch"}


class _All(SphinxDirective):
    """A directive about all labs."""

    def labs(self) -> list[LabPage]:
        """All labs; none, with a warning, when one of them is not right."""
        from labs.runner import pages

        root, results = Path(self.config.annotator_labs), Path(self.config.annotator_lab_results)
        access.depend(self.env, "labs", state(self.config))
        try:
            found = [pages.page(slug, root=root, results=results) for slug in pages.slugs(root)]
            for lab in found:
                for file in pages.dependencies(lab.slug, root=root, results=results):
                    if file != results:
                        self.env.note_dependency(str(file))
        except UserError as error:
            access.warn(f"{self.name}: {error}", self.get_location())
            return []
        return found

    def link(self, lab: LabPage, text: str) -> nodes.Node:
        """To the lab's page, if there is one."""
        docname = f"labs/{lab.slug}"
        if docname not in self.env.found_docs:
            return nodes.inline(text, text)
        return addnodes.pending_xref(
            "", nodes.inline(text, text), refdomain="std", reftype="doc", reftarget=f"/{docname}",
            refexplicit=True, refwarn=True, refdoc=self.env.docname,
        )  # fmt: skip


class Map(_All):
    """``.. lab-map::``: chapters and their labs, what each needs, how long it takes."""

    def run(self) -> list[nodes.Node]:
        """The table, and the labs' pages for the site's navigation."""
        mine = _progress(self.config)
        access.depend(self.env, "progress", _progress_state(self.config))
        labs = in_order(self.labs(), self.env)
        codes = {lab.slug: lab for lab in labs}
        rows = []
        last = ""
        for lab in labs:
            needs = nodes.paragraph()
            for number, slug in enumerate(lab.prerequisites):
                needs += nodes.Text(", " if number else "")
                needs += self.link(codes[slug], codes[slug].code)
            title = nodes.paragraph("", "", nodes.strong(lab.code, lab.code), nodes.Text(" "))
            title += self.link(lab, lab.title)
            outcome = nodes.paragraph("", "", badge(lab.result.outcome if lab.result else ""))
            row: list[nodes.Node] = [
                chapter_link(lab, self.env) if lab.chapter != last else nodes.paragraph(),
                title,
                nodes.paragraph("", _KINDS[lab.kind]),
                needs,
                nodes.paragraph("", _time(lab.minutes)),
                outcome,
            ]
            if mine:
                row.append(_mine(mine.get(lab.slug)))
            rows.append(row)
            last = lab.chapter
        head = ["Chapter", "Lab", "Kind", "After", "Time", "This build"]
        if mine:
            head.append("You")
        minutes = sum(lab.minutes for lab in labs)
        words = f"{len(labs)} labs, about {round(minutes / 60)} hours in all."
        if mine:
            done = sum(1 for it in mine.values() if it.done == it.steps)
            words += f" You have begun {len(mine)} and finished {done}."
        return [
            nodes.paragraph("", words),
            table(head, rows, classes=["lab-map"]),
            self._navigation(labs),
        ]

    def _navigation(self, labs: Sequence[LabPage]) -> nodes.Node:
        documents = [f"labs/{it.slug}" for it in labs if f"labs/{it.slug}" in self.env.found_docs]
        tree = addnodes.toctree(
            parent=self.env.docname,
            entries=[(None, name) for name in documents],
            includefiles=documents,
            maxdepth=-1,
            caption=None,
            glob=False,
            hidden=True,
            includehidden=False,
            numbered=0,
            titlesonly=True,
            rawentries=[],
        )
        self.set_source_info(tree)
        return nodes.compound("", tree, classes=["toctree-wrapper"])


class Mutations(_All):
    """``.. lab-mutations::``: each fault that is put into a solution, and who notices."""

    def run(self) -> list[nodes.Node]:
        """The table."""
        rows = []
        for lab in self.labs():
            for mutation in lab.mutations:
                name, messages = self.parse_inline(mutation.name, lineno=self.lineno)
                steps = ", ".join(map(str, mutation.caught_by)) or "any"
                if mutation.caught is None:
                    word, kind = "only in make test", "skipped"
                elif mutation.caught:
                    word, kind = "noticed", "passed"
                else:
                    word, kind = "not noticed", "failed"
                rows.append(
                    [
                        nodes.paragraph("", "", self.link(lab, lab.code)),
                        nodes.paragraph("", "", *name, *messages),
                        nodes.paragraph("", "", nodes.literal("", mutation.file)),
                        nodes.paragraph("", steps),
                        nodes.paragraph("", "", nodes.inline(word, word, classes=["badge", kind])),
                    ]
                )
        return [table(["Lab", "Fault", "File", "Step", "This build"], rows, classes=["lab-map"])]


def in_order(labs: Sequence[LabPage], env: BuildEnvironment) -> list[LabPage]:
    """The labs in the order of the book, each after those it needs, from whatever chapter; labs of
    chapters that are not written yet come last."""
    documents = chapters(env)

    def place(lab: LabPage) -> tuple[str, str, str]:
        unwritten = "" if lab.chapter in documents else lab.chapter
        return documents.get(lab.chapter, "~"), unwritten, lab.slug

    known = {lab.slug: lab for lab in labs}
    out: dict[str, LabPage] = {}

    def put(lab: LabPage, under: tuple[str, ...] = ()) -> None:
        for slug in lab.prerequisites:
            if slug in known and slug not in under:  # two that need each other: as they come
                put(known[slug], (*under, lab.slug))
        out.setdefault(lab.slug, lab)

    for lab in sorted(labs, key=place):
        put(lab)
    return list(out.values())


def table(
    head: Sequence[str], rows: Sequence[Sequence[nodes.Node]], *, classes: list[str]
) -> nodes.Node:
    """A table of one line of titles and rows of cells."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    titles = [nodes.entry("", nodes.paragraph("", title)) for title in head]
    group += nodes.thead("", nodes.row("", *titles))
    group += nodes.tbody(
        "", *(nodes.row("", *(nodes.entry("", cell) for cell in row)) for row in rows)
    )
    made = nodes.table("", group, classes=classes)
    return nodes.container("", made, classes=["table-wrapper"])


def _time(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{rest} min" if not hours else f"{hours} h {rest:02}" if rest else f"{hours} h"


def _mine(progress: Progress | None) -> nodes.paragraph:
    if progress is None:
        return nodes.paragraph()
    if progress.done == progress.steps:
        return nodes.paragraph("", "", nodes.inline("", "done", classes=["badge", "passed"]))
    return nodes.paragraph("", f"{progress.done} of {progress.steps} steps")


def _progress(config: Config) -> dict[str, Progress]:
    from labs.runner import pages

    return pages.progress(Path(config.annotator_lab_progress))


def _progress_state(config: Config) -> str:
    return hashlib.sha256(repr(sorted(_progress(config).items())).encode()).hexdigest()


def setup(app: Sphinx) -> None:
    """Register directives and the setting."""
    default = str(paths.REPOSITORY / "my-labs")
    app.add_config_value("annotator_lab_progress", default, "", types=frozenset({str}))
    access.state("progress", _progress_state)
    app.add_directive("lab-map", Map)
    app.add_directive("lab-mutations", Mutations)
