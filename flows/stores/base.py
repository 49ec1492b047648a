"""What every store can do. One contract suite (tests/flows/stores/test_contract.py) holds all of them to it.

All methods may raise StoreUnavailable (try again) and StoreFull (stop). Every write is idempotent: repeating
it with the same arguments changes nothing. Writes that carry `job_id` and `attempt`, by themselves or in a
document, raise StaleAttempt when a newer attempt of the job has begun; where there is no job document, and
for the log, there is no such fence. A cancelled write was done whole or not at all.
"""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from flows.knowledge import StoreStats
from flows.stores.protocols.contents import Contents
from flows.stores.protocols.entries import EntryStore, FrontierStore
from flows.stores.protocols.jobs import JobLog, JobRows, Saved, StopFlags
from flows.stores.protocols.rounds import EvidenceCache, QuotaUsageStore, RoundStore
from flows.stores.protocols.words import WordStore

__all__ = ["Contents", "JobStore", "KnowledgeStore", "Saved", "Store"]


class KnowledgeStore(WordStore, EntryStore, FrontierStore, Protocol):
    """Known words, entries and the frontier."""

    async def stats(self) -> StoreStats:
        """Totals.

        `by_depth` counts the known words, `by_category` and `by_support` the entries; what there is none of
        is absent.
        """
        ...


class JobStore(JobRows, JobLog, StopFlags, RoundStore, QuotaUsageStore, EvidenceCache, Protocol):
    """Jobs with their log and control, rounds and batches, and what must outlive a process."""


class Store(KnowledgeStore, JobStore, Contents, Protocol):
    """A whole store, open between `async with` and its end; whoever opens it closes it."""

    url: str
    """Where it is, as in LEARN_STORE, without secrets."""
    has_full_text: bool

    def now(self) -> datetime:
        """The moment by the clock that this store goes by: claims and cached evidence are live or expired by
        it alone.
        """
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None: ...
