"""The memory store's tables, shared by its two halves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flows.knowledge import (
    Alias,
    Batch,
    CachedEvidence,
    Definition,
    Entry,
    FrontierWord,
    Job,
    JobEvent,
    QuotaUsage,
    Round,
)
from flows.stores.rules import check_attempt


@dataclass(kw_only=True, slots=True)
class MemoryClaim:
    """A job's claim on a word until a given time."""

    job_id: UUID
    attempt: int
    until: datetime


@dataclass(kw_only=True, slots=True)
class MemoryWord:
    """What is known about a word and who claims it. `rank` is 0 while the word is only claimed."""

    word: str
    rank: int = 0
    definition: Definition | None = None
    learned_at: datetime | None = None
    claim: MemoryClaim | None = None

    def live_claim(self, now: datetime) -> MemoryClaim | None:
        """The claim, unless it has expired."""
        return self.claim if self.claim and self.claim.until > now else None


@dataclass(kw_only=True, slots=True)
class MemoryState:
    """All tables."""

    language: str | None = None
    words: dict[str, MemoryWord] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    frontier: dict[str, FrontierWord] = field(default_factory=dict)
    jobs: dict[UUID, Job] = field(default_factory=dict)
    stops: set[UUID] = field(default_factory=set)
    log: dict[UUID, dict[tuple[int, int], JobEvent]] = field(default_factory=dict)
    rounds: dict[tuple[UUID, int], Round] = field(default_factory=dict)
    batches: dict[tuple[UUID, int, int], Batch] = field(default_factory=dict)
    quota: dict[tuple[str, str], QuotaUsage] = field(default_factory=dict)
    cache: dict[tuple[str, str], CachedEvidence] = field(default_factory=dict)


class MemoryHalf:
    """Base of both halves of the memory store."""

    _state: MemoryState
    _clock: Callable[[], datetime]

    def _fence(self, job_id: UUID, attempt: int) -> None:
        job = self._state.jobs.get(job_id)
        check_attempt(job_id, attempt, job.attempt if job else None)

    def _names_of(self, key: str) -> tuple[str, ...]:
        """The aliases of a known word, as they are spelled."""
        state = self._state.words.get(key)
        return state.definition.aliases if state and state.definition else ()
