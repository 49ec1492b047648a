"""The SQLite store's bookkeeping, and the space of its file."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from flows.knowledge import Job
from flows.stores.protocols.bookkeeping import Space
from flows.stores.rules import is_over
from flows.stores.sqlite.database import Transaction
from flows.stores.sqlite.part import SqlitePart, json_list


class SqliteBookkeeping(SqlitePart):
    """See Bookkeeping."""

    async def detail_bytes(self, job_ids: Collection[UUID]) -> Mapping[UUID, int]:
        rows = await self._database.fetch("detail_bytes", job_ids=json_list(map(str, job_ids)))
        return {UUID(job_id): count for job_id, count in rows}

    async def prune_details(self, job_id: UUID, *, limit: int = 500) -> int:
        async with self._database.transaction() as transaction:
            if not await _is_over(transaction, job_id):
                return 0
            gone = 0
            for name in ("prune_rounds", "prune_batches", "prune_log"):
                if gone < limit:
                    gone += len(await transaction.fetch(name, job_id=str(job_id), limit=limit - gone))
            await transaction.fetch("clear_stop", job_id=str(job_id))
            return gone

    async def delete_job(self, job_id: UUID) -> bool:
        async with self._database.transaction() as transaction:
            if not await _is_over(transaction, job_id):
                return False
            if not await transaction.fetch("delete_job", job_id=str(job_id)):
                return False
            await transaction.fetch("clear_stop", job_id=str(job_id))
            return True

    async def space(self) -> Space:
        size, pages, free, _ = await self._database.pages()
        return Space(size * pages, size * free)

    async def compact(self, *, pages: int | None = 2000) -> int:
        before = await self.space()
        await self._database.shrink(pages)
        after = await self.space()
        return max(0, (before.file or 0) - (after.file or 0))


async def _is_over(transaction: Transaction, job_id: UUID) -> bool:
    rows = await transaction.fetch("job", job_id=str(job_id))
    return bool(rows) and is_over(Job.model_validate_json(rows[0][0]))
