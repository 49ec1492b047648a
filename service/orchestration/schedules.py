"""Our deployments' schedules in Prefect."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from prefect.client.schemas.filters import (
    FlowFilter,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort

from flows.knowledge import MODES, PrefectState
from service.errors import NotFound
from service.orchestration.client import PrefectApi
from service.orchestration.flows import PAGE, OurFlows, our_flows
from service.orchestration.types import Schedule


class Schedules:
    """Reads, pauses and resumes the schedules of our deployments."""

    def __init__(self, api: PrefectApi, flows: OurFlows) -> None:
        self._api = api
        self._flows = flows

    async def all(self) -> list[Schedule]:
        """The schedules of our deployments, by deployment and slug."""
        flows = our_flows()
        deployments = await self._api.ask(
            lambda client: client.read_deployments(
                flow_filter=flows, limit=PAGE, sort=DeploymentSort.NAME_ASC
            )
        )
        modes = await self._flows.modes({d.flow_id for d in deployments})
        due = (
            await self._next_starts(flows) if any(s.active for d in deployments for s in d.schedules) else {}
        )
        found = [
            Schedule(
                id=s.id,
                deployment_id=d.id,
                mode=modes[d.flow_id],
                slug=s.slug,
                rule=str(
                    getattr(s.schedule, "cron", None)
                    or getattr(s.schedule, "rrule", None)
                    or getattr(s.schedule, "interval", "")
                ),
                timezone=getattr(s.schedule, "timezone", None),
                is_active=s.active and not d.paused,
                next_run_at=due.get(d.id) if s.active and not d.paused else None,
            )
            for d in deployments
            if d.flow_id in modes
            for s in d.schedules
        ]
        return sorted(found, key=lambda s: (MODES.index(s.mode), s.slug or "", str(s.id)))

    async def switch(self, schedule_id: UUID, *, is_active: bool) -> Schedule:
        """Pause or resume one schedule and return it. Raises NotFound."""
        schedule = next((s for s in await self.all() if s.id == schedule_id), None)
        if schedule is None:
            raise NotFound(
                "schedule_id",
                f"Prefect has no schedule {schedule_id} for these deployments",
                "GET /schedules lists all schedules.",
            )
        if is_active and not schedule.is_active:
            await self._api.ask(lambda client: client.resume_deployment(schedule.deployment_id))
        await self._api.ask(
            lambda client: client.update_deployment_schedule(
                schedule.deployment_id, schedule_id, active=is_active
            )
        )
        return next((s for s in await self.all() if s.id == schedule_id), schedule)

    async def _next_starts(self, flows: FlowFilter) -> dict[UUID, datetime]:
        scheduled = FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        )
        runs = await self._api.ask(
            lambda client: client.read_flow_runs(
                flow_filter=flows,
                flow_run_filter=scheduled,
                limit=PAGE,
                sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
            )
        )
        due: dict[UUID, datetime] = {}
        for run in runs:
            if run.auto_scheduled and run.deployment_id and run.next_scheduled_start_time:
                due.setdefault(run.deployment_id, PrefectState.plain(run.next_scheduled_start_time))
        return due
