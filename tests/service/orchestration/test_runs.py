from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.responses import SetStateStatus
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.states import Cancelled, Completed, Crashed, Pending, Running

from flows.errors import ConfigurationError, InvalidInput
from flows.knowledge import utc_now
from service.orchestration.deployments.deploy import ZOMBIES, prefect_file
from service.orchestration.liveness import TAKEN_BACK
from service.orchestration.runs import Orchestrator
from tests.service.deploying import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
async def orchestrator():
    async with Orchestrator() as opened:
        yield opened


@pytest.fixture
async def deployments(stand_ins):
    return await deploy(stand_ins)


def test_our_file_names_modules_and_switched_off_schedules():
    found = {d["name"]: d for d in yaml.safe_load(prefect_file().read_text())["deployments"]}
    assert {name: d["entrypoint"] for name, d in found.items()} == {
        m: f"flows.{m}.{m}_learning" for m in ("big", "quick", "deep")
    }
    assert all(
        s["slug"] and s["timezone"] and s["active"] is False for d in found.values() for s in d["schedules"]
    )


async def test_deploying_again_changes_nothing_and_keeps_what_a_person_switched_on(
    stand_ins, deployments, tmp_path
):
    async with get_client() as client:
        before = await client.read_deployment(deployments["big"])
        await client.update_deployment_schedule(before.id, before.schedules[0].id, active=True)
        assert await deploy(stand_ins) == deployments
        again = await client.read_deployment(before.id)
        assert (again.updated, [s.id for s in again.schedules]) == (
            before.updated,
            [s.id for s in before.schedules],
        )
        (tmp_path / "prefect.yaml").write_text(stand_ins.read_text().replace("0 2 * * *", "0 3 * * *"))
        await deploy(tmp_path / "prefect.yaml")
        changed = (await client.read_deployment(before.id)).schedules[0]
        assert (changed.schedule.cron, changed.active) == ("0 3 * * *", True)
        await client.update_deployment_schedule(before.id, changed.id, active=False)


async def test_the_automation_that_judged_by_the_servers_clock_is_taken_away(stand_ins):
    trigger = EventTrigger(expect={"prefect.flow-run.*"}, posture=Posture.Reactive, threshold=1)
    async with get_client() as client:
        await client.create_automation(AutomationCore(name=ZOMBIES, trigger=trigger, actions=[]))
        await deploy(stand_ins)
        assert await client.read_automations_by_name(ZOMBIES) == []


async def test_a_run_that_was_taken_and_not_begun_is_given_to_a_worker_again(orchestrator, deployments):
    job_id = (await orchestrator.start("deep", {})).job_id
    async with get_client() as client:
        await client.set_flow_run_state(job_id, Pending())
        run = await orchestrator.take_back(job_id, "its worker died")
        assert (run.state.type, run.state.name) == ("SCHEDULED", TAKEN_BACK)
        due = await client.get_scheduled_flow_runs_for_work_pool("learning")
        assert job_id in {response.flow_run.id for response in due}
        assert (await client.set_flow_run_state(job_id, Pending())).status == SetStateStatus.ACCEPT


def rewritten(stand_ins, tmp_path, name, **changes):
    """The file with another deployment of this name."""
    document = yaml.safe_load(stand_ins.read_text())
    for wanted in document["deployments"]:
        if wanted["name"] == name:
            wanted.update(changes)
    changed = tmp_path / "prefect.yaml"
    changed.write_text(yaml.safe_dump(document))
    return changed


async def test_parameters_triggers_and_version_of_the_file_reach_prefect(stand_ins, deployments, tmp_path):
    trigger = {
        "type": "event",
        "enabled": True,
        "expect": ["words.wanted"],
        "match": {"prefect.resource.id": "words"},
        "parameters": {"minutes": 1},
    }
    file = rewritten(
        stand_ins, tmp_path, "big", parameters={"topic": "astronomy"}, triggers=[trigger], version="7.1"
    )
    await deploy(file)
    async with get_client() as client:
        found = await client.read_deployment(deployments["big"])
        assert (found.parameters, found.version) == ({"topic": "astronomy"}, "7.1")
        automations = await client.read_resource_related_automations(f"prefect.deployment.{found.id}")
        assert any("words.wanted" in a.trigger.expect for a in automations)
    await deploy(stand_ins)


