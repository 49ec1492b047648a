"""Reads our flow runs from Prefect."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterIdempotencyKey,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from flows.knowledge import MODES, STATUS_OF_STATE, JobStatus, Mode, PrefectState
from flows.knowledge.events import starter_of
from service.errors import PrefectUnavailable
from service.orchestration.client import PrefectApi
from service.orchestration.flows import PAGE, OurFlows, our_flows
from service.orchestration.types import WORKER_TYPE, Run, exit_code_of, given_parameters, taken_of

RUNS_KNOWN = 1_000
"""For how many runs to remember the states."""


class RunReader:
    """Reads runs from Prefect, and leaves out those of other flows."""

    def __init__(self, api: PrefectApi) -> None:
        self._api = api
        self._flows = OurFlows(api)

    async def run(self, job_id: UUID) -> Run | None:
        """One run of ours; None if Prefect does not know it or it is not ours."""
        try:
            run = await self._api.ask(lambda client: client.read_flow_run(job_id))
        except ObjectNotFound:
            return None
        return await self.known(run)

    async def knows(self, job_id: UUID) -> bool:
        """Whether Prefect knows a run, of whatever flow. Raises PrefectUnavailable.

        Asks in two ways: a 404 alone may come from a proxy whose Prefect is away.
        """
        wanted = FlowRunFilter(id=FlowRunFilterId(any_=[job_id]))
        try:
            if await self._api.ask(partial(_read_some, wanted)):
                return True
        except PrefectHTTPStatusError as error:
            code = error.response.status_code
            raise PrefectUnavailable(
                f"What answers at Prefect's URL is not Prefect (HTTP {code})."
                " Check PREFECT_API_URL if this persists."
            ) from error
        try:
            await self._api.ask(lambda client: client.read_flow_run(job_id))
        except ObjectNotFound:
            return False
        return True

    async def runs(
        self,
        *,
        mode: Mode | None = None,
        statuses: Collection[JobStatus] = (),
        until: datetime,
        since: datetime | None = None,
        limit: int = PAGE,
    ) -> list[Run]:
        """Our runs that were due by `until` and not before `since`, latest first, at most `limit`."""
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
        return [run for run in [await self.known(r) for r in found] if run is not None]

    async def runs_by_id(self, job_ids: Collection[UUID]) -> list[Run]:
        """The runs with these ids that Prefect knows and that are ours."""
        ids = list(job_ids)
        found: list[FlowRun] = []
        for at in range(0, len(ids), PAGE):
            some = FlowRunFilter(id=FlowRunFilterId(any_=ids[at : at + PAGE]))
            found += await self._api.ask(partial(_read_some, some))
        return [run for run in [await self.known(r) for r in found] if run is not None]

    async def runs_of_key(self, idempotency_key: str) -> list[Run]:
        """Our runs that were started under a key, oldest first. Prefect keeps one for each flow."""
        flows = our_flows()
        wanted = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[idempotency_key]))
        found = await self._api.ask(
            lambda client: client.read_flow_runs(flow_filter=flows, flow_run_filter=wanted)
        )
        found.sort(key=lambda run: (run.created is None, run.created, str(run.id)))
        return [run for run in [await self.known(r) for r in found] if run is not None]

    async def history(self, job_id: UUID) -> list[PrefectState]:
        """All states of a run that Prefect remembers, in order; empty if Prefect does not know the run."""
        states = await self._api.ask(lambda client: client.read_flow_run_states(job_id))
        return sorted(
            (PrefectState.of(state) for state in states), key=lambda state: (state.since, str(state.id))
        )

    async def known(self, run: FlowRun) -> Run | None:
        """A run of Prefect's as ours; None if it is not."""
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
            exit_code=exit_code_of(run.labels, run.run_count),
            taken=taken_of(run.labels),
            given=given_parameters(run.labels, run.parameters),
            started_by=starter_of(
                run.tags, is_scheduled=bool(run.auto_scheduled), has_deployment=run.deployment_id is not None
            ),
        )


async def _read_some(some: FlowRunFilter, client: PrefectClient) -> list[FlowRun]:
    return await client.read_flow_runs(flow_run_filter=some, limit=PAGE, sort=FlowRunSort.ID_DESC)


class CommittedStates:
    """Which states Prefect has committed: its events report others, too.

    A burst of events of one run, as at the beginning of the stream, costs one read of the run's history.
    """

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._known: dict[UUID, frozenset[UUID | None]] = {}

    async def has(self, job_id: UUID, state: PrefectState) -> bool:
        """Whether a state is a run's current one or in its history; True for a run that Prefect does not
        know.

        Raises PrefectUnavailable.
        """
        if state.id in self._known.get(job_id, ()):
            return True
        run = await self._reader.run(job_id)
        if run is None or run.state.id == state.id:
            return True
        self._known.pop(job_id, None)
        self._known[job_id] = frozenset(kept.id for kept in await self._reader.history(job_id))
        if len(self._known) > RUNS_KNOWN:
            del self._known[next(iter(self._known))]
        return state.id in self._known[job_id]


class PastStates:
    """All states of each run in order of arrival, which may differ from their order by Prefect's clock.

    They are kept when a run ends, since it may begin again.
    """

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._known: dict[UUID, list[PrefectState]] = {}

    async def of(self, run: Run) -> list[PrefectState]:
        """All states of a run, the present one last. Raises PrefectUnavailable."""
        known = self._known.pop(run.job_id, [])
        if not known or known[-1].id != run.state.id:
            seen = {state.id for state in known}
            fresh = [state for state in await self._reader.history(run.job_id) if state.id not in seen]
            known += sorted(fresh, key=lambda state: state.id == run.state.id)
        self._known[run.job_id] = known
        if len(self._known) > RUNS_KNOWN:
            del self._known[next(iter(self._known))]
        return known


async def in_order(
    reader: RunReader, job_id: UUID, state: PrefectState, *, known: PrefectState, run: Run | None
) -> tuple[PrefectState, Run | None]:
    """The state to write after a known one, and the run as last read.

    A state that is not newer by Prefect's clock is either old, or that clock was set back. In that case the
    current state counts, dated after the known one. Raises PrefectUnavailable.
    """
    if state.id == known.id and (run is None or run.state.id == known.id):
        return known, run
    if state.since > known.since:
        return state, run
    # read after the known state, so never from before it
    present = await reader.run(job_id)
    if present is None or present.state.id == known.id:
        return state, run
    return present.state.following(known), present
