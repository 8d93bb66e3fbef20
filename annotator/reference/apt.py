"""What apt on this machine is configured for.

Reads ``/etc/apt/sources.list`` and ``sources.list.d`` (one-line and deb822 format,
sources.list(5)) and apt's proxy setting; gives the roots of the archives.  No host name is
written here or anywhere else in the project: a mirror is a property of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from annotator.reference.run import output

ETC_APT = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive that packages come from."""

    uri: str  # root, without a slash at the end
    suite: str
    components: tuple[str, ...]


def mirrors(etc: Path | None = None) -> list[str]:
    """Roots of the archives that may hold Debian's sources, likeliest first.

    Only http and https, only with the component *main*, and no security archive (it holds
    no pool of its own for releases).  Those whose path says Debian come first; an
    archive of somebody else's packages is asked last, and has nothing to answer.
    """
    roots: dict[str, bool] = {}
    for archive in archives(etc):
        if (
            archive.uri.startswith(("http://", "https://"))
            and "main" in archive.components
            and not archive.suite.rstrip("/").endswith(("-security", "/updates"))
        ):
            roots.setdefault(archive.uri, "debian" in archive.uri.lower())
    return sorted(roots, key=lambda uri: not roots[uri])


def archives(etc: Path | None = None) -> list[Archive]:
    """Every enabled archive of binary or source packages, in apt's own order."""
    etc = ETC_APT if etc is None else etc
    found: list[Archive] = []
    files = [etc / "sources.list"]
    folder = etc / "sources.list.d"
    if folder.is_dir():
        files += sorted(folder.iterdir())
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if file.suffix == ".list":
            found += _one_line(text)
        elif file.suffix == ".sources":
            found += _deb822(text)
    return found


def proxy(scheme: str) -> str:
    """The proxy that apt uses for ``scheme``, "" for none (apt.conf(5), Acquire::http::Proxy)."""
    said = output(["apt-config", "dump", "--format", "%v", f"Acquire::{scheme}::Proxy"]).strip()
    return said if said.startswith(("http://", "https://")) else ""


def _one_line(text: str) -> Iterator[Archive]:
    # deb [ option=value … ] uri suite component …
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        match = re.match(r"deb(?:-src)?\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)((?:\s+\S+)*)$", line)
        if match:
            uri, suite, components = match.groups()
            yield Archive(uri.rstrip("/"), suite, tuple(components.split()))


def _deb822(text: str) -> Iterator[Archive]:
    # Paragraphs of "Field: value"; a line that begins with a blank continues the one above.
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines)):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t"):
                fields[name] = fields.get(name, "") + " " + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Archive(uri.rstrip("/"), suite, tuple(fields.get("components", "").split()))
