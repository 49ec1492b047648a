"""Schedules."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from flows.knowledge import (
    Document,
    Mode,
    RuleKind,
)


class ScheduleView(Document):
    """A schedule by which Prefect starts jobs."""

    id: UUID
    mode: Mode
    slug: str | None
    rule: str = Field(description="Cron line, interval or recurrence rule")
    rule_kind: RuleKind | None = Field(
        default=None, description="What `rule` is; null for a kind that this server does not know"
    )
    interval_s: float | None = Field(default=None, description="Seconds between two runs, of an interval")
    timezone: str | None
    is_active: bool
    next_run_at: datetime | None = None


class ScheduleList(Document):
    """All schedules of the three deployments."""

    items: tuple[ScheduleView, ...]
