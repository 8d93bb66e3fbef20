"""Labs on the site: the directives ``lab``, ``lab-steps``, ``…-solution`` and so on.

Reads `labs.runner.pages`; gives a card for chapters, and steps, solution and results for the lab's
own page.  A lab that this build did not run is said to be not run, never to have passed.
"""

from __future__ import annotations

import difflib
import hashlib
from abc import ABC, abstractmethod
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from annotator import paths
from annotator.errors import UserError
from annotator.sphinx_ext import access
from annotator.sphinx_ext.boxes import fold
from annotator.sphinx_ext.measured import measured_inline
from annotator.sphinx_ext.notes import chapters
from annotator.sphinx_ext.programs import literal
from annotator.sphinx_ext.references import reference
from annotator.sphinx_ext.targets import resolve

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from labs.runner.pages import LabPage, Listing, StepPage, TestLine

_WORDS = {
    "passed": "passed in this build",
    "failed": "failed in this build",
    "broken": "broken in this build",
    "skipped": "not run in this build",
    "": "not run in this build",
}
_KINDS = {"extension": "C extension", "patch": "patch to the interpreter"}


class _Lab(SphinxDirective, ABC):
    """A directive whose argument is the slug of a lab."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the lab and show it; a slug that is no lab is a warning."""
        from labs.runner import pages

        slug = self.arguments[0]
        root, results = Path(self.config.annotator_labs), Path(self.config.annotator_lab_results)
        access.depend(self.env, "labs", state(self.config))
        try:
            known = pages.slugs(root)
            if slug not in known:  # at the command line a part of it would do
                close = difflib.get_close_matches(slug, known, 5, 0.4) or known
                raise UserError(f"there is no such lab{access.near(close)}")
            page = pages.page(slug, root=root, results=results)
            for file in pages.dependencies(slug, root=root, results=results):
                if file != results:
                    self.env.note_dependency(str(file))
        except UserError as error:
            access.warn(f"{self.name} {slug!r}: {error}", self.get_location())
            return []
        return self.show(page)

    @abstractmethod
    def show(self, lab: LabPage) -> list[nodes.Node]:
        """The nodes of this part of the lab."""

    def inline(self, rst: str, **attributes: Any) -> nodes.paragraph:
        """A line of rST as a paragraph."""
        children, messages = self.parse_inline(rst, lineno=self.lineno)
        return nodes.paragraph("", "", *children, *messages, **attributes)

    def listing(self, listing: Listing) -> list[nodes.Node]:
        """Code with its path above and the remarks on its lines below."""
        title = listing.path
        if listing.first_line > 1:
            title += f", from line {listing.first_line}"
        out: list[nodes.Node] = [nodes.paragraph("", title, classes=["listing-path"])]
        code = literal(listing.text, listing.language)
        code["force"] = True  # a window of a file may begin within a comment
        if listing.highlight:
            code["highlight_args"] = {"hl_lines": list(listing.highlight)}
        out.append(code)
        for note in listing.notes:
            out.append(self.inline(note.text, classes=["listing-note"]))
        return out


def state(config: Config) -> str:
    """What the results are; pages that show them are read again when this changes."""
    try:
        data = Path(config.annotator_lab_results).read_bytes()
    except OSError:
        return "none"
    return hashlib.sha256(data).hexdigest()


def badge(outcome: str) -> nodes.inline:
    """The outcome in a word, with a class of its own."""
    words = _WORDS[outcome]
    return nodes.inline(words, words, classes=["badge", outcome or "skipped"])


def _outcome(lab: LabPage) -> str:
    return lab.result.outcome if lab.result else ""


def chapter_link(lab: LabPage, env: BuildEnvironment) -> nodes.paragraph:
    """The chapter that the lab practises; its title only while it is not written."""
    docname = chapters(env).get(lab.chapter)
    if docname is None:
        return nodes.paragraph("", lab.chapter_title)
    link = addnodes.pending_xref(
        "", nodes.inline(lab.chapter_title, lab.chapter_title), refdomain="std", reftype="doc",
        reftarget=f"/{docname}", refexplicit=False, refwarn=True, refdoc=env.docname,
    )  # fmt: skip
    return nodes.paragraph("", "", link)


