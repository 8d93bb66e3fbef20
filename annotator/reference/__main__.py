"""``python -m annotator.reference``: what the cache holds, and how large it is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from annotator.errors import UserError
from annotator.paths import cache_root
from annotator.reference import interpreters
from annotator.reference.cache import Manifest
from annotator.reference.releases import default_version, load_releases


def main() -> int:
    """Prints one line per release and one per thing kept."""
    root = cache_root()
    print(f"cache: {root}")
    default = default_version()
    for release in load_releases().values():
        home = root / "source" / release.sha256[:12]
        state = "unpacked" if Manifest.holds(home, release.sha256) else "not unpacked"
        mark = " (default)" if release.version == default else ""
        print(f"  CPython {release.version}{mark}: {state}")
    for build, whole in interpreters.kept():
        state = "finished" if whole else "unfinished"
        print(f"  interpreter {build.name}: {state}, {_size(build) / 1e6:.0f} MB")
    if root.is_dir():
        for folder in sorted(path for path in root.iterdir() if path.is_dir()):
            print(f"  {folder.name}/: {_size(folder) / 1e6:.0f} MB")
    return 0


def _size(root: Path) -> int:
    return sum(
        (Path(folder) / name).lstat().st_size
        for folder, _, names in os.walk(root)
        for name in names
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(f"error: {error}")
