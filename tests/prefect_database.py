"""A database of Prefect's server that is made once: with an empty one, its first start takes longer."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

MAKE_S = 180


def prepare(home: Path) -> None:
    """Put a database with all of Prefect's tables into a new home of ours."""
    target = home / "prefect" / "prefect.db"
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.parent.chmod(0o700)
    shutil.copyfile(_made(), target)


def _made() -> Path:
    """The database to copy; the first process that asks makes it, in this environment of Python."""
    made = Path(sys.prefix) / f"tests-prefect-{version('prefect')}.db"
    with made.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            raw = made.with_suffix(".raw")
            raw.unlink(missing_ok=True)
            subprocess.run(
                [sys.executable, "-m", "prefect", "server", "database", "upgrade", "-y"],
                env={**os.environ, "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{raw}"},
                check=True,
                capture_output=True,
                timeout=MAKE_S,
            )
            partial = made.with_suffix(".part")
            partial.unlink(missing_ok=True)
            with closing(sqlite3.connect(raw)) as source, closing(sqlite3.connect(partial)) as copy:
                source.backup(copy)
            raw.unlink()
            partial.replace(made)
    return made
