from __future__ import annotations

import asyncio
import os
import signal
import time

import httpx
import pytest

from flows.errors import ConfigurationError
from service import stack

pytestmark = pytest.mark.acceptance

UP = """
import asyncio, os, sys
from pathlib import Path
from flows.settings import read_settings
from service import stack
say = lambda text: print(text, flush=True)
async def main():
    async with stack.up(read_settings(), say=say, deployments=Path(sys.path[-1] if False else os.environ["STAND_INS"])) as running:
        say(f"ready {running.api_url} {running.worker.pid}")
        if os.environ.get("JOB"):
            from service import orchestrator
            say(f"job {await orchestrator.start('big', {'minutes': 5})}")
        await running.wait()
    say(f"done interrupted={running.interrupted}")
asyncio.run(main())
"""


@pytest.fixture
def start(processes, stand_ins, hear):
    def go(**environment):
        process = processes.run(UP, STAND_INS=str(stand_ins), **environment)
        _, url, worker = hear(process, "ready ").split()
        return process, url, int(worker)

    return go


def state_of(url, job_id):
    return httpx.get(f"{url}/flow_runs/{job_id}").json()["state"]["type"]


def wait_for_state(url, job_id, *wanted, within_s=30):
    deadline = time.monotonic() + within_s
    while (found := state_of(url, job_id)) not in wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_deployments_have_forms_limits_and_switched_off_schedules(start):
    _, url, _ = start()
    found = {d["name"]: d for d in httpx.post(f"{url}/deployments/filter", json={"limit": 10}).json()}
    assert set(found) == {"big", "quick", "deep"}
    big = found["big"]
    assert big["parameter_openapi_schema"]["properties"]["minutes"]["maximum"] == 10
    assert big["parameter_openapi_schema"]["properties"]["topic"]["description"].startswith("Learn words near this one")
    assert big["enforce_parameter_schema"]
    assert (big["global_concurrency_limit"]["limit"], big["concurrency_options"]["collision_strategy"]) == (2, "ENQUEUE")
    assert big["tags"] == ["learning", "mode:big"]
    assert {(s["slug"], s["active"]) for d in found.values() for s in d["schedules"]} == {("nightly", False), ("hourly", False), ("weekly", False)}
    automations = httpx.post(f"{url}/automations/filter", json={"limit": 10}).json()
    assert [(a["name"], a["enabled"]) for a in automations] == [("learning: runs without a heartbeat", True)]


def test_interrupt_stops_all_and_what_runs_keeps_its_result(start, processes, hear):
    process, url, _ = start(JOB="1")
    job_id = hear(process, "job ").split()[1]
    wait_for_state(url, job_id, "RUNNING")
    time.sleep(1)
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    hear(process, "done interrupted=True")
    assert process.wait(5) == 0
    assert time.monotonic() - started < 10
    assert not processes.alive()


def test_second_interrupt_does_not_wait(start, processes, hear):
    process, url, _ = start(JOB="1")
    job_id = hear(process, "job ").split()[1]
    wait_for_state(url, job_id, "RUNNING")
    for pid in processes.named("service.engine"):
        os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    hear(process, "done")
    assert time.monotonic() - started < 5
    processes.wait_until(lambda: not processes.alive(), within_s=2)


def test_kill_of_the_parent_leaves_nothing(start, processes, hear):
    process, url, _ = start(JOB="1")
    job_id = hear(process, "job ").split()[1]
    wait_for_state(url, job_id, "RUNNING")
    time.sleep(1)
    os.kill(process.pid, signal.SIGKILL)
    processes.wait_until(lambda: not processes.named("service.worker") and not processes.named("service.engine"), within_s=6)
    assert state_of(url, job_id) == "COMPLETED"
    processes.wait_until(lambda: not processes.alive(), within_s=12)


def test_dead_worker_is_started_again_and_its_run_goes_on(start, processes, hear):
    process, url, worker = start(JOB="1")
    job_id = hear(process, "job ").split()[1]
    wait_for_state(url, job_id, "RUNNING")
    os.kill(worker, signal.SIGKILL)
    hear(process, "SIGKILL")
    hear(process, "is back")
    assert state_of(url, job_id) == "RUNNING"
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")
    processes.wait_until(lambda: not processes.alive(), within_s=2)


def test_dead_server_is_started_again(start, processes, hear):
    process, url, _ = start()
    os.kill(processes.named("service.server")[0], signal.SIGKILL)
    hear(process, "server ended")
    processes.wait_until(lambda: _answers(url), within_s=20)


def test_one_stack_for_each_home(start, settings, monkeypatch):
    start()
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    async def second():
        async with stack.up(settings, say=print):
            pass

    with pytest.raises(ConfigurationError, match="runs already"):
        asyncio.run(second())


async def test_stack_without_a_server_needs_an_address(settings, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ConfigurationError, match="PREFECT_API_URL is not set"):
        async with stack.up(settings, say=print, server=False):
            pass


def _answers(url):
    try:
        return httpx.get(f"{url}/health", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
