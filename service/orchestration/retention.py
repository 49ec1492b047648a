"""Prunes the bookkeeping: the store's by its rule, and Prefect's runs of the same jobs by its public API."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from flows.knowledge.events import TAG
from flows.knowledge.limits import MAX_PAGE
from flows.settings import Settings
from flows.stores.base import Store
from flows.stores.retention import Books, Prunable, RetentionLimits, prunable

STEP_PAGES = 2000
"""Pages given back to the system at a time: 8 MB, some hundredths of a second of the store's write lock."""
LEFT_ALONE = timedelta(hours=1)
"""A run that has just ended is still looked at."""
RUNS_A_STEP = 50
"""How many of Prefect's runs one step deletes at most to save space."""

DeleteRun = Callable[[UUID], Awaitable[None]]


@dataclass
class Pruned:
    """What was pruned, or would be: jobs whose details went, jobs that went whole, and what it comes to."""

    details: int = 0
    jobs: int = 0
    rows: int = 0
    bytes: int = 0
    prefect_runs: int = 0
    given_back: int = 0
    is_done: bool = True
    """False if its time was up before the end; the next pass goes on."""
    plan: Sequence[Prunable] = field(default=(), repr=False)


def retention_limits(settings: Settings) -> RetentionLimits:
    """What the settings say is kept."""
    return RetentionLimits.of(
        details_days=settings.keep_details_days, jobs_days=settings.keep_jobs_days, mb=settings.keep_mb
    )


async def books_of(store: Store) -> list[Books]:
    """The bookkeeping of every job in a store."""
    found: list[Books] = []
    cursor: str | None = None
    while True:
        page = await store.jobs(cursor=cursor, limit=MAX_PAGE)
        sizes = await store.detail_bytes([job.job_id for job in page.items])
        found += [Books.of(job, sizes.get(job.job_id, 0)) for job in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


async def plan(store: Store, limits: RetentionLimits, *, now: datetime) -> Pruned:
    """What `prune_store` would do; changes nothing."""
    gone = prunable(await books_of(store), limits, now=now)
    return Pruned(
        details=sum(each.part == "details" for each in gone),
        jobs=sum(each.part == "job" for each in gone),
        bytes=sum(each.details_bytes for each in gone),
        plan=gone,
    )


async def prune_store(
    store: Store, limits: RetentionLimits, *, now: datetime, for_s: float, delete_run: DeleteRun | None = None
) -> Pruned:
    """Prune a store in small commits for about `for_s` seconds. `delete_run` deletes Prefect's run of a job
    that goes whole; a run that Prefect does not delete keeps its row here, for the next pass.

    Raises StoreUnavailable.
    """
    until, done = time.monotonic() + for_s, Pruned()
    planned = (await plan(store, limits, now=now)).plan
    for job_id, part, _, size in planned:
        while gone := await store.prune_details(job_id):
            done.rows += gone
            if time.monotonic() >= until:
                break
        if time.monotonic() >= until:
            done.is_done = False
            break
        done.bytes += size
        if part == "details":
            done.details += 1
            continue
        if delete_run is not None:
            await delete_run(job_id)
            done.prefect_runs += 1
        done.jobs += await store.delete_job(job_id)
    while time.monotonic() < until and (given := await store.compact(pages=STEP_PAGES)):
        done.given_back += given
    return done


async def delete_run(job_id: UUID) -> None:
    """Delete Prefect's run of a job, with its task runs, states and logs.

    Raises what Prefect's client does.
    """
    async with get_client() as client:
        with suppress(ObjectNotFound):
            await client.delete_flow_run(job_id)


async def prune_prefect(database: Path, *, most_bytes: int | None, for_s: float, now: datetime) -> int:
    """Delete the oldest of our runs in Prefect while the embedded server's database holds more than
    `most_bytes`; returns how many were deleted. Only runs that completed, and not just now: the others may
    still be retried.

    Raises what Prefect's client does.
    """
    until, gone = time.monotonic() + for_s, 0
    if most_bytes is None or used_bytes(database) <= most_bytes:
        return 0
    ended = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])),
        end_time=FlowRunFilterEndTime(before_=now - LEFT_ALONE),
    )
    async with get_client() as client:
        oldest = await client.read_flow_runs(
            flow_run_filter=ended, sort=FlowRunSort.START_TIME_ASC, limit=RUNS_A_STEP
        )
        for run in oldest:
            if time.monotonic() >= until or used_bytes(database) <= most_bytes:
                break
            with suppress(ObjectNotFound):
                await client.delete_flow_run(run.id)
                gone += 1
    return gone


def used_bytes(database: Path) -> int:
    """Bytes in use in a SQLite file, without its free pages; 0 if there is none or it cannot be read."""
    size, pages, free = pages_of(database)
    return size * (pages - free)


def pages_of(database: Path) -> tuple[int, int, int]:
    """Page size in bytes, pages, and free pages of a SQLite file; zeros if it cannot be read."""
    try:
        uri = f"file:{quote(bytes(database))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=1.0)) as connection:
            size, pages, free = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_size", "page_count", "freelist_count")
            )
    except sqlite3.Error:
        return 0, 0, 0
    return size, pages, free
