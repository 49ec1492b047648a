"""The Firestore store's entries: by key, by search, all of them, and totals."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import get_args
from uuid import UUID

from flows.core.words import LAST_CHARACTER, word_key
from flows.errors import InvalidInput
from flows.knowledge import DEPTHS, Category, Depth, Entry, Page, StoreStats, Support
from flows.stores.cursors import decode_cursor, encode_cursor
from flows.stores.firestore.documents import read_document
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.queries import BY_KEY, DOCUMENTS_AT_ONCE, Condition, Order, Query
from flows.stores.firestore.driver.writes import Version, pieces
from flows.stores.firestore.fencing import FirestorePart, entry_path, storable
from flows.stores.rules import check_limit, only_filter
from flows.stores.times import micros, moment_of

COUNTED_AT_ONCE = 10
_PATHS = {"job_id": "provenance.job_id"}
_NEWEST: Sequence[Order] = (("updated_at", "DESC"), ("key", "ASC"))


class FirestoreEntries(FirestorePart):
    """See KnowledgeStore."""

    _revisions: DocumentCache[str, tuple[int, Version]]
    _totals_kept_s: float

    async def entry(self, key: str) -> Entry | None:
        return (await self.entries([key])).get(key)

    async def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        for piece in pieces(storable(keys), DOCUMENTS_AT_ONCE):
            for snapshot in (await self._database.get(list(map(entry_path, piece)))).values():
                entry = read_document(Entry, snapshot.fields)
                found[entry.key] = entry
                self._revisions.put(entry.key, (entry.revision, snapshot.version))
        return {key: found[key] for key in keys if key in found}

    async def export(self) -> AsyncIterator[Entry]:
        after: Sequence[str] = ()
        while found := await self._database.find(
            Query(collection="solidified_knowledge", order=BY_KEY, after=after, limit=DOCUMENTS_AT_ONCE)
        ):
            for snapshot in found:
                yield read_document(Entry, snapshot.fields)
            after = (found[-1].fields["key"],)

    async def search(
        self,
        query: str = "",
        *,
        category: Category | None = None,
        job_id: UUID | None = None,
        support: Support | None = None,
        depth: Depth | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Entry]:
        check_limit(limit)
        condition = only_filter(category=category, job_id=job_id, support=support, depth=depth)
        where: list[Condition] = (
            [(_PATHS.get(condition.name, condition.name), "==", condition.value)] if condition else []
        )
        prefix = word_key(query)
        if prefix != prefix.encode("utf-8", "ignore").decode():
            return Page(items=())  # a lone surrogate, which no key contains
        after: Sequence[str | datetime] = ()
        if prefix:
            if cursor is not None:
                after = decode_cursor(cursor, words=(str,))[1]
            where += [("key", ">=", prefix), ("key", "<", prefix + LAST_CHARACTER)]
        elif cursor is not None:
            at, key = decode_cursor(cursor, newest=(int, str))[1]
            after = (moment_in(at), key)
        found = await self._database.find(
            Query(
                collection="solidified_knowledge",
                where=where,
                order=BY_KEY if prefix else _NEWEST,
                after=after,
                limit=limit + 1,
            )
        )
        items = tuple(read_document(Entry, snapshot.fields) for snapshot in found[:limit])
        if len(found) <= limit:
            return Page(items=items)
        last = items[-1]
        return Page(
            items=items,
            cursor=encode_cursor("words", last.key)
            if prefix
            else encode_cursor("newest", micros(last.updated_at), last.key),
        )

    async def stats(self) -> StoreStats:
        """Totals, recounted if this store has written since, and at least after `totals_kept_s`: about 45
        reads and one per 1,000 words.
        """
        now = asyncio.get_running_loop().time()
        if self._totals is None or now - self._totals[0] > self._totals_kept_s:
            self._totals = (now, await self._count_totals())
        return self._totals[1]

    async def _count_totals(self) -> StoreStats:
        turn = asyncio.Semaphore(COUNTED_AT_ONCE)

        async def count(collection: str, *where: Condition) -> int:
            async with turn:
                return await self._database.count(Query(collection=collection, where=where))

        async def count_by(collection: str, field: str, values: Sequence[str]) -> dict[str, int]:
            counts = await asyncio.gather(*(count(collection, (field, "==", value)) for value in values))
            return {value: number for value, number in zip(values, counts, strict=True) if number}

        by_depth, by_support, by_category, frontier, jobs = await asyncio.gather(
            count_by("known_words", "depth", DEPTHS),
            count_by("solidified_knowledge", "support", get_args(Support)),
            count_by("solidified_knowledge", "category", [category.value for category in Category]),
            count("frontier"),
            count("jobs"),
        )
        return StoreStats(
            known=sum(by_depth.values()),
            entries=sum(by_support.values()),
            frontier=frontier,
            jobs=jobs,
            by_category=by_category,
            by_depth=by_depth,
            by_support=by_support,
        )


def moment_in(micros_: int) -> datetime:
    """The time in a part of a cursor. Raises InvalidInput if no calendar has it."""
    try:
        return moment_of(micros_)
    except OverflowError as error:
        raise InvalidInput(
            "cursor",
            "is not valid for this list",
            "Use the cursor from the previous page, or none for the first page",
        ) from error
