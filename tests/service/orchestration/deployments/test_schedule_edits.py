"""Edits of a schedule in the file reach Prefect; what a person changed there is left alone."""

from __future__ import annotations

from uuid import uuid4

import pytest
import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, VariableUpdate
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

from flows.errors import ConfigurationError
from service.orchestration.deployments.deploy import APPLIED, deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]

HOURLY = {"slug": "hourly", "cron": "30 * * * *", "timezone": "UTC", "active": False}


class Edited:
    """A deployment of its own, with a file that the test edits."""

    def __init__(self, client, file):
        self.client = client
        self.file = file
        self.name = f"edited-{uuid4()}"
        self.id = None

    async def deploy(self, *schedules, **about):
        wanted = {
            "name": self.name,
            "entrypoint": "stand_in_flows.big_learning",
            "work_pool": {"name": "learning"},
            "schedules": list(schedules),
        }
        self.file.write_text(yaml.safe_dump({"deployments": [wanted | about]}))
        done = await deploy(load_flow_from_entrypoint, self.file)
        self.id = done.ids[self.name]
        return [(left.slug, left.reason) for left in done.left]

    async def schedules(self):
        found = (await self.client.read_deployment(self.id)).schedules
        return {schedule.slug: schedule for schedule in found}

    async def one(self, slug="hourly"):
        return (await self.schedules())[slug]

    async def change(self, slug="hourly", **changes):
        """Change a schedule as a person does in Prefect's pages or in the dashboard."""
        found = (await self.schedules())[slug]
        await self.client.update_deployment_schedule(self.id, found.id, **changes)


@pytest.fixture
async def edited(stand_ins, tmp_path):
    async with get_client() as client:
        found = Edited(client, tmp_path / "prefect.yaml")
        yield found
        if found.id is not None:
            await client.delete_deployment(found.id)


EDITS = [
    ("parameters", {"minutes": 5}, {"minutes": 5}),
    ("max_scheduled_runs", 3, 3),
    ("active", True, True),
]


@pytest.mark.parametrize(("field", "value", "expected"), EDITS)
async def test_an_edit_in_the_file_is_applied(edited, field, value, expected):
    await edited.deploy(HOURLY)
    await edited.deploy({**HOURLY, field: value})
    assert getattr(await edited.one(), field) == expected


@pytest.mark.parametrize(("field", "value", "expected"), EDITS)
async def test_an_edit_that_is_taken_out_of_the_file_is_undone(edited, field, value, expected):
    await edited.deploy({**HOURLY, field: value})
    assert getattr(await edited.one(), field) == expected
    await edited.deploy(HOURLY)
    before = {"parameters": {}, "max_scheduled_runs": None, "active": False}
    assert getattr(await edited.one(), field) == before[field]


async def test_an_edit_leaves_alone_what_a_person_changed_elsewhere_in_the_schedule(edited):
    await edited.deploy({**HOURLY, "max_scheduled_runs": 3})
    await edited.change(active=True, schedule=CronSchedule(cron="45 * * * *", timezone="Europe/Rome"))
    await edited.deploy({**HOURLY, "parameters": {"minutes": 5}}, description="another text")
    found = await edited.one()
    assert (found.schedule.cron, found.active, found.parameters) == ("45 * * * *", True, {"minutes": 5})
    assert found.max_scheduled_runs is None
    await edited.deploy({**HOURLY, "cron": "15 * * * *"})
    found = await edited.one()
    assert (found.schedule.cron, found.active, found.parameters) == ("15 * * * *", True, {})


@pytest.mark.parametrize(
    "step", ["create_deployment_schedules", "delete_deployment_schedule", "update_deployment_schedule"]
)
async def test_a_limit_is_taken_away_though_prefect_fails_in_between(edited, monkeypatch, step):
    wanted = {**HOURLY, "active": True, "parameters": {"minutes": 5}}
    await edited.deploy({**wanted, "max_scheduled_runs": 3})
    await edited.change(active=False, parameters={"minutes": 5})

    async def fails(*_, **__):
        raise RuntimeError("Prefect went away")

    with monkeypatch.context() as patched:
        patched.setattr(PrefectClient, step, fails)
        with pytest.raises(RuntimeError, match="went away"):
            await edited.deploy(wanted)
    await edited.deploy(wanted)
    ((slug, found),) = (await edited.schedules()).items()
    assert (slug, found.active, found.max_scheduled_runs) == ("hourly", False, None)
    assert found.parameters == {"minutes": 5}


async def test_an_old_schedule_that_cannot_be_deleted_gets_no_active_twin(edited, monkeypatch):
    await edited.deploy({**HOURLY, "active": True, "max_scheduled_runs": 3})
    before = await edited.one()
    delete = PrefectClient.delete_deployment_schedule

    async def fails_for_the_old(client, deployment_id, schedule_id):
        if schedule_id == before.id:
            raise RuntimeError("Prefect went away")
        await delete(client, deployment_id, schedule_id)

    with monkeypatch.context() as patched:
        patched.setattr(PrefectClient, "delete_deployment_schedule", fails_for_the_old)
        with pytest.raises(RuntimeError, match="went away"):
            await edited.deploy({**HOURLY, "active": True})
    assert [(slug, found.id) for slug, found in (await edited.schedules()).items()] == [("hourly", before.id)]


