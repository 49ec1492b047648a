"""The Firestore store's jobs, and what must outlive a process."""

# ruff: noqa: D102  the protocols in base.py say what each method does

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import get_args
from uuid import UUID, uuid4

from flows.knowledge import CachedEvidence, Job, JobStatus, Mode, Page, QuotaUsage
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.firestore.document_cache import DocumentCache
from flows.stores.firestore.documents import (
    evidence_fields,
    evidence_path,
    job_fields,
    job_of,
    job_path,
    read,
    usage_fields,
    usage_path,
)
from flows.stores.firestore.driver.database import WriteConflict
from flows.stores.firestore.driver.queries import Condition, Order, Query
from flows.stores.firestore.driver.writes import Version, Write, pieces
from flows.stores.firestore.entries import moment_in
from flows.stores.firestore.fencing import Fence, FirestorePart, fence_path, storable
from flows.stores.rules import check_attempt, check_limit
from flows.stores.times import micros

AT_ONCE = 200
SWEEP_EVERY = timedelta(minutes=1)
_WINDOWS: tuple[str, ...] = get_args(QuotaUsage.model_fields["window"].annotation)


class FirestoreJobs(FirestorePart):
    """See JobStore."""

    _attempts: DocumentCache[UUID, tuple[int, Version]]
    """The attempt in a job's document, with the document's version."""
    _swept_at: datetime | None

    async def begin_attempt(self, job: Job) -> Job:
        contention, token = self._database.contention(), uuid4().hex
        while True:
            found = await self._database.get_one(job_path(job.job_id))
            stored = job_of(found.fields) if found else job
            if found and found.fields.get("token") == token:
                return stored
            begun = stored.model_copy(update={"attempt": stored.attempt + 1})
            try:
                await self._save(begun, found.version if found else None, token=token)
            except WriteConflict:
                await contention.pause()
            else:
                return begun

    async def save_job(self, job: Job) -> None:
        """One write; a read only where this store has not seen the document before."""
        contention, is_fresh = self._database.contention(), False
        while True:
            remembered = None if is_fresh else self._attempts.get(job.job_id)
            if remembered is None:
                found = await self._database.get_one(job_path(job.job_id), ["attempt"])
                remembered = (found.fields["attempt"], found.version) if found else (-1, None)
            attempt, version = remembered
            check_attempt(job.job_id, job.attempt, attempt)
            try:
                await self._save(job, version, is_same_attempt=attempt == job.attempt)
            except WriteConflict:
                await contention.pause()
                is_fresh = True
            else:
                return

    async def _save(
        self, job: Job, version: Version, *, is_same_attempt: bool = False, token: str | None = None
    ) -> None:
        writes = [
            Write(
                path=job_path(job.job_id),
                fields=job_fields(job) | ({"token": token} if token else {}),
                version=version,
            )
        ]
        if not is_same_attempt:
            writes.append(Write(path=fence_path(job.job_id), fields={"attempt": job.attempt}))
        versions = await self._database.commit(writes)
        self._attempts.put(job.job_id, (job.attempt, versions[0]))
        if not is_same_attempt:
            self._fences.put(job.job_id, Fence(job.attempt, versions[1]))
        if version is None:
            self._totals_changed()

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
        await self._database.commit([Write(path=_stop_path(job_id), fields={"requested_at": self._clock()})])

    async def stop_requested(self, job_id: UUID) -> bool:
        return await self._database.get_one(_stop_path(job_id)) is not None

    async def clear_stop(self, job_id: UUID) -> None:
        await self._database.commit([Write(path=_stop_path(job_id), fields=None)])

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        found = await self._database.get([usage_path(model, window) for window in _WINDOWS])
        return tuple(read(QuotaUsage, snapshot.fields) for snapshot in found.values())

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        writes = {usage_path(usage.model, usage.window): usage_fields(usage) for usage in usages}
        for piece in pieces(writes, AT_ONCE):
            await self._database.commit([Write(path=path, fields=writes[path]) for path in piece])

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        found: dict[str, CachedEvidence] = {}
        now = self._clock()
        for piece in pieces(storable(keys, partial(evidence_path, source)), AT_ONCE):
            snapshots = await self._database.get([evidence_path(source, key) for key in piece])
            cached = [read(CachedEvidence, snapshot.fields) for snapshot in snapshots.values()]
            found |= {item.key: item for item in cached if item.expires_at > now}
        return {key: found[key] for key in keys if key in found}

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        writes = {evidence_path(item.source, item.key): evidence_fields(item) for item in cached}
        for piece in pieces(writes, AT_ONCE):
            await self._database.commit([Write(path=path, fields=writes[path]) for path in piece])
        await self._sweep()

    async def _sweep(self) -> None:
        """Drop what has expired, once a minute at most; Firestore itself takes up to a day for it (TTL)."""
        now = self._clock()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return
        query = Query(
            collection="research_cache",
            where=[("expires_at", "<=", now)],
            limit=AT_ONCE,
            fields=["expires_at"],
        )
        while found := await self._database.find(query):
            await self._database.commit([Write(path=snapshot.path, fields=None) for snapshot in found])
        self._swept_at = now


def _stop_path(job_id: UUID) -> str:
    return f"{job_path(job_id)}/control/stop"
