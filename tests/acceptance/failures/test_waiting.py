"""Prefect goes away, its pool is paused, its worker hangs: the row says so, and readers go on."""

from __future__ import annotations

import json
import os
import signal
import time

import httpx
import pytest
from conftest import a_free_port
from house import wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

AWAY_S = float(os.environ.get("TEST_AWAY_S", "30"))
"""Half of it is longer than the 12 s after which a frame comes though nothing is heard."""
"""A minute shows no more than 20 s do, and costs every run of the suite the rest."""
POOL = "learning"


@pytest.fixture
def served(house):
    """The address of a stack's server."""
    port = a_free_port()
    house.learn("up", "--plain", LEARN_PORT=str(port)).hear("Serving", within_s=90)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        yield client


def started(house, served, *arguments):
    run = house.learn("start", *arguments, "--json", LEARN_URL=str(served.base_url))
    assert run.wait(30) == 0, run.text
    return json.loads(run.text)["job_id"]


def row(served, job_id):
    return served.get(f"/jobs/{job_id}").raise_for_status().json()


def pause(house, *, is_paused):
    house.ask_prefect("PATCH", f"work_pools/{POOL}", {"is_paused": is_paused})


def test_while_prefect_is_away_jobs_are_read_and_a_death_shows_soon_after(house, served):
    job_id = started(house, served, "big", "--minutes", "3")
    house.store.learning(20)
    watch = house.learn("watch", job_id, "--json", LEARN_URL=str(served.base_url))
    wait_for(lambda: watch.text, 30, "the first frame")
    (server,) = house.pids("service.stack.prefect_server")
    (process,) = house.pids("service.", job_id)
    os.kill(server, signal.SIGSTOP)
    away_since, frames, stored = time.monotonic(), len(watch.text.splitlines()), house.store.count()
    is_killed = False
    while (away_s := time.monotonic() - away_since) < AWAY_S:
        asked = time.monotonic()
        listed = {job["job_id"]: job for job in served.get("/jobs").raise_for_status().json()["items"]}
        assert time.monotonic() - asked < 2
        assert listed[job_id]["status"] == "running"
        assert listed[job_id]["confirmed_at"]
        assert served.get("/").status_code == 200
        if away_s > AWAY_S / 2 and not is_killed:
            assert len(watch.text.splitlines()) > frames, "no frame came without Prefect"
            assert house.store.count() > stored
            os.kill(process, signal.SIGKILL)
            is_killed = True
        time.sleep(0.5)
    os.kill(server, signal.SIGCONT)
    job = wait_for(lambda: (found := row(served, job_id))["status"] == "failed" and found, 5, "its end")
    assert job["reason"] == {"code": "killed", "params": {"signal": 9}}
    assert watch.wait(10) == 1
    assert json.loads(watch.text.splitlines()[-1])["status"] == "failed"


def test_a_job_says_why_it_waits_in_the_row_the_watch_and_the_doctor(house, served):
    url = str(served.base_url)
    pause(house, is_paused=True)
    job_id = started(house, served, "quick", "tide")
    wait_for(
        lambda: (row(served, job_id)["reason"] or {}).get("code") == "pool_paused", 10, "the paused pool"
    )
    watch = house.learn("watch", job_id, "--plain", LEARN_URL=url)
    watch.hear("is paused", within_s=10)
    doctor = house.learn("doctor", LEARN_URL=url, PREFECT_API_URL=house.api)
    doctor.wait(60)
    assert "paused" in doctor.text
    pause(house, is_paused=False)
    assert watch.wait(60) == 0
    assert row(served, job_id)["reason"] is None

    (worker,) = house.pids("service.worker")
    os.kill(worker, signal.SIGSTOP)
    waiting = started(house, served, "quick", "ebb")
    reason = wait_for(lambda: row(served, waiting)["reason"], 10, "the late run")
    assert reason["code"] in {"late", "starting"}
    os.kill(worker, signal.SIGCONT)
    wait_for(lambda: row(served, waiting)["status"] == "completed", 60, "the job after all")
