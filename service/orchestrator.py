"""The only file in `service` that speaks with the Prefect API about runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import get_current_settings
from prefect.states import AwaitingRetry

from flows.errors import ConfigurationError, InvalidInput
from flows.knowledge import JobStatus, Mode

PAGE = 200

_deployment_ids: dict[tuple[str | None, str], UUID] = {}

_STATUSES: Mapping[StateType, JobStatus] = {
    StateType.SCHEDULED: "queued",
    StateType.PENDING: "queued",
    StateType.RUNNING: "running",
    StateType.PAUSED: "running",
    StateType.CANCELLING: "cancelling",
    StateType.COMPLETED: "completed",
    StateType.FAILED: "failed",
    StateType.CRASHED: "failed",
    StateType.CANCELLED: "cancelled",
}


@dataclass(frozen=True, kw_only=True)
class RunState:
    """What Prefect says of a run: our status for it, Prefect's type and name of the state, its message, and since when."""

    status: JobStatus
    type: str
    name: str
    message: str
    since: datetime

    @property
    def is_final(self) -> bool:
        """Whether the run has ended."""
        return self.status in {"completed", "failed", "cancelled"}


async def start(deployment: Mode, parameters: Mapping[str, Any] | None = None, *, idempotency_key: str | None = None) -> UUID:
    """Have a worker run a deployment; the same key gives the same run. Returns the run's id, which is the job's id.

    Raises InvalidInput when the parameters do not fit, ConfigurationError when the deployment is missing.
    """
    key = (get_current_settings().api.url, deployment)
    async with get_client() as client:
        try:
            if key not in _deployment_ids:
                _deployment_ids[key] = (await client.read_deployment_by_name(f"{deployment}-learning/{deployment}")).id
            run = await client.create_flow_run_from_deployment(
                _deployment_ids[key], parameters={k: v for k, v in (parameters or {}).items() if v is not None}, idempotency_key=idempotency_key
            )
        except ObjectNotFound as error:
            _deployment_ids.pop(key, None)
            raise ConfigurationError(f"Prefect has no deployment {deployment!r}. `learn up` creates it; so does `prefect deploy --all`.") from error
        except PrefectHTTPStatusError as error:
            if error.response.status_code in {400, 409, 422}:
                raise InvalidInput("parameters", _detail(error), "See `learn start --help`.") from error
            raise
    return run.id


async def run_state(job_id: UUID) -> RunState | None:
    """The state of one run; None when Prefect does not know it."""
    return (await states([job_id])).get(job_id)


async def states(job_ids: Collection[UUID]) -> dict[UUID, RunState]:
    """The states of these runs; those that Prefect does not know are absent."""
    ids = list(job_ids)
    found: dict[UUID, RunState] = {}
    async with get_client() as client:
        for at in range(0, len(ids), PAGE):
            some = FlowRunFilter(id=FlowRunFilterId(any_=ids[at : at + PAGE]))
            runs = await client.read_flow_runs(flow_run_filter=some, limit=PAGE, sort=FlowRunSort.ID_DESC)
            found |= {run.id: _state_of(run) for run in runs if run.state is not None}
    return found


async def retry(job_id: UUID) -> None:
    """Have a worker run an ended job again, under the same id.

    Raises InvalidInput when there is no such job, when it has not ended, or when it ran in a process of its own.
    """
    async with get_client() as client:
        try:
            run = await client.read_flow_run(job_id)
        except ObjectNotFound as error:
            raise InvalidInput("job_id", f"Prefect knows no run {job_id}", "`learn jobs` lists those there are.") from error
        if run.state is not None and not run.state.is_final():
            raise InvalidInput("job_id", f"the job is {(run.state.name or run.state.type.value).lower()}", "Only an ended job can be run again.")
        if run.deployment_id is None:
            raise InvalidInput("job_id", "the job ran in a process of its own, so no worker can run it", "Start a new one; what it learned is kept.")
        await _set(job_id, AwaitingRetry(message="Run again on request"))


async def cancel_now(job_id: UUID) -> None:
    """Ask Prefect to cancel a run at once. A run that has ended stays as it is."""
    await _set(job_id, State(type=StateType.CANCELLING, name="Cancelling", message="Cancelled on request"))


async def _set(job_id: UUID, state: State[Any]) -> None:
    async with get_client() as client:
        try:
            result = await client.set_flow_run_state(job_id, state)
        except ObjectNotFound as error:
            raise InvalidInput("job_id", f"Prefect knows no run {job_id}", "`learn jobs` lists those there are.") from error
    if result.status in {SetStateStatus.REJECT, SetStateStatus.ABORT} and state.type == StateType.SCHEDULED:
        reason = getattr(result.details, "reason", None)
        raise InvalidInput("job_id", f"Prefect refuses to run it again ({reason or 'no reason given'})", "Look at the run in Prefect's UI.")


def _state_of(run: FlowRun) -> RunState:
    state: Any = run.state
    return RunState(
        status=_STATUSES[state.type],
        type=state.type.value,
        name=state.name or state.type.value.title(),
        message=state.message or "",
        since=state.timestamp,
    )


def _detail(error: PrefectHTTPStatusError) -> str:
    try:
        detail = error.response.json().get("detail") or error.response.json().get("exception_detail")
    except ValueError:
        detail = None
    return str(detail or error).strip().rstrip(".")
