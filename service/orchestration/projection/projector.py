"""Writes what a run cannot report about itself to job rows: queued, late, cancelling, crashed, killed.

Prefect's event stream drives it; a poll repairs what the stream has lost. Both end in the same idempotent
write, `Store.project`, so several servers can each run a projector.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import aclosing, suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from prefect.context import get_settings_context
from prefect.exceptions import PrefectHTTPStatusError

from flows.core.ending import reason_of_end
from flows.errors import LearningError, StoreFull, StoreUnavailable
from flows.knowledge import Job, JobEvent, PrefectState, Reason
from flows.stores.base import Saved, Store
from flows.stores.settling import Settler, settle_ended
from service.errors import PrefectUnavailable
from service.orchestration.client import not_prefects
from service.orchestration.events import LatestFirst, PoolEvent, RunEvent, events
from service.orchestration.projection.repair import WAITING, Repair
from service.orchestration.projection.rows import NotOurs, latest_open, lines_of, new_row
from service.orchestration.reading import CommittedStates, in_order
from service.orchestration.runs import Orchestrator
from service.orchestration.types import Run
from service.wording import reason_text

POLL_S = 4.0
AGAIN_S = 1.5
"""Pause after a failed poll, and while a run that a worker took has not begun."""
SECOND_LOOK_S = 6.0
"""Poll again this long after connecting: events that Prefect accepted just before are in neither answer until
it has stored them.
"""

log = logging.getLogger(__name__)
OnNews = Callable[[RunEvent | Saved], None]


class Projector:
    """Listens, polls and writes. Use it as an async context manager.

    `tell` registers two callbacks. `on_news` gets every row written, with its new lines, and every job event
    that needs no write. `on_connection` hears whether the event stream is connected.
    """

    def __init__(self, store: Store, orchestrator: Orchestrator) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._on_news: OnNews = lambda _: None
        self._on_connection: Callable[[bool], None] = lambda _: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._polling = asyncio.Lock()
        self._poll_now = asyncio.Event()
        self._committed = CommittedStates(orchestrator)
        self._untaken = LatestFirst()
        self._repair = Repair(store, orchestrator, self._project, self._end)
        self._settler = Settler(store, lambda row: self._on_news(Saved(row, (), is_written=False)))
        self._has_looked_back = False
        self.is_in_contact = False
        """Whether Prefect answered the last poll, so no job that it knows is missing."""

    async def __aenter__(self) -> Self:
        # keep the Prefect server that was configured at the start, for later connections too
        self._settings = get_settings_context()
        self._spawn(self._listen(), "projector: events")
        self._spawn(self._keep_taking(), "projector: states")
        self._spawn(self._keep_polling(), "projector: poll")
        self._spawn(self._repair.keep_looking(self._polling), "projector: processes")
        self._spawn(self._settler.keep_settling(), "projector: settling")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def tell(self, *, on_news: OnNews, on_connection: Callable[[bool], None]) -> None:
        """Register the callbacks."""
        self._on_news, self._on_connection = on_news, on_connection

    def confirmed_at(self, job: Job) -> datetime | None:
        """When a job's row was last known to be current: written, or confirmed by a poll, by the
        store's clock.
        """
        moments = (job.updated_at, job.confirmed_at, self._repair.confirmed.get(job.job_id))
        return max((moment for moment in moments if moment is not None), default=None)

    async def note(self, run: Run) -> Job:
        """Write Prefect's current state of a run, and return its row."""
        return (await self._project(run.job_id, run=run, is_asked_for=True)).job

    async def look_at(self, job_id: UUID) -> None:
        """End an open run whose process is known to be gone. Raises PrefectUnavailable."""
        async with self._polling:
            await self._repair.look_at(job_id)

    async def cancel_deleted(self, job_id: UUID) -> None:
        """End a job as cancelled whose run Prefect no longer knows, unless its process may be at work."""
        async with self._polling:
            await self._repair.cancel_deleted(job_id)

    async def look_up(self, job_id: UUID) -> Job | None:
        """Make the row of a run that has none from what Prefect knows; None if the run is not ours.

        Raises PrefectUnavailable.
        """
        run = await self._orchestrator.run(job_id)
        if run is None or run.due_at > self._store.now():
            return None
        try:
            return await self.note(run)
        except NotOurs:
            return None

    async def poll(self) -> None:
        """Update all open rows from Prefect, and create the missing rows of deployed runs.

        Raises PrefectUnavailable.
        """
        async with self._polling:
            await self._repair.compare_runs(is_first=not self._has_looked_back)
            self._has_looked_back = True

    async def catch_up(self, *, within_s: float | None = None) -> None:
        """Update the open rows in the store from Prefect, and settle jobs that ended badly, also if Prefect
        does not respond. What cannot be settled in time is left to the next call.

        Raises PrefectUnavailable, ConfigurationError and the store's errors.
        """
        until = None if within_s is None else asyncio.get_running_loop().time() + within_s
        problem: LearningError | None = None
        try:
            async with asyncio.timeout_at(until), self._polling:
                await self._repair.compare_rows()
        except (StoreFull, StoreUnavailable):
            raise
        except LearningError as error:
            problem = error
        except PrefectHTTPStatusError as error:
            problem = not_prefects(error)
        except TimeoutError:
            problem = PrefectUnavailable(f"Prefect did not respond within {within_s or 0:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await settle_ended(self._store)
        if problem is not None:
            raise problem

    async def _listen(self) -> None:
        async with aclosing(events(self._settings, self._on_stream)) as stream:
            async for event in stream:
                try:
                    if isinstance(event, PoolEvent):
                        self._orchestrator.pools.forget()
                        self._poll_now.set()
                    elif event.state is None:
                        self._hear(event)
                    elif not self._untaken.put(event.job_id, event.state):
                        self._poll_now.set()
                except Exception:  # one event must not end the listening
                    log.exception("Could not handle a Prefect event; the next poll makes up for it")
                    self._poll_now.set()

    async def _keep_taking(self) -> None:
        while True:
            job_id, states = await self._untaken.get()
            await self._take(job_id, *states)

    async def _take(self, job_id: UUID, *states: PrefectState) -> None:
        try:
            known = [state for state in states if await self._committed.has(job_id, state)]
            if len(known) < len(states):
                # Prefect tells of a state before it commits it; the poll finds it if it has done so since
                asyncio.get_running_loop().call_later(AGAIN_S, self._poll_now.set)
            if not known:
                return
            await self._repair.agree((await self._project(job_id, states=known)).job)
        except NotOurs:
            return
        except Exception as error:
            trace = not isinstance(error, LearningError | TimeoutError)
            log.info("Could not write states of %s; the next poll will: %s", job_id, error, exc_info=trace)
            self._poll_now.set()

    def _hear(self, event: RunEvent) -> None:
        if event.row is not None:
            self._repair.note_row(event.row)
        self._repair.silence.heard(event.job_id)
        if not event.is_heartbeat:
            self._on_news(event)

    def _on_stream(self, is_live: bool) -> None:
        self._on_connection(is_live)
        if is_live:
            self._poll_now.set()
            asyncio.get_running_loop().call_later(SECOND_LOOK_S, self._poll_now.set)

    async def _keep_polling(self) -> None:
        while True:
            self._poll_now.clear()
            try:
                await self.poll()
                self.is_in_contact = True
            except Exception as error:  # noqa: BLE001  whatever store or Prefect have, there is a next poll
                if self.is_in_contact:
                    log.warning("Could not update jobs from Prefect: %s", error)
                self.is_in_contact = False
            with suppress(TimeoutError):
                is_urgent = not self.is_in_contact or self._repair.has_pending
                async with asyncio.timeout(AGAIN_S if is_urgent else POLL_S):
                    await self._poll_now.wait()

    async def _project(
        self,
        job_id: UUID,
        *,
        row: Job | None = None,
        run: Run | None = None,
        states: Iterable[PrefectState] = (),
        is_asked_for: bool = False,
    ) -> Saved:
        """Write the latest of these states, or else the run's current one, and all of them as lines."""
        row = row or await self._store.job(job_id)
        if row is not None and row.state is None:
            # the run wrote this row itself: also record the states before it
            states = await self._orchestrator.history(job_id)
        told = sorted(states, key=lambda state: (state.since, str(state.id)))
        latest = told[-1] if told else None
        if run is None and (
            row is None or (latest is not None and latest.type in {*WAITING, "CRASHED", "FAILED"})
        ):
            run = await self._orchestrator.run(job_id)
        if row is None:
            if run is None:
                self._untaken.leave_out(job_id)
            row = new_row(job_id, run, is_asked_for=is_asked_for, now=self._store.now())
        state = latest or (run.state if run is not None else None)
        if state is not None and row.state is not None:
            state, run = await in_order(self._orchestrator, job_id, state, known=row.state, run=run)
            if state.id not in {row.state.id, *(each.id for each in told)}:
                # Prefect is ahead of the events: the log gets the states between first
                told = await self._orchestrator.history(job_id)
        reason = await self._reason(run, state) if run is not None and state is not None else None
        seen = row.model_copy(
            update={"state": state, "reason": reason, "confirmed_at": self._store.now(), "is_settled": False}
        )
        lines = lines_of(row, told or ([state] if state else []))
        if state is not None and state.is_final and (again := latest_open(told)) is not None:
            # the run may have restarted in between; then the earlier process's status no longer counts
            await self._store.project(seen.model_copy(update={"state": again, "reason": None}))
        return await self._write(seen, lines)

    async def _end(self, ended: Job) -> Saved:
        """Write a row that has its last state."""
        return await self._write(ended, lines_of(ended, [ended.state] if ended.state is not None else []))

    async def _write(self, seen: Job, lines: Sequence[JobEvent]) -> Saved:
        saved = await self._store.project(seen, lines)
        if saved.job.status == "failed" and saved.lines:
            log.error("Job %s failed: %s", saved.job.job_id, _why(saved.job))
        self._on_news(saved)
        self._settler.note(saved.job)
        return saved

    async def _reason(self, run: Run, state: PrefectState) -> Reason | None:
        if state.type in WAITING:
            return await self._orchestrator.pools.why_waiting(run)
        return reason_of_end(state, run.exit_code) if state.type in {"FAILED", "CRASHED"} else None

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _why(job: Job) -> str:
    return reason_text(job.reason) if job.reason is not None else (job.errors or ("no reason given",))[-1]


async def catch_up(store: Store, *, within_s: float) -> None:
    """Update the store once from the Prefect server in the environment, and settle jobs that ended badly.

    Raises PrefectUnavailable if Prefect does not respond in time, ConfigurationError and the store's errors,
    after doing what could be done.
    """
    async with Orchestrator(clock=store.now) as orchestrator:
        await Projector(store, orchestrator).catch_up(within_s=within_s)
