"""The list of all jobs: those that have a document, and those that Prefect knows and that have none yet, as
one list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from flows.errors import ConfigurationError
from flows.knowledge import Job, JobStatus, Mode, utc_now
from flows.stores.base import Store
from flows.stores.cursors import LARGEST, decode_cursor, encode_cursor
from flows.stores.times import micros, moment_of
from service.errors import PrefectUnavailable
from service.live.job_view import job_of, view
from service.orchestration.runs import Orchestrator
from service.orchestration.types import RunState
from service.schemas import JobList

Rank = tuple[int, str]
"""A job's place: minus its time of creation in microseconds, and its id.

The smaller one comes first, as in every store.
"""

_OPEN: tuple[JobStatus, ...] = ("queued", "running", "cancelling")


async def list_jobs(
    store: Store,
    orchestrator: Orchestrator,
    *,
    statuses: Collection[JobStatus] = (),
    mode: Mode | None = None,
    since: datetime | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> JobList:
    """A part of the jobs, newest first; it may hold fewer than `limit`, and the list goes on while there is a
    cursor.

    A run counts from when it was due, so that runs that a schedule will start some day are not in it. Raises
    InvalidInput.
    """
    created_at, last_id = decode_cursor(cursor, jobs=(int, str))[1] if cursor is not None else (LARGEST, "")
    top: Rank = (-created_at, last_id)
    # a document may lag behind Prefect: those that say they are at work are asked for, and judged afterwards
    documents = await store.jobs(
        statuses={*statuses, *_OPEN} if statuses else (), mode=mode, since=since, cursor=cursor, limit=limit
    )
    items: dict[UUID, Job] = {job.job_id: job for job in documents.items}
    ends = [_rank(documents.items[-1])] if documents.cursor and documents.items else []
    states: dict[UUID, RunState] = {}
    is_complete = True
    try:
        until = utc_now() if created_at == LARGEST else min(utc_now(), _moment(created_at))
        runs = await orchestrator.runs(mode=mode, statuses=statuses, until=until, since=since, limit=limit)
        states = {run.job_id: run.state for run in runs}
        without = [run for run in runs if run.job_id not in items]
        for run, document in zip(
            without, await asyncio.gather(*(store.job(run.job_id) for run in without)), strict=True
        ):
            if document is None:
                items[run.job_id] = job_of(run)
        if len(runs) == limit:
            ends.append(max((-micros(run.due_at), str(run.job_id)) for run in runs))
        states |= await orchestrator.states([job_id for job_id in items if job_id not in states])
    except (PrefectUnavailable, ConfigurationError):
        is_complete = False
    # beyond the end of either page the other may still have something to come first
    end = min(ends, default=None)
    found = sorted(
        (job for job in items.values() if _rank(job) > top and (end is None or _rank(job) <= end)), key=_rank
    )
    if len(found) > limit:
        found, end = found[:limit], _rank(found[limit - 1])
    views = [view(job, states.get(job.job_id), prefect_url=orchestrator.page_of(job.job_id)) for job in found]
    return JobList(
        items=tuple(v for v in views if not statuses or v.status in statuses),
        cursor=encode_cursor("jobs", -end[0], end[1]) if end is not None else None,
        is_complete=is_complete,
    )


def _rank(job: Job) -> Rank:
    return -micros(job.created_at), str(job.job_id)


def _moment(created_at: int) -> datetime:
    """A cursor may hold any number."""
    return moment_of(max(0, min(created_at, 10**16)))
