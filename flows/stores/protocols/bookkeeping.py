"""What a store keeps of its jobs, and how it is pruned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol
from uuid import UUID


class Space(NamedTuple):
    """Bytes of a store's file, and of them those that hold nothing; None where there is no file."""

    file: int | None = None
    free: int | None = None


class Bookkeeping(Protocol):
    """Rounds, batches, logs, stop flags and rows of jobs that have ended. Knowledge stays."""

    async def detail_bytes(self, job_ids: Collection[UUID]) -> Mapping[UUID, int]:
        """About how many bytes the rounds, batches and log of each job take; jobs without any are absent."""
        ...

    async def prune_details(self, job_id: UUID, *, limit: int = 500) -> int:
        """Delete at most about `limit` rounds, batches and pieces of the log of a job that has ended, in one
        commit, and say how many they were; 0 when none is left.

        Also 0 for a job that has not ended, or whose counts are not settled: nothing of it is deleted.
        """
        ...

    async def delete_job(self, job_id: UUID) -> bool:
        """Delete the row and the stop flag of a job that has ended, settled and without details; says whether
        they are gone.
        """
        ...

    async def space(self) -> Space:
        """How large the store's file is."""
        ...

    async def compact(self, *, pages: int | None = 2000) -> int:
        """Give at most this many free pages of the file back to the system; returns the bytes given back.
        None gives all back, and rewrites a file of an earlier version, which takes its size again meanwhile.
        """
        ...
