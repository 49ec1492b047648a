"""The Firestore store's jobs, and what must outlive a process."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, get_args
from uuid import UUID, uuid4

from flows.core import status
from flows.knowledge import CachedEvidence, Job, JobEvent, JobStatus, Mode, Page, QuotaUsage
from flows.stores.base import Saved
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.firestore.documents import (
    evidence_fields,
    evidence_path,
    job_fields,
    job_of,
    job_path,
    read_document,
    usage_fields,
    usage_path,
)
from flows.stores.firestore.driver.database import WriteConflict
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.queries import DOCUMENTS_AT_ONCE, Condition, Order, Query
from flows.stores.firestore.driver.writes import Version, Write, pieces
from flows.stores.firestore.entries import moment_in
from flows.stores.firestore.fencing import Fence, fence_path, storable
from flows.stores.firestore.log import FirestoreLog
from flows.stores.rules import check_attempt, check_limit, numbered
from flows.stores.times import micros

IDS_KEPT = 300
"""How many line ids a row remembers, so that a line sent twice is stored once: a few minutes' worth."""
SWEEP_EVERY = timedelta(minutes=1)
_WINDOWS: tuple[str, ...] = get_args(QuotaUsage.model_fields["window"].annotation)


@dataclass(frozen=True, slots=True)
class JobDocument:
    """A job's document: the job, and the numbering of its log.

    `last` is None in a row that never recorded it.
    """

    job: Job | None = None
    last: int | None = 0
    line_ids: tuple[str, ...] = ()
    token: str | None = None
    version: Version = None

    @classmethod
    def of(cls, fields: dict[str, Any], version: Version) -> JobDocument:
        """The row in a document."""
        ids = tuple(fields.get("line_ids") or ())
        return cls(job_of(fields), fields.get("last_line"), ids, fields.get("token"), version)

    def of_attempt(self, attempt: int) -> JobDocument:
        """The row as an attempt finds it: each attempt numbers its lines from 1."""
        is_same = self.job is None or self.job.attempt == attempt
        return self if is_same else replace(self, last=0)

    def fields(self) -> dict[str, Any]:
        """The document."""
        assert self.job is not None  # noqa: S101  only rows with a job are written
        token = {"token": self.token} if self.token else {}
        return job_fields(self.job) | {"last_line": self.last, "line_ids": list(self.line_ids)} | token


