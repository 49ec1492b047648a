"""Flow runs of ours, as Prefect has them: started, read, run again, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort, FlowSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import AwaitingRetry, Crashed

from flows.errors import ConfigurationError, InvalidInput
from flows.knowledge import STATUS_OF_STATE, JobStatus, Mode, PrefectState, StartedBy, utc_now
from flows.knowledge.events import starter_of, starter_tag
from service.errors import Conflict, NotFound, PrefectUnavailable
from service.orchestration.client import REST_S, TIMEOUT_S, PrefectApi
from service.orchestration.flows import MODES, PAGE, OurFlows, flow_name, our_flows
from service.orchestration.labels import WORKER_TYPE, exit_code
from service.orchestration.pools import Pools
from service.orchestration.reasons import OVERDUE
from service.orchestration.schedules import Schedules
from service.orchestration.types import POOL_TYPE, Run
from service.orchestration.urls import run_page, without_credentials

STOPPING = timedelta(seconds=15)
"""How long a run that is being cancelled is waited for before it is run again."""
SETTLED = timedelta(seconds=4)


class Orchestrator:
    """A connection to the Prefect that the environment names, between `async with` and its end.

    It need not be up then. Each call ends within five seconds, or raises PrefectUnavailable;
    ConfigurationError when Prefect does not let us in. One lock puts starts in line, for a Prefect on SQLite
    takes one write at a time.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._api = PrefectApi(timeout_s=timeout_s)
        self._deployment_ids: dict[Mode, UUID] = {}
        self._flows = OurFlows(self._api)
        self._starting = asyncio.Lock()
        self.schedules = Schedules(self._api, self._flows)
        self.pools = Pools(self._api)

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._api.__aexit__(exc_type, exc, traceback)

    def page_of(self, job_id: UUID) -> str:
        """Address of the run's page in Prefect's own UI."""
        ui_url = self._api.ui_url
        return (
            f"{without_credentials(ui_url).rstrip('/')}/runs/flow-run/{job_id}"
            if ui_url
            else run_page(self._api.url, job_id)
        )

    async def start(
        self,
        mode: Mode,
        parameters: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        by: StartedBy = "api",
    ) -> Run:
        """Have a worker run a deployment; the same key gives the run that it gave before, with the parameters
        of then.

        Raises InvalidInput when the parameters do not fit, ConfigurationError when the deployment is missing.
        """
        given = {name: value for name, value in (parameters or {}).items() if value is not None}
        key = idempotency_key or f"start {uuid4()}"
        async with self._starting:
            try:
                if mode not in self._deployment_ids:
                    deployment = await self._api.ask(
                        lambda client: client.read_deployment_by_name(f"{flow_name(mode)}/{mode}")
                    )
                    self._deployment_ids[mode] = deployment.id
                    self._flows.note(deployment.flow_id, mode)
                run = await self._api.ask(
                    lambda client: client.create_flow_run_from_deployment(
                        self._deployment_ids[mode],
                        parameters=given,
                        idempotency_key=key,
                        tags=[starter_tag(by)],
                    )
                )
            except ObjectNotFound as error:
                raise _missing(mode) from error
            except PrefectHTTPStatusError as error:
                if error.response.status_code == httpx.codes.NOT_FOUND:
                    del self._deployment_ids[mode]
                    raise _missing(mode) from error
                if error.response.status_code in {400, 409, 422}:
                    raise InvalidInput("parameters", _detail(error), "See `learn start --help`.") from error
                raise
        found = await self._known(run)
        if found is None:
            raise PrefectUnavailable(f"Prefect started {run.id} and does not tell its flow")
        return found

    async def run(self, job_id: UUID) -> Run | None:
        """One run of ours; None when Prefect has no such run, or it is not one of ours."""
        try:
            run = await self._api.ask(lambda client: client.read_flow_run(job_id))
        except ObjectNotFound:
            return None
        return await self._known(run)

    async def runs(
        self,
        *,
        mode: Mode | None = None,
        statuses: Collection[JobStatus] = (),
        until: datetime,
        since: datetime | None = None,
        limit: int = PAGE,
    ) -> list[Run]:
        """Runs of ours that were due at `until` or earlier and, with `since`, then or later, the latest
        first; at most `limit`.
        """
        types = [StateType(kind) for kind, status in STATUS_OF_STATE.items() if status in statuses]
        due = (
            FlowRunFilterExpectedStartTime(before_=until, after_=since)
            if since
            else FlowRunFilterExpectedStartTime(before_=until)
        )
        wanted = FlowRunFilter(expected_start_time=due)
        if types:
            wanted = FlowRunFilter(
                expected_start_time=due, state=FlowRunFilterState(type=FlowRunFilterStateType(any_=types))
            )
        flows = our_flows([mode] if mode else MODES)
        found = await self._api.ask(
            lambda client: client.read_flow_runs(
                flow_filter=flows,
                flow_run_filter=wanted,
                limit=limit,
                sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            )
        )
        return [run for run in [await self._known(r) for r in found] if run is not None]

    async def runs_by_id(self, job_ids: Collection[UUID]) -> list[Run]:
        """Those of these runs that are ours and that Prefect knows."""
        ids = list(job_ids)
        found: list[FlowRun] = []
        for at in range(0, len(ids), PAGE):
            some = FlowRunFilter(id=FlowRunFilterId(any_=ids[at : at + PAGE]))
            found += await self._api.ask(partial(_read_some, some))
        return [run for run in [await self._known(r) for r in found] if run is not None]

    async def history(self, job_id: UUID) -> list[PrefectState]:
        """All states that Prefect remembers of a run, in their order; none when it knows no such run."""
        states = await self._api.ask(lambda client: client.read_flow_run_states(job_id))
        return sorted(
            (PrefectState.of(state) for state in states), key=lambda state: (state.since, str(state.id))
        )

    async def retry(self, job_id: UUID) -> Run:
        """Have a worker run an ended job again, under the same id; the run as it is then.

        Raises NotFound when there is no such job, Conflict when it has not ended or ran in a process of its
        own.
        """
        run = await self.run(job_id)
        if run is None:
            raise _unknown(job_id)
        if not run.has_deployment:
            raise Conflict(
                "job_id",
                "the job ran in a process of its own, so no worker can run it",
                "Start a new one; what it learned is kept.",
            )
        state = await self._settled(run)
        if not state.is_final:
            raise Conflict(
                "job_id", f"the job is {state.name.lower()}", "Only an ended job can be run again."
            )
        await self._set(job_id, AwaitingRetry(message="Run again on request"))
        return await self.run(job_id) or run

    async def _settled(self, run: Run) -> PrefectState:
        """The state of a run, once its worker has nothing more to say of it, within a few seconds.

        The flow says first that it was cancelled. Prefect's own worker says so again when the process is
        gone, also of an attempt that has begun meanwhile.
        """
        state = run.state
        patience = {"CANCELLING": STOPPING} | ({} if run.worker_type == POOL_TYPE else {"CANCELLED": SETTLED})
        while utc_now() - state.since < patience.get(state.type, timedelta(0)):
            await asyncio.sleep(0.2)
            latest = await self.run(run.job_id)
            state = latest.state if latest is not None else state
        return state

    async def cancel_now(self, job_id: UUID) -> Run:
        """Ask Prefect to cancel a run at once; the run as it is then.

        A run that has ended stays as it is. Raises NotFound.
        """
        await self._set(
            job_id, State(type=StateType.CANCELLING, name="Cancelling", message="Cancelled on request")
        )
        run = await self.run(job_id)
        if run is None:
            raise _unknown(job_id)
        return run

    async def call_crashed(self, job_id: UUID, why: str) -> None:
        """Have Prefect know that a run's process is gone.

        A run that has ended stays as it is. Raises NotFound.
        """
        await self._set(job_id, Crashed(name=OVERDUE, message=why))

    async def is_up(self) -> bool:
        """Whether Prefect is there: it answers, or is late for once.

        One that was not heard of lately is asked again before it is called away.
        """
        for _ in range(2):
            try:
                await self._api.ask(lambda client: client.read_flows(limit=1, sort=FlowSort.NAME_ASC))
            except ConfigurationError:
                return False
            except PrefectUnavailable:
                presence = self._api.presence
                if presence.is_away or presence.is_vouched_for:
                    return not presence.is_away
                await asyncio.sleep(REST_S)
            else:
                return True
        return False

    async def _known(self, run: FlowRun) -> Run | None:
        mode = (await self._flows.modes({run.flow_id})).get(run.flow_id)
        if mode is None or run.state is None:
            return None
        return Run(
            job_id=run.id,
            mode=mode,
            name=run.name,
            parameters=run.parameters,
            due_at=PrefectState.plain(run.expected_start_time or run.created or run.state.timestamp),
            state=PrefectState.of(run.state),
            has_deployment=run.deployment_id is not None,
            worker_type=str(run.labels[WORKER_TYPE]) if WORKER_TYPE in run.labels else None,
            pool=run.work_pool_name,
            exit_code=exit_code(run.labels, run.run_count),
            started_by=starter_of(
                run.tags, is_scheduled=bool(run.auto_scheduled), has_deployment=run.deployment_id is not None
            ),
        )

    async def _set(self, job_id: UUID, state: State[Any]) -> None:
        try:
            result = await self._api.ask(lambda client: client.set_flow_run_state(job_id, state))
        except ObjectNotFound as error:
            raise _unknown(job_id) from error
        if (
            result.status in {SetStateStatus.REJECT, SetStateStatus.ABORT}
            and state.type == StateType.SCHEDULED
        ):
            reason = getattr(result.details, "reason", None)
            raise Conflict(
                "job_id",
                f"Prefect refuses to run it again ({reason or 'no reason given'})",
                "Look at the run in Prefect's UI.",
            )


async def _read_some(some: FlowRunFilter, client: PrefectClient) -> list[FlowRun]:
    return await client.read_flow_runs(flow_run_filter=some, limit=PAGE, sort=FlowRunSort.ID_DESC)


def _missing(mode: Mode) -> ConfigurationError:
    return ConfigurationError(
        f"Prefect has no deployment {mode!r}. `learn up` creates it; so does `prefect deploy --all`."
    )


def _unknown(job_id: UUID) -> NotFound:
    return NotFound("job_id", f"Prefect knows no run {job_id}", "`learn jobs` lists those there are.")


def _detail(error: PrefectHTTPStatusError) -> str:
    try:
        detail = error.response.json().get("detail") or error.response.json().get("exception_detail")
    except ValueError:
        detail = None
    return str(detail or error).strip().rstrip(".")
