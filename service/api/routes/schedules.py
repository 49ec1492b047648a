"""Schedules over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from service.api.deps import Prefect
from service.api.problems import answers
from service.orchestration.types import Schedule
from service.schemas import ScheduleList, ScheduleView

router = APIRouter(prefix="/schedules", tags=["schedules"])

ScheduleId = Annotated[UUID, Path(description="The schedule's id in Prefect")]


@router.get("", responses=answers())
async def read_schedules(prefect: Prefect) -> ScheduleList:
    """List the schedules of the three deployments."""
    return ScheduleList(items=tuple(map(_shown, await prefect.schedules.all())))


@router.post("/{schedule_id:uuid}/pause", responses=answers(404, 422))
async def pause_schedule(schedule_id: ScheduleId, prefect: Prefect) -> ScheduleView:
    """Pause a schedule."""
    return _shown(await prefect.schedules.switch(schedule_id, is_active=False))


@router.post("/{schedule_id:uuid}/resume", responses=answers(404, 422))
async def resume_schedule(schedule_id: ScheduleId, prefect: Prefect) -> ScheduleView:
    """Resume a schedule."""
    return _shown(await prefect.schedules.switch(schedule_id, is_active=True))


def _shown(schedule: Schedule) -> ScheduleView:
    return ScheduleView(
        id=schedule.id,
        mode=schedule.mode,
        slug=schedule.slug,
        rule=schedule.rule,
        rule_kind=schedule.rule_kind,
        interval_s=schedule.interval_s,
        timezone=schedule.timezone,
        is_active=schedule.is_active,
        next_run_at=schedule.next_run_at,
    )
