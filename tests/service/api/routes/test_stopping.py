"""How a job is stopped, and run again."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.states import (
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    Paused,
    Pending,
    Running,
    Scheduled,
    Submitting,
)

from flows.knowledge import ProcessMark, utc_now
from flows.own_machine import machine
from service.orchestration import runs
from service.orchestration.types import Taken, taken_labels
from tests.service.api.job_requests import problem, put, shown, started, with_document
from tests.service.deploying import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    return serve(is_alone=False, starts_burst=500, total_starts_burst=500)


def test_drain_raises_the_flag_once_and_leaves_the_run_to_finish(served):
    job_id = started(served)
    with_document(served, job_id)
    put(job_id, Running())
    shown(served, job_id, status="running")
    for _ in range(2):
        answer = served.post(f"/jobs/{job_id}/cancel", json={"drain": True})
        told = {"job_id": str(job_id), "drain": True, "did": "draining"}
        assert (answer.status_code, answer.json()) == (202, told)
    shown(served, job_id, status="running", is_stopping=True)
    assert served.do(served.store.stop_requested(job_id))


def test_cancel_without_a_body_drains(served):
    job_id = started(served)
    put(job_id, Running())
    shown(served, job_id, status="running")
    assert served.post(f"/jobs/{job_id}/cancel").json()["drain"] is True
    assert served.do(served.store.stop_requested(job_id))


STATES = {
    "scheduled": (Scheduled(),),
    "awaiting a retry": (Running(), AwaitingRetry(scheduled_time=utc_now() + timedelta(hours=1))),
    "pending": (Pending(),),
    "submitting": (Pending(), Submitting()),
    "running": (Running(),),
    "paused": (Running(), Paused()),
    "cancelling": (Running(), Cancelling()),
}
DEAD = ProcessMark(machine=machine(), pid=os.getpid(), started="another")


@pytest.mark.parametrize(
    ("state", "drained", "cancelled", "retried"),
    [
        ("scheduled", "cancelled", "cancelled", "rescheduled"),
        ("awaiting a retry", "cancelled", "cancelled", "rescheduled"),
        ("pending", "cancelling", "cancelling", "rescheduled"),
        ("submitting", "cancelling", "cancelling", "rescheduled"),
        ("running", "draining", "cancelling", 409),
        ("paused", "cancelling", "cancelling", 409),
        ("cancelling", "cancelling", "cancelling", 409),
    ],
)
def test_every_action_acts_in_every_state_and_says_what_it_did(  # noqa: PLR0917
    served, monkeypatch, state, drained, cancelled, retried
):
    monkeypatch.setattr(runs, "STOPPING", timedelta(seconds=1))
    actions = (
        ("cancel", {"drain": True}, drained),
        ("cancel", {"drain": False}, cancelled),
        ("retry", None, retried),
    )
    for action, body, expected in actions:
        job_id = started(served)
        if "Running" in {each.name for each in STATES[state]}:
            with_document(served, job_id)
        put(job_id, *STATES[state])
        shown(served, job_id, state_name=STATES[state][-1].name)
        answer = served.post(f"/jobs/{job_id}/{action}", json=body)
        if expected == 409:
            problem(answer, 409, "job_id")
        else:
            assert (answer.status_code, answer.json().get("did")) == (202, expected), (action, answer.text)


@pytest.mark.parametrize(("action", "status"), [("cancel", "cancelled"), ("retry", "queued")])
def test_what_a_dead_worker_took_can_be_cancelled_and_retried_at_once(served, action, status):
    job_id = started(served)
    label_as_taken(job_id, DEAD)
    put(job_id, Pending())
    assert served.post(f"/jobs/{job_id}/{action}").status_code == 202
    assert served.get(f"/jobs/{job_id}").json()["status"] == status


def label_as_taken(job_id, worker):
    async def tell():
        async with get_client() as client:
            run = await client.read_flow_run(job_id)
            await client.update_flow_run_labels(
                job_id, taken_labels(Taken(after=run.state.id, worker=worker))
            )

    asyncio.run(tell())


def test_cancel_now_goes_to_prefect_and_asking_again_changes_nothing(served):
    job_id = started(served)
    put(job_id, Running())
    shown(served, job_id, status="running")
    for _ in range(2):
        assert served.post(f"/jobs/{job_id}/cancel", json={"drain": False}).status_code == 202
        assert served.get(f"/jobs/{job_id}").json()["status"] == "cancelling"
    # a drain comes too late to change that
    assert served.post(f"/jobs/{job_id}/cancel").status_code == 202
    assert not served.do(served.store.stop_requested(job_id))


def test_job_that_waits_is_cancelled_at_once_either_way(served):
    for body in ({"drain": True}, {"drain": False}):
        job_id = started(served)
        assert served.post(f"/jobs/{job_id}/cancel", json=body).status_code == 202
        assert served.get(f"/jobs/{job_id}").json()["status"] == "cancelled"


def test_ended_job_cannot_be_stopped(served):
    job_id = started(served)
    for state, status in ((Completed(), "completed"), (Crashed(), "failed"), (Cancelled(), "cancelled")):
        put(job_id, Running(), state)
        shown(served, job_id, status=status)
        document = problem(served.post(f"/jobs/{job_id}/cancel"), 409, "job_id")
        assert status in document["detail"]


def test_failed_job_goes_on_under_its_id_with_the_flag_down(served):
    job_id = started(served)
    begun = with_document(served, job_id)
    ended = {"run_status": "failed", "end_reason": "failed", "finished_at": utc_now()}
    served.do(served.store.save_job(begun.model_copy(update=ended)))
    served.do(served.store.request_stop(job_id))
    put(job_id, Running(), Crashed())
    shown(served, job_id, status="failed", state_name="Crashed")
    answer = served.post(f"/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()) == (202, {"job_id": str(job_id), "did": "retried"})
    assert not served.do(served.store.stop_requested(job_id))
    found = served.get(f"/jobs/{job_id}").json()
    assert (found["status"], found["state_name"]) == ("queued", "AwaitingRetry"), "at once"
    put(job_id, Running(), Completed())
    shown(served, job_id, state_name="Completed")
    problem(served.post(f"/jobs/{job_id}/retry"), 409)


@pytest.mark.parametrize("error_code", ["unknown_topic", "invalid_input"])
def test_job_that_failed_by_its_own_parameters_is_not_run_again(served, error_code):
    job_id = started(served)
    begun = with_document(served, job_id)
    put(job_id, Running())
    ended = {
        "run_status": "failed",
        "end_reason": "failed",
        "finished_at": utc_now(),
        "error_code": error_code,
    }
    served.do(served.store.save_job(begun.model_copy(update=ended)))
    put(job_id, Failed())
    shown(served, job_id, status="failed", error_code=error_code)
    served.do(served.store.request_stop(job_id))
    document = problem(served.post(f"/jobs/{job_id}/retry"), 409, "job_id")
    (error,) = document["errors"]
    assert (error["code"], error["params"]) == ("must_fail_again", {"error_code": error_code, "mode": "big"})
    assert "other parameters" in error["remedy"]
    assert served.get(f"/jobs/{job_id}").json()["status"] == "failed", "and nothing was begun"
    assert served.do(served.store.stop_requested(job_id)), "nor changed"


def deleted(job_id):
    async def delete():
        async with get_client() as client:
            await client.delete_flow_run(job_id)

    asyncio.run(delete())


def test_a_job_whose_run_was_deleted_ends_and_says_what_to_do(served):
    job_id = started(served)
    with_document(served, job_id, process=ProcessMark(machine="another", pid=1, started="1"))
    put(job_id, Running())
    shown(served, job_id, status="running")
    deleted(job_id)
    served.resources.projector._repair.is_alive = lambda _: False
    found = shown(served, job_id, status="failed")
    assert found["reason"] == {"code": "run_deleted", "params": {}}
    assert "no longer knows its run" in found["errors"][-1]
    document = problem(served.post(f"/jobs/{job_id}/retry"), 409, "job_id")
    (error,) = document["errors"]
    assert error["code"] == "run_deleted"
    assert "new job" in error["remedy"]


@pytest.fixture
def unwatch(served, monkeypatch):
    """From the call on, nobody but the requests looks at jobs."""
    repair = served.resources.projector._repair

    async def nothing(**_):
        pass

    def stop():
        for name in ("compare_runs", "look_at_processes"):
            monkeypatch.setattr(repair, name, nothing)
        # a comparison that has begun is over
        served.do(served.resources.projector.look_at(uuid4()))
        return repair

    return stop


def test_a_job_at_work_whose_run_was_deleted_can_only_be_drained(served, unwatch):
    job_id = started(served)
    with_document(served, job_id, process=ProcessMark(machine="another", pid=1, started="1"))
    put(job_id, Running())
    shown(served, job_id, status="running")
    repair = unwatch()
    deleted(job_id)
    document = problem(served.post(f"/jobs/{job_id}/cancel", json={"drain": False}), 409, "job_id")
    (error,) = document["errors"]
    assert error["code"] == "run_deleted"
    assert '{"drain": true}' in error["remedy"]
    assert not served.do(served.store.stop_requested(job_id))
    assert served.post(f"/jobs/{job_id}/cancel").json()["did"] == "draining"
    assert served.do(served.store.stop_requested(job_id))
    repair.is_alive = lambda _: False
    answer = served.post(f"/jobs/{job_id}/cancel", json={"drain": False})
    assert (answer.status_code, answer.json()["did"]) == (202, "ended")
    shown(served, job_id, status="cancelled", reason={"code": "run_deleted", "params": {}})


def test_a_paused_job_whose_run_was_deleted_is_drained(served, unwatch):
    job_id = started(served)
    with_document(served, job_id, process=ProcessMark(machine="another", pid=1, started="1"))
    put(job_id, Running(), Paused())
    shown(served, job_id, state_name="Paused")
    unwatch()
    deleted(job_id)
    assert served.post(f"/jobs/{job_id}/cancel").json()["did"] == "draining"
    assert served.do(served.store.stop_requested(job_id))


@pytest.mark.parametrize("drain", [True, False])
def test_a_waiting_job_whose_run_was_deleted_is_cancelled_at_once(served, unwatch, drain):
    job_id = started(served)
    unwatch()
    deleted(job_id)
    answer = served.post(f"/jobs/{job_id}/cancel", json={"drain": drain})
    assert (answer.status_code, answer.json()["did"]) == (202, "cancelled")
    assert "no longer knows its run" in served.get(f"/jobs/{job_id}").json()["errors"][-1]
    assert served.get(f"/jobs/{job_id}").json()["status"] == "cancelled"
