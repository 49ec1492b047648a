"""The poll's comparison: finds job rows that differ from Prefect and has them written again.

It finds whatever Prefect's event stream has lost.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Collection
from datetime import datetime, timedelta
from uuid import UUID

from flows.errors import ConfigurationError, StoreFull, StoreUnavailable, TransientError
from flows.knowledge import (
    FINAL_STATUSES,
    OPEN_STATUSES,
    Job,
    JobStatus,
    ProcessMark,
    StateType,
)
from flows.knowledge.limits import MAX_MINUTES, MAX_PAGE
from flows.stores.base import Store
from service.orchestration import liveness
from service.orchestration.liveness import (
    CRASHES,
    Lives,
    Look,
    Remedy,
    Silence,
    fate_of,
    is_abandoned,
    is_alive,
    process_at_work,
    remedy_of,
)
from service.orchestration.projection.rows import End, NotOurs, Project, ended_without_run, signs_of
from service.orchestration.reading import PastStates
from service.orchestration.runs import Orchestrator
from service.orchestration.types import Run

OVERRUN = timedelta(seconds=90)
"""A job ends within 2 s of its deadline and then tries for half a minute to record its end. After this long,
and without a sign of life, its process is gone.
"""
LOOK_S = 1.0
"""How often to look whether the processes of open runs live."""
LONGEST = timedelta(minutes=MAX_MINUTES)
LOOK_BACK = timedelta(days=1)
"""How far back the first poll looks for runs that started and ended while no projector was running."""
LATEST = 200
WAITING: tuple[StateType, ...] = ("SCHEDULED", "PENDING")

log = logging.getLogger(__name__)


class Repair:
    """Compares the store with one Prefect server; `project` writes the differences, and `end` the end of a
    run that Prefect no longer knows.

    It knows the time by the store's clock.
    """

    def __init__(self, store: Store, orchestrator: Orchestrator, project: Project, end: End) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._project = project
        self._end = end
        self.silence = Silence()
        self.is_alive: Lives = is_alive
        self.kill = liveness.kill_process
        self.confirmed: dict[UUID, datetime] = {}
        """When each open job's row was last confirmed."""
        self.has_pending = False
        """Whether the last comparison has seen a run that a worker took and did not begin yet."""
        self._marks: dict[UUID, ProcessMark] = {}
        self._gone_since: dict[UUID, float] = {}
        self._past = PastStates(orchestrator)

    async def compare_runs(self, *, is_first: bool) -> None:
        """Compare all open rows and all open runs; the first time also runs that ended recently.

        Raises PrefectUnavailable.
        """
        now = self._store.now()
        runs = await self._orchestrator.runs(statuses=OPEN_STATUSES, until=now, limit=LATEST)
        if is_first:
            runs += await self._orchestrator.runs(until=now, since=now - LOOK_BACK, limit=LATEST)
        await self._compare_all({run.job_id: run for run in runs})

    async def compare_rows(self) -> None:
        """Compare the open rows in the store. Raises PrefectUnavailable."""
        await self._compare_all({})

    def note_row(self, row: Job) -> None:
        """Record what a run's process reports about itself."""
        self.silence.heard(row.job_id)
        self._mark(row.job_id, row.process if row.run_status == "running" else None)

    async def keep_looking(self, turn: asyncio.Lock) -> None:
        """Notice a death on this machine within a second or two, until cancelled; `turn` keeps polls from
        running meanwhile.
        """
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                async with turn:
                    await self.look_at_processes()
            except Exception as error:  # noqa: BLE001  whatever store or Prefect have, there is a next look
                log.info("Could not end a job whose process is gone; trying again: %s", error)

    async def look_at_processes(self) -> None:
        """Check whether the processes of open runs on this machine are alive, and end the runs whose process
        is gone.

        Costs nothing while they are alive. Raises PrefectUnavailable.
        """
        for job_id in [job_id for job_id, mark in self._marks.items() if self.is_alive(mark) is False]:
            await self.look_at(job_id)

    async def look_at(self, job_id: UUID) -> None:
        """Check whether the process of a run is alive, and end the run if not. Raises PrefectUnavailable."""
        run, row = await self._orchestrator.run(job_id), await self._store.job(job_id)
        if run is None and row is not None and not row.is_final:
            await self._end_if_deleted(row)
        elif run is None or row is None or run.state.is_final:
            self._marks.pop(job_id, None)
        else:
            await self._end_the_gone(row, run)

    async def cancel_deleted(self, job_id: UUID) -> None:
        """End a job as cancelled whose run Prefect no longer knows, unless its process may be at work."""
        row = await self._store.job(job_id)
        if row is not None and not row.is_final:
            await self._end_if_deleted(row, is_cancelled=True)

    async def agree(self, row: Job) -> None:
        """Correct Prefect's final state if the job's process reported a different end: the process takes
        precedence.

        Raises PrefectUnavailable.
        """
        state = row.state
        if (
            state is not None
            and state.is_final
            and row.run_status in FINAL_STATUSES
            and row.run_status != state.status
        ):
            await self._orchestrator.call_ended(row.job_id, row.run_status, seen=state)

    async def _compare_all(self, runs: dict[UUID, Run]) -> None:
        rows = {row.job_id: row async for row in self._rows(OPEN_STATUSES)}
        unseen = [job_id for job_id in rows if job_id not in runs]
        runs |= {run.job_id: run for run in await self._orchestrator.runs_by_id(unseen)}
        problems: list[StoreFull | None] = []
        # first those that may have to be killed to give the store back
        for job_id, run in sorted(runs.items(), key=lambda known: known[1].state.type != "CANCELLING"):
            problems.append(await self._try(job_id, self._compare(rows.get(job_id), run)))
        unknown = [job_id for job_id in unseen if job_id not in runs]
        problems += [await self._try(job_id, self._end_if_deleted(rows[job_id])) for job_id in unknown]
        is_open = {job_id for job_id, run in runs.items() if not run.state.is_final} | {*unknown}
        self.has_pending = any(run.state.type == "PENDING" for run in runs.values())
        self.silence.keep(is_open)
        for job_id in self.confirmed.keys() - runs.keys():
            del self.confirmed[job_id]
        for known in (self._marks, self._gone_since):
            for job_id in known.keys() - is_open:
                known.pop(job_id)
        if (problem := next(filter(None, problems), None)) is not None:
            raise problem

    async def _try(self, job_id: UUID, work: Awaitable[bool]) -> StoreFull | None:
        """Await one run's comparison, which says whether its row is now as Prefect has it. Returns what kept
        this row from being written, and raises what keeps all runs from being compared.
        """
        try:
            if await work:
                self.confirmed[job_id] = self._store.now()
        except NotOurs:
            pass
        except StoreFull as error:
            return error
        except (TransientError, ConfigurationError):
            raise
        except Exception:  # one run must not keep the others from being compared
            log.exception("Could not compare job %s with Prefect", job_id)
        return None

    async def _rows(self, statuses: Collection[JobStatus]) -> AsyncGenerator[Job]:
        cursor: str | None = None
        while True:
            page = await self._store.jobs(statuses=statuses, cursor=cursor, limit=MAX_PAGE)
            for row in page.items:
                yield row
            if (cursor := page.cursor) is None:
                return

    async def _compare(self, row: Job | None, run: Run) -> bool:
        row = row or await self._store.job(run.job_id)
        try:
            row = await self._current(row, run)
        except StoreUnavailable:
            # perhaps because the run's own process holds the store, stopped in the middle of a write
            if row is not None and not run.state.is_final:
                await self._end_the_gone(row, run)
            raise
        if run.state.is_final:
            await self.agree(row)
        else:
            await self._end_the_gone(row, run)
        return True

    async def _end_if_deleted(self, row: Job, *, is_cancelled: bool = False) -> bool:
        """End an open job whose run Prefect no longer knows, once nobody works on it."""
        silent_s = self.silence.look(row.job_id, (row.attempt, row.updated_at))
        self._mark(row.job_id, process_at_work(row))
        if is_cancelled and row.status == "queued":
            silent_s = math.inf  # no sign of life is to be waited for
        if is_abandoned(row, self.is_alive, silent_s=silent_s) and not await self._orchestrator.knows(
            row.job_id
        ):
            present = await self._store.job(row.job_id)
            if present is not None and not present.is_final and signs_of(present) == signs_of(row):
                log.warning("Job %s: Prefect no longer knows its run", row.job_id)
                await self._end(ended_without_run(present, self._store.now(), is_cancelled=is_cancelled))
        return False

    def _mark(self, job_id: UUID, mark: ProcessMark | None) -> None:
        """Look at this process every second, or at none."""
        if mark is not None:
            self._marks[job_id] = mark
        else:
            self._marks.pop(job_id, None)

    async def _current(self, row: Job | None, run: Run) -> Job:
        """The row, updated if it differs from Prefect."""
        if row is not None and row.state is not None and row.state.id == run.state.id:
            lacks_reason = run.state.type in {"FAILED", "CRASHED"} and row.reason is None
            if run.state.type in WAITING or (lacks_reason and row.run_status != "failed"):
                return (await self._project(run.job_id, row=row, run=run)).job
            return row
        past = await self._orchestrator.history(run.job_id)
        return (await self._project(run.job_id, row=row, run=run, states=past)).job

    async def _end_the_gone(self, row: Job, run: Run) -> None:
        """End an open run whose process is gone. Prefect cannot know this: no worker watches the process of
        `learn run`, and a worker may die with its runs, or before them.
        """
        look = Look(run=run, past=await self._past.of(run), row=row)
        fate = fate_of(look, self.is_alive)
        if (mark := look.process or (None if look.has_begun else look.worker)) is not None:
            self._marks[run.job_id] = mark
        silent_s = self.silence.look(run.job_id, (run.state.id, row.attempt, row.updated_at))
        now = time.monotonic()
        gone_s = now - self._gone_since.setdefault(run.job_id, now) if fate == "gone" else 0.0
        if fate != "gone":
            self._gone_since.pop(run.job_id, None)
        due = max(row.deadline_at or row.created_at + LONGEST, run.state.since)
        has_worker = run.has_deployment and (look.worker is None or self.is_alive(look.worker) is not False)
        remedy = remedy_of(
            look,
            fate,
            silent_s=silent_s,
            gone_s=gone_s,
            has_worker=has_worker,
            is_overdue=due + OVERRUN < self._store.now(),
        )
        if remedy is None:
            return
        latest = await self._orchestrator.run(run.job_id)
        if latest is not None and latest.state.id == run.state.id:
            await self._carry_out(remedy, row, look)
        past = await self._orchestrator.history(run.job_id)
        await self._project(run.job_id, row=await self._store.job(run.job_id), states=past)

    async def _carry_out(self, remedy: Remedy, row: Job, look: Look) -> None:
        run = look.run
        log.warning("Job %s: %s (Prefect's state %s)", run.job_id, remedy, run.state.name)
        job_id, prefect = run.job_id, self._orchestrator
        if remedy == "take back":
            await prefect.take_back(job_id, "The worker that took the run died before starting it")
        elif remedy == "cancelled":
            await prefect.call_cancelled(job_id, "Its process was already gone")
        elif remedy == "kill" and (mark := look.process) is not None:
            self.kill(mark)
        elif remedy == "said" and row.run_status is not None:
            await prefect.call_ended(job_id, row.run_status, seen=run.state)
        else:
            name, why = CRASHES[remedy]
            await prefect.call_crashed(job_id, why, name=name)
