"""What the tests of labs are written with.

Runs inside the interpreter under test, so it imports only when it must. A test is a function
``test_…`` with a docstring of one sentence; it fails by raising `Failed`, best through the
functions here, which say what was expected and what came.
"""

# ruff: noqa: PTH110, PTH118, PTH119, PTH123 -- no pathlib: it imports half the library

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FunctionType, ModuleType
    from typing import Any
    from weakref import ReferenceType

BUILD = os.environ.get("LAB_BUILD", "")
MODE = os.environ.get("LAB_MODE", "")  # "", "hunt" (for leaks) or "sanitize"


class Failed(Exception):
    """An expectation that was not met."""


def equal(actual: object, expected: object, what: str = "the result") -> None:
    """Fails unless ``actual == expected`` and both are of the same type."""
    if type(actual) is not type(expected) or actual != expected:
        raise Failed(f"{what}:\n  expected {expected!r}\n  got      {actual!r}")


def true(condition: object, otherwise: str) -> None:
    """Fails with the text ``otherwise`` unless ``condition`` is true."""
    if not condition:
        raise Failed(otherwise)


def raises(
    expected: type[BaseException], call: Callable[..., object], *args: object, text: str = ""
) -> BaseException:
    """Fails unless ``call(*args)`` raises ``expected`` itself, with ``text`` in its message.

    Gives the exception.
    """
    shown = f"{getattr(call, '__name__', call)}({', '.join(map(_shown, args))})"
    try:
        result = call(*args)
    except BaseException as error:
        if type(error) is not expected:
            raise Failed(
                f"{shown}:\n  expected {expected.__name__}"
                f"\n  got      {type(error).__name__}: {error}"
            ) from None
        if text not in str(error):
            raise Failed(
                f"{shown}:\n  expected a message with {text!r}\n  got      {str(error)!r}"
            ) from None
        return error
    raise Failed(f"{shown}:\n  expected {expected.__name__}\n  got      {result!r}")


