"""The poll's comparison: finds job rows that differ from Prefect and has them written again.

It finds whatever Prefect's event stream has lost.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from flows.errors import ConfigurationError, LearningError, TransientError
from flows.knowledge import Job, JobStatus, PrefectState, StateType, utc_now
from flows.knowledge.limits import MAX_MINUTES, MAX_PAGE
from flows.stores.base import Saved, Store
from service.orchestration.runs import Orchestrator
from service.orchestration.types import Run

OVERDUE = timedelta(seconds=90)
"""A job ends within 2 s of its deadline and then tries for half a minute to record its end. After this long
its process is gone.
"""
ABANDONED = timedelta(seconds=60)
"""A run ends within half a minute of its cancellation. If nothing has written its row for this long since,
its process was gone before.
"""
LONGEST = timedelta(minutes=MAX_MINUTES)
LOOK_BACK = timedelta(days=1)
"""How far back the first poll looks for runs that started and ended while no projector was running."""
LATEST = 200
OPEN: tuple[JobStatus, ...] = ("queued", "running", "cancelling")
WAITING: tuple[StateType, ...] = ("SCHEDULED", "PENDING")

log = logging.getLogger(__name__)


class NotOurs(LearningError):
    """The run gets no row: it belongs to another flow, or is scheduled for later."""


class Project(Protocol):
    """Writes Prefect's states of one run to its row. Raises NotOurs."""

    async def __call__(
        self,
        job_id: UUID,
        *,
        row: Job | None = None,
        run: Run | None = None,
        states: Iterable[PrefectState] = (),
    ) -> Saved:
        """Return the written row and its new lines."""
        ...


class Repair:
    """Compares the store with one Prefect server; `project` writes the differences."""

    def __init__(self, store: Store, orchestrator: Orchestrator, project: Project) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._project = project
        self.confirmed: dict[UUID, datetime] = {}
        """When each open job's row was last confirmed."""

    async def compare_runs(self, *, is_first: bool) -> None:
        """Compare all open rows and all open runs; the first time also runs that ended recently.

        Raises PrefectUnavailable.
        """
        now = utc_now()
        runs = await self._orchestrator.runs(statuses=OPEN, until=now, limit=LATEST)
        if is_first:
            runs += await self._orchestrator.runs(until=now, since=now - LOOK_BACK, limit=LATEST)
        await self._compare_all({run.job_id: run for run in runs})

    async def compare_rows(self) -> None:
        """Compare the open rows in the store. Raises PrefectUnavailable."""
        await self._compare_all({})

    async def _compare_all(self, runs: dict[UUID, Run]) -> None:
        rows = {row.job_id: row async for row in self._rows(OPEN)}
        unseen = [job_id for job_id in rows if job_id not in runs]
        runs |= {run.job_id: run for run in await self._orchestrator.runs_by_id(unseen)}
        for job_id, run in runs.items():
            try:
                await self._compare(rows.get(job_id) or await self._store.job(job_id), run)
            except NotOurs:
                continue
            except (TransientError, ConfigurationError):
                raise
            except Exception:  # one run must not keep the others from being compared
                log.exception("Could not compare job %s with Prefect", job_id)
                continue
            self.confirmed[job_id] = utc_now()
        for job_id in self.confirmed.keys() - runs.keys():
            del self.confirmed[job_id]

    async def _rows(self, statuses: Collection[JobStatus]) -> AsyncGenerator[Job]:
        cursor: str | None = None
        while True:
            page = await self._store.jobs(statuses=statuses, cursor=cursor, limit=MAX_PAGE)
            for row in page.items:
                yield row
            if (cursor := page.cursor) is None:
                return

    async def _compare(self, row: Job | None, run: Run) -> None:
        if row is not None and row.state is not None and row.state.id == run.state.id:
            lacks_reason = run.state.type in {"FAILED", "CRASHED"} and row.reason is None
            if run.state.type in WAITING or (lacks_reason and row.run_status != "failed"):
                await self._project(run.job_id, row=row, run=run)
            await self._end_the_gone(row, run)
            return
        past = await self._orchestrator.history(run.job_id)
        saved = await self._project(run.job_id, row=row, run=run, states=past)
        await self._end_the_gone(saved.job, run)

    async def _end_the_gone(self, row: Job, run: Run) -> None:
        """Mark an overdue run as crashed, and one that nobody cancels as cancelled: no worker watches the
        process of `learn run`, so Prefect never learns that it died.
        """
        due = row.deadline_at or row.created_at + LONGEST
        last_sign = max(run.state.since, row.updated_at or row.created_at)
        if run.state.type == "RUNNING" and max(due, run.state.since) + OVERDUE < utc_now():
            await self._orchestrator.call_crashed(
                run.job_id, f"The run was due to end at {due:%H:%M:%S} UTC; its process is gone"
            )
        elif run.state.type == "CANCELLING" and last_sign + ABANDONED < utc_now():
            await self._orchestrator.call_cancelled(run.job_id, "Its process was gone before")
        else:
            return
        past = await self._orchestrator.history(run.job_id)
        await self._project(run.job_id, row=row, states=past)
