"""An attempt of a job, recorded from its beginning and once a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from flows.core.budget import Budget
from flows.errors import LearningError, StoreFull, TransientError
from flows.job.logs import job_logger
from flows.job.patience import patiently
from flows.job.prefect_events import Emitter
from flows.job.progress import ProgressTracker
from flows.knowledge import Job
from flows.stores.base import Store

TICK_S = 1.0

BEGIN_S = 30.0
"""How long a store that is away is tried again before an attempt that cannot begin fails."""


@asynccontextmanager
async def tracking(
    job: Job,
    *,
    store: Store,
    budget: Budget,
    emitter: Emitter,
    on_tick: Callable[[ProgressTracker], Awaitable[None]],
) -> AsyncGenerator[ProgressTracker]:
    """Begin an attempt of a job and record it: once a second the document is written and `on_tick` is called.

    Raises what the store raises when the attempt cannot begin.
    """
    begun: list[Job] = []
    # Prefect's clock may be ahead of the store's
    job = job.model_copy(update={"created_at": min(job.created_at, store.now())})

    async def begin() -> None:
        begun[:] = [await store.begin_attempt(job)]

    await patiently(begin, for_s=BEGIN_S)
    taken_over = begun[0]
    now = store.now()
    is_resumed = taken_over.attempt > 1
    current = taken_over.model_copy(
        update={
            "started_at": taken_over.started_at or now,
            "deadline_at": now + timedelta(seconds=budget.remaining_s(taken_over.active_seconds)),
            "stages": {},
        }
    )
    tracker = ProgressTracker(current, store=store, budget=budget, emitter=emitter)
    text = f"{job.name or job.mode} {'resumed' if is_resumed else 'started'}"
    tracker.event("job.resumed" if is_resumed else "job.started", text)
    async with emitter:
        ticking = asyncio.create_task(_tick(tracker, on_tick), name="tracker")
        try:
            yield tracker
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)


async def _tick(tracker: ProgressTracker, on_tick: Callable[[ProgressTracker], Awaitable[None]]) -> None:
    while True:
        try:
            await tracker.flush()
            await on_tick(tracker)
        except (TransientError, StoreFull) as error:
            job_logger().warning("Could not write the job row; retrying: %s", error)
        except LearningError as error:
            tracker.fail(error)
            return
        await asyncio.sleep(TICK_S)
