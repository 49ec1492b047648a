"""The memory store's bookkeeping."""

# ruff: noqa: D102  flows/stores/protocols says what each method does

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from uuid import UUID

from flows.stores.memory.state import MemoryHalf
from flows.stores.protocols.bookkeeping import Space
from flows.stores.rules import is_over


class MemoryBookkeeping(MemoryHalf):
    """See Bookkeeping."""

    async def detail_bytes(self, job_ids: Collection[UUID]) -> Mapping[UUID, int]:
        wanted, sizes = set(job_ids), Counter[UUID]()
        for (job_id, _), round_ in self._state.rounds.items():
            if job_id in wanted:
                sizes[job_id] += len(round_.model_dump_json())
        for (job_id, _, _), batch in self._state.batches.items():
            if job_id in wanted:
                sizes[job_id] += len(batch.model_dump_json())
        for job_id in wanted & self._state.log.keys():
            sizes[job_id] += sum(len(line.model_dump_json()) for line in self._state.log[job_id].values())
        return {job_id: size for job_id, size in sizes.items() if size}

    async def prune_details(self, job_id: UUID, *, limit: int = 500) -> int:
        job = self._state.jobs.get(job_id)
        if job is None or not is_over(job):
            return 0
        rounds = [place for place in self._state.rounds if place[0] == job_id][:limit]
        batches = [place for place in self._state.batches if place[0] == job_id][: limit - len(rounds)]
        log = self._state.log.get(job_id, {})
        lines = list(log)[: limit - len(rounds) - len(batches)]
        for round_ in rounds:
            del self._state.rounds[round_]
        for batch in batches:
            del self._state.batches[batch]
        for line in lines:
            del log[line]
        self._state.stops.discard(job_id)
        return len(rounds) + len(batches) + len(lines)

    async def delete_job(self, job_id: UUID) -> bool:
        job = self._state.jobs.get(job_id)
        if job is None or not is_over(job) or await self.detail_bytes([job_id]):
            return False
        del self._state.jobs[job_id]
        self._state.log.pop(job_id, None)
        self._state.stops.discard(job_id)
        return True

    async def space(self) -> Space:
        return Space()

    async def compact(self, *, pages: int | None = 2000) -> int:  # noqa: ARG002  there is no file
        return 0