class FirestoreJobs(FirestoreLog):
    """See JobStore."""

    _rows: DocumentCache[UUID, JobDocument]
    """Rows with their documents' versions."""
    _swept_at: datetime | None

    async def begin_attempt(self, job: Job) -> Job:
        contention, token = self._database.contention(), uuid4().hex
        while True:
            row = await self._read_row(job.job_id)
            if row.token == token and row.job is not None:
                return row.job
            begun = status.begun(row.job, job)
            try:
                await self._write_row(row, begun, (), token=token, is_new_attempt=True)
            except WriteConflict:
                await contention.pause()
            else:
                return begun

    async def save_job(self, job: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        """One write, and one for the lines; a read only if this store has not seen the row before."""

        def make(stored: Job | None) -> Job:
            check_attempt(job.job_id, job.attempt, stored.attempt if stored else None)
            return status.saved(stored, job)

        return await self._change_row(job.job_id, make, lines, is_owner=True)

    async def project(self, seen: Job, lines: Sequence[JobEvent] = ()) -> Saved:
        return await self._change_row(seen.job_id, lambda stored: status.projected(stored, seen), lines)

    async def put_job(self, job: Job) -> None:
        def make(stored: Job | None) -> Job:
            check_attempt(job.job_id, job.attempt, stored.attempt if stored else None)
            return job

        contention = self._database.contention()
        while True:
            row = await self._read_row(job.job_id)
            try:
                # its log may exist already, with its own numbers
                await self._write_row(replace(row, last=None), make(row.job), ())
            except WriteConflict:
                await contention.pause()
            else:
                return

    async def _change_row(
        self,
        job_id: UUID,
        make: Callable[[Job | None], Job | None],
        lines: Sequence[JobEvent],
        *,
        is_owner: bool = False,
    ) -> Saved:
        """Write a row and its lines; `make` computes the new row, or returns None to keep it.

        Usually only its owner writes a row, so the first try uses the cached row.
        """
        contention = self._database.contention()
        row = (self._rows.get(job_id) if is_owner else None) or await self._read_row(job_id)
        while True:
            job = make(row.job)
            try:
                return await self._write_row(row, job, lines)
            except WriteConflict:
                await contention.pause()
                row = await self._read_row(job_id)

    async def _write_row(
        self,
        row: JobDocument,
        job: Job | None,
        lines: Sequence[JobEvent],
        *,
        token: str | None = None,
        is_new_attempt: bool = False,
    ) -> Saved:
        now = job or row.job
        assert now is not None  # noqa: S101  without a stored row there is always one to make
        row = row.of_attempt(now.attempt)
        last = row.last
        if last is None and lines:
            last = await self._last_of(now.job_id, now.attempt)
        added = numbered([line for line in lines if line.key not in row.line_ids], now.attempt, last or 0)
        if job is None and not added:
            return Saved(now, (), is_written=False)
        ids = (*row.line_ids, *(line.id for line in added))[-IDS_KEPT:]
        new = JobDocument(
            now, last + len(added) if last is not None else None, ids, token or row.token, row.version
        )
        writes = [Write(path=job_path(now.job_id), fields=new.fields(), version=row.version)]
        is_first = row.job is None
        if is_new_attempt or is_first or (row.job is not None and row.job.attempt != now.attempt):
            writes.append(Write(path=fence_path(now.job_id), fields={"attempt": now.attempt}))
        chunks = await self._chunk_writes(now.job_id, added)
        try:
            versions = await self._database.commit([*writes, *(write for write, _ in chunks)])
        except BaseException:
            self._rows.forget([now.job_id])
            self._forget_chunks(now.job_id, now.attempt)
            raise
        self._rows.put(now.job_id, replace(new, version=versions[0]))
        if len(writes) > 1:
            self._fences.put(now.job_id, Fence(now.attempt, versions[1]))
        for (_, chunk), version in zip(chunks, versions[len(writes) :], strict=True):
            chunk.version = version
        if is_first:
            self._totals_changed()
        return Saved(now, added, is_written=job is not None)

    async def _read_row(self, job_id: UUID) -> JobDocument:
        found = await self._database.get_one(job_path(job_id))
        row = JobDocument.of(found.fields, found.version) if found else JobDocument()
        if found:
            self._rows.put(job_id, row)
        return row

    async def job(self, job_id: UUID) -> Job | None:
        found = await self._database.get_one(job_path(job_id))
        return job_of(found.fields) if found else None

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
        after: Sequence[datetime | str] = ()
        if cursor is not None:
            created_at, job_id = decode_cursor(cursor, jobs=(int, str))[1]
            after = (moment_in(created_at), job_id)
        where: list[Condition] = []
        if statuses:
            where.append(("status", "in", sorted(statuses)))
        if mode is not None:
            where.append(("mode", "==", mode))
        if since is not None:
            where.append(("created_at", ">=", since))
        order: Sequence[Order] = (("created_at", "DESC"), ("job_id", "ASC"))
        found = await self._database.find(
            Query(collection="jobs", where=where, order=order, after=after, limit=limit + 1)
        )
        items = tuple(job_of(snapshot.fields) for snapshot in found[:limit])
        return Page(
            items=items,
            cursor=encode_cursor("jobs", micros(items[-1].created_at), str(items[-1].job_id))
            if len(found) > limit
            else None,
        )

    async def request_stop(self, job_id: UUID) -> None:
        await self._database.commit([Write(path=stop_path(job_id), fields={"requested_at": self._clock()})])

    async def stop_requested(self, job_id: UUID) -> bool:
        return await self._database.get_one(stop_path(job_id)) is not None

    async def clear_stop(self, job_id: UUID) -> None:
        await self._database.commit([Write(path=stop_path(job_id), fields=None)])

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        found = await self._database.get([usage_path(model, window) for window in _WINDOWS])
        return tuple(read_document(QuotaUsage, snapshot.fields) for snapshot in found.values())

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        writes = {usage_path(usage.model, usage.window): usage_fields(usage) for usage in usages}
        for piece in pieces(writes, DOCUMENTS_AT_ONCE):
            await self._database.commit([Write(path=path, fields=writes[path]) for path in piece])

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        found: dict[str, CachedEvidence] = {}
        now = self._clock()
        for piece in pieces(storable(keys, partial(evidence_path, source)), DOCUMENTS_AT_ONCE):
            snapshots = await self._database.get([evidence_path(source, key) for key in piece])
            cached = [read_document(CachedEvidence, snapshot.fields) for snapshot in snapshots.values()]
            found |= {item.key: item for item in cached if item.expires_at > now}
        return {key: found[key] for key in keys if key in found}

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        writes = {evidence_path(item.source, item.key): evidence_fields(item) for item in cached}
        for piece in pieces(writes, DOCUMENTS_AT_ONCE):
            await self._database.commit([Write(path=path, fields=writes[path]) for path in piece])
        await self._sweep()

    async def _sweep(self) -> None:
        """Drop expired documents, at most once a minute; Firestore's own TTL takes up to a day."""
        now = self._clock()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return
        query = Query(
            collection="research_cache",
            where=[("expires_at", "<=", now)],
            limit=DOCUMENTS_AT_ONCE,
            fields=["expires_at"],
        )
        while found := await self._database.find(query):
            await self._database.commit([Write(path=snapshot.path, fields=None) for snapshot in found])
        self._swept_at = now


def stop_path(job_id: UUID) -> str:
    """Path of a job's stop flag."""
    return f"{job_path(job_id)}/control/stop"
