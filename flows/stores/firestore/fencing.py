"""Shared by the parts of the Firestore store: the fence against older attempts of a job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flows.core.words import document_id
from flows.errors import InvalidInput
from flows.knowledge import StoreStats
from flows.stores.firestore.driver.database import FirestoreDatabase, WriteConflict
from flows.stores.firestore.driver.document_cache import DocumentCache
from flows.stores.firestore.driver.writes import Version, Write
from flows.stores.rules import check_attempt


class Fence(NamedTuple):
    """The document `jobs/{id}/control/attempt`: it changes only when an attempt begins."""

    attempt: int
    version: Version


class FirestorePart:
    """Base of the parts of the Firestore store."""

    _database: FirestoreDatabase
    _clock: Callable[[], datetime]
    _fences: DocumentCache[UUID, Fence]
    _words: DocumentCache[str, Any]
    _revisions: DocumentCache[str, tuple[int, Version]]
    _totals: tuple[float, StoreStats] | None
    """The last totals, with the event loop's time at which they were counted."""

    async def _commit(self, job_id: UUID, attempt: int, writes: Sequence[Write]) -> list[Version]:
        """Commit for an attempt of a job, checking that it is the newest; returns the versions of the writes.

        The check is a write that changes nothing, conditional on the fence's version: it costs one write and
        no read, and needs no transaction that a cancelled caller could leave open. Raises StaleAttempt and
        WriteConflict.
        """
        fence = self._fences.get(job_id) or await self._read_fence(job_id)
        check_attempt(job_id, attempt, fence.attempt if fence else None)
        check = [Write(path=fence_path(job_id), fields={}, only=(), version=fence.version)] if fence else []
        try:
            versions = await self._database.commit([*check, *writes])
        except WriteConflict:
            self._fences.forget([job_id])
            raise
        return versions[len(check) :]

    def _forget(self, keys: Collection[str]) -> None:
        self._words.forget(keys)
        self._revisions.forget(keys)

    def _totals_changed(self) -> None:
        self._totals = None

    async def _check_attempt(self, job_id: UUID, attempt: int) -> None:
        """Read which attempt is the newest. Raises StaleAttempt."""
        fence = await self._read_fence(job_id)
        check_attempt(job_id, attempt, fence.attempt if fence else None)

    async def _read_fence(self, job_id: UUID) -> Fence | None:
        found = await self._database.get_one(fence_path(job_id))
        if found is None:
            return None
        fence = Fence(found.fields["attempt"], found.version)
        self._fences.put(job_id, fence)
        return fence


def storable(keys: Iterable[str], path: Callable[[str], str] = document_id) -> Iterator[str]:
    """The distinct keys that a document can have; nothing is stored under any other.

    `path` maps a key to its document.
    """
    for key in dict.fromkeys(keys):
        with suppress(InvalidInput):
            path(key)
            yield key


def fence_path(job_id: UUID) -> str:
    """Path of the number of a job's newest attempt."""
    return f"jobs/{job_id}/control/attempt"


def word_path(key: str) -> str:
    """Path of a known or claimed word."""
    return f"known_words/{document_id(key)}"


def entry_path(key: str) -> str:
    """Path of an entry."""
    return f"solidified_knowledge/{document_id(key)}"


def frontier_path(key: str) -> str:
    """Path of a frontier word."""
    return f"frontier/{document_id(key)}"