class Card(_Lab):
    """``.. lab:: slug``: a lab in a chapter."""

    def show(self, lab: LabPage) -> list[nodes.Node]:
        """Title, what it is, how long it takes, how it went."""
        card = nodes.container(classes=["lab-card"])
        self.set_source_info(card)
        name = f"{lab.code} — {lab.title}"
        title = nodes.paragraph(classes=["lab-title"])
        docname = f"labs/{lab.slug}"
        label = nodes.strong(name, name)
        if docname in self.env.found_docs:
            title += nodes.reference("", "", label, internal=True, site_address=f"{docname}.html")
        else:
            title += label
        title += nodes.Text(" ")
        title += badge(_outcome(lab))
        card += title
        card += self.parse_text_to_nodes(lab.summary)
        steps = f"{len(lab.steps)} step{'s' if len(lab.steps) != 1 else ''}"
        facts = f"{_KINDS[lab.kind]} · {steps} · about {lab.minutes} minutes · "
        line = nodes.paragraph("", facts, classes=["lab-facts"])
        line += nodes.literal(lab.start, lab.start)
        card += line
        return [card]


class Steps(_Lab):
    """``.. lab-steps:: slug``: what to do, with hints folded and what the tests check."""

    def show(self, lab: LabPage) -> list[nodes.Node]:
        """Facts, what to read first, and a section for each step."""
        facts = nodes.field_list(classes=["lab-about"])
        self._fact(facts, "Kind", nodes.paragraph("", f"{lab.code}, {_KINDS[lab.kind]}"))
        self._fact(facts, "Time", nodes.paragraph("", f"about {lab.minutes} minutes"))
        self._fact(facts, "Chapter", chapter_link(lab, self.env))
        if lab.prerequisites:
            self._fact(facts, "After", nodes.paragraph("", ", ".join(lab.prerequisites)))
        self._fact(facts, "Begin with", nodes.paragraph("", "", nodes.literal("", lab.start)))
        outcome = nodes.paragraph()
        outcome += badge(_outcome(lab))
        self._fact(facts, "Outcome", outcome)
        out: list[nodes.Node] = [facts]
        if lab.reads:
            reads = nodes.bullet_list(classes=["lab-reads"])
            for link in lab.reads:
                reads += nodes.list_item("", self._read(link.target, link.why))
            out += [nodes.paragraph("", "Read first:"), reads]
        out += [self._step(lab, step) for step in lab.steps]
        return out

    def _fact(self, facts: nodes.field_list, name: str, body: nodes.Node) -> None:
        facts += nodes.field("", nodes.field_name("", name), nodes.field_body("", body))

    def _read(self, words: str, why: str) -> nodes.paragraph:
        label = nodes.literal(words, words)
        line = nodes.paragraph()
        try:
            line += reference(resolve(access.depend_on_index(self.env), words), label)
        except access.Miss as miss:
            access.warn(f"{self.name}: reads {words!r}: {miss}", self.get_location())
            line += label
        line += nodes.Text(" — ")
        line += self.inline(why).children
        return line

    def _step(self, lab: LabPage, step: StepPage) -> nodes.section:
        section = nodes.section(ids=[f"step-{step.number}"], names=[])
        self.state.document.note_explicit_target(section)
        children, _ = self.parse_inline(f"{step.number}. {step.title}", lineno=self.lineno)
        section += nodes.title("", "", *children)
        section += self.parse_text_to_nodes(step.task)
        for listing in step.starter:
            section += self.listing(listing)
        for number, hint in enumerate(step.hints, 1):
            folded = fold(summary=f"Hint {number} of {len(step.hints)}", classes=["hint"])
            folded += self.parse_text_to_nodes(hint)
            section += folded
        section += self.inline(f"*What the tests check:* {step.checks}")
        if step.tests:
            section += _tests(step.tests, before=True)
        return section


def _words(says: str) -> list[nodes.Node]:
    """A test's sentence: plain text, but what stands in double backticks is code."""
    parts = says.split("``")
    code = [nodes.literal(part, part) for part in parts[1::2]]
    text = [nodes.Text(part) for part in parts[::2]]
    both = [node for pair in zip_longest(text, code) for node in pair if node is not None]
    return [nodes.Text(" "), *both, nodes.Text(" ")]


