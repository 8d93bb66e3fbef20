"""Runs a piece of Python in an interpreter: reads source text, gives what it printed and left.

The program sees an empty environment, a fixed hash seed and an empty working folder, has limits
of time and memory, and may import ``inside``.  What came out is kept in the cache, by the program
and the interpreter's key.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import resource
import signal
import subprocess
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from annotator.errors import UserError
from annotator.paths import cache_root
from annotator.reference.cache import write_whole

TIMEOUT = 60  # seconds
MEMORY = 4 << 30  # bytes of address space
_INSIDE = Path(__file__).parent / "inside"
OUTPUT = 200_000  # characters of each stream that are kept


@dataclass(frozen=True, slots=True)
class Program:
    """What to run; ``asserts`` are expressions that must hold afterwards, in its namespace.

    ``structs`` is what ``inside`` shall know of C's structs, by name.
    """

    code: str
    asserts: tuple[str, ...] = ()
    structs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    ``signal`` is the name of the one it died of; ``exception`` the class of the one that ended
    it; ``values`` the reprs of its global variables; ``failed`` the asserts that did not hold;
    ``given`` what it handed over through ``inside``.
    """

    stdout: str
    stderr: str
    status: int
    signal: str = ""
    exception: str = ""
    values: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)


# Runs in the interpreter.  The program is __main__, as if it were a file, and its lines are
# known to linecache so that a traceback shows them.
_HARNESS = r"""
def _run():
    import json, linecache, sys, traceback
    job, report = sys.argv[1:3]
    del sys.argv[1:]
    with open(job, encoding="utf-8") as file:
        job = json.load(file)
    code = job["code"]
    linecache.cache["<live>"] = (len(code), None, code.splitlines(True), "<live>")
    main = sys.modules["__main__"].__dict__
    main.pop("_run")
    main.pop("__file__", None)
    main.pop("__cached__", None)
    before = set(main)
    out = {"exception": "", "values": {}, "failed": [], "given": []}
    if job["library"]:
        sys.path.insert(0, job["library"])
        import inside
        inside.STRUCTS.update(job["structs"])
        out["given"] = inside.GIVEN
    try:
        exec(compile(code, "<live>", "exec"), main)
    except SystemExit:
        raise
    except BaseException as error:
        out["exception"] = type(error).__name__
        tb = error.__traceback__.tb_next
        traceback.print_exception(type(error), error.with_traceback(tb), tb, file=sys.stderr)
    sys.stdout.flush()
    for name, value in list(main.items()):
        if name in before or name.startswith("__"):
            continue
        try:
            shown = repr(value)
        except BaseException:
            continue
        if len(shown) <= 4000:
            out["values"][name] = shown
    for text in job["asserts"] if not out["exception"] else ():
        try:
            if not eval(compile(text, "<assert>", "eval"), main):
                out["failed"].append(text)
        except BaseException as error:
            out["failed"].append(f"{text} ({type(error).__name__}: {error})")
    with open(report, "w", encoding="utf-8") as file:
        json.dump(out, file)
_run()
"""


def run(
    program: Program, python: Path, key: str, *, measured: bool, timeout: int = TIMEOUT
) -> Result:
    """What *program* does in the interpreter *python*; *key* names all that it was built from.

    One that is not *measured* is run twice, and must do the same each time: figures that vary
    must not stand in the text as if they did not.  Raises `UserError` when it does not end in
    time, or does something else the second time.
    """
    library = _library() if "inside" in program.code else ""
    content = json.dumps([_HARNESS, asdict(program), key, measured, library], sort_keys=True)
    digest = hashlib.sha256(content.encode()).hexdigest()
    kept = cache_root() / "live" / f"{digest[:24]}.json"
    known = _read(kept)
    if known is not None:
        return known
    if measured:
        # Two at once would disturb each other's times.
        lock = cache_root() / "live" / "measuring.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            result = _read(kept) or _once(program, python, timeout)
    else:
        result = _once(program, python, timeout)
        again = _once(program, python, timeout)
        if _seen(again) != _seen(result):
            raise UserError(
                "prints something else each time it is run",
                todo=f"{_difference(result, again)}\n"
                "Give it the flag :measured:, or make it steady.",
            )
        steady = {n: v for n, v in result.values.items() if again.values.get(n) == v}
        result = Result(**{**asdict(result), "values": steady})
    write_whole(kept, json.dumps(asdict(result)))
    return result


@functools.lru_cache(maxsize=1)
def _library() -> str:
    digest = hashlib.sha256()
    for path in sorted(_INSIDE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _seen(result: Result) -> tuple[object, ...]:
    given = json.dumps(result.given)
    return (result.stdout, result.stderr, result.status, result.signal, result.exception, given)


def _difference(one: Result, two: Result) -> str:
    for a, b in zip(
        (one.stdout + one.stderr).splitlines(), (two.stdout + two.stderr).splitlines(), strict=False
    ):
        if a != b:
            return f"first  {a[:120]}\nthen   {b[:120]}"
    if one.given != two.given:
        return "what it handed over through inside differs"
    return f"ended with status {one.status}, then {two.status}"


def _read(path: Path) -> Result | None:
    try:
        return Result(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _limits() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _once(program: Program, python: Path, timeout: int) -> Result:
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        place = Path(folder)
        work = place / "work"
        work.mkdir()
        library = str(_INSIDE.parent) if "inside" in program.code else ""
        job = json.dumps(asdict(program) | {"library": library})
        (place / "job.json").write_text(job, encoding="utf-8")
        (place / "harness.py").write_text(_HARNESS, encoding="utf-8")
        report = place / "report.json"
        command = [python, "-s", "-B", "-P", place / "harness.py", place / "job.json", report]
        out, err = place / "stdout", place / "stderr"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            child = subprocess.Popen(
                [str(word) for word in command],
                cwd=work,
                env=_environment(work),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=_limits,  # one thread here: Sphinx reads in processes
            )
            try:
                status = child.wait(timeout=timeout)
            except subprocess.TimeoutExpired:
                raise UserError(f"did not end within {timeout} seconds") from None
            finally:
                _stop(child)
        told = json.loads(report.read_bytes()) if report.exists() else {}
        names = {work: "", place: "", _INSIDE.parent: ""}
        return Result(
            _text(out, names),
            _text(err, names),
            status,
            signal.Signals(-status).name if status < 0 else "",
            **told,
        )


def _stop(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)  # what it left running, too
    child.wait()


def _environment(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
    }


def _text(path: Path, names: dict[Path, str]) -> str:
    text = path.read_bytes().decode("utf-8", "replace")
    for place in names:
        text = text.replace(f"{place}/", "").replace(str(place), ".")
    if len(text) > OUTPUT:
        text = text[:OUTPUT] + "\n… (cut)\n"
    return text
