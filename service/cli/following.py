"""Follows a job in another process by polling its store."""

from __future__ import annotations

import asyncio
from uuid import UUID

from flows.errors import TransientError
from flows.knowledge import Job
from flows.stores.base import Store
from service.cli.output.progress import Reporter

POLL_S = 0.5


async def follow(store: Store, job_id: UUID, reporter: Reporter) -> Job:
    """Report a job's progress twice a second until it ends, and return its final document."""
    reporter.clock = store.now
    after = (0, 0)
    seen: Job | None = None
    while True:
        try:
            # read the document first: the events of a final state are in the log before it
            job = await store.job(job_id)
            events = await store.log(job_id, after=after) if job else ()
        except TransientError:
            await asyncio.sleep(POLL_S)
            continue
        if job and (events or job != seen):
            seen = job
            if events:
                after = (events[-1].attempt, events[-1].seq)
            reporter(job, events)
        if job and job.is_final and not events:
            return job
        if not events:
            await asyncio.sleep(POLL_S)
