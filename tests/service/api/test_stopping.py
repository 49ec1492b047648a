"""How a job is stopped, and run again."""

from __future__ import annotations

import asyncio

import pytest
from prefect.states import Cancelled, Completed, Crashed, Failed, Pending, Running

from flows.knowledge import utc_now
from service.orchestration.deployments import deploy
from tests.service.api.job_requests import problem, put, shown, started, with_document

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
        assert (answer.status_code, answer.json()) == (202, {"job_id": str(job_id), "drain": True})
    shown(served, job_id, status="running", is_stopping=True)
    assert served.do(served.store.stop_requested(job_id))


def test_cancel_without_a_body_drains(served):
    job_id = started(served)
    put(job_id, Pending())
    shown(served, job_id, state_name="Pending")
    assert served.post(f"/jobs/{job_id}/cancel").json()["drain"] is True
    assert served.do(served.store.stop_requested(job_id))


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
    problem(served.post(f"/jobs/{job_id}/retry"), 409)
    begun = with_document(served, job_id)
    ended = {"run_status": "failed", "end_reason": "failed", "finished_at": utc_now()}
    served.do(served.store.save_job(begun.model_copy(update=ended)))
    served.do(served.store.request_stop(job_id))
    put(job_id, Running(), Crashed())
    shown(served, job_id, status="failed", state_name="Crashed")
    answer = served.post(f"/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()) == (202, {"job_id": str(job_id)})
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
