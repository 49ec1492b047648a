"""One command, one job, one Ctrl-C: what a person does first."""

from __future__ import annotations

import json
import signal
import time

import pytest
from house import agrees, wait_for

pytestmark = pytest.mark.acceptance


def test_stack_with_one_big_job_ends_in_time_and_stops_without_a_trace(house):
    up = house.learn("up", "--run", "big", "--minutes", "0.2", "--plain")
    up.hear("Serving:", within_s=120)
    (job,) = house.store.jobs()
    assert (job["status"], job["end_reason"], job["errors"]) == ("completed", "time limit", [])
    assert 10 < job["active_seconds"] <= 14
    state = house.state_type(
        job["job_id"], "COMPLETED", within_s=5
    )  # the document is first, Prefect a moment later
    assert state["message"].startswith("time limit")
    run = house.prefect(f"flow_runs/{job['job_id']}")
    assert (
        run["total_run_time"] <= 12 + 2 + 1.5
    )  # what Prefect's engine does before and after is no part of the job
    assert {"learning", "mode:big"} <= set(run["tags"])
    rows = house.store.sound()
    assert len(rows.entries) == job["counts"]["stored"] > 0
    assert f"{job['counts']['stored']:,} words learned" in up.text
    _tells_the_story(house, job)
    started = time.monotonic()
    up.send(signal.SIGINT)
    assert up.wait(10) == 0
    house.empty(within_s=10 - (time.monotonic() - started))
    assert "Stopped." in up.text


@pytest.mark.scheduled
def test_interrupt_in_the_middle_of_the_stacks_job_keeps_it_and_says_what_came_of_it(house):
    up = house.learn("up", "--run", "big", "--minutes", "1", "--plain")
    job_id = house.store.learning(at_least=100, within_s=120)
    up.send(signal.SIGINT)
    assert up.wait(12) == 130
    house.empty(within_s=2)
    job = house.store.job(job_id)
    # nobody wanted the job to end: its worker was stopped, and a retry goes on
    assert (job["status"], job["end_reason"]) == ("failed", "worker stopped")
    assert f"Stopped: {job['counts']['stored']:,} words learned" in up.text
    house.store.sound().close()


def _tells_the_story(house, job):
    """What Prefect's page of the run shows: stages by name, a progress artifact, the summary."""
    only = {"flow_runs": {"id": {"any_": [job["job_id"]]}}}
    artifacts = {
        a["type"]: a
        for a in house.prefect(
            "artifacts/filter", artifacts={"flow_run_id": {"any_": [job["job_id"]]}}, limit=200
        )
    }
    assert artifacts.keys() >= {"progress", "markdown", "table"}
    assert artifacts["progress"]["data"] == 100
    assert f"# {job['counts']['stored']:,} words learned" in artifacts["markdown"]["data"]
    recorded = wait_for(
        lambda: (
            len(found := house.prefect("task_runs/filter", limit=200, **only)) > 10
            and {task["state_type"] for task in found} == {"COMPLETED"}
            and found
        ),
        5,
        "task runs that are completed",
    )
    assert {name.split(" ")[0] for name in (task["name"] for task in recorded)} == {
        "propose",
        "research",
        "synthesize",
        "enrich",
    }


def test_interrupt_half_way_drains(stack, own_store):
    run = stack.learn("run", "big", "--minutes", "0.5", "--plain", store=own_store)
    job_id = run.store.learning(at_least=200)
    before = run.store.count()
    run.send(signal.SIGINT)
    assert run.wait(10) == 130
    job = run.store.job(job_id)
    assert (job["status"], job["end_reason"], job["errors"]) == ("completed", "stopped", [])
    rows = run.store.sound()
    assert len(rows.entries) >= before
    in_flight = [b for b in rows.batches if any(o["reason"] for o in b["outcomes"])]
    assert not in_flight  # what was in flight was finished, not given up
    assert "stopped" in run.text.lower()
    agrees(stack, job)


def test_second_interrupt_abandons_what_is_in_flight(stack, own_store):
    run = stack.learn("run", "big", "--minutes", "0.5", "--json", store=own_store)
    job_id = run.store.learning(at_least=100)
    with run.store.locked():
        # no batch can be stored, so those in flight are not finished
        before = run.store.count()
        run.send(signal.SIGINT)
        time.sleep(1)
        assert run.process.poll() is None
        run.send(signal.SIGINT)
        time.sleep(1.5)
    assert run.wait(5) == 130
    job = run.store.job(job_id)
    assert (job["status"], job["end_reason"]) == ("completed", "stopped")
    assert run.store.count() == before
    assert json.loads(run.text)["counts"] == job["counts"]
    run.store.sound().close()
    agrees(stack, job)


def test_stop_that_is_asked_for_before_the_job_begins_is_heard(stack):
    job_id = stack.start("big", minutes=1)
    stack.store.write("INSERT INTO job_stops VALUES (?)", job_id)
    stack.state_type(job_id, "COMPLETED", within_s=30)
    job = stack.store.job(job_id)
    assert (job["status"], job["end_reason"]) == ("completed", "stopped")
    assert job["active_seconds"] < 10
    stack.store.sound().close()
