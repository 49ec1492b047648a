"""Entries and the words that they mention."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flows.knowledge import Category, Depth, Entry, FrontierWord, Page, Support, Word


class EntryStore(Protocol):
    """Entries, one by one, by search, and all of them."""

    async def entry(self, key: str) -> Entry | None:
        """One entry."""
        ...

    async def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        """The entries among these keys."""
        ...

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
        """Entries by text, or newest first (by `updated_at`, then key) if the query is empty; at most one of
        the four filters.

        `job_id` is the one in the entry's provenance. With full text, the headword itself comes first, then
        headwords that begin with the query, then entries whose texts contain all of its words; without, only
        headwords that begin with it. Raises InvalidInput for a bad cursor, a limit outside 1..200, or more
        than one filter.
        """
        ...

    def export(self) -> AsyncIterator[Entry]:
        """Every entry by key, in constant memory."""
        ...


class FrontierStore(Protocol):
    """Words that entries mention and that are not learned."""

    async def add_to_frontier(self, mentions: Mapping[Word, Collection[str]], *, at: datetime) -> None:
        """Add the keys of mentioning entries to each word; known words and unmentioned words are skipped.

        The first 20 keys stay; keys from one call count in alphabetical order.
        """
        ...

    async def frontier(self, *, cursor: str | None = None, limit: int = 50) -> Page[FrontierWord]:
        """Words that are mentioned and not learned, most mentioned first, then by key; words under a live
        claim are left out.

        Raises InvalidInput for a bad cursor or a limit outside 1..200.
        """
        ...
