"""A store as a whole, for copying it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from flows.knowledge import CachedEvidence, FrontierWord, Job, LearnedWord, QuotaUsage


class Contents(Protocol):
    """What a store holds as a whole, for moving it elsewhere; in constant memory, in the order of keys.

    Claims stay behind with their jobs.
    """

    def all_words(self, *, after: str = "") -> AsyncIterator[LearnedWord]:
        """Every known word past a key."""
        ...

    async def put_words(self, words: Sequence[LearnedWord]) -> None:
        """Take words over as they are, in place of what was known of them."""
        ...

    async def put_job(self, job: Job) -> None:
        """Take a job's document over as it is, in place of the stored one.

        Raises StaleAttempt as `save_job`.
        """
        ...

    def all_frontier(self, *, after: str = "") -> AsyncIterator[FrontierWord]:
        """Every word of the frontier past a key, known or claimed ones among them."""
        ...

    async def put_frontier(self, words: Sequence[FrontierWord]) -> None:
        """Take words of the frontier over as they are."""
        ...

    def all_quota_usage(self) -> AsyncIterator[QuotaUsage]:
        """What is remembered of the windows of all models."""
        ...

    def all_evidence(
        self, *, at: datetime, after: tuple[str, str] = ("", "")
    ) -> AsyncIterator[CachedEvidence]:
        """All that sources are remembered to have said and that has not expired by a moment, past (source,
        key).
        """
        ...