async def test_what_a_person_changed_in_prefects_ui_stays_until_the_file_changes_it(
    stand_ins, deployments, tmp_path
):
    async with get_client() as client:
        (schedule,) = (await client.read_deployment(deployments["quick"])).schedules
        edited = CronSchedule(cron="45 * * * *", timezone="Europe/Rome")
        await client.update_deployment_schedule(
            deployments["quick"], schedule.id, schedule=edited, active=True
        )
        await deploy(rewritten(stand_ins, tmp_path, "quick", description="another text"))
        changed = await client.read_deployment(deployments["quick"])
        assert changed.description == "another text"
        assert [(s.schedule.cron, s.active) for s in changed.schedules] == [("45 * * * *", True)]
        more = [
            {"slug": "hourly", "cron": "30 * * * *", "timezone": "UTC"},
            {"slug": "daily", "interval": 86400, "active": False},
        ]
        await deploy(
            rewritten(stand_ins, tmp_path, "quick", schedules=[{**more[0], "active": False}, more[1]])
        )
        added = {s.slug: s for s in (await client.read_deployment(deployments["quick"])).schedules}
        assert added["hourly"].schedule.cron == "45 * * * *"
        assert (added["daily"].schedule.interval.days, added["daily"].active) == (1, False)
        for schedule in added.values():
            await client.update_deployment_schedule(deployments["quick"], schedule.id, active=False)
    await deploy(stand_ins)


async def test_a_deployment_that_cannot_be_used_names_itself_and_the_file(stand_ins, deployments, tmp_path):
    file = rewritten(stand_ins, tmp_path, "deep", schedules=[{"slug": "odd", "cron": "not a cron"}])
    with pytest.raises(ConfigurationError, match=r"prefect\.yaml: invalid deployment 'deep'"):
        await deploy(file)


async def test_same_key_starts_one_run(orchestrator, deployments):
    key = str(uuid4())
    first = (await orchestrator.start("big", {"minutes": 1, "topic": None}, idempotency_key=key)).job_id
    assert (await orchestrator.start("big", {"minutes": 1.0}, idempotency_key=key)).job_id == first
    state = (await orchestrator.run(first)).state
    assert (state.status, state.type, state.is_final) == ("queued", "SCHEDULED", False)


async def test_parameters_that_do_not_fit_are_named(orchestrator, deployments):
    with pytest.raises(InvalidInput, match="minutes"):
        await orchestrator.start("big", {"minutes": 11})


async def test_missing_deployment_names_the_way_out(orchestrator, deployments):
    async with get_client() as client:
        await client.delete_deployment(deployments["quick"])
    with pytest.raises(ConfigurationError, match="learn up"):
        await orchestrator.start("quick", {})


async def test_runs_by_id_leave_out_strangers(orchestrator, deployments):
    job_id = (await orchestrator.start("deep", {})).job_id
    assert [run.job_id for run in await orchestrator.runs_by_id([job_id, uuid4()])] == [job_id]
    assert await orchestrator.run(uuid4()) is None


async def test_ended_run_is_run_again_under_its_id(orchestrator, deployments):
    job_id = (await orchestrator.start("deep", {})).job_id
    async with get_client() as client:
        await client.set_flow_run_state(job_id, Running(), force=True)
        with pytest.raises(InvalidInput, match="Only a job that is not running"):
            await orchestrator.retry(job_id)
        await client.set_flow_run_state(job_id, Completed(), force=True)
    await orchestrator.retry(job_id)
    state = (await orchestrator.run(job_id)).state
    assert (state.status, state.name) == ("queued", "AwaitingRetry")


async def test_retry_of_a_stranger_is_refused(orchestrator, deployments):
    with pytest.raises(InvalidInput, match="has no run"):
        await orchestrator.retry(uuid4())


async def test_cancelling_asks_prefect(orchestrator, deployments):
    job_id = (await orchestrator.start("deep", {})).job_id
    async with get_client() as client:
        await client.set_flow_run_state(job_id, Running(), force=True)
    await orchestrator.cancel_now(job_id)
    state = (await orchestrator.run(job_id)).state
    assert state.status == "cancelling"


@pytest.mark.parametrize(("worker", "waits"), [("process", True), ("learning", False)])
async def test_a_retry_waits_for_prefects_own_worker_and_not_for_ours(
    orchestrator, deployments, worker, waits
):
    """The flow says first that it was cancelled; the word of Prefect's worker, a moment later, would end the
    new attempt.
    """
    job_id = (await orchestrator.start("deep", {})).job_id
    async with get_client() as client:
        await client.update_flow_run_labels(job_id, {"prefect.worker.type": worker})
        for state in (Running(), Cancelled(message="Stopped: 20 words learned")):
            await client.set_flow_run_state(job_id, state, force=True)
        retrying = asyncio.create_task(orchestrator.retry(job_id))
        await asyncio.sleep(1.5)
        assert retrying.done() is not waits
        await retrying
    assert (await orchestrator.run(job_id)).state.name == "AwaitingRetry"


@pytest.mark.parametrize("state", [Cancelled(), Crashed(message="gone")])
async def test_a_retry_does_not_wait_until_a_clock_that_was_set_back_has_caught_up(
    orchestrator, deployments, state
):
    run = await orchestrator.start("big", {})
    async with get_client() as client:
        await client.set_flow_run_state(run.job_id, state, force=True)
    async with asyncio.timeout(20), Orchestrator(clock=lambda: utc_now() - timedelta(hours=1)) as behind:
        _, did = await behind.retry(run.job_id)
    assert did == "retried"
