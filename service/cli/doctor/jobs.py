"""The doctor's check of the jobs that are open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flows.knowledge import Job, JobStatus, utc_now
from service.cli.doctor.doctor import Check
from service.wording import reason_text, remedy

if TYPE_CHECKING:
    from flows.stores.base import Store

SILENT = timedelta(seconds=60)
"""A running job writes its row about once a second."""
_OPEN: tuple[JobStatus, ...] = ("queued", "running", "cancelling")


async def open_jobs(opened: Store) -> Check:
    """Why open jobs wait, and which have fallen silent."""
    page = await opened.jobs(statuses=_OPEN, limit=50)
    # only a run's process writes updated_at, so a job that waits is not silent
    silent = [job for job in page.items if job.status != "queued" and _silence(job) > SILENT]
    waiting = [job.reason for job in page.items if job.status == "queued" and job.reason is not None]
    found, ways_out = [], []
    if waiting:
        found.append(f"{len(waiting)} of {len(page.items)} open jobs are waiting: {reason_text(waiting[0])}")
        ways_out.append(remedy(waiting[0]) or "")
    if silent:
        named = [f"{job.job_id} ({job.mode}, silent for {_spoken(_silence(job))})" for job in silent[:3]]
        more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
        found.append(f"not responding: {', '.join(named)}{more}")
        ways_out.append("Their claims expire; a new job will pick the words up.")
    if not found:
        return Check("jobs", "ok", f"{len(page.items)} open")
    return Check("jobs", "warn", "; ".join(found), " ".join(filter(None, ways_out)))


def _silence(job: Job) -> timedelta:
    return utc_now() - (job.updated_at or job.created_at)


def _spoken(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return (
        f"{minutes} min"
        if minutes < 120
        else f"{minutes // 60} h"
        if minutes < 48 * 60
        else f"{minutes // 1440} days"
    )
