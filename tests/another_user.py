"""Programs that another user of this machine runs: user 65534, whom only root can become."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

NOBODY = 65534
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="Only root can run a program as another user. Run this test as root."
)


def as_nobody(code: str, *arguments: object, given: str = "") -> str:
    """What a Python program of another user prints; it has the standard library, and `given` to read."""
    if (python := _python()) is None:
        pytest.skip("Other users can run no Python here: the interpreters are in folders of their owners.")
    done = _run(python, code, *map(str, arguments), given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def _python() -> str | None:
    """A Python that other users can run: ours may be in root's own folder."""
    for place in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with suppress(OSError):
            if _run(place, "import http.client").returncode == 0:
                return place
    return None


def _run(python: str, code: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-I", "-S", "-c", code, *arguments],
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        cwd="/",
        env={},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def open_folder() -> Generator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="learning-shared-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
