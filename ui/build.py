"""Builds the dashboard into ui/dist: `python ui/build.py`.

It does nothing when what is there was made of the same sources.

The build hook of the Python package (hatch_build.py) and `make` call it; it needs npm and the standard
library only.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

UI = Path(__file__).resolve().parent
STAMP = ".stamp"
MADE_OF = (
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "svelte.config.js",
    "tsconfig.json",
    "index.html",
    "docs.html",
    "docs",
    "src",
    "public",
)
SHIPPED = (
    "svelte", "uplot", "d3-force", "d3-dispatch", "d3-quadtree", "d3-timer",
    "@fontsource-variable/inter", "@fontsource-variable/source-serif-4", "swagger-ui-dist",
)  # fmt: skip
"""Packages of which something is in the build: their licences ask to be named."""
FETCH_S, BUILD_S = 300, 300
WITHOUT = "Everything but the pages at / works without it. To try again: make ui"


class DashboardNotBuilt(RuntimeError):
    """The dashboard could not be made; the message says why and what to do."""


def stamp_of(ui: Path = UI) -> str:
    """Tells apart builds that were made of other sources."""
    digest = hashlib.sha256()
    for name in MADE_OF:
        for path in sorted((ui / name).rglob("*")) if (ui / name).is_dir() else [ui / name]:
            if path.is_file() and not path.name.endswith((".test.ts", ".fixture.ts")):
                digest.update(f"{path.relative_to(ui).as_posix()}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(ui: Path = UI) -> bool:
    """Whether the build that is there was made of the sources that are there."""
    stamp = ui / "dist" / STAMP
    return stamp.is_file() and (ui / "dist" / "index.html").is_file() and stamp.read_text() == stamp_of(ui)


def build(ui: Path = UI, *, npm: Sequence[str] = ("npm",), path: str | None = None) -> bool:
    """Build unless the build is current; whether there was something to do.

    `path` is searched for node before PATH.

    Raises DashboardNotBuilt.
    """
    if is_current(ui):
        return False
    environment = os.environ | ({"PATH": f"{path}{os.pathsep}{os.environ.get('PATH', '')}"} if path else {})
    stamp = stamp_of(ui)
    if not _has_packages(ui):
        command = [*npm, "ci", "--no-audit", "--no-fund", "--loglevel", "error", "--fetch-retries", "1"]
        _run(command, ui, environment, within_s=FETCH_S, what="its packages could not be fetched")
        _mark_packages(ui)
    _run([*npm, "run", "--silent", "build"], ui, environment, within_s=BUILD_S, what="vite failed")
    (ui / "dist" / "LICENCES.txt").write_text(_licences(ui))
    (ui / "dist" / STAMP).write_text(stamp)
    return True


def _has_packages(ui: Path) -> bool:
    mark = ui / "node_modules" / STAMP
    return mark.is_file() and mark.read_text() == _lock(ui)


def _mark_packages(ui: Path) -> None:
    folder = ui / "node_modules"
    if folder.is_dir():
        (folder / STAMP).write_text(_lock(ui))


def _lock(ui: Path) -> str:
    return hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()


def _run(
    command: Sequence[str], ui: Path, environment: dict[str, str], *, within_s: float, what: str
) -> None:
    try:
        done = subprocess.run(  # noqa: S603  npm, found on the PATH
            command, cwd=ui, env=environment, capture_output=True, text=True, timeout=within_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DashboardNotBuilt(
            f"The dashboard was not built, npm did not run ({error}). {WITHOUT}"
        ) from error
    if done.returncode:
        raise DashboardNotBuilt(
            f"The dashboard was not built, {what}: {_reason(done.stderr or done.stdout)}. {WITHOUT}"
        )


def _reason(output: str) -> str:
    lines = [
        re.sub(r"^npm (?:error|ERR!)\s*", "", re.sub(r"\x1b\[[0-9;]*m", "", line)).strip()
        for line in output.splitlines()
    ]
    telling = [
        line
        for line in lines
        if line and not line.startswith(("code ", "syscall ", "errno ", "A complete log"))
    ]
    return next(iter(telling), "npm gave no reason").rstrip(". ")[:200]


def _licences(ui: Path) -> str:
    parts = []
    for name in SHIPPED:
        folder = ui / "node_modules" / name
        texts = [
            path.read_text(errors="replace").strip()
            for path in sorted([*folder.glob("LICEN[SC]E*"), *folder.glob("NOTICE*")])
            if path.is_file()
        ]
        parts.append("\n\n".join([f"=== {name}", *texts]))
    return "\n\n\n".join(parts) + "\n"


def main() -> None:
    """Build, and say so. With `--gently` a failure is one line and no error."""
    if shutil.which("npm") is None and not is_current():
        _end(f"The dashboard was not built: npm is not installed. Install Node.js 20 or later. {WITHOUT}")
    try:
        if build():
            sys.stdout.write("Built the dashboard.\n")
    except DashboardNotBuilt as error:
        _end(str(error))


def _end(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.exit(0 if "--gently" in sys.argv else 1)


if __name__ == "__main__":
    main()
