from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import get_client

from tests.service.deploying import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    return serve(is_alone=False)


def in_prefect(name):
    async def read():
        async with get_client() as client:
            return await client.read_deployment_by_name(f"{name}-learning/{name}")

    return asyncio.run(read())


def test_schedules_are_those_of_our_deployments_switched_off_at_first(served):
    shown = served.get("/schedules").json()["items"]
    assert {(s["rule_kind"], s["interval_s"]) for s in shown} == {("cron", None)}
    assert [(s["mode"], s["slug"], s["rule"], s["timezone"]) for s in shown] == [
        ("big", "nightly", "0 2 * * *", "UTC"),
        ("quick", "hourly", "30 * * * *", "UTC"),
        ("deep", "weekly", "0 4 * * 0", "UTC"),
    ]
    assert all(s["next_run_at"] is None for s in shown if not s["is_active"])


def test_schedule_is_resumed_and_paused_in_prefect_again_and_again(served):
    schedule = next(s for s in served.get("/schedules").json()["items"] if s["slug"] == "weekly")
    for is_active, word in ((True, "resume"), (True, "resume"), (False, "pause"), (False, "pause")):
        answer = served.post(f"/schedules/{schedule['id']}/{word}")
        assert (answer.status_code, answer.json()["is_active"]) == (200, is_active)
        assert in_prefect("deep").schedules[0].active is is_active
        listed = {s["slug"]: s["is_active"] for s in served.get("/schedules").json()["items"]}
        assert listed["weekly"] is is_active


def test_a_schedule_keeps_its_parameters_when_it_is_resumed_and_paused(served):
    schedule = next(s for s in served.get("/schedules").json()["items"] if s["slug"] == "nightly")
    about = {"active": False, "parameters": {"minutes": 3}}

    async def put(**changes):
        async with get_client() as client:
            await client.update_deployment_schedule(in_big.id, UUID(schedule["id"]), **changes)

    in_big = in_prefect("big")
    asyncio.run(put(**about))
    for word in ("resume", "pause"):
        assert served.post(f"/schedules/{schedule['id']}/{word}").status_code == 200
        assert in_prefect("big").schedules[0].parameters == {"minutes": 3}
    asyncio.run(put(active=False, parameters={}))


def test_resuming_wakes_a_deployment_that_was_paused_as_a_whole(served):
    deployment = in_prefect("big")

    async def pause():
        async with get_client() as client:
            await client.update_deployment_schedule(deployment.id, deployment.schedules[0].id, active=True)
            await client.pause_deployment(deployment.id)

    asyncio.run(pause())
    schedule_id = deployment.schedules[0].id
    assert not next(s for s in served.get("/schedules").json()["items"] if s["id"] == str(schedule_id))[
        "is_active"
    ]
    assert served.post(f"/schedules/{schedule_id}/resume").json()["is_active"]
    assert not in_prefect("big").paused
    served.post(f"/schedules/{schedule_id}/pause")


def test_unknown_schedule_is_404(served):
    for word in ("pause", "resume"):
        assert served.post(f"/schedules/{uuid4()}/{word}").status_code == 404
        assert served.post(f"/schedules/x/{word}").status_code == 404


def test_without_prefect_it_is_503(serve):
    alone = serve()
    for answer in (alone.get("/schedules"), alone.post(f"/schedules/{uuid4()}/pause")):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
