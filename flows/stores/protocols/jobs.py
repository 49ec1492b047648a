"""Jobs, their log and their stop flag."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from flows.knowledge import Job, JobEvent, JobStatus, Mode, Page
from flows.knowledge.limits import MAX_PAGE


class Saved(NamedTuple):
    """A job's row as now stored, and the log lines that were new, with their numbers.

    Without `is_written` the row is as another writer left it, with lines that are not in `lines`.
    """

    job: Job
    lines: tuple[JobEvent, ...]
    is_written: bool = True


class JobRows(Protocol):
    """One row per job, with its two writers and its readers."""

    async def begin_attempt(self, job: Job) -> Job:
        """Create the job document, or take over an existing one: `attempt` increases by one, and the job
        runs.

        Committed before it returns. A new job starts at one more than the given document's attempt: 1. From
        then on, writes of older attempts raise StaleAttempt. See flows.core.status.begun.
        """
        ...

    async def save_job(self, job: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        """Write from a run's process: its fields of the job, and new log lines, in one commit.

        The projector's fields stay as stored; `status` follows from both (flows.core.status.saved). The lines
        get the next numbers in the job's attempt; a line whose id is already stored is skipped. Returns the
        row as it now is and the lines that were new. Raises StaleAttempt if the stored attempt is higher.
        Creates the row if there is none.
        """
        ...

    async def project(self, seen: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        """Write from the projector: what it has seen of a run, and Prefect's states as log lines, in one
        commit.

        The run process's fields stay as stored (flows.core.status.projected); `seen` becomes the row if there
        is none. Lines are numbered as in `save_job`, in the row's attempt.
        """
        ...

    async def job(self, job_id: UUID) -> Job | None:
        """One job document."""
        ...

    async def jobs(
        self,
        *,
        statuses: Collection[JobStatus] = (),
        mode: Mode | None = None,
        since: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """Jobs, newest first (by created_at, then job_id), created at `since` or later.

        No statuses mean any. Raises InvalidInput for a bad cursor or a limit outside 1..200.
        """
        ...


class JobLog(Protocol):
    """The numbered events of a job."""

    async def append_log(self, job_id: UUID, events: Sequence[JobEvent]) -> None:
        """Take lines over with the numbers they have; numbers already stored stay as they are."""
        ...

    async def log(
        self, job_id: UUID, *, after: tuple[int, int] = (0, 0), limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        """Events after (attempt, seq), oldest first."""
        ...

    async def log_end(
        self, job_id: UUID, *, before: tuple[int, int] | None = None, limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        """The newest events, or the newest before (attempt, seq); oldest first too."""
        ...


class StopFlags(Protocol):
    """The drain flag of a job."""

    async def request_stop(self, job_id: UUID) -> None:
        """Raise the drain flag of a job."""
        ...

    async def stop_requested(self, job_id: UUID) -> bool:
        """Whether the drain flag is raised."""
        ...

    async def clear_stop(self, job_id: UUID) -> None:
        """Lower the drain flag, so that the job can run again."""
        ...
