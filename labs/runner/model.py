"""What a lab is, as data: the lab itself, its steps, its mutations, and what a run of it gave.

Reads nothing; imports nothing of ours. Text fields marked *rST* may use the site's roles.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path


class Kind(enum.Enum):
    """The two kinds of lab; the value is also the folder under ``labs/``."""

    EXTENSION = "extension"  # a C extension module, built against the reference interpreters
    PATCH = "patch"  # a change to the interpreter itself

    @property
    def letter(self) -> str:
        """``X`` or ``P``, as the curriculum names the labs."""
        return "X" if self is Kind.EXTENSION else "P"


class Outcome(enum.Enum):
    """What the gate says of a lab.

    FAILED is the learner's (or the solution's) code against the tests; BROKEN is ours: a lab
    that cannot be judged (no build, a stale patch, a test that passes without the work);
    SKIPPED was not run at all, and says why.
    """

    PASSED = "passed"
    FAILED = "failed"
    BROKEN = "broken"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ReadLink:
    """Something to read in the source browser before starting."""

    target: str  # what :csrc: accepts
    why: str  # rST, one sentence


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lab; ``number`` counts from 1."""

    number: int
    title: str
    task: str  # rST, one or more paragraphs
    checks: str  # rST, one sentence: what the tests of this step check
    hints: tuple[str, ...]  # rST, from a nudge to nearly the code


@dataclass(frozen=True, slots=True)
class Mutation:
    """A named fault in the solution that the tests must catch.

    ``old`` stands exactly once in the solution's ``file`` and is replaced by ``new``.
    ``caught_by`` names the steps whose tests have to notice (empty: any step).
    ``show`` runs the mutation in every build, so that its page can show the wreck.
    ``breaks_build`` says that it is the build itself that notices (patch labs only).
    """

    name: str
    file: str
    old: str
    new: str
    caught_by: tuple[int, ...] = ()
    show: bool = False
    breaks_build: bool = False


@dataclass(frozen=True, slots=True)
class StockException:
    """A test of CPython's own that the solution is not held to, and why."""

    test: str
    reason: str


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab as its folder describes it (``lab.toml``)."""

    slug: str
    kind: Kind
    number: int
    folder: Path
    title: str
    summary: str  # rST, one or two sentences
    chapter: str  # slug of the chapter in docs/book that it practises
    chapter_title: str  # shown as it is while that chapter is not written yet
    minutes: int
    prerequisites: tuple[str, ...]  # slugs of other labs
    reads: tuple[ReadLink, ...]
    steps: tuple[Step, ...]
    mutations: tuple[Mutation, ...]
    module: str = ""  # extension labs: the import name
    sources: tuple[str, ...] = ()  # extension labs: marked files, relative to the folder
    regen: tuple[str, ...] = ()  # patch labs: regen targets of CPython's Makefile
    stock: tuple[str, ...] = ()  # patch labs: CPython's own tests the solution must pass
    stock_exceptions: tuple[StockException, ...] = ()
    played: bool = False  # whether the gate also plays it through as a new reader

    @property
    def code(self) -> str:
        """The curriculum's short name, such as ``X1``."""
        return f"{self.kind.letter}{self.number}"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What one test of a step gave.

    ``outcome`` is ``passed``, ``failed`` (an expectation), ``error`` (another exception),
    ``crashed`` (the process died), ``timeout``, ``output``, ``memory``, ``processes``, ``disk``
    (a limit of the sandbox) or ``not run``. ``message`` has neither addresses nor paths of this
    machine in it, so that the same run gives the same text.
    """

    step: int
    name: str
    says: str  # the test's docstring
    outcome: str
    message: str = ""
    figures: tuple[tuple[str, str], ...] = field(default=(), compare=False)  # measured by it

    @property
    def passed(self) -> bool:
        """Whether the test passed; nothing but ``passed`` counts."""
        return self.outcome == "passed"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What the gate saw of one step.

    ``before`` are its tests with the work of the step not done (some must fail, and each one
    must unless it says why not), ``tests`` the same with the step solved.
    """

    number: int
    title: str
    outcome: Outcome
    before: tuple[CheckRun, ...]
    tests: tuple[CheckRun, ...]


@dataclass(frozen=True, slots=True)
class MutationResult:
    """Whether a mutation of the solution was noticed, by which tests, and how it looked."""

    name: str
    caught: bool
    by: tuple[str, ...]  # "step 3: test_name"
    shows: str  # the first failing test's message


@dataclass(frozen=True, slots=True)
class Examination:
    """Something that the solution of an extension lab stood: how many tests ran under it, which
    were spared and why; ``lacking`` says why it could not be held here at all."""

    name: str
    tests: int
    spared: tuple[str, ...]  # "test_name: reason"
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class LabResult:
    """The gate's verdict on one lab; written to ``build/labs/results.json``."""

    slug: str
    kind: str
    outcome: Outcome
    reason: str
    steps: tuple[StepResult, ...]
    stock: tuple[CheckRun, ...]
    mutations: tuple[MutationResult, ...]
    interpreters: tuple[str, ...]  # profiles it was checked against
    transcript: str  # the run as text, without figures that vary from run to run
    seconds: float  # measured
    parts: tuple[tuple[str, float], ...] = ()  # measured: what took how long
    figures: tuple[tuple[str, str], ...] = ()  # measured by the tests, in the release interpreter
    cached: bool = False
    examinations: tuple[Examination, ...] = ()
    session: str = ""  # the lab as a new reader played it, if it was
