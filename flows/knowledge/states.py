"""Prefect's state of a run, and why a job waits or ended, as values; UI and command line word them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from flows.knowledge.base import FINAL_STATUSES, Document, JobStatus

StateType = Literal[
    "SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED"
]
STATUS_OF_STATE: dict[StateType, JobStatus] = {
    "SCHEDULED": "queued",
    "PENDING": "queued",
    "RUNNING": "running",
    "PAUSED": "running",
    "CANCELLING": "cancelling",
    "COMPLETED": "completed",
    "FAILED": "failed",
    "CRASHED": "failed",
    "CANCELLED": "cancelled",
}
ReasonCode = Literal[
    # why a queued job has not started
    "late",
    "starting",
    "pool_paused",
    "pool_missing",
    "no_worker",
    "slots_taken",
    "retry_later",
    "taken_back",
    # why a job ended that could not report it
    "killed",
    "exited",
    "vanished",
    "overdue",
    "timed_out",
    "gone",
    "never_began",
    "run_deleted",
    "worker_stopped",
    "prefect",
]
RUN_DELETED_CODE: ReasonCode = "run_deleted"
"""Prefect no longer knows the job's run: also the code with which requests about such a job are refused."""


class PrefectState(Document):
    """A state of a flow run as Prefect reports it. `since` is by the clock of Prefect's server."""

    id: UUID | None = None
    """Prefect's id of the state, the same in its history and in the event about it."""
    type: StateType
    name: str
    message: str = ""
    """Prefect's own text, for people to read; no decision depends on it."""
    since: AwareDatetime

    @classmethod
    def of(cls, state: Any) -> PrefectState:  # noqa: ANN401  Prefect has two classes of this shape
        """From one of Prefect's state objects."""
        return cls(
            id=state.id,
            type=state.type.value,
            name=state.name or state.type.value.title(),
            message=state.message or "",
            since=cls.plain(state.timestamp),
        )

    @staticmethod
    def plain(moment: datetime) -> datetime:
        """One of Prefect's timestamps, whose class does not divide like the standard library's, as a datetime
        in UTC.
        """
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=round(moment.timestamp() * 1_000_000))

    def following(self, earlier: PrefectState) -> PrefectState:
        """This state, dated just after another that came before it: the clock may have been set back
        between the two.
        """
        since = max(self.since, earlier.since + timedelta(microseconds=1))
        return self.model_copy(update={"since": since})

    @property
    def status(self) -> JobStatus:
        """The matching job status."""
        return STATUS_OF_STATE[self.type]

    @property
    def is_final(self) -> bool:
        """Whether the run has ended."""
        return self.status in FINAL_STATUSES


class ProcessMark(Document):
    """One process of one machine, told from any later one with the same number by when it started."""

    machine: str
    """One start of one machine, and one space of process numbers in it."""
    pid: int
    started: str


class Reason(Document):
    """Why a job waits or ended badly: a code with parameters, which UI and command line put into words."""

    code: ReasonCode
    params: dict[str, Any] = Field(default_factory=dict)
