"""Settling a job whose process died: recount it from its rows and release its claims."""

from __future__ import annotations

from uuid import UUID

from flows.core.counting import left_words, recounted, with_left
from flows.knowledge import Batch, Job, Round
from flows.stores.base import Store


async def rows_of(store: Store, job_id: UUID) -> tuple[tuple[Round, ...], tuple[Batch, ...]]:
    """All rounds and batches that a job has written."""
    rounds: list[Round] = []
    while page := await store.rounds(job_id, after=rounds[-1].number if rounds else 0):
        rounds += page
    return tuple(rounds), await store.batches(job_id) if rounds else ()


async def settle(store: Store, job: Job) -> Job:
    """Recount the job's words from its rows and release its claims, for a job that is not settled, once its
    process is gone.

    Returns the row afterwards. A job that has started again in the meantime stays as it is.
    """
    rounds, batches = await rows_of(store, job.job_id)
    counted = with_left(recounted(job, rounds, batches), left_words(rounds, batches))
    counted = counted.model_copy(update={"is_settled": True})
    present = await store.job(job.job_id)
    if present is not None and present.is_final:
        # first: a store that fails here leaves the job unsettled, so that somebody comes again
        await store.release_all(job.job_id)
    return (await store.project(counted)).job
