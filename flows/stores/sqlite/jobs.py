"""The SQLite store's jobs, their rounds and logs, and what must outlive a process."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flows.core import status
from flows.knowledge import Batch, CachedEvidence, Job, JobEvent, JobStatus, Mode, Page, QuotaUsage, Round
from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Saved
from flows.stores.cursors import LARGEST, decode_cursor, encode_cursor
from flows.stores.rules import check_attempt, check_limit, numbered
from flows.stores.sqlite.database import Parameters, Transaction
from flows.stores.sqlite.part import SqlitePart, fence, json_list
from flows.stores.times import micros


class SqliteJobs(SqlitePart):
    """See JobStore."""

    async def begin_attempt(self, job: Job) -> Job:
        async with self._database.transaction() as transaction:
            begun = status.begun(await _stored(transaction, job.job_id), job)
            await _save_job(transaction, begun)
        return begun

    async def save_job(self, job: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        async with self._database.transaction() as transaction:
            stored = await _stored(transaction, job.job_id)
            check_attempt(job.job_id, job.attempt, stored.attempt if stored else None)
            row = status.saved(stored, job)
            await _save_job(transaction, row)
            return Saved(row, await _add_lines(transaction, row, lines))

    async def project(self, seen: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        async with self._database.transaction() as transaction:
            stored = await _stored(transaction, seen.job_id)
            made = status.projected(stored, seen)
            if made is not None:
                await _save_job(transaction, made)
            row = made or stored
            assert row is not None  # noqa: S101  without a stored row there is always one to make
            return Saved(row, await _add_lines(transaction, row, lines), is_written=made is not None)

    async def put_job(self, job: Job) -> None:
        async with self._database.transaction() as transaction:
            await fence(transaction, job.job_id, job.attempt)
            await _save_job(transaction, job)

    async def job(self, job_id: UUID) -> Job | None:
        rows = await self._database.fetch("job", job_id=str(job_id))
        return Job.model_validate_json(rows[0][0]) if rows else None

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
        created_at, job_id = (
            decode_cursor(cursor, jobs=(int, str))[1] if cursor is not None else (LARGEST, "")
        )
        rows = await self._database.fetch(
            "jobs_page",
            statuses=json_list(statuses),
            mode=mode,
            since=micros(since) if since else -LARGEST,
            created_at=created_at,
            job_id=job_id,
            limit=limit + 1,
        )
        items = tuple(Job.model_validate_json(document) for (document,) in rows[:limit])
        return Page(
            items=items,
            cursor=encode_cursor("jobs", micros(items[-1].created_at), str(items[-1].job_id))
            if len(rows) > limit
            else None,
        )

    async def append_log(self, job_id: UUID, events: Sequence[JobEvent]) -> None:
        rows: list[Parameters] = [
            {
                "job_id": str(job_id),
                "attempt": event.attempt,
                "seq": event.seq,
                "id": event.key,
                "document": event.model_dump_json(),
            }
            for event in events
        ]
        if rows:
            async with self._database.transaction() as transaction:
                await transaction.run_many("append_log", rows)

    async def log(
        self, job_id: UUID, *, after: tuple[int, int] = (0, 0), limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        rows = await self._database.fetch(
            "log_page", job_id=str(job_id), attempt=after[0], seq=after[1], limit=limit
        )
        return tuple(JobEvent.model_validate_json(document) for (document,) in rows)

    async def log_end(
        self, job_id: UUID, *, before: tuple[int, int] | None = None, limit: int = MAX_PAGE
    ) -> tuple[JobEvent, ...]:
        attempt, seq = before or (LARGEST, LARGEST)
        rows = await self._database.fetch(
            "log_page_before", job_id=str(job_id), attempt=attempt, seq=seq, limit=limit
        )
        return tuple(JobEvent.model_validate_json(document) for (document,) in reversed(rows))

    async def request_stop(self, job_id: UUID) -> None:
        async with self._database.transaction() as transaction:
            await transaction.fetch("request_stop", job_id=str(job_id))

    async def stop_requested(self, job_id: UUID) -> bool:
        return bool(await self._database.fetch("stop_requested", job_id=str(job_id)))

    async def clear_stop(self, job_id: UUID) -> None:
        async with self._database.transaction() as transaction:
            await transaction.fetch("clear_stop", job_id=str(job_id))

    async def save_round(self, round_: Round) -> bool:
        async with self._database.transaction() as transaction:
            await fence(transaction, round_.job_id, round_.attempt)
            rows = await transaction.fetch(
                "save_round",
                job_id=str(round_.job_id),
                number=round_.number,
                document=round_.model_dump_json(),
            )
        return bool(rows)

    async def round(self, job_id: UUID, number: int) -> Round | None:
        rows = await self._database.fetch("round", job_id=str(job_id), number=number)
        return Round.model_validate_json(rows[0][0]) if rows else None

    async def rounds(self, job_id: UUID, *, after: int = 0, limit: int = 50) -> tuple[Round, ...]:
        rows = await self._database.fetch("rounds_page", job_id=str(job_id), after=after, limit=limit)
        return tuple(Round.model_validate_json(document) for (document,) in rows)

    async def batches(self, job_id: UUID, round_number: int | None = None) -> tuple[Batch, ...]:
        rows = await self._database.fetch("batches", job_id=str(job_id), round=round_number)
        return tuple(Batch.model_validate_json(document) for (document,) in rows)

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        rows = await self._database.fetch("quota_usage", model=model)
        return tuple(QuotaUsage.model_validate_json(document) for (document,) in rows)

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        rows: list[Parameters] = [
            {"model": usage.model, "window": usage.window, "document": usage.model_dump_json()}
            for usage in usages
        ]
        if rows:
            async with self._database.transaction() as transaction:
                await transaction.run_many("save_quota_usage", rows)

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        rows = await self._database.fetch(
            "cached_evidence", source=source, keys=json_list(keys), at=self._now()
        )
        return {key: CachedEvidence.model_validate_json(document) for key, document in rows}

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        rows: list[Parameters] = [
            {
                "source": item.source,
                "key": item.key,
                "expires_at": micros(item.expires_at),
                "document": item.model_dump_json(),
            }
            for item in cached
        ]
        async with self._database.transaction() as transaction:
            await transaction.run_many("save_evidence", rows)
            await transaction.fetch("drop_expired_evidence", now=self._now())


async def _stored(transaction: Transaction, job_id: UUID) -> Job | None:
    rows = await transaction.fetch("job", job_id=str(job_id))
    return Job.model_validate_json(rows[0][0]) if rows else None


async def _add_lines(transaction: Transaction, row: Job, lines: Sequence[JobEvent]) -> tuple[JobEvent, ...]:
    if not lines:
        return ()
    job_id = str(row.job_id)
    known = await transaction.fetch("log_ids", job_id=job_id, ids=json_list(line.key for line in lines))
    there = {id_ for (id_,) in known}
    ((last,),) = await transaction.fetch("log_end", job_id=job_id, attempt=row.attempt)
    added = numbered([line for line in lines if line.key not in there], row.attempt, last)
    await transaction.run_many(
        "append_log",
        [
            {
                "job_id": job_id,
                "attempt": line.attempt,
                "seq": line.seq,
                "id": line.id,
                "document": line.model_dump_json(),
            }
            for line in added
        ],
    )
    return added


async def _save_job(transaction: Transaction, job: Job) -> None:
    await transaction.fetch(
        "save_job",
        job_id=str(job.job_id),
        mode=job.mode,
        status=job.status,
        attempt=job.attempt,
        created_at=micros(job.created_at),
        document=job.model_dump_json(),
    )
