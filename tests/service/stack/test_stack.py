from __future__ import annotations

import asyncio
import os
import signal
import socket
import time

import httpx
import pytest
from stack_runs import cancel, process_of, start_run, state_of, wait_for_state

from flows.errors import ConfigurationError
from service.stack import stack

pytestmark = pytest.mark.acceptance


def _load_none(entrypoint):
    raise AssertionError(f"{entrypoint}: nothing is deployed here")


def test_deployments_have_forms_limits_and_switched_off_schedules(start):
    _, url, _ = start()
    found = {d["name"]: d for d in httpx.post(f"{url}/deployments/filter", json={"limit": 10}).json()}
    assert set(found) == {"big", "quick", "deep"}
    big = found["big"]
    assert big["parameter_openapi_schema"]["properties"]["minutes"]["maximum"] == 10
    assert big["parameter_openapi_schema"]["properties"]["topic"]["description"].startswith(
        "Learn words near this one"
    )
    assert big["enforce_parameter_schema"]
    assert (big["global_concurrency_limit"]["limit"], big["concurrency_options"]["collision_strategy"]) == (
        2,
        "ENQUEUE",
    )
    assert big["tags"] == ["learning", "mode:big"]
    assert {(s["slug"], s["active"]) for d in found.values() for s in d["schedules"]} == {
        ("nightly", False),
        ("hourly", False),
        ("weekly", False),
    }
    # liveness is judged by processes and by what they say, not by a rule on the server's clock
    assert httpx.post(f"{url}/automations/filter", json={"limit": 10}).json() == []


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
    processes.wait_until(
        lambda: not processes.named("service.worker") and not processes.named("service.engine"), within_s=6
    )
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


@pytest.mark.scheduled
def test_dead_facade_is_started_again(start, processes, hear):
    process, _, _ = start()
    address = f"{process.facade_url}/health/ready"
    assert httpx.get(address).json()["status"] == "ok"
    os.kill(processes.named("service.stack.web_server")[0], signal.SIGKILL)
    hear(process, "SIGKILL")
    hear(process, "The server is back")
    assert httpx.get(address).json()["status"] == "ok"
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")
    processes.wait_until(lambda: not processes.alive(), within_s=2)


def test_port_in_use_is_one_line_and_the_rest_goes_on(begin, processes, hear):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = begin(LEARN_PORT=str(port))
        assert hear(process, f"use port {port}").endswith(
            "Set LEARN_PORT to another port. Continuing without the dashboard.\n"
        )
        assert hear(process, "facade ").split()[1] == "None"
        url = hear(process, "ready ").split()[1]
        assert httpx.get(f"{url}/health").json() is True
        assert not processes.named("service.stack.web_server")


@pytest.mark.scheduled
def test_dead_server_is_started_again_and_a_new_worker_hears_of_cancellations(
    start, processes, settings, hear
):
    process, url, worker = start(JOB="1")
    job_id = hear(process, "job ").split()[1]
    wait_for_state(url, job_id, "RUNNING")
    time.sleep(2)  # the run renews its slot of the deployment once at its start
    (slot,) = (settings.home / "prefect" / "concurrency_leases").glob("*-*.json")
    os.kill(processes.named("service.stack.prefect_server")[0], signal.SIGKILL)
    hear(process, "server died")
    hear(process, "Started a new worker")
    assert state_of(url, job_id) == "RUNNING"
    # the old one stays for its run
    assert len(processes.named("service.worker")) == 2
    second = start_run(url, "big")
    wait_for_state(url, second, "RUNNING")
    pid = process_of(url, second)
    cancel(url, second)
    wait_for_state(url, second, "CANCELLED", within_s=15)
    assert pid not in processes.alive()
    os.kill(process_of(url, job_id), signal.SIGTERM)
    wait_for_state(url, job_id, "COMPLETED")
    assert not slot.exists(), "the new server knows who has a slot"
    processes.wait_until(
        lambda: worker not in processes.alive() and len(processes.named("service.worker")) == 1, within_s=10
    )
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")
    processes.wait_until(lambda: not processes.alive(), within_s=2)


def test_a_server_that_is_killed_twice_ends_nothing(start, processes, hear):
    process, url, _ = start(JOB="1")
    job_id = hear(process, "job ").split()[1]
    wait_for_state(url, job_id, "RUNNING")
    (first,) = processes.named("service.stack.prefect_server")
    os.kill(first, signal.SIGKILL)

    def successors():
        return [pid for pid in processes.named("service.stack.prefect_server") if pid != first]

    processes.wait_until(successors, within_s=20)
    os.kill(successors()[0], signal.SIGKILL)
    hear(process, "SIGKILL")
    hear(process, "Started a new worker")
    assert state_of(url, job_id) == "RUNNING"
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")
    processes.wait_until(lambda: not processes.alive(), within_s=2)


def test_a_run_whose_worker_dies_while_it_is_pending_is_begun_by_the_next(start, processes, hear):
    process, url, worker = start()
    warm = processes.named("--warm")
    for pid in warm:
        os.kill(pid, signal.SIGSTOP)
    job_id = start_run(url, "big")
    wait_for_state(url, job_id, "PENDING", every_s=0.05)
    os.kill(worker, signal.SIGKILL)
    for pid in processes.named("service.engine"):
        os.kill(pid, signal.SIGKILL)
    hear(process, "is back")
    wait_for_state(url, job_id, "RUNNING", within_s=90)
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")


def test_one_stack_for_each_home(start, settings, monkeypatch):
    start()
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    async def second():
        async with stack.running_stack(settings, say=print, load_flow=_load_none):
            pass

    with pytest.raises(ConfigurationError, match="is already running"):
        asyncio.run(second())


async def test_stack_without_a_server_needs_an_address(settings, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ConfigurationError, match="PREFECT_API_URL is not set"):
        async with stack.running_stack(settings, say=print, load_flow=_load_none, server=False):
            pass
