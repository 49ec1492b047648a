"""How an attempt ends that was ended from outside: by a person, by Prefect, or by a newer attempt."""

from __future__ import annotations

import asyncio
from typing import Any

from prefect.client.schemas.objects import State

from flows.job.prefect_run import PrefectRun
from flows.job.progress import ProgressTracker
from flows.job.stop_signals import AGAIN
from flows.knowledge import EndReason, Job, JobStatus

ASK_S = 2.0
"""How long Prefect may take to say at the end of a run whether it is cancelled."""
TO_BE_RETRIED = "The worker was stopped before the job was done. A retry continues from here."
ENDED_FROM_OUTSIDE = "Prefect, or the program that called the flow, ended the run before it was done."


async def _state_of(run: PrefectRun) -> State[Any] | None:
    """Prefect's state of the run; None if Prefect does not respond in time."""
    try:
        async with asyncio.timeout(ASK_S):
            return await run.state()
    except Exception:  # noqa: BLE001  whatever it is, the end of a job does not wait for it
        return None


async def is_superseded(run: PrefectRun) -> bool:
    """Whether the run begins again, in another process."""
    state = await _state_of(run)
    return state is not None and state.type in AGAIN


async def end_as_prefect_says(
    tracker: ProgressTracker, run: PrefectRun, *, otherwise: JobStatus, reason: EndReason
) -> Job:
    """End an attempt that was abandoned: as cancelled only if a person had Prefect cancel the run.

    Prefect may end a run by itself, for example one that it considers dead. `otherwise` is the status if
    Prefect reports neither: a second Ctrl-C ended the run.
    """
    state = await _state_of(run)
    if state is not None and (state.is_cancelling() or state.is_cancelled()):
        return await tracker.end("cancelled", "stopped")
    if otherwise == "failed" or (state is not None and (state.is_crashed() or state.is_failed())):
        return await tracker.end("failed", "failed", ENDED_FROM_OUTSIDE)
    return await tracker.end(otherwise, reason)
