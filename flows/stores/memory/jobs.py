"""The memory store's jobs."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flows.core import status
from flows.knowledge import Batch, CachedEvidence, Job, JobEvent, JobStatus, Mode, Page, QuotaUsage, Round
from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Saved
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.memory.state import MemoryHalf
from flows.stores.rules import check_limit, numbered
from flows.stores.times import micros


class MemoryJobs(MemoryHalf):
    """See JobStore."""

    async def begin_attempt(self, job: Job) -> Job:
        begun = status.begun(self._state.jobs.get(job.job_id), job)
        self._state.jobs[job.job_id] = begun
        return begun

    async def save_job(self, job: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        self._fence(job.job_id, job.attempt)
        row = status.saved(self._state.jobs.get(job.job_id), job)
        self._state.jobs[job.job_id] = row
        return Saved(row, self._add_lines(row, lines))

    async def project(self, seen: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        stored = self._state.jobs.get(seen.job_id)
        made = status.projected(stored, seen)
        row = made or stored
        assert row is not None  # noqa: S101  without a stored row there is always one to make
        self._state.jobs[seen.job_id] = row
        return Saved(row, self._add_lines(row, lines), is_written=made is not None)

    def _add_lines(self, row: Job, lines: Sequence[JobEvent]) -> tuple[JobEvent, ...]:
        log = self._state.log.setdefault(row.job_id, {})
        there = {line.key for line in log.values()}
        last = max((seq for attempt, seq in log if attempt == row.attempt), default=0)
        added = numbered([line for line in lines if line.key not in there], row.attempt, last)
        log.update({(line.attempt, line.seq): line for line in added})
        return added

    async def put_job(self, job: Job) -> None:
        self._fence(job.job_id, job.attempt)
        self._state.jobs[job.job_id] = job

    async def job(self, job_id: UUID) -> Job | None:
        return self._state.jobs.get(job_id)

    async def jobs(
        self,
        *,
        statuses: Collection[JobStatus] = (),
        mode: Mode | None = None,
        since: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        check_limit(limit)
        after: tuple[int, str] | None = None
        if cursor is not None:
            _, (created_at, job_id) = decode_cursor(cursor, jobs=(int, str))
            after = (-created_at, job_id)
        found = [
            job
            for job in self._state.jobs.values()
            if (not statuses or job.status in statuses)
            and (mode is None or job.mode == mode)
            and (since is None or job.created_at >= since)
        ]
        ordered = sorted(found, key=_newest_first)
        rest = [job for job in ordered if after is None or _newest_first(job) > after]
        last = rest[limit - 1] if len(rest) > limit else None
        return Page(
            items=tuple(rest[:limit]),
            cursor=encode_cursor("jobs", micros(last.created_at), str(last.job_id)) if last else None,
        )

    async def append_log(self, job_id: UUID, events: Sequence[JobEvent]) -> None:
        log = self._state.log.setdefault(job_id, {})
        for event in events:
            log.setdefault((event.attempt, event.seq), event)

    async def log(
        self, job_id: UUID, *, after: tuple[int, int] = (0, 0), limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        log = self._state.log.get(job_id, {})
        return tuple(log[place] for place in sorted(log) if place > after)[:limit]

    async def log_end(
        self, job_id: UUID, *, before: tuple[int, int] | None = None, limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        log = self._state.log.get(job_id, {})
        return tuple(log[place] for place in sorted(log) if before is None or place < before)[-limit:]

    async def request_stop(self, job_id: UUID) -> None:
        self._state.stops.add(job_id)

    async def stop_requested(self, job_id: UUID) -> bool:
        return job_id in self._state.stops

    async def clear_stop(self, job_id: UUID) -> None:
        self._state.stops.discard(job_id)

    async def save_round(self, round_: Round) -> bool:
        self._fence(round_.job_id, round_.attempt)
        place = (round_.job_id, round_.number)
        if place in self._state.rounds:
            return False
        self._state.rounds[place] = round_
        return True

    async def round(self, job_id: UUID, number: int) -> Round | None:
        return self._state.rounds.get((job_id, number))

    async def rounds(self, job_id: UUID, *, after: int = 0, limit: int = 50) -> tuple[Round, ...]:
        numbers = sorted(number for job, number in self._state.rounds if job == job_id and number > after)
        return tuple(self._state.rounds[job_id, number] for number in numbers[:limit])

    async def batches(self, job_id: UUID, round_number: int | None = None) -> tuple[Batch, ...]:
        places = sorted(
            place for place in self._state.batches if place[0] == job_id and round_number in {None, place[1]}
        )
        return tuple(self._state.batches[place] for place in places)

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        return tuple(usage for (name, _), usage in sorted(self._state.quota.items()) if name == model)

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        self._state.quota.update({(usage.model, usage.window): usage for usage in usages})

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        now = self._clock()
        found = {key: self._state.cache.get((source, key)) for key in keys}
        return {key: cached for key, cached in found.items() if cached and cached.expires_at > now}

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        now = self._clock()
        merged = self._state.cache | {(item.source, item.key): item for item in cached}
        self._state.cache = {place: item for place, item in merged.items() if item.expires_at > now}


def _newest_first(job: Job) -> tuple[int, str]:
    return -micros(job.created_at), str(job.job_id)
