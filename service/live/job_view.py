"""What readers see of a job: its document and what Prefect says of its run, as one."""

from __future__ import annotations

from datetime import datetime

from flows.core import endings
from flows.knowledge import Job, JobStatus, utc_now
from service.orchestration.types import Run, RunState
from service.schemas import JobView


def status_of(job: Job, state: RunState | None) -> JobStatus:
    """A job's status: Prefect's, but the document's own where that has ended and Prefect has not heard of it,
    or forgot the run.

    A run that Prefect took up again after the document's end goes on.
    """
    if state is None:
        return job.status
    if not job.is_final:
        return state.status
    if state.is_final or (job.finished_at is not None and state.since <= job.finished_at):
        return job.status
    return state.status


def view(
    job: Job,
    state: RunState | None,
    *,
    prefect_url: str | None,
    is_stopping: bool = False,
    now: datetime | None = None,
) -> JobView:
    """A job document as readers see it."""
    status = status_of(job, state)
    remaining_s = (
        max(0.0, (job.deadline_at - (now or utc_now())).total_seconds())
        if status == "running" and job.deadline_at
        else None
    )
    errors = job.errors
    if state is not None and status == "failed" and not job.is_final:
        errors = (*errors, endings.reason(state.type, state.message))
    return JobView(
        **dict(job) | {"status": status, "errors": errors},
        prefect_url=prefect_url,
        state_name=state.name if state else None,
        remaining_seconds=remaining_s,
        is_stopping=is_stopping and status == "running",
    )


def job_of(run: Run) -> Job:
    """The document of a run that has not written one yet."""
    is_final = run.state.is_final
    return Job(
        job_id=run.job_id,
        mode=run.mode,
        started_by=run.started_by,
        name=run.name,
        parameters=dict(run.parameters),
        status=run.state.status,
        progress=100 if run.state.status == "completed" else 0,
        errors=(endings.reason(run.state.type, run.state.message),) if run.state.status == "failed" else (),
        created_at=run.due_at,
        finished_at=run.state.since if is_final else None,
        end_reason="failed"
        if run.state.status == "failed"
        else "stopped"
        if run.state.status == "cancelled"
        else None,
    )
