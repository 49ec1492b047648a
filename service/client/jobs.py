"""The client's calls about jobs."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from flows.core.estimate import Estimate
from flows.knowledge import JobStatus, Mode, limits
from service.client.calls import Calls, JobId, given_of, id_of, list_of
from service.client.http import url_path
from service.client.results import Results
from service.client.watch import PATIENCE_S, START, Watch
from service.errors import IDEMPOTENCY_KEY
from service.schemas import (
    History,
    HistoryEvent,
    JobFrame,
    JobList,
    JobView,
    RoundList,
    RoundSummary,
    RoundView,
    Started,
    Stopping,
)


class JobCalls(Calls):
    """Start, read, watch and stop jobs."""

    async def start(
        self,
        mode: Literal["quick", "deep"],
        words: Sequence[str] | None = None,
        *,
        topic: str | None = None,
        limit: int | None = None,
        minutes: float | None = None,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a quick or a deep job. Without words it learns what entries mention most; a deep job first
        takes words that are only defined. `minutes` is for deep jobs.
        """
        body = {
            "mode": mode,
            "words": list_of(words, "words"),
            "topic": topic,
            "limit": limit,
            "minutes": minutes,
        }
        return await self._start("/jobs/start", body, idempotency_key)

    async def start_big(
        self,
        *,
        topic: str | None = None,
        minutes: float | None = None,
        max_entries: int | None = None,
        candidates_per_round: int | None = None,
        words_per_round: int | None = None,
        idempotency_key: str | None = None,
    ) -> Started:
        """Start a big job, for ten minutes by default.

        Repeating a call with the same key does not start another job.
        """
        body = {
            "topic": topic,
            "minutes": minutes,
            "max_entries": max_entries,
            "candidates_per_round": candidates_per_round,
            "words_per_round": words_per_round,
        }
        return await self._start("/jobs/start_big", body, idempotency_key)

    async def estimate(
        self,
        mode: Mode,
        words: Sequence[str] | None = None,
        *,
        topic: str | None = None,
        limit: int | None = None,
        minutes: float | None = None,
        max_entries: int | None = None,
        candidates_per_round: int | None = None,
        words_per_round: int | None = None,
    ) -> Estimate:
        """Estimate what a job would learn and cost, and what limits it.

        Takes the parameters of `start`, or for a big job those of `start_big`.
        """
        body = {
            "mode": mode,
            "words": list_of(words, "words"),
            "topic": topic,
            "limit": limit,
            "minutes": minutes,
            "max_entries": max_entries,
            "candidates_per_round": candidates_per_round,
            "words_per_round": words_per_round,
        }
        return await self._connection.ask(Estimate, "POST", "/jobs/estimate", json=given_of(body))

    async def jobs(
        self,
        *,
        status: JobStatus | Sequence[JobStatus] = (),
        mode: Mode | None = None,
        since: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Results[JobView]:
        """List all jobs, newest first."""
        given = {
            "status": [status] if isinstance(status, str) else list(status),
            "mode": mode,
            "since": since.isoformat() if since else None,
        }
        found: Results[JobView] = Results(cursor=cursor)
        while len(found) < limit:
            part = await self._page(JobList, "/jobs", given, cursor=found.cursor, limit=limit - len(found))
            found.extend(part.items)
            found.cursor, found.is_complete = part.cursor, found.is_complete and part.is_complete
            if found.cursor is None:
                break
        return found

    async def job(self, job_id: JobId) -> JobView:
        """Read one job."""
        return await self._connection.ask(JobView, "GET", url_path("jobs", id_of(job_id)))

    async def cancel(self, job_id: JobId, *, now: bool = False) -> Stopping:
        """Stop a job, after the work in flight or now.

        Repeating the call has no effect. Raises Conflict if the job has ended.
        """
        return await self._connection.ask(
            Stopping, "POST", url_path("jobs", id_of(job_id), "cancel"), json={"drain": not now}
        )

    async def retry(self, job_id: JobId) -> Started:
        """Run a failed, crashed or cancelled job again under the same id, from where it stopped."""
        return await self._connection.ask(
            Started, "POST", url_path("jobs", id_of(job_id), "retry"), may_repeat=False
        )

    async def rounds(self, job_id: JobId) -> Results[RoundSummary]:
        """List all rounds of a job in order, without their candidates."""
        found: Results[RoundSummary] = Results()
        after: int | None = 0
        while after is not None:
            part = await self._connection.ask(
                RoundList,
                "GET",
                url_path("jobs", id_of(job_id), "rounds"),
                params={"after": after, "limit": limits.MAX_ROUNDS_PAGE},
            )
            found.extend(part.items)
            after = part.cursor
        return found

    async def round(self, job_id: JobId, number: int) -> RoundView:
        """Read one round: every candidate with its verdict, and the results for its words."""
        return await self._connection.ask(RoundView, "GET", url_path("jobs", id_of(job_id), "rounds", number))

    async def events(
        self, job_id: JobId, *, after: str | None = None, limit: int = 1000
    ) -> Results[HistoryEvent]:
        """Read a job's events, oldest first.

        `cursor` is always set; pass it here or to `watch` for what happens next.
        """
        found: Results[HistoryEvent] = Results(cursor=after)
        while len(found) < limit:
            part = await self._page(
                History,
                url_path("jobs", id_of(job_id), "events"),
                {"after": found.cursor},
                limit=limit - len(found),
            )
            found.extend(part.items)
            found.cursor, found.is_complete = part.cursor, found.is_complete and part.is_complete
            if not part.has_more:
                break
        return found

    async def watch(
        self,
        job_id: JobId,
        *,
        after: str | None = None,
        from_start: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> AsyncGenerator[JobFrame]:
        """Frames of a job until it ends, the first immediately. Each event comes once, even if the server
        restarts.

        `after` resumes from the cursor of a frame or of events; `from_start` includes everything that has
        happened. If a proxy refuses WebSockets, it polls once a second instead. Raises NotFound,
        AccessRefused, and FacadeUnavailable: immediately if the first attempt fails, later after `patience_s`
        seconds of silence.
        """
        watch = Watch(
            self._connection, UUID(id_of(job_id)), after=START if from_start else after, patience_s=patience_s
        )
        async with aclosing(watch.frames()) as frames:
            async for frame in frames:
                yield frame

    async def _start(self, path: str, body: dict[str, Any], idempotency_key: str | None) -> Started:
        # with a key the request can be repeated if the connection breaks
        headers = {IDEMPOTENCY_KEY: idempotency_key or f"client-{uuid4()}"}
        return await self._connection.ask(Started, "POST", path, json=given_of(body), headers=headers)
