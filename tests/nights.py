"""A year of nightly jobs, in minutes: `python tests/nights.py [--nights 365] [--home FOLDER]`.

Two real nights, each a `learn up` with a job, show which rows a night leaves in Prefect's database. Each
simulated night leaves copies of those rows, under new ids and a night later, and the bookkeeping of a job
in the store. Then it is the next morning by the clock, and what the stack does by itself is done: our
pruning, on the real server, and Prefect's own vacuum. Prints a line of JSON for each night: the rows of
each table but those of knowledge, and the bytes in use.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / "flows" / "stores" / part) for part in ("", "protocols"))]

Rows = dict[str, dict[str, dict[str, Any]]]
"""The rows of each table of Prefect's database, by id."""
KNOWLEDGE = (
    "known_words",
    "definitions",
    "solidified_knowledge",
    "frontier",
    "totals",
    "metadata",
    "entry_search",
)
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DATES = re.compile(r"\b(20\d\d-\d\d-\d\d)(?=[ T]\d\d:)")
MORNING = timedelta(hours=8)
START_S = 120.0


def free_port() -> str:
    """A port that nobody uses just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def real_night(environment: Mapping[str, str], log: Path) -> None:
    """`learn up` with a job of a few seconds, from its start to its end."""
    command = [sys.executable, "-m", "service.cli", "up", "--run", "big", "--minutes", "0.05", "--plain"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=dict(environment), cwd=ROOT, stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + START_S
            while "Serving:" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the night failed:\n{log.read_text()}")
                time.sleep(0.2)
        finally:
            # Prefect's server writes what it has heard within a second
            time.sleep(2.0)
            process.send_signal(signal.SIGINT)
            process.wait(60)


def rows_of(database: Path) -> Rows:
    """All rows of Prefect's tables that have an id."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        found: Rows = {}
        for table in tables(connection):
            rows = [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]
            found[table] = {str(row["id"]): row for row in rows if "id" in row}
        return found


def tables(connection: sqlite3.Connection) -> list[str]:
    """The names of a database's own tables."""
    return [
        str(name)
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        if not name.startswith("sqlite_")
    ]


def left_by(before: Rows, after: Rows) -> Rows:
    """What one night added."""
    return {
        table: new
        for table, rows in after.items()
        if (new := {id_: row for id_, row in rows.items() if id_ not in before.get(table, {})})
    }


class Night:
    """The rows of a night, to be left again in any later night."""

    def __init__(self, rows: Rows) -> None:
        self._text = json.dumps([[table, list(new.values())] for table, new in rows.items()])
        self._ids = {id_ for new in rows.values() for id_ in new}

    def again(self, night: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """The rows of another night: new ids, wherever they stand, and later dates."""

        def renamed(found: re.Match[str]) -> str:
            return str(uuid5(NAMESPACE_OID, f"{night} {found[0]}")) if found[0] in self._ids else found[0]

        def later(found: re.Match[str]) -> str:
            return (date.fromisoformat(found[1]) + timedelta(days=night)).isoformat()

        for table, rows in json.loads(DATES.sub(later, UUIDS.sub(renamed, self._text))):
            for row in rows:
                if row.get("idempotency_key"):
                    row["idempotency_key"] += f" {night}"
                yield table, row

    def leave(self, database: Path, night: int) -> None:
        """Write them."""
        with closing(sqlite3.connect(database, timeout=30)) as connection:
            for table, row in self.again(night):
                names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
                connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(row.values()))
            connection.commit()


def counts(database: Path) -> dict[str, int]:
    """The rows of each table that is no knowledge."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return {
            table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
            for table in tables(connection)
            if not table.startswith(KNOWLEDGE)
        }


async def vacuum(now: datetime) -> None:
    """What Prefect's server deletes by itself, at a moment."""
    from prefect.server.database import provide_database_interface
    from prefect.server.services import db_vacuum

    db_vacuum.now = lambda _zone="UTC": now
    db = provide_database_interface()
    kinds = db_vacuum.get_current_settings().server.services.db_vacuum.enabled_vacuum_types
    works = {
        "flow_runs": [db_vacuum.vacuum_old_flow_runs],
        "events": [db_vacuum.vacuum_events_with_retention_overrides, db_vacuum.vacuum_old_events],
        "orphans": [
            db_vacuum.vacuum_orphaned_logs,
            db_vacuum.vacuum_orphaned_artifacts,
            db_vacuum.vacuum_stale_artifact_collections,
        ],
    }
    for kind in sorted(kinds):
        for work in works[kind]:
            await work(db=db)


async def simulate(home: Path, night: Night, nights: int) -> None:
    """Leave the night again and again, and prune after each; a line of JSON for each."""
    from contract_bookkeeping import leave_behind
    from store_documents import minutes

    from flows.running_server import prefect_database
    from flows.settings import read_settings
    from flows.stores.sqlite import SqliteStore
    from service.orchestration.retention import (
        books_of,
        delete_run,
        prune_prefect,
        prune_store,
        retention_limits,
        used_bytes,
    )
    from service.stack.environment import adopt, client_environment, server_environment
    from service.stack.prefect_server import prefect_server

    settings = read_settings()
    database, limits = prefect_database(settings.home), retention_limits(settings)
    async with prefect_server(settings, say=lambda _: None) as api_url:
        adopt(server_environment(settings) | client_environment(settings, api_url))
        async with SqliteStore(home / "knowledge.db") as store:
            began = datetime.now(UTC)
            for number in range(1, nights + 1):
                at = began + timedelta(days=number)
                night.leave(database, number)
                # one in seven fails, and stays as long as its row
                status = "failed" if number % 7 == 0 else "completed"
                ends = {
                    "created_at": at,
                    "finished_at": at + minutes(10),
                    "status": status,
                    "run_status": status,
                }
                await leave_behind(store, UUID(int=number), prefix=f"{number} ", rounds=2, **ends)
                now = at + MORNING
                await prune_store(store, limits, now=now, for_s=600, delete_run=delete_run)
                await prune_prefect(database, most_bytes=limits.most_bytes, for_s=600, now=now)
                await vacuum(now)
                told = {
                    "night": number,
                    "store": counts(home / "knowledge.db"),
                    "details_bytes": sum(job.details_bytes for job in await books_of(store)),
                    "store_free": (await store.space()).free,
                    "prefect": counts(database),
                    "prefect_bytes": used_bytes(database),
                }
                sys.stdout.write(json.dumps(told) + "\n")
                sys.stdout.flush()


def main() -> None:
    """Run the two real nights, then simulate."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument(
        "--home", type=Path, help="a folder for the databases; the night of an earlier call is reused"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home: Path = arguments.home or Path(temporary) / "home"
        home.mkdir(parents=True, exist_ok=True)
        given = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "PYTEST_", "GROQ_"))}
        given |= {"LEARN_HOME": str(home), "LEARN_PREFECT_PORT": free_port(), "LEARN_PORT": free_port()}
        given |= {"LEARN_SOURCES": "lexicon", "NO_COLOR": "1"}
        from tests.prefect_database import prepare

        prepare(home)
        learned = home / "night.json"
        if not learned.exists():
            seen = []
            for number in (1, 2):
                real_night(given, home / f"night-{number}.out")
                seen.append(rows_of(home / "prefect" / "prefect.db"))
            learned.write_text(json.dumps(left_by(*seen)))
        os.environ.clear()
        os.environ.update(given)
        asyncio.run(simulate(home, Night(json.loads(learned.read_text())), arguments.nights))


if __name__ == "__main__":
    main()
