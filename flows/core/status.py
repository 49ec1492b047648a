"""A job's status, from the words of its two writers: the run's own process, and the projector of
Prefect's states.

Each writer replaces its own fields of the job row and keeps those of the other; `status_of` says which word
counts. Every store applies these functions inside its transactions, so two servers and a run may write at
once.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from flows.core.ending import Facts, end_reason
from flows.knowledge import FINAL_STATUSES, Job, JobEvent, JobStatus, PrefectState

PROJECTED = frozenset({"state", "reason", "confirmed_at"})
"""Fields that the projector writes."""
COUNTED = frozenset(
    {
        "counts",
        "outcomes",
        "named_outcomes",
        "stages",
        "total_tokens",
        "last_round",
        "usage",
        "progress",
    }
)
"""Fields that the projector writes for a run that cannot any more: from the rows that it has left."""


def status_of(
    run_status: JobStatus | None, running_since: datetime | None, state: PrefectState | None
) -> JobStatus:
    """Derives a job's status from what its two writers reported.

    `run_status` is what the process reported, None before it has begun; `running_since` is the time of the
    RUNNING state under which it reported. Both that time and the state's are by the clock of Prefect's
    server.

    1. If only one of them has reported anything: that one.
    2. If Prefect has reported nothing new since the process began: the process.
    3. If the process is running: Prefect's newer state, since a process cannot know of its own cancellation
       or death.
    4. If the process has ended: its own report, until Prefect has the run begin again. Then it no longer
       counts (see `_judged`).
    """
    if state is None:
        return run_status or "queued"
    if run_status is None:
        return state.status
    if running_since is not None and state.since <= running_since:
        return run_status
    if run_status not in FINAL_STATUSES:
        return state.status
    return state.status if state.status in {"queued", "running"} else run_status


def _judged(job: Job) -> Job:
    """The job with the resulting status, and with an end if it is the projector that reports the end."""
    since = job.running_since
    if since is None and job.run_status in FINAL_STATUSES and job.finished_at is not None:
        since = job.finished_at  # of a document from before `running_since`
    status = status_of(job.run_status, since, job.state)
    changed: dict[str, Any] = {"status": status}
    has_told_its_end = job.run_status in FINAL_STATUSES
    has_its_end = has_told_its_end and job.finished_at is not None
    if status in FINAL_STATUSES and not has_its_end and job.state is not None:
        changed |= {
            "finished_at": job.state.since,
            "end_reason": end_reason(Facts(is_failed=status == "failed", is_stopped=True)),
            "is_settled": has_told_its_end or (job.is_settled and job.status in FINAL_STATUSES),
        }
    elif status not in FINAL_STATUSES:
        changed |= {"finished_at": None, "end_reason": None, "error_code": None, "is_settled": True}
        if has_told_its_end:
            # Prefect has the run begin again: what the process of an earlier attempt said counts no more
            changed |= {"run_status": None, "running_since": None}
    if status == "completed":
        changed["progress"] = 100  # also where only Prefect says so, and the process fell silent before
    if status not in {"queued", "failed", "cancelled"} or (status in FINAL_STATUSES and has_told_its_end):
        changed["reason"] = None  # it is only for what the process could not say itself
    return job.model_copy(update=changed)


def with_own_status(job: Job) -> Job:
    """A stored job with `run_status`, also one from before that field."""
    return (
        job.model_copy(update={"run_status": job.status}) if job.run_status is None and job.attempt else job
    )


def begun(stored: Job | None, given: Job) -> Job:
    """The row when an attempt begins: the stored one, or else the given one, with the attempt number
    increased by one.

    If the clock of Prefect's server was set back since the stored state, the attempt counts as begun with
    that state if it is RUNNING, otherwise with the next one (see PrefectState.following).
    """
    base = with_own_status(stored) if stored is not None else given
    since, last = given.running_since, base.state
    if since is not None and last is not None and since < last.since:
        since = last.since if last.type == "RUNNING" else last.since + timedelta(microseconds=1)
    update: dict[str, Any] = {
        "attempt": base.attempt + 1,
        "run_status": "running",
        "running_since": since,
        "process": given.process,
        "version": base.version + 1 if stored is not None else 1,
        "name": given.name or base.name,
        "started_by": base.started_by or given.started_by,
    }
    return _judged(base.model_copy(update=update))


def saved(stored: Job | None, given: Job) -> Job:
    """The row when the run's process writes it: its own fields, and the projector's as they are stored."""
    kept: dict[str, Any] = {name: getattr(stored, name) for name in PROJECTED} if stored is not None else {}
    kept["version"] = stored.version + 1 if stored is not None else 1
    kept["run_status"] = given.run_status or given.status
    return _judged(given.model_copy(update=kept))


def projected(stored: Job | None, seen: Job) -> Job | None:
    """The row after the projector has written what it has seen of a run; None if that changes nothing.

    `seen` is the document for a run that has none, with the projector's fields set. A state older than the
    stored one changes nothing. For a job that has ended, `is_settled` says that `seen` has its final counts.
    """
    if stored is None:
        return _judged(seen.model_copy(update={"version": 1}))
    base = with_own_status(stored)
    state, reason = seen.state, seen.reason
    if reason is None and state is not None and state.is_final and base.state == state:
        reason = base.reason  # a writer without a reason keeps the stored one
    is_older = base.state is not None and (state is None or _order(state) < _order(base.state))
    if is_older:
        return None
    changed: dict[str, Any] = {"state": state, "reason": reason, "confirmed_at": seen.confirmed_at}
    is_over = base.is_final or (state is not None and state.is_final)
    if seen.is_settled and not base.is_settled and is_over:
        changed |= {"is_settled": True} | {name: getattr(seen, name) for name in COUNTED}
    row = _judged(base.model_copy(update=changed))
    ignored = {"confirmed_at": stored.confirmed_at, "run_status": stored.run_status}
    if row.model_copy(update=ignored) == stored:
        return None
    return row.model_copy(update={"version": stored.version + 1})


_WORDS = re.compile(r"(?<=[a-z])[A-Z]")
"""Where a name of Prefect's states, such as AwaitingConcurrencySlot, begins its next word."""


def is_told(job: Job | None, state: PrefectState) -> bool:
    """Whether a state needs a line in the log: an end that the run's process has already reported
    does not.
    """
    return not (
        job is not None
        and state.is_final
        and job.run_status == state.status
        and (job.running_since is None or state.since > job.running_since)
    )


def line_of(state: PrefectState, attempt: int) -> JobEvent:
    """A state as a line of the log; its name in words, such as "Awaiting concurrency slot"."""
    name = _WORDS.sub(lambda found: f" {found[0].lower()}", state.name)
    text = f"{name}: {state.message}" if state.message else name
    return JobEvent(
        attempt=attempt,
        id=str(state.id or ""),
        kind=f"state.{state.type.lower()}",
        text=text,
        occurred=state.since,
    )


def _order(state: PrefectState) -> tuple[datetime, str]:
    return state.since, str(state.id)
