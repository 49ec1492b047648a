"""Rounds with their batches, and what outlives a process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from flows.knowledge import Batch, CachedEvidence, QuotaUsage, Round


class RoundStore(Protocol):
    """Rounds of a job and the batches recorded in them."""

    async def save_round(self, round_: Round) -> bool:
        """Store a round. If it is already there, returns False and changes nothing."""
        ...

    async def round(self, job_id: UUID, number: int) -> Round | None:
        """One round."""
        ...

    async def rounds(self, job_id: UUID, *, after: int = 0, limit: int = 50) -> tuple[Round, ...]:
        """Rounds after a number, in order."""
        ...

    async def batches(self, job_id: UUID, round_number: int | None = None) -> tuple[Batch, ...]:
        """The recorded batches of a job or of one round, by (round, number)."""
        ...


class QuotaUsageStore(Protocol):
    """Usage of each model's limits."""

    async def quota_usage(self, model: str) -> tuple[QuotaUsage, ...]:
        """The saved usage of a model's windows: at most one per window."""
        ...

    async def save_quota_usage(self, usages: Iterable[QuotaUsage]) -> None:
        """Replace the saved usage of each model's window."""
        ...


class EvidenceStore(Protocol):
    """What sources said, until it expires."""

    async def cached_evidence(self, source: str, keys: Collection[str]) -> Mapping[str, CachedEvidence]:
        """The source's cached answers that have not expired by the store's clock."""
        ...

    async def save_evidence(self, cached: Sequence[CachedEvidence]) -> None:
        """Cache what a source said, replacing earlier answers, and drop what has expired by the store's
        clock.
        """
        ...
