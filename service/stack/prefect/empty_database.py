"""An empty database of Prefect's server, made with the environment: `python -m
service.stack.prefect.empty_database`.

Without it, the first start of a home folder runs a hundred migrations, some ten seconds of a core.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from service.stack.housekeeping import give_back
from service.stack.private_files import open_private


def made_ahead() -> Path:
    """Where the environment keeps it, for its own version of Prefect; it need not be there."""
    return Path(sys.prefix) / "share" / "learning-pipeline" / f"prefect-{version('prefect')}.db"


def must_migrate(database: Path) -> bool:
    """Whether the server has all of a database's tables yet to make."""
    return not database.exists() and not made_ahead().is_file()


def prepare_database(database: Path) -> None:
    """Put the empty database there if there is none, else give free space back.

    Call it before the server starts: nobody else may use the folder.
    """
    if database.exists():
        give_back(database)
        return
    partial = database.with_name(f"{database.name}.part")
    try:
        if database.with_name(f"{database.name}-wal").exists():
            return
        with (
            made_ahead().open("rb") as source,
            os.fdopen(open_private(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy)
        partial.replace(database)
    except OSError:
        # the server makes its own
        partial.unlink(missing_ok=True)


def make() -> Path:
    """Make it, in place of that of another version of Prefect, and return its path."""
    target = made_ahead()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        for name in [name for name in os.environ if name.startswith("PREFECT_")]:
            del os.environ[name]
        os.environ["PREFECT_HOME"] = folder
        # relative, whatever characters the path has
        os.chdir(folder)
        os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = "sqlite+aiosqlite:///migrated.db"
        asyncio.run(_migrate())
        with closing(sqlite3.connect("migrated.db")) as database:
            database.execute("VACUUM INTO 'empty.db'")
        with closing(sqlite3.connect("empty.db")) as database:
            # free pages can then be given back without rewriting the file
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")
            database.execute("VACUUM")
        Path("empty.db").replace(target)
        os.chdir(target.parent)
    for other in target.parent.glob("prefect-*.db"):
        if other != target:
            other.unlink()
    return target


async def _migrate() -> None:
    from prefect.server.database import provide_database_interface

    database = provide_database_interface()
    await database.create_db()
    await (await database.engine()).dispose()


if __name__ == "__main__":
    make()
