"""The Firestore store's contents as a whole."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from flows.knowledge import CachedEvidence, Entry, FrontierWord, LearnedWord, QuotaUsage
from flows.stores.firestore.documents import entry_fields, read_document
from flows.stores.firestore.driver.database import Snapshot
from flows.stores.firestore.driver.queries import BY_KEY, Order, Query
from flows.stores.firestore.driver.writes import ANY, Write, pieces
from flows.stores.firestore.fencing import FirestorePart, entry_path, frontier_path
from flows.stores.firestore.frontier import frontier_fields
from flows.stores.firestore.word_states import WordState, known_word
from flows.stores.rules import rank

AT_ONCE = 100


class FirestoreContents(FirestorePart):
    """See Contents."""

    async def all_words(self, *, after: str = "") -> AsyncIterator[LearnedWord]:
        async for found in self._pages("known_words", BY_KEY, (after,)):
            known = [known_word(snapshot.fields) for snapshot in found if snapshot.fields["state"] == "known"]
            entries = await self._database.get([entry_path(word.definition.key) for word in known])
            for word in known:
                snapshot = entries.get(entry_path(word.definition.key))
                yield LearnedWord(
                    **dict(word), entry=read_document(Entry, snapshot.fields) if snapshot else None
                )

    async def put_words(self, words: Sequence[LearnedWord]) -> None:
        for piece in pieces(words, AT_ONCE):
            writes = []
            for word in piece:
                definition = word.definition
                _, write = WordState(key=definition.key, version=ANY).learned(
                    definition, rank(word.depth), word.learned_at
                )
                writes.append(write)
                if word.entry:
                    writes.append(Write(path=entry_path(definition.key), fields=entry_fields(word.entry)))
            await self._database.commit(writes)
            self._forget([word.definition.key for word in piece])
        self._totals_changed()

    async def all_frontier(self, *, after: str = "") -> AsyncIterator[FrontierWord]:
        async for found in self._pages("frontier", BY_KEY, (after,)):
            for snapshot in found:
                yield read_document(FrontierWord, snapshot.fields)

    async def put_frontier(self, words: Sequence[FrontierWord]) -> None:
        for piece in pieces(words, AT_ONCE):
            await self._database.commit(
                [Write(path=frontier_path(word.key), fields=frontier_fields(word)) for word in piece]
            )
        self._totals_changed()

    async def all_quota_usage(self) -> AsyncIterator[QuotaUsage]:
        async for found in self._pages("quota_usage", (("model", "ASC"), ("window", "ASC")), ("", "")):
            for snapshot in found:
                yield read_document(QuotaUsage, snapshot.fields)

    async def all_evidence(
        self, *, at: datetime, after: tuple[str, str] = ("", "")
    ) -> AsyncIterator[CachedEvidence]:
        async for found in self._pages("research_cache", (("source", "ASC"), ("key", "ASC")), after):
            for snapshot in found:
                cached = read_document(CachedEvidence, snapshot.fields)
                if cached.expires_at > at:
                    yield cached

    async def _pages(
        self, collection: str, order: Sequence[Order], after: Sequence[str]
    ) -> AsyncIterator[list[Snapshot]]:
        while found := await self._database.find(
            Query(collection=collection, order=order, after=after, limit=AT_ONCE)
        ):
            yield found
            after = tuple(found[-1].fields[field] for field, _ in order)
