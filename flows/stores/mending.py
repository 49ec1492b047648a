"""Making a job document true after the process that owned it died."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from flows.core import endings
from flows.core.counting import recounted
from flows.knowledge import Batch, EndReason, Job, JobStatus, Round, utc_now
from flows.stores.base import Store

FinalState = Literal["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]

_STATUS: dict[FinalState, tuple[JobStatus, EndReason]] = {
    "COMPLETED": ("completed", "stopped"),
    "FAILED": ("failed", "failed"),
    "CRASHED": ("failed", "failed"),
    "CANCELLED": ("cancelled", "stopped"),
}


async def rows_of(store: Store, job_id: UUID) -> tuple[tuple[Round, ...], tuple[Batch, ...]]:
    """All rounds and batches that a job has written."""
    rounds: list[Round] = []
    while page := await store.rounds(job_id, after=rounds[-1].number if rounds else 0):
        rounds += page
    return tuple(rounds), await store.batches(job_id) if rounds else ()


async def mend(store: Store, job_id: UUID, state_type: FinalState, message: str | None) -> Job | None:
    """Write what Prefect says of a run into its job document, if the document does not say that the job has
    ended; give up its claims.

    The counts come from the job's rows, since its process may have written some after its last document.
    Answers the mended document, None where there was nothing to mend. A newer attempt that has begun
    meanwhile is left alone.
    """
    job = await store.job(job_id)
    if job is None or job.is_final:
        return None
    status, reason = _STATUS[state_type]
    errors = job.errors
    if status == "failed":
        errors = (*errors, endings.reason(state_type, message))[-20:]
    job = recounted(job, *await rows_of(store, job_id))
    now = utc_now()
    mended = job.model_copy(
        update={
            "status": status,
            "end_reason": reason,
            "finished_at": now,
            "updated_at": now,
            "errors": errors,
        }
    )
    await store.save_job(mended)
    await store.release_all(job_id)
    return mended
