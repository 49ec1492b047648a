"""A source with a cache: its answers are kept in the store, including that it had none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from flows.core.words import document_id, word_key
from flows.errors import LearningError
from flows.knowledge import CachedEvidence, Evidence, Word
from flows.sources.base import Partial, Source

T = TypeVar("T")

FOUND_FOR = timedelta(days=30)
NOTHING_FOR = timedelta(days=3)
PATIENCE_S = 3.0
"""Longest wait for the cache; without it a source is slower but just as good."""


class EvidenceCache(Protocol):
    """The part of a store that caches evidence."""

    def now(self) -> datetime:
        """The time by the clock that decides on expiry."""
        ...

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        """The source's cached answers that have not expired."""
        ...

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        """Cache what a source said."""
        ...


class CachedSource:
    """Asks a source only for words that it was not asked for recently.

    A failing cache is logged once and bypassed. The caller closes both source and cache.
    """

    def __init__(self, source: Source, cache: EvidenceCache) -> None:
        self.name = source.name
        self.batch_size = source.batch_size
        self.stands_in_for = source.stands_in_for
        self._source = source
        self._cache = cache
        self._has_complained = False

    async def look_up(
        self, words: Sequence[Word], *, topic: str | None = None
    ) -> Mapping[str, tuple[Evidence, ...]]:
        """Cached answers and, for the other words, what the source finds now.

        Raises the source's errors.
        """
        name = self.name if topic is None else f"{self.name} {document_id(word_key(topic))}"
        keys = [word.key for word in words]
        remembered = await self._patiently(self._cache.cached_evidence(name, keys)) or {}
        found = {key: cached.evidence for key, cached in remembered.items() if cached.evidence}
        unasked = [word for word in words if word.key not in remembered]
        if unasked:
            fresh = await self._source.look_up(unasked, topic=topic)
            unsure = fresh.unsure if isinstance(fresh, Partial) else frozenset()
            await self._patiently(
                self._cache.save_evidence(
                    [
                        self._cached(name, word.key, fresh.get(word.key, ()))
                        for word in unasked
                        if word.key not in unsure
                    ]
                )
            )
            found |= fresh
        return found

    def _cached(self, name: str, key: str, evidence: tuple[Evidence, ...]) -> CachedEvidence:
        now = self._cache.now()
        return CachedEvidence(
            source=name,
            key=key,
            evidence=evidence,
            fetched_at=now,
            expires_at=now + (FOUND_FOR if evidence else NOTHING_FOR),
        )

    async def _patiently(self, call: Awaitable[T]) -> T | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await call
        except (LearningError, TimeoutError) as error:
            if not self._has_complained:
                self._has_complained = True
                logging.getLogger(__name__).warning(
                    "Not caching evidence from %s: %s", self.name, str(error) or "the store is too slow"
                )
            return None
