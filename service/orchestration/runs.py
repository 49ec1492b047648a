"""Starts, retries and cancels our flow runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self
from uuid import UUID

from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowSort
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingRetry, Cancelled, Crashed, Scheduled

from flows.core.ending import OVERDUE
from flows.errors import ConfigurationError
from flows.knowledge import JobStatus, Mode, PrefectState, StartedBy, utc_now
from service.errors import Conflict, NotFound, PrefectUnavailable
from service.orchestration.client import REST_S, TIMEOUT_S, PrefectApi
from service.orchestration.liveness import TAKEN_BACK, is_alive
from service.orchestration.pools import Pools
from service.orchestration.reading import RunReader
from service.orchestration.schedules import Schedules
from service.orchestration.starts import Starts
from service.orchestration.types import POOL_TYPE, Run
from service.orchestration.urls import run_pages
from service.wording import START_ANEW

Retried = Literal["retried", "rescheduled", "starting"]

STOPPING = timedelta(seconds=15)
"""How long to wait for a run that is being cancelled before retrying it."""
SETTLED = timedelta(seconds=4)
"""How long after a run was cancelled Prefect's own worker may still report it."""
LOOK_S = 0.2
"""How often to look meanwhile."""


class Orchestrator(RunReader):
    """A connection to the Prefect server in the environment. Use it as an async context manager.

    Prefect need not be running. Each call ends within five seconds or raises PrefectUnavailable;
    ConfigurationError if Prefect refuses our credentials. `clock` is what Prefect's moments are
    compared with: a store's `now`.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(PrefectApi(timeout_s=timeout_s))
        self._starts = Starts(self, self._api, self._flows, self.cancel_now)
        self.schedules = Schedules(self._api, self._flows)
        self.pools = Pools(self._api, clock)
        self._clock = clock

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._api.__aexit__(exc_type, exc, traceback)

    @property
    def run_pages(self) -> str:
        """The URL prefix of run pages in Prefect's UI; a run's id follows."""
        return run_pages(self._api.url, self._api.ui_url)

    def page_of(self, job_id: UUID) -> str:
        """The URL of a run's page in Prefect's UI."""
        return f"{self.run_pages}{job_id}"

    async def start(
        self,
        mode: Mode,
        parameters: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        by: StartedBy = "api",
        on_start: Callable[[], None] = lambda: None,
    ) -> Run:
        """Start a run of a deployment, and call `on_start` once Prefect has made it. The same request under
        the same key starts nothing and returns the run of the first.

        Raises Conflict if the key belongs to another request, InvalidInput if the parameters do not fit,
        ConfigurationError if the deployment is missing.
        """
        return await self._starts.start(
            mode, parameters or {}, idempotency_key=idempotency_key, by=by, on_start=on_start
        )

    async def retry(self, job_id: UUID) -> tuple[Run, Retried]:
        """Have a worker run a job again under the same id that is not at work; the run, and what was done.

        A run that has ended is retried. One that waits, or that a worker took and has no process for, is put
        back into the queue, to be taken at once. One whose process is starting is left alone. Raises NotFound
        if there is no such job, Conflict if it is at work or ran in its own process.
        """
        run = await self.run(job_id)
        if run is None:
            raise _unknown(job_id)
        if not run.has_deployment:
            raise Conflict(
                "job_id",
                "ran in its own process, so no worker can run it again",
                START_ANEW,
            )
        state = await self._settled(run)
        if state.is_final:
            await self._set(job_id, AwaitingRetry(message="Retried on request"))
            return await self.run(job_id) or run, "retried"
        if state.type == "PENDING":
            process = run.taken.process if run.taken is not None else None
            if process is not None and is_alive(process):
                return run, "starting"
            return await self.take_back(job_id, "Put back into the queue on request"), "rescheduled"
        if state.type == "SCHEDULED":
            await self._set(job_id, Scheduled(message="Started early on request"))
            return await self.run(job_id) or run, "rescheduled"
        raise Conflict("job_id", f"is {state.name.lower()}", "Only a job that is not running can be retried.")

    async def _settled(self, run: Run) -> PrefectState:
        """The run's state once its worker has nothing more to report, within a few seconds.

        The flow reports its cancellation first. Prefect's own worker reports it again when the process is
        gone, even if the next attempt has begun (decision 14).
        """
        state, asked = run.state, time.monotonic()
        patience = {"CANCELLING": STOPPING} | ({} if run.worker_type == POOL_TYPE else {"CANCELLED": SETTLED})
        # a clock may have been set back: then the state seems to lie ahead
        while max(self._clock() - state.since, timedelta(seconds=time.monotonic() - asked)) < patience.get(
            state.type, timedelta(0)
        ):
            await asyncio.sleep(LOOK_S)
            latest = await self.run(run.job_id)
            state = latest.state if latest is not None else state
        return state

    async def cancel_now(self, job_id: UUID) -> Run:
        """Ask Prefect to cancel a run now, and return the run.

        A run that waits has no process, so it ends at once. A run that has ended stays as it is. Raises
        NotFound.
        """
        before = await self.run(job_id)
        await self._set(
            job_id, State(type=StateType.CANCELLING, name="Cancelling", message="Cancelled on request")
        )
        if before is not None and before.state.type == "SCHEDULED":
            # Prefect takes a process of an earlier attempt for one that must still end
            await self._set(job_id, Cancelled(message="Cancelled on request"))
        run = await self.run(job_id)
        if run is None:
            raise _unknown(job_id)
        return run

    async def take_back(self, job_id: UUID, why: str) -> Run:
        """Put a run that a worker has taken but not begun back into the queue, and return the run.

        Raises NotFound, and Conflict if it has ended without a deployment.
        """
        await self._set(job_id, Scheduled(name=TAKEN_BACK, message=why))
        run = await self.run(job_id)
        if run is None:
            raise _unknown(job_id)
        return run

    async def call_crashed(self, job_id: UUID, why: str, *, name: str = OVERDUE) -> None:
        """Mark a run as crashed because its process is gone, with one of our state names.

        A run that has ended stays as it is. Raises NotFound.
        """
        await self._set(job_id, Crashed(name=name, message=why))

    async def call_cancelled(self, job_id: UUID, why: str) -> None:
        """Mark a run as cancelled if its process is gone and cannot report it. Raises NotFound."""
        await self._set(job_id, Cancelled(message=why))

    async def call_ended(self, job_id: UUID, status: JobStatus, *, seen: PrefectState) -> None:
        """Mark a run as ended the way its process reported, unless its state has changed since it was read.

        Raises NotFound.
        """
        run = await self.run(job_id)
        if run is None or run.state.id != seen.id:
            return
        kinds: dict[JobStatus, StateType] = {"completed": StateType.COMPLETED, "failed": StateType.FAILED}
        kind = kinds.get(status, StateType.CANCELLED)
        name = kind.value.title()
        state = State[Any](type=kind, name=name, message="Reported by its own process")
        await self._set(job_id, state, is_forced=True)

    async def is_up(self) -> bool:
        """Whether Prefect is available: it responds, or has timed out only once.

        Asks again before reporting a Prefect that has not responded recently as unavailable.
        """
        for _ in range(2):
            try:
                await self._api.ask(lambda client: client.read_flows(limit=1, sort=FlowSort.NAME_ASC))
            except ConfigurationError:
                return False
            except PrefectUnavailable:
                breaker = self._api.breaker
                if breaker.is_away or breaker.is_vouched_for:
                    return not breaker.is_away
                await asyncio.sleep(REST_S)
            else:
                return True
        return False

    async def _set(self, job_id: UUID, state: State[Any], *, is_forced: bool = False) -> None:
        try:
            result = await self._api.ask(
                lambda client: client.set_flow_run_state(job_id, state, force=is_forced)
            )
        except ObjectNotFound as error:
            raise _unknown(job_id) from error
        if (
            result.status in {SetStateStatus.REJECT, SetStateStatus.ABORT}
            and state.type == StateType.SCHEDULED
        ):
            reason = getattr(result.details, "reason", None)
            raise Conflict(
                "job_id",
                f"Prefect refused to run it again ({reason or 'no reason given'})",
                "See the run in Prefect's UI.",
            )


def _unknown(job_id: UUID) -> NotFound:
    return NotFound("job_id", f"Prefect has no run {job_id}", "`learn jobs` lists all jobs.")
