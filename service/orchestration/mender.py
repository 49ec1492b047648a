"""Keeps job documents true: what Prefect says has ended, the document says too, though the process that owned
it died.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import get_args
from uuid import UUID

from flows.knowledge import Job, JobStatus, utc_now
from flows.settings import Settings
from flows.stores import mending, open_store
from flows.stores.base import Store
from service.orchestration.runs import call_crashed, states
from service.orchestration.types import RunState

EVERY_S = 5.0
GRACE = timedelta(seconds=5)
"""A flow that ends by itself writes its document around the time at which Prefect hears of the end."""

OVERDUE = timedelta(seconds=90)
"""A job ends within 2 s of its deadline, and tries for half a minute to write so: what is so long over its
time has no process any more.
"""
LONGEST = timedelta(minutes=10)

_OPEN: tuple[JobStatus, ...] = ("queued", "running", "cancelling")


async def unfinished(store: Store) -> list[Job]:
    """The jobs whose documents say that they have not ended."""
    found: list[Job] = []
    cursor: str | None = None
    while True:
        page = await store.jobs(statuses=_OPEN, cursor=cursor, limit=200)
        found += page.items
        if (cursor := page.cursor) is None:
            return found


async def compare(store: Store) -> list[UUID]:
    """Mend every document that disagrees with Prefect; the jobs that were mended.

    A run that should long be over and that Prefect takes for running is called crashed first: nobody watches
    the process of a `learn run`, so Prefect never hears of its death.
    """
    jobs = await unfinished(store)
    found = await states([job.job_id for job in jobs])
    for job in jobs:
        state = found.get(job.job_id)
        due = job.deadline_at or job.created_at + LONGEST
        if state is not None and state.type == "RUNNING" and max(due, state.since) + OVERDUE < utc_now():
            await call_crashed(
                job.job_id, f"Its time was up at {due:%H:%M:%S} UTC, and its process is gone without a word"
            )
    return await mend(store, found)


async def mend(store: Store, found: Mapping[UUID, RunState]) -> list[UUID]:
    """Write the end of those runs that ended into their documents, and give up their claims; the jobs that
    were mended.

    A run that Prefect does not know is left alone: another Prefect may own it.
    """
    mended: list[UUID] = []
    for job_id, state in found.items():
        if state.type not in get_args(mending.FinalState) or utc_now() - state.since < GRACE:
            continue
        if await mending.mend(store, job_id, state.type, state.message or None) is not None:  # type: ignore[arg-type]
            mended.append(job_id)
    return mended


async def keep_mending(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Compare and mend every few seconds, until cancelled.

    A store or a Prefect that does not answer is asked again.
    """
    trouble = ""
    while True:
        try:
            async with open_store(settings.store, language=settings.language) as store:
                while True:
                    for job_id in await compare(store):
                        say(f"Job {job_id} ended without a word; its document now says so.")
                    trouble = ""
                    await asyncio.sleep(EVERY_S)
        except Exception as error:  # noqa: BLE001  whatever is wrong with store or Prefect, the stack goes on
            if str(error) != trouble:
                say(f"The jobs cannot be compared with Prefect: {error}")
            trouble = str(error)
            await asyncio.sleep(EVERY_S)