def holds_before(reason: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Marks a test that passes before the step is done; ``reason`` says why it is there all the
    same, and is read from the source (`labs.runner.lessons`)."""

    def mark(test: Callable[[], None]) -> Callable[[], None]:
        return test

    return mark


def not_hunted(reason: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Leaves a test out of the leak hunt (`hunt`); ``reason`` says why, and stands on the page."""
    return holds_before(reason)


def not_sanitized(reason: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Leaves a test out of the run under AddressSanitizer; ``reason`` says why."""
    return holds_before(reason)


def explain(error: BaseException, path: str) -> str:
    """An unexpected exception, with the lines of the test file it went through."""
    lines = [f"{type(error).__name__}: {error}"]
    frame = error.__traceback__
    source: Sequence[str] = ()
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == path:
            source = source or _lines(path)
            number = frame.tb_lineno
            lines.append(f"  {os.path.basename(path)}:{number}: {source[number - 1].strip()}")
        frame = frame.tb_next
    return "\n".join(lines)


def _lines(path: str) -> Sequence[str]:
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


# Measuring

FIGURES: list[tuple[str, str]] = []


def figure(label: str, text: str) -> None:
    """Shows a figure that this test has measured, and that nobody asserts: beside the test in
    the terminal, and on the lab's page as the release interpreter had it (in a patch lab, the
    patched one, which is a debug build: say so in the label)."""
    if MODE != "hunt":  # what is kept would look like a leak
        FIGURES.append((label, text))


# Extension modules


def bare(name: str) -> ModuleType:
    """A new module object for the extension ``name``: created, not executed yet."""
    import importlib.machinery
    import importlib.util

    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        file = os.path.join(BUILD, name + suffix)
        if os.path.exists(file):
            spec = importlib.util.spec_from_file_location(name, file)
            assert spec is not None
            return importlib.util.module_from_spec(spec)
    raise Failed(f"no built module {name} in {BUILD}")


def fresh(name: str) -> ModuleType:
    """A new module object for the extension ``name``, created and executed; ``sys.modules``
    does not learn of it."""
    module = bare(name)
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    module.__spec__.loader.exec_module(module)
    return module


class Interpreter:
    """A subinterpreter with a lock of its own (PEP 684); use it as a context manager."""

    def __enter__(self) -> Interpreter:
        import _interpreters  # type: ignore[import-not-found]  # of 3.13

        self._api = _interpreters
        self._id = _interpreters.create("isolated")
        self.run(f"import sys; sys.path.insert(0, {BUILD!r})")
        return self

    def __exit__(self, *_: object) -> None:
        self._api.destroy(self._id)

    def run(self, code: str) -> None:
        """Runs ``code`` in its ``__main__``; fails with its traceback when it raises."""
        info = self._api.exec(self._id, code)
        if info is not None:
            raise Failed(f"in a subinterpreter, {code!r} raised\n  {info.formatted}")

    def value(self, expression: str) -> object:
        """The value of an expression of simple literals in its ``__main__``."""
        reader, writer = os.pipe()
        try:
            self.run(f"import os; os.write({writer}, repr({expression}).encode())")
            return eval(os.read(reader, 4096), {"__builtins__": {}})
        finally:
            os.close(reader)
            os.close(writer)


# Memory


def no_leak(
    call: Callable[[], object], rounds: int = 1000, slack: float = 0.05, batches: int = 4
) -> None:
    """Fails when every batch of ``rounds`` calls leaves something behind, more than ``slack``
    a call.

    A debug build counts references, a release build counts blocks of memory. The first batches
    may fill caches of the interpreter (types and their versions, interned names); a leak goes
    on in all of them, and one of a reference a call or more is known when two are alike.
    """
    import gc

    if MODE == "hunt":  # what calls this is called often enough, and measured
        rounds, batches = min(rounds, 10), 1
    counter = getattr(sys, "gettotalrefcount", sys.getallocatedblocks)
    unit = "references" if counter is not sys.getallocatedblocks else "blocks"
    each = 0.0
    for _ in range(batches):
        gc.collect()
        before = counter()
        for _ in range(rounds):
            call()
        gc.collect()
        last, each = each, (counter() - before) / rounds
        if -slack <= each <= slack:
            return
        if each >= 1 and abs(each - last) <= slack:
            break
    if MODE == "hunt":
        return
    raise Failed(
        f"{rounds} rounds:\n  expected no {unit} left behind"
        f"\n  got      about {each:+.0f} {unit} a round"
        if abs(each) >= 0.5
        else f"{rounds} rounds:\n  expected no {unit} left behind\n  got      {each:+.2f} a round"
    )


def hunt(test: Callable[[], object], warm: int = 3, runs: int = 3) -> None:
    """Runs ``test`` as ``python -m test -R 3:3`` does: fails when each of ``runs`` runs, after
    ``warm`` others, leaves references or blocks of memory behind. Needs a debug interpreter."""
    nothing = _left_by(lambda: None, warm)[-1]  # what the counting itself leaves
    left = _left_by(test, warm + runs)[warm:]
    for kind, what in enumerate(("references", "blocks")):
        series = [run[kind] - nothing[kind] for run in left]
        if min(series) > 0:
            raise Failed(
                f"{runs} more runs of this test:\n  expected no {what} left behind"
                f"\n  got      {', '.join(f'{count:+}' for count in series)}"
            )


def _left_by(test: Callable[[], object], runs: int) -> list[tuple[int, int]]:
    import gc

    left = []
    for _ in range(runs):
        counts = []
        for act in (lambda: None, test):
            act()
            # What the collector does not know may hold a type until it has gone itself: then
            # only the next collection finds the type.
            while gc.collect():
                pass
            sys._clear_internal_caches()  # type: ignore[attr-defined]  # of 3.13
            references = sys.gettotalrefcount()
            counts.append((references, sys.getallocatedblocks()))
        before, after = counts
        left.append((after[0] - before[0], after[1] - before[1]))
    return left


def collected(make: Callable[[], ReferenceType[Any]], what: str) -> None:
    """Fails unless the object whose weak reference ``make()`` gives dies with the cycle."""
    import gc

    reference = make()
    gc.collect()
    if reference() is not None:
        raise Failed(
            f"{what}:\n  expected to be collected\n  got      still alive after gc.collect()"
        )


# The interactive prompt


def terminal(*inputs: str, basic: bool = False, seconds: float = 20) -> str:
    """What a terminal shows in which this interpreter is started and ``inputs`` are typed.

    Each is typed when the one before has been answered (the output rests). The last one should
    end the interpreter; if it does not, it is killed after ``seconds``, and so is one that
    writes without end.
    """
    import pty
    import select
    import signal
    import time

    child, screen = pty.fork()
    if child == 0:
        settings = {"TERM": "xterm", "NO_COLOR": "1", "PYTHON_HISTORY": os.devnull}
        if basic:
            settings["PYTHON_BASIC_REPL"] = "1"
        os.execve(sys.executable, [sys.executable, "-q"], os.environ | settings)
    shown = bytearray()
    end = time.monotonic() + seconds

    def read(rest: float) -> bool:
        """Reads until nothing has come for ``rest`` seconds; false when all is over."""
        while time.monotonic() < end and len(shown) < 1_000_000:
            if not select.select([screen], [], [], rest)[0]:
                return True
            try:
                part = os.read(screen, 65536)
            except OSError:  # the other end is closed
                return False
            if not part:
                return False
            shown.extend(part)
        return False

    while not shown and read(0.3):
        pass
    for line in inputs:
        os.write(screen, line.encode())
        if not read(0.5):
            break
    while read(0.5):
        pass
    if os.waitpid(child, os.WNOHANG) == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    os.close(screen)
    return shown.decode(errors="replace")


# Specialisation


def warmed(function: FunctionType, *args: object, times: int = 64) -> FunctionType:
    """Calls ``function(*args)`` often enough to be specialised; gives it back."""
    for _ in range(times):
        function(*args)
    return function


def copied(function: FunctionType) -> FunctionType:
    """The same function with code of its own, which nothing has specialised yet."""
    return type(function)(function.__code__.replace(), function.__globals__)


def instructions(function: FunctionType) -> list[str]:
    """The names of the instructions of ``function`` as they stand now, specialised ones
    included."""
    import dis

    return [entry.opname for entry in dis.get_instructions(function, adaptive=True)]


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    text = " ".join(word for word in text.split(" ") if not word.startswith("0x"))  # addresses
    return text if len(text) < 60 else text[:57] + "..."
