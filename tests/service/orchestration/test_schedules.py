"""What a schedule's rule is, as fields."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, NoSchedule, RRuleSchedule

from service.orchestration.flows import OurFlows
from service.orchestration.schedules import Schedules


class PlayedClient:
    """A Prefect with one deployment, `big`, that has these schedules."""

    def __init__(self, *schedules):
        self.flow = SimpleNamespace(id=uuid4(), name="big-learning")
        given = [DeploymentSchedule(schedule=one, active=False) for one in schedules]
        self.deployment = SimpleNamespace(id=uuid4(), flow_id=self.flow.id, paused=False, schedules=given)

    async def ask(self, call):
        return await call(self)

    async def read_deployments(self, **_filters):
        return [self.deployment]

    async def read_flows(self, **_filters):
        return [self.flow]


@pytest.mark.parametrize(
    ("schedule", "rule", "kind", "interval_s"),
    [
        (CronSchedule(cron="0 2 * * *", timezone="Europe/Rome"), "0 2 * * *", "cron", None),
        (RRuleSchedule(rrule="FREQ=DAILY;BYHOUR=2"), "FREQ=DAILY;BYHOUR=2", "rrule", None),
        (IntervalSchedule(interval=timedelta(hours=2, minutes=30)), "2:30:00", "interval", 9_000.0),
        (IntervalSchedule(interval=timedelta(days=1)), "1 day, 0:00:00", "interval", 86_400.0),
        (IntervalSchedule(interval=timedelta(seconds=0.5)), "0:00:00.500000", "interval", 0.5),
        (NoSchedule(), "", None, None),
    ],
)
async def test_a_rule_tells_its_kind_and_an_interval_its_seconds(schedule, rule, kind, interval_s):
    client = PlayedClient(schedule)
    (found,) = await Schedules(client, OurFlows(client)).all()
    assert (found.mode, found.rule, found.rule_kind, found.interval_s) == ("big", rule, kind, interval_s)
