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
from prefect.client.schemas.objects import DeploymentSchedule, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort

from flows.knowledge import MODES, Mode, PrefectState, RuleKind
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
            _schedule_of(s, d, modes[d.flow_id], due.get(d.id))
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
        # an update without the parameters empties them
        await self._api.ask(
            lambda client: client.update_deployment_schedule(
                schedule.deployment_id, schedule_id, active=is_active, parameters=dict(schedule.parameters)
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


def _schedule_of(
    given: DeploymentSchedule, deployment: DeploymentResponse, mode: Mode, due: datetime | None
) -> Schedule:
    rule, kind, interval_s = _rule_of(given.schedule)
    is_active = given.active and not deployment.paused
    return Schedule(
        id=given.id,
        deployment_id=deployment.id,
        mode=mode,
        slug=given.slug,
        rule=rule,
        rule_kind=kind,
        interval_s=interval_s,
        timezone=getattr(given.schedule, "timezone", None),
        is_active=is_active,
        next_run_at=due if is_active else None,
        parameters=given.parameters,
    )


def _rule_of(schedule: SCHEDULE_TYPES) -> tuple[str, RuleKind | None, float | None]:
    if isinstance(schedule, CronSchedule):
        return schedule.cron, "cron", None
    if isinstance(schedule, RRuleSchedule):
        return schedule.rrule, "rrule", None
    if isinstance(schedule, IntervalSchedule):
        return str(schedule.interval), "interval", schedule.interval.total_seconds()
    return "", None, None
