"""Prefect's runs and schedules as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flows.knowledge import Mode, PrefectState, StartedBy
from service.orchestration.labels import Taken

POOL_TYPE = "learning"
"""The type of our worker, and of the work pool that `learn up` creates."""


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


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule of a deployment.

    `rule` is its cron line, interval or recurrence rule.
    """

    id: UUID
    deployment_id: UUID
    mode: Mode
    slug: str | None
    rule: str
    timezone: str | None
    is_active: bool
    next_run_at: datetime | None
