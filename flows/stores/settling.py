"""Settling a job whose process died: recount it from its rows and release its claims."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flows.core.counting import left_words, recounted, with_left
from flows.core.ending import GONE
from flows.errors import LearningError
from flows.knowledge import Batch, Job, JobStatus, Round
from flows.knowledge.limits import MAX_PAGE
from flows.stores.base import Store

SETTLE = timedelta(seconds=5)
"""How long a process may keep writing after Prefect has recorded its end."""
LONGEST_RETRY_S = 60.0
"""Pauses between two tries to settle a job double up to this."""
LOOK_S = 0.5
LOOK_AGAIN_S = 60.0
"""How often to look for jobs that nobody has settled, one page at a time."""
PAGES_AT_ONCE = 5
"""How many pages of the newest jobs that ended badly are settled without a server."""
ENDED_BADLY: tuple[JobStatus, ...] = ("failed", "cancelled")

log = logging.getLogger(__name__)


async def rows_of(store: Store, job_id: UUID) -> tuple[tuple[Round, ...], tuple[Batch, ...]]:
    """All rounds and batches that a job has written."""
    rounds: list[Round] = []
    while page := await store.rounds(job_id, after=rounds[-1].number if rounds else 0):
        rounds += page
    return tuple(rounds), await store.batches(job_id) if rounds else ()


async def settle(store: Store, job: Job) -> Job:
    """Recount the job's words from its rows and release its claims, for a job that is not settled, once its
    process is gone.

    Returns the row afterwards. A job that has started again in the meantime stays as it is.
    """
    rounds, batches = await rows_of(store, job.job_id)
    counted = with_left(recounted(job, rounds, batches), left_words(rounds, batches))
    counted = counted.model_copy(update={"is_settled": True})
    present = await store.job(job.job_id)
    if present is not None and present.is_final:
        # first: a store that fails here leaves the job unsettled, so that somebody comes again
        await store.release_all(job.job_id)
    return (await store.project(counted)).job


async def settle_ended(store: Store) -> None:
    """Settle the newest jobs that ended badly, and whose process writes no more; a server settles older
    ones. Raises the store's errors.
    """
    cursor: str | None = None
    for _ in range(PAGES_AT_ONCE):
        page = await store.jobs(statuses=ENDED_BADLY, cursor=cursor, limit=MAX_PAGE)
        for row in page.items:
            ended_at = row.state.since if row.state is not None else row.finished_at
            is_gone = row.state is not None and row.state.name == GONE  # so it writes no more
            if ended_at and not row.is_settled and (is_gone or ended_at + SETTLE < store.now()):
                await settle(store, row)
        if (cursor := page.cursor) is None:
            return


class Settler:
    """Settles jobs a few seconds after they ended, and in the end all of them: a store that fails is tried
    again, and jobs that nobody settled are looked for page by page.

    `on_settled` gets each row afterwards.
    """

    def __init__(self, store: Store, on_settled: Callable[[Job], None]) -> None:
        self._store = store
        self._on_settled = on_settled
        self._waiting: dict[UUID, tuple[float, float]] = {}
        """When each job is tried next, and how long to wait then if that fails."""
        self._looks_at = 0.0
        self._has_looked = False
        self._cursor: str | None = None

    def note(self, row: Job) -> None:
        """Settle a job when its process can write no more."""
        if not row.is_settled:
            wait_s = SETTLE.total_seconds()
            self._waiting.setdefault(row.job_id, (time.monotonic() + wait_s, max(LOOK_S, wait_s)))

    async def keep_settling(self) -> None:
        """Settle what is due, until cancelled."""
        while True:
            try:
                await self.settle_due()
            except Exception as error:  # whatever the store has, there is a next look
                trace = not isinstance(error, LearningError)
                log.info("Could not look for jobs to settle; trying again: %s", error, exc_info=trace)
            await asyncio.sleep(LOOK_S)

    async def settle_due(self) -> None:
        """Settle the jobs that are due, and look for others if it is time. Raises the store's errors."""
        now = time.monotonic()
        for job_id, (due, wait_s) in list(self._waiting.items()):
            if due <= now and await self._try(job_id, wait_s):
                del self._waiting[job_id]
        if self._looks_at <= now:
            self._looks_at = now + LOOK_AGAIN_S
            # once among the newest of all, since a completed job may lack its process's word, too
            statuses = ENDED_BADLY if self._has_looked else ()
            page = await self._store.jobs(statuses=statuses, cursor=self._cursor, limit=MAX_PAGE)
            self._cursor = page.cursor if self._has_looked else None
            self._has_looked = True
            for row in page.items:
                self.note(row)

    async def _try(self, job_id: UUID, wait_s: float) -> bool:
        try:
            row = await self._store.job(job_id)
            if row is not None and not row.is_settled:
                self._on_settled(await settle(self._store, row))
        except Exception as error:  # one job must not keep the others from being settled
            trace = not isinstance(error, LearningError)
            log.info("Could not settle job %s; trying again: %s", job_id, error, exc_info=trace)
            self._waiting[job_id] = (time.monotonic() + wait_s, min(LONGEST_RETRY_S, 2 * wait_s))
            return False
        return True
