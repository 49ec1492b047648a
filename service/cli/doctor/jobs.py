"""The doctor's checks of the jobs that are open, and of what jobs leave behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flows.core.progress import format_count
from flows.knowledge import OPEN_STATUSES, Job
from flows.running_server import prefect_database
from flows.settings import Settings
from flows.stores.retention import prunable
from service.cli.doctor.doctor import Check
from service.wording import reason_text, remedy

if TYPE_CHECKING:
    from flows.stores.base import Store

SILENT = timedelta(seconds=60)
"""A running job writes its row about once a second."""


async def open_jobs(opened: Store) -> Check:
    """Why open jobs wait, and which have fallen silent."""
    page, now = await opened.jobs(statuses=OPEN_STATUSES, limit=50), opened.now()
    # only a run's process writes updated_at, so a job that waits is not silent
    silent = [job for job in page.items if job.status != "queued" and _silence(job, now) > SILENT]
    waiting = [job.reason for job in page.items if job.status == "queued" and job.reason is not None]
    found, ways_out = [], []
    if waiting:
        found.append(f"{len(waiting)} of {len(page.items)} open jobs are waiting: {reason_text(waiting[0])}")
        ways_out.append(remedy(waiting[0]) or "")
    if silent:
        named = [f"{job.job_id} ({job.mode}, silent for {_spoken(_silence(job, now))})" for job in silent[:3]]
        more = f" and {len(silent) - 3} more" if len(silent) > 3 else ""
        found.append(f"not responding: {', '.join(named)}{more}")
        ways_out.append("Their claims expire; a new job will pick the words up.")
    if not found:
        return Check("jobs", "ok", f"{len(page.items)} open")
    return Check("jobs", "warn", "; ".join(found), " ".join(filter(None, ways_out)))


async def bookkeeping(settings: Settings, opened: Store) -> Check:
    """How much rounds, batches, logs and Prefect's history take, how long they are kept, and what is due."""
    from service.orchestration.retention import books_of, retention_limits, used_bytes

    books = await books_of(opened)
    details = sum(job.details_bytes for job in books)
    prefect = used_bytes(prefect_database(settings.home))
    space = await opened.space()
    found = f"{details / 1e6:,.1f} MB of rounds, batches and logs of {format_count(len(books), 'job')}"
    found += f", {prefect / 1e6:,.1f} MB of Prefect's history" if prefect else ""
    found += f", {space.free / 1e6:,.1f} MB free in the store" if space.free else ""
    due = prunable(books, retention_limits(settings), now=opened.now())
    if not due:
        return Check("bookkeeping", "ok", found)
    due_bytes = sum(each.details_bytes for each in due)
    return Check(
        "bookkeeping",
        "ok",
        f"{found}; {due_bytes / 1e6:,.1f} MB of {format_count(len(due), 'job')} can be deleted",
        "`learn up` deletes them by itself; `learn prune` lists them, `learn prune --yes` deletes them now.",
    )


def _silence(job: Job, now: datetime) -> timedelta:
    return now - (job.updated_at or job.created_at)


def _spoken(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return (
        f"{minutes} min"
        if minutes < 120
        else f"{minutes // 60} h"
        if minutes < 48 * 60
        else f"{minutes // 1440} days"
    )
