"""What Prefect says of runs and schedules, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flows.knowledge import Mode, PrefectState, StartedBy

POOL_TYPE = "learning"
"""The type of our worker and of the work pool that `learn up` creates for it."""


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
    state: PrefectState
    has_deployment: bool
    worker_type: str | None = None
    """The type of the worker that ran it last."""
    pool: str | None = None
    """The name of the work pool that is to run it."""
    exit_code: int | None = None
    """How the process of the latest attempt ended, where a worker of ours has told it."""
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
