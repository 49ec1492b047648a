"""What Prefect says of runs and schedules, in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import StateType

from flows.knowledge import JobStatus, Mode, StartedBy

STATUSES: Mapping[StateType, JobStatus] = {
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

POOL_TYPE = "learning"
"""The type of our worker and of the work pool that `learn up` creates for it."""


@dataclass(frozen=True, kw_only=True)
class RunState:
    """What Prefect says of a run: our status for it, Prefect's type and name of the state, its message, and
    since when.
    """

    status: JobStatus
    type: str
    name: str
    message: str
    since: datetime
    id: UUID | None = None
    """Prefect's id of this state: the same in its history, and that of the event that tells of it."""

    @property
    def is_final(self) -> bool:
        """Whether the run has ended."""
        return self.status in {"completed", "failed", "cancelled"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A flow run of ours.

    `due_at` is when it was to start; `parameters` are those it was given and the deployment's own.
    """

    job_id: UUID
    mode: Mode
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime
    state: RunState
    has_deployment: bool
    worker_type: str | None = None
    """The type of the worker that ran it last."""
    started_by: StartedBy = "prefect"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When Prefect starts a deployment by itself.

    `rule` is the cron line, the interval or the recurrence rule.
    """

    id: UUID
    deployment_id: UUID
    mode: Mode
    slug: str | None
    rule: str
    timezone: str | None
    is_active: bool
    next_run_at: datetime | None


def state_of(state: Any) -> RunState:  # noqa: ANN401  Prefect has two classes of this shape
    """Our view of a state."""
    return RunState(
        status=STATUSES[state.type],
        type=state.type.value,
        name=state.name or state.type.value.title(),
        message=state.message or "",
        since=plain(state.timestamp),
        id=state.id,
    )


def plain(moment: datetime) -> datetime:
    """A moment of Prefect's, which may be of a class of its own that does not divide, as a datetime in
    UTC.
    """
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(moment.timestamp() * 1_000_000))
