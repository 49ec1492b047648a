"""A store as a whole, for copying it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from flows.knowledge import CachedEvidence, FrontierWord, Job, LearnedWord, QuotaUsage


class Contents(Protocol):
    """A store's contents as a whole, for copying them elsewhere; in constant memory, sorted by key.

    Claims stay behind with their jobs.
    """

    def all_words(self, *, after: str = "") -> AsyncIterator[LearnedWord]:
        """Every known word after a key."""
        ...

    async def put_words(self, words: Sequence[LearnedWord]) -> None:
        """Take words over unchanged, replacing what was known about them."""
        ...

    async def put_job(self, job: Job) -> None:
        """Take a job's document over unchanged, replacing the stored one.

        Raises StaleAttempt as `save_job` does.
        """
        ...

    def all_frontier(self, *, after: str = "") -> AsyncIterator[FrontierWord]:
        """Every frontier word after a key, including known and claimed ones."""
        ...

    async def put_frontier(self, words: Sequence[FrontierWord]) -> None:
        """Take frontier words over unchanged."""
        ...

    def all_quota_usage(self) -> AsyncIterator[QuotaUsage]:
        """The saved usage of all models' windows."""
        ...

    def all_evidence(
        self, *, at: datetime, after: tuple[str, str] = ("", "")
    ) -> AsyncIterator[CachedEvidence]:
        """All cached evidence that has not expired at the given time, after (source, key)."""
        ...
