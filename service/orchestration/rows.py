"""What the projector puts into job rows and their log, from a run's states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from flows.core.status import is_told, line_of
from flows.errors import LearningError
from flows.knowledge import Job, JobEvent, PrefectState
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


def lines_of(row: Job, states: Iterable[PrefectState]) -> list[JobEvent]:
    """These states as lines of the log, without an end that the run's process has told already."""
    return [line_of(state, row.attempt) for state in states if is_told(row, state)]


def latest_open(states: Sequence[PrefectState]) -> PrefectState | None:
    """The latest of these states, in order, in which the run waits or works."""
    return next((state for state in reversed(states) if state.status in {"queued", "running"}), None)
