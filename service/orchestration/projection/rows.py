"""What the projector puts into job rows and their log, from a run's states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid5

from flows.core.ending import RUN_DELETED
from flows.core.status import is_told, line_of
from flows.errors import LearningError
from flows.knowledge import RUN_DELETED_CODE, Job, JobEvent, PrefectState, Reason
from flows.stores.base import Saved
from service.orchestration.types import Run


class NotOurs(LearningError):
    """The run gets no row: it belongs to another flow, or is scheduled for later."""


def new_row(job_id: UUID, run: Run | None, *, is_asked_for: bool, now: datetime) -> Job:
    """The row of a run that has none. Raises NotOurs."""
    if run is None:
        raise NotOurs(f"{job_id} is a run of another flow")
    if not run.has_deployment:
        raise NotOurs(f"{job_id} runs in its own process, which writes its row")
    if not is_asked_for and run.due_at > now + timedelta(seconds=1):
        raise NotOurs(f"{job_id} is scheduled for later")
    return Job(
        job_id=run.job_id,
        mode=run.mode,
        started_by=run.started_by,
        name=run.name,
        parameters=dict(run.parameters),
        created_at=run.due_at,
    )


def signs_of(row: Job) -> tuple[object, ...]:
    """What changes in a row as soon as somebody works on it."""
    return row.attempt, row.process, row.updated_at, row.state


def ended_without_run(row: Job, now: datetime, *, is_cancelled: bool) -> Job:
    """The row of an open job that nobody works on and whose run Prefect no longer knows, with its end.
    `is_cancelled` says that a person has just asked for it.
    """
    known = [moment for moment in (row.running_since, row.state.since if row.state else None) if moment]
    state = PrefectState(
        # one for each attempt, so that several servers write one line
        id=uuid5(row.job_id, f"{RUN_DELETED} {row.attempt}"),
        type="CANCELLED" if is_cancelled or row.status == "cancelling" else "CRASHED",
        name=RUN_DELETED,
        message="Prefect no longer knows the run",
        # later than what Prefect told, whose clock may be ahead
        since=max([now, *(moment + timedelta(microseconds=1) for moment in known)]),
    )
    changed = {
        "state": state,
        "reason": Reason(code=RUN_DELETED_CODE),
        "confirmed_at": now,
        "is_settled": False,
    }
    return row.model_copy(update=changed)


def lines_of(row: Job, states: Iterable[PrefectState]) -> list[JobEvent]:
    """These states as lines of the log, without an end that the run's process has told already."""
    return [line_of(state, row.attempt) for state in states if is_told(row, state)]


def latest_open(states: Sequence[PrefectState]) -> PrefectState | None:
    """The latest of these states, in order, in which the run waits or works."""
    return next((state for state in reversed(states) if state.status in {"queued", "running"}), None)


End = Callable[[Job], Awaitable[Saved]]
"""Writes a row with its last state."""


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
