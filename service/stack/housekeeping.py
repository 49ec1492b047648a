"""Keeps the house small: prunes at the start of the stack and after jobs, and gives back the space of
Prefect's database while its server is down.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from flows.errors import LearningError
from flows.knowledge import DAY_S
from flows.running_server import prefect_database
from flows.settings import Settings
from flows.stores import open_store
from flows.stores.base import Store
from service.stack.supervisor import Say

FIRST_S = 20.0
"""How long after the start of the stack the first pass comes: the start is busy enough."""
EVERY_S = 60.0
"""How often to look whether a job has ended."""
STEP_S = 2.0
"""How long a pass prunes at most; what is left comes with the next look."""
WORTH_BYTES, WORTH_SHARE = 16_000_000, 0.25
"""Rewrite Prefect's database at the start if this many bytes and this share of the file are free."""
REWRITE_BYTES = 500_000_000
"""What is in use of a database that is rewritten at the start, at most: some seconds' work."""
GIVE_BACK_PAGES = 50_000
"""Pages given back at a start, at most: 200 MB."""


async def keep_house(settings: Settings, *, is_embedded: bool, say: Say) -> None:
    """Prune at the start, after jobs and once a day, in steps of a few seconds, until cancelled.

    A store or Prefect that is unavailable is left for the next pass.
    """
    seen: tuple[str, ...] | None = None
    last_pass = -DAY_S
    await asyncio.sleep(FIRST_S)
    while True:
        try:
            async with open_store(settings.store, language=settings.language) as store:
                now = await _ended(store)
                # what is kept grows old without jobs too
                if now != seen or time.monotonic() - last_pass >= DAY_S:
                    is_done = await _pass(settings, store, is_embedded=is_embedded)
                    last_pass = time.monotonic()
                    seen = now if is_done else None
        except Exception as error:  # noqa: BLE001  keeping house may end nothing else
            if not isinstance(error, LearningError | sqlite3.Error | OSError):
                say(f"Could not prune old bookkeeping: {str(error) or type(error).__name__}")
        await asyncio.sleep(EVERY_S)


async def _ended(store: Store) -> tuple[str, ...]:
    """A value that changes whenever a job ends."""
    page = await store.jobs(limit=20)
    return tuple(f"{job.job_id} {job.attempt}" for job in page.items if job.is_final and job.is_settled)


async def _pass(settings: Settings, store: Store, *, is_embedded: bool) -> bool:
    from service.orchestration.retention import delete_run, prune_prefect, prune_store, retention_limits

    limits, now = retention_limits(settings), store.now()
    done = await prune_store(store, limits, now=now, for_s=STEP_S, delete_run=delete_run)
    if is_embedded:
        await prune_prefect(
            prefect_database(settings.home), most_bytes=limits.most_bytes, for_s=STEP_S, now=now
        )
    return done.is_done


def give_back(database: Path) -> int:
    """Give the free space of Prefect's database back to the system, before its server starts: nobody else may
    have it open. Returns the bytes given back; 0 where it is not worth it, or cannot be done.
    """
    try:
        before = database.stat().st_size
        with closing(
            sqlite3.connect(f"file:{quote(bytes(database))}?mode=rw", uri=True, timeout=1.0)
        ) as connection:
            connection.isolation_level = None
            size, pages, free, way = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
            )
            if free * size < max(WORTH_BYTES, WORTH_SHARE * size * pages):
                return 0
            if way:
                # as a script, for else Python takes one step of it only: a page
                connection.executescript(f"PRAGMA incremental_vacuum({GIVE_BACK_PAGES})")
            elif size * (pages - free) <= REWRITE_BYTES:
                # from then on free pages can be given back without rewriting
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return max(0, before - database.stat().st_size)
    except (OSError, sqlite3.Error):
        return 0