def _tests(tests: tuple[TestLine, ...], *, before: bool) -> nodes.bullet_list:
    out = nodes.bullet_list(classes=["lab-tests"])
    for test in tests:
        line = nodes.paragraph()
        line += nodes.literal(test.name, test.name)
        line += _words(test.says)
        if test.outcome:
            word = nodes.inline(test.outcome, test.outcome, classes=["badge", test.outcome])
            line += word
        item = nodes.list_item("", line)
        if before and test.before and test.before != "passed":
            folded = fold(summary=f"Before your work: {test.before}", classes=["before"])
            message = test.before_message or test.before
            folded += literal(message, "text")
            item += folded
        out += item
    return out


class Solution(_Lab):
    """``.. lab-solution:: slug``: the whole solution, folded."""

    def show(self, lab: LabPage) -> list[nodes.Node]:
        """All its listings."""
        folded = fold(summary="Show the solution", classes=["solution"])
        for listing in lab.solution:
            folded += self.listing(listing)
        return [folded]


class Results(_Lab):
    """``.. lab-results:: slug``: what happened when this build ran the solution."""

    def show(self, lab: LabPage) -> list[nodes.Node]:
        """Outcome, transcript, times, faults that were tried, CPython's own tests."""
        head = nodes.paragraph()
        head += badge(_outcome(lab))
        out: list[nodes.Node] = [head]
        result = lab.result
        if result is None:
            out.append(
                nodes.paragraph(
                    "", "This build did not run the lab, so there is nothing to show of it here."
                )
            )
            return out
        if result.reason:
            if result.stopped:
                out.append(nodes.paragraph("", f"The run was given up at {result.stopped}."))
            first, _, rest = result.reason.partition("\n")
            out.append(nodes.paragraph("", first, classes=["lab-reason"]))
            if rest:
                out.append(literal(f"{rest}\n", "text"))
        if result.interpreters:
            names = " and ".join(result.interpreters)
            out.append(nodes.paragraph("", f"Checked with the reference interpreters: {names}."))
        if result.transcript:
            block = literal(result.transcript, "text")
            block["classes"].append("transcript")
            out.append(block)
        if result.measured:
            line = nodes.paragraph("", "Measured: ", classes=["lab-measured"])
            words = "; ".join(f"{m.label} {m.text}" for m in result.measured)
            line += measured_inline(value=words)
            out.append(line)
        if result.stock:
            out += [nodes.paragraph("", "CPython’s own tests:"), _tests(result.stock, before=False)]
        for name, test in result.spared:
            out.append(nodes.paragraph("", f"{name} without {test}"))
        for test, reason in lab.stock_exceptions:
            out.append(self.inline(f"Not held to ``{test}``: {reason}"))
        if lab.mutations:
            out.append(nodes.paragraph("", "Faults put into the solution on purpose:"))
            for mutation in lab.mutations:
                out += self._mutation(mutation)
        return out

    def _mutation(self, mutation: Any) -> list[nodes.Node]:
        line = self.inline(mutation.name, classes=["lab-fault"])
        line += nodes.Text(" ")
        if mutation.caught is None:
            word, kind = "not run", "skipped"
        elif mutation.caught:
            word, kind = "noticed by " + ", ".join(mutation.by), "passed"
        else:
            word, kind = "not noticed", "failed"
        line += nodes.inline(word, word, classes=["badge", kind])
        folded = fold(summary="The change, and how it looks", classes=["before"])
        folded += literal(mutation.change, "diff")
        if mutation.shows:
            folded += literal(mutation.shows, "text")
        return [line, folded]


class Session(_Lab):
    """``.. lab-session:: slug``: the lab as a new reader played it, in this build."""

    def show(self, lab: LabPage) -> list[nodes.Node]:
        """The session, folded; or that there is none."""
        if not lab.result or not lab.result.session:
            return [nodes.paragraph("", "This build has not played the lab through.")]
        folded = fold(summary="Show the whole session", classes=["session"])
        folded += literal(lab.result.session, "text")
        return [folded]


def setup(app: Sphinx) -> None:
    """Register directives and settings."""
    app.add_config_value(
        "annotator_labs", str(paths.REPOSITORY / "labs"), "env", types=frozenset({str})
    )
    app.add_config_value(
        "annotator_lab_results", str(paths.LAB_RESULTS), "env", types=frozenset({str})
    )
    access.state("labs", state)
    app.add_directive("lab", Card)
    app.add_directive("lab-steps", Steps)
    app.add_directive("lab-solution", Solution)
    app.add_directive("lab-results", Results)
    app.add_directive("lab-session", Session)
