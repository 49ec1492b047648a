"""Counts what a store holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Store

ROUNDS_AT_ONCE = 10


@dataclass
class Copied:
    """Counts by kind, of a store or of rows copied so far."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, count: int) -> None:
        """Add to a count."""
        self.counts[kind] = self.counts.get(kind, 0) + count

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items() if count) or "nothing"


async def count(store: Store, *, at: datetime) -> Copied:
    """What a store holds, by kind. Rows are counted by reading them."""
    stats = await store.stats()
    found = Copied(
        {"words": stats.known, "entries": stats.entries, "frontier": stats.frontier, "jobs": stats.jobs}
    )
    found.counts |= {f"{depth} words": number for depth, number in sorted(stats.by_depth.items())}
    found.add("aliases", await _length(store.all_aliases()))
    for kind in ("rounds", "batches", "events"):
        found.add(kind, 0)
    cursor: str | None = None
    while True:
        page = await store.jobs(cursor=cursor, limit=50)
        for job in page.items:
            await _count_job(store, job.job_id, found)
        cursor = page.cursor
        if cursor is None:
            break
    found.add("quota windows", await _length(store.all_quota_usage()))
    found.add("cached answers", await _length(store.all_evidence(at=at)))
    return found


async def _count_job(store: Store, job_id: UUID, found: Copied) -> None:
    last = 0
    while rounds := await store.rounds(job_id, after=last, limit=ROUNDS_AT_ONCE):
        last = rounds[-1].number
        found.add("rounds", len(rounds))
    found.add("batches", len(await store.batches(job_id)))
    place = (0, 0)
    while events := await store.log(job_id, after=place, limit=MAX_PAGE):
        place = (events[-1].attempt, events[-1].seq)
        found.add("events", len(events))


async def _length(rows: AsyncIterator[object]) -> int:
    length = 0
    async for _ in rows:
        length += 1
    return length
