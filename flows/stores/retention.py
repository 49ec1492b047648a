"""What of a store's bookkeeping goes, and when: by age, and oldest first where it is too much.

Bookkeeping is a job's details (rounds, batches, log, stop flag) and its row. Knowledge is never part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Self
from uuid import UUID

from flows.knowledge import Job, JobStatus
from flows.stores.rules import is_over

Part = Literal["details", "job"]
Why = Literal["age", "size"]

RESUMABLE: frozenset[JobStatus] = frozenset({"failed", "cancelled"})
"""Jobs that ended so can be retried for as long as their row is kept; they go on from their details."""


class RetentionLimits(NamedTuple):
    """How long and how much bookkeeping is kept; None is no limit."""

    details: timedelta | None = None
    jobs: timedelta | None = None
    most_bytes: int | None = None

    @classmethod
    def of(cls, *, details_days: int, jobs_days: int, mb: int) -> Self:
        """Made from the settings' numbers, where 0 is no limit; a megabyte is a million bytes."""
        return cls(
            details=timedelta(days=details_days) if details_days else None,
            jobs=timedelta(days=jobs_days) if jobs_days else None,
            most_bytes=mb * 1_000_000 or None,
        )


class Books(NamedTuple):
    """The bookkeeping of one job, for the rule: `details_bytes` is about what its details take."""

    job_id: UUID
    status: JobStatus
    ended_at: datetime | None
    """None while it may still write: it has not ended, or its counts are not settled."""
    details_bytes: int = 0

    @classmethod
    def of(cls, job: Job, details_bytes: int) -> Self:
        """Those of a job's row."""
        ended_at = job.finished_at or (job.state.since if job.state else None) or job.updated_at
        return cls(
            job.job_id, job.status, (ended_at or job.created_at) if is_over(job) else None, details_bytes
        )


class Prunable(NamedTuple):
    """What goes of one job, and why. `job` means its details too."""

    job_id: UUID
    part: Part
    why: Why
    details_bytes: int


def prunable(books: Iterable[Books], limits: RetentionLimits, *, now: datetime) -> Sequence[Prunable]:
    """What may go now, oldest first: whole jobs that are too old; details that are too old; then the oldest
    details until the rest is within the limit of size.

    A job that has not ended is kept whole. One that can be retried keeps its details as long as its row.
    """
    gone: list[Prunable] = []
    ended: list[tuple[datetime, Books]] = []
    left = 0
    for job in books:
        left += job.details_bytes
        if job.ended_at is not None:
            ended.append((job.ended_at, job))
    ended.sort(key=lambda pair: (pair[0], str(pair[1].job_id)))
    young: list[Books] = []
    for ended_at, job in ended:
        age = now - ended_at
        if limits.jobs is not None and age >= limits.jobs:
            gone.append(Prunable(job.job_id, "job", "age", job.details_bytes))
        elif not job.details_bytes or job.status in RESUMABLE:
            continue
        elif limits.details is not None and age >= limits.details:
            gone.append(Prunable(job.job_id, "details", "age", job.details_bytes))
        else:
            young.append(job)
    left -= sum(each.details_bytes for each in gone)
    for job in young:
        if limits.most_bytes is None or left <= limits.most_bytes:
            break
        gone.append(Prunable(job.job_id, "details", "size", job.details_bytes))
        left -= job.details_bytes
    return gone
