"""The Firestore store's bookkeeping."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from flows.stores.firestore.documents import job_of, job_path, rounds_path
from flows.stores.firestore.driver.database import Snapshot, WriteConflict
from flows.stores.firestore.driver.queries import Query
from flows.stores.firestore.driver.writes import Write
from flows.stores.firestore.fencing import fence_path
from flows.stores.firestore.jobs import FirestoreJobs, stop_path
from flows.stores.protocols.bookkeeping import Space
from flows.stores.rules import is_over

ROUND_BYTES, BATCH_BYTES, CHUNK_BYTES = 60_000, 3_000, 40_000
"""What one takes, about: Firestore does not say how large its documents are."""
_ROUNDS_AT_ONCE = 20


class FirestoreBookkeeping(FirestoreJobs):
    """See Bookkeeping."""

    async def detail_bytes(self, job_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """By counting documents: three reads a job."""
        sizes = {}
        for job_id in job_ids:
            rounds = await self._database.count(_rounds(job_id))
            batches = await self._database.count(_batches(job_id))
            chunks = await self._database.count(_log(job_id))
            sizes[job_id] = rounds * ROUND_BYTES + batches * BATCH_BYTES + chunks * CHUNK_BYTES
        return {job_id: size for job_id, size in sizes.items() if size}

    async def prune_details(self, job_id: UUID, *, limit: int = 500) -> int:
        if (await self._over(job_id)) is None:
            return 0
        paths: list[str] = []
        for found in await self._database.find(_rounds(job_id, limit=min(limit, _ROUNDS_AT_ONCE))):
            if len(paths) < limit:
                paths += [*await self._below(found, limit - len(paths)), found.path]
        if len(paths) < limit:
            log = await self._database.find(_log(job_id, limit=limit - len(paths)))
            paths += [snapshot.path for snapshot in log]
        if paths:
            # a round goes after what is below it, in the same commit
            gone = [*paths, stop_path(job_id)]
            await self._database.commit([Write(path=path, fields=None) for path in gone])
            self._forget_job(job_id)
        return len(paths)

    async def _below(self, round_: Snapshot, limit: int) -> list[str]:
        return [
            snapshot.path
            for collection in ("batches", "parts")
            for snapshot in await self._database.find(
                Query(collection=collection, parent=round_.path, fields=["number"], limit=limit)
            )
        ]

    async def delete_job(self, job_id: UUID) -> bool:
        row = await self._over(job_id)
        if row is None or await self.detail_bytes([job_id]):
            return False
        gone = [
            Write(path=job_path(job_id), fields=None, version=row.version),
            Write(path=fence_path(job_id), fields=None),
            Write(path=stop_path(job_id), fields=None),
        ]
        try:
            await self._database.commit(gone)
        except WriteConflict:
            return False
        self._forget_job(job_id)
        self._fences.forget([job_id])
        self._totals_changed()
        return True

    async def _over(self, job_id: UUID) -> Snapshot | None:
        found = await self._database.get_one(job_path(job_id))
        return found if found is not None and is_over(job_of(found.fields)) else None

    def _forget_job(self, job_id: UUID) -> None:
        self._rows.forget([job_id])
        self._chunks.forget([place for place in self._chunks.known() if place[0] == job_id])

    async def space(self) -> Space:
        return Space()

    async def compact(self, *, pages: int | None = 2000) -> int:  # noqa: ARG002  there is no file
        return 0


def _rounds(job_id: UUID, *, limit: int | None = None) -> Query:
    parent = rounds_path(job_id).rpartition("/")[0]
    return Query(collection="rounds", parent=parent, fields=["number"], limit=limit)


def _batches(job_id: UUID) -> Query:
    # in the order of the index that reading them has
    return Query(
        collection="batches",
        is_group=True,
        where=[("job_id", "==", str(job_id))],
        order=[("round", "ASC"), ("number", "ASC")],
    )


def _log(job_id: UUID, *, limit: int | None = None) -> Query:
    return Query(collection="log", parent=job_path(job_id), fields=["place"], limit=limit)
