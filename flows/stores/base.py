"""What every store can do. One contract suite (tests/flows/stores/test_contract.py) verifies all of them.

All methods may raise StoreUnavailable (try again) and StoreFull (stop). Every write is idempotent: repeating
it with the same arguments changes nothing. Writes that carry `job_id` and `attempt`, as arguments or in a
document, raise StaleAttempt if a newer attempt of the job has begun; there is no such fence without a job
document, or for the log. A cancelled write happened completely or not at all.
"""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from flows.knowledge import StoreStats
from flows.stores.protocols.bookkeeping import Bookkeeping, Space
from flows.stores.protocols.contents import Contents
from flows.stores.protocols.entries import EntryStore, FrontierStore
from flows.stores.protocols.jobs import JobLog, JobRows, Saved, StopFlags
from flows.stores.protocols.mending import AliasStore, Mending
from flows.stores.protocols.rounds import EvidenceStore, QuotaUsageStore, RoundStore
from flows.stores.protocols.words import WordStore

__all__ = ["Contents", "JobStore", "KnowledgeStore", "Saved", "Space", "Store"]


class KnowledgeStore(WordStore, AliasStore, EntryStore, FrontierStore, Protocol):
    """Known words with their aliases, entries and the frontier."""

    async def stats(self) -> StoreStats:
        """Totals.

        `by_depth` counts known words, `by_category` and `by_support` count entries; zero counts are absent.
        """
        ...


class JobStore(JobRows, JobLog, StopFlags, RoundStore, QuotaUsageStore, EvidenceStore, Protocol):
    """Jobs with their log and stop flags, rounds and batches, and whatever must outlive a process."""


class Store(KnowledgeStore, JobStore, Bookkeeping, Contents, Mending, Protocol):
    """A complete store, open inside `async with`; the caller that opens it closes it."""

    url: str
    """Its URL as in LEARN_STORE, without secrets."""
    has_full_text: bool

    def now(self) -> datetime:
        """The time by this store's clock, which alone decides whether claims and cached evidence have
        expired, and dates the job rows.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
