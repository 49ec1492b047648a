"""Prefect's runs and schedules as values, and the labels by which a worker records on a run what Prefect's
states say only in prose, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from flows.knowledge import Document, Mode, PrefectState, ProcessMark, RuleKind, StartedBy

POOL = "learning"
"""The work pool of `prefect.yaml`, which says the same: a test compares."""
POOL_TYPE = "learning"
"""The type of our worker, and of the work pool that `learn up` creates."""
WORKER_TYPE = "prefect.worker.type"
"""Prefect's own label: the type of the worker that last ran the run."""
EXIT_CODE = "learning.exit-code"
EXIT_RUN = "learning.exit-run"
"""Prefect's run count of the attempt that ended so; labels outlive attempts."""
TAKEN = "learning.taken"
GIVEN = "learning.given"
"""The names of the parameters that were given when our server started the run; the others are the
deployment's.
"""


class Taken(Document):
    """Who has taken a run: a worker and, once it has started one, a process for the run."""

    after: UUID
    """Prefect's id of the state SCHEDULED in which the worker found the run; labels outlive attempts."""
    worker: ProcessMark | None
    process: ProcessMark | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """One of our flow runs.

    `due_at` is its expected start. `parameters` includes the deployment's own.
    """

    job_id: UUID
    mode: Mode
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime
    state: PrefectState
    has_deployment: bool
    worker_type: str | None = None
    """The type of the worker that ran it last."""
    pool: str | None = None
    """The work pool that runs it."""
    exit_code: int | None = None
    """The exit code of the latest attempt's process, if our worker recorded it."""
    started_by: StartedBy = "prefect"
    taken: Taken | None = None
    """Who has taken it last, if that was a worker of ours."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The parameters that were given at its start; all, if that was not recorded."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule of a deployment.

    `rule` is its cron line, interval or recurrence rule, as `rule_kind` says; `interval_s` is an interval in
    seconds.
    """

    id: UUID
    deployment_id: UUID
    mode: Mode
    slug: str | None
    rule: str
    rule_kind: RuleKind | None
    interval_s: float | None
    timezone: str | None
    is_active: bool
    next_run_at: datetime | None
    parameters: Mapping[str, Any] = field(default_factory=dict)


def exit_labels(code: int, run_count: int) -> dict[str, int]:
    """The labels for a process that ended with this exit code (negative for a signal) in this attempt."""
    return {EXIT_CODE: code, EXIT_RUN: run_count}


def exit_code_of(labels: Mapping[str, object], run_count: int) -> int | None:
    """The exit code of this attempt's process; None if our worker has not recorded one."""
    code = labels.get(EXIT_CODE)
    return code if isinstance(code, int) and labels.get(EXIT_RUN) == run_count else None


def given_labels(given: Collection[str]) -> dict[str, str]:
    """The label of a run that was started with these parameters."""
    return {GIVEN: " ".join(given)}


def given_parameters(labels: Mapping[str, object], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a run's parameters that were given at its start."""
    names = str(labels[GIVEN]).split() if GIVEN in labels else parameters
    return {name: parameters[name] for name in names if parameters.get(name) is not None}


def taken_labels(taken: Taken) -> dict[str, str]:
    """The label of a run that was taken."""
    return {TAKEN: taken.model_dump_json()}


def taken_of(labels: Mapping[str, object]) -> Taken | None:
    """Who took a run last; None if it was no worker of ours."""
    try:
        return Taken.model_validate_json(str(labels[TAKEN]))
    except (KeyError, ValidationError):
        return None