@pytest.mark.parametrize("wanted", [(), ({**HOURLY, "slug": "each-hour", "replaces": "hourly"},)])
async def test_what_an_interrupted_edit_left_goes_with_its_schedule(edited, monkeypatch, wanted):
    await edited.deploy({**HOURLY, "max_scheduled_runs": 3})

    async def fails(*_, **__):
        raise RuntimeError("Prefect went away")

    with monkeypatch.context() as patched:
        patched.setattr(PrefectClient, "update_deployment_schedule", fails)
        with pytest.raises(RuntimeError, match="went away"):
            await edited.deploy(HOURLY)
    await edited.deploy(*wanted)
    assert set(await edited.schedules()) == {schedule["slug"] for schedule in wanted}


SCHEDULES = [
    HOURLY,
    {"slug": "hourly", "cron": "0 2 * * *"},
    {"slug": "hourly", "interval": 3600, "parameters": {"minutes": 2, "topic": "moss"}},
    {
        "slug": "hourly",
        "interval": 3600,
        "anchor_date": "2026-01-01T00:00:00+00:00",
        "timezone": "Asia/Tokyo",
    },
    {"slug": "hourly", "rrule": "FREQ=DAILY;BYHOUR=2", "max_scheduled_runs": 2},
]


@pytest.mark.parametrize("schedule", SCHEDULES)
async def test_a_schedule_that_is_removed_from_the_file_goes_away(edited, schedule):
    await edited.deploy(schedule, {**HOURLY, "slug": "other"})
    assert await edited.deploy({**HOURLY, "slug": "other"}) == []
    assert set(await edited.schedules()) == {"other"}
    assert await edited.deploy() == []
    assert await edited.schedules() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"active": True},
        {"parameters": {"minutes": 3}},
        {"max_scheduled_runs": 4},
        {"schedule": CronSchedule(cron="45 * * * *", timezone="UTC")},
    ],
)
async def test_a_removed_schedule_that_a_person_changed_stays_and_that_is_said_once(edited, change):
    await edited.deploy(HOURLY)
    await edited.change(**change)
    assert await edited.deploy() == [("hourly", "changed")]
    assert await edited.deploy() == []
    assert set(await edited.schedules()) == {"hourly"}


async def test_a_renamed_schedule_takes_the_place_of_the_old_one(edited):
    await edited.deploy(HOURLY)
    await edited.deploy({**HOURLY, "slug": "each-hour"})
    assert set(await edited.schedules()) == {"each-hour"}


async def test_a_schedule_that_replaces_another_keeps_what_a_person_changed(edited):
    await edited.deploy(HOURLY)
    before = await edited.one()
    await edited.change(active=True)
    renamed = {**HOURLY, "slug": "each-hour", "replaces": "hourly", "parameters": {"minutes": 5}}
    for _ in range(2):
        assert await edited.deploy(renamed) == []
        ((slug, found),) = (await edited.schedules()).items()
        assert (slug, found.id, found.active, found.parameters) == (
            "each-hour",
            before.id,
            True,
            {"minutes": 5},
        )


async def test_a_schedule_that_a_person_deleted_comes_back_only_with_an_edit(edited):
    await edited.deploy(HOURLY)
    await edited.client.delete_deployment_schedule(edited.id, (await edited.one()).id)
    await edited.deploy(HOURLY, description="another text")
    assert await edited.schedules() == {}
    await edited.deploy({**HOURLY, "cron": "15 * * * *"})
    assert (await edited.one()).schedule.cron == "15 * * * *"


async def test_a_persons_own_schedule_is_no_concern_of_the_file(edited):
    await edited.deploy(HOURLY)
    own = DeploymentScheduleCreate(schedule=CronSchedule(cron="1 1 * * *", timezone="UTC"), active=False)
    await edited.client.create_deployment_schedules(edited.id, [own])
    await edited.deploy(HOURLY, description="another text")
    assert set(await edited.schedules()) == {"hourly", None}
    await edited.deploy()
    assert set(await edited.schedules()) == {None}


async def test_stamps_of_an_earlier_version_are_read(edited):
    """They tell only whether something in a schedule changed in the file."""
    await edited.deploy(HOURLY, {**HOURLY, "slug": "gone"})
    await edited.change(active=True, schedule=CronSchedule(cron="45 * * * *", timezone="UTC"))
    stamps = (await edited.client.read_variable_by_name(APPLIED)).value
    stamps[edited.name] |= {"hourly": "7611be38c44e", "gone": "000000000000"}

    async def put_back():
        await edited.client.update_variable(VariableUpdate(name=APPLIED, value=stamps, tags=[]))

    await put_back()
    assert await edited.deploy(HOURLY) == [("gone", "unrecorded")]
    assert (await edited.one()).schedule.cron == "45 * * * *"
    await put_back()
    await edited.deploy({**HOURLY, "cron": "15 * * * *"})
    found = await edited.one()
    assert (found.schedule.cron, found.active) == ("15 * * * *", True)


@pytest.mark.parametrize(
    "schedules",
    [
        [{"cron": "0 2 * * *"}],
        [HOURLY, HOURLY],
        ["hourly"],
        [{**HOURLY, "max_scheduled_runs": "many"}],
    ],
)
async def test_a_schedule_that_cannot_be_used_is_named_with_its_deployment(edited, schedules):
    with pytest.raises(ConfigurationError, match=f"prefect.yaml: invalid deployment '{edited.name}'"):
        await edited.deploy(*schedules)
