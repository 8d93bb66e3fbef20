"""Waiting for what a page will show: ``expect`` of this project.

Playwright's own takes a snapshot of the whole page's accessibility tree as soon as a first look
fails, which on a page of twenty thousand links takes longer than it then waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator

PATIENCE = 15.0  # seconds; a page that is well shows what it should in some hundredths of one


@dataclass(frozen=True, slots=True)
class expect:
    """``expect(locator).to_…(…)``: waits until it is so, or fails with what there was."""

    locator: Locator

    def _until(self, look: Callable[[], object], wanted: Callable[[object], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not wanted(found := look()):
            assert time.monotonic() < end, f"{self.locator}: {found!r}"
            self.locator.page.wait_for_timeout(40)

    def to_have_count(self, count: int) -> None:
        """As many elements."""
        self._until(self.locator.count, lambda found: found == count)

    def to_have_text(self, text: str) -> None:
        """One element, with this text but for blanks at its ends and in rows."""
        self._until(self._texts, lambda found: found == [" ".join(text.split())])

    def to_contain_text(self, text: str) -> None:
        """One element, whose text has this in it."""
        self._until(
            self._texts,
            lambda found: isinstance(found, list) and len(found) == 1 and text in found[0],
        )

    def to_be_visible(self) -> None:
        """At least one, and the first can be seen."""
        self._until(lambda: self.locator.count() and self.locator.first.is_visible(), bool)

    def to_be_hidden(self) -> None:
        """None can be seen."""
        self._until(lambda: self.locator.count() and self.locator.first.is_visible(), _not)

    def to_be_attached(self) -> None:
        """At least one."""
        self._until(self.locator.count, bool)

    def to_have_value(self, value: str) -> None:
        """A field that holds this."""
        self._until(
            lambda: self.locator.input_value() if self.locator.count() else None,
            lambda found: found == value,
        )

    def _texts(self) -> list[str]:
        return [" ".join(text.split()) for text in self.locator.all_text_contents()]


def _not(found: object) -> bool:
    return not found
