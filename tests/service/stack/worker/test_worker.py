from __future__ import annotations

import os
import signal
import time

import httpx
import pytest
from stack_runs import cancel, process_of, retry, start_run, state_of, told, wait_for_state

from service.orchestration.types import exit_code_of

pytestmark = pytest.mark.acceptance


def logged(settings, text):
    return [line for line in (settings.home / "logs" / "worker.log").read_text().splitlines() if text in line]


def test_runs_take_processes_that_are_ready_and_are_cancelled_and_called_crashed_as_ever(
    start, processes, settings, hear
):
    process, url, _ = start()
    processes.wait_until(lambda: logged(settings, "is ready for the next run"), within_s=30)
    (warm,) = processes.named("--warm")
    first = start_run(url, "big")
    wait_for_state(url, first, "RUNNING")
    assert process_of(url, first) == warm

    processes.wait_until(lambda: len(logged(settings, "is ready for the next run")) > 1, within_s=30)
    second = start_run(url, "big")
    wait_for_state(url, second, "RUNNING")
    pid = process_of(url, second)
    assert pid != warm
    cancel(url, second)
    wait_for_state(url, second, "CANCELLED", within_s=15)
    assert pid not in processes.alive()
    assert state_of(url, first) == "RUNNING"

    os.kill(warm, signal.SIGKILL)
    wait_for_state(url, first, "CRASHED", within_s=15)

    # not the command of our engine: started in the ordinary way
    third = start_run(url, "big", job_variables={"command": "python -m prefect.engine"})
    wait_for_state(url, third, "RUNNING")
    assert "prefect.engine" in processes.alive()[process_of(url, third)]
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")
    processes.wait_until(lambda: not processes.alive(), within_s=2)


@pytest.mark.scheduled
def test_runs_that_are_cancelled_before_they_run_are_over_soon_and_leave_no_process(start, processes):
    process, url, _ = start()
    seen = set()
    for delay in (0, 0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8):
        job_id = start_run(url, "big")
        wait_for_state(url, job_id, "PENDING", "RUNNING", every_s=0.01)
        time.sleep(delay)
        seen.add(state_of(url, job_id))
        cancel(url, job_id)
        wait_for_state(url, job_id, "CANCELLED", within_s=10)
        # a run that was cancelled before it had a process has none
        pid = told(url, job_id)
        processes.wait_until(lambda ended=pid: ended not in processes.alive(), within_s=2)
    assert "PENDING" in seen
    os.kill(process.pid, signal.SIGTERM)
    processes.wait_until(lambda: not processes.alive(), within_s=10)


def test_a_worker_that_dies_takes_its_warm_processes_along(start, processes, settings, hear):
    process, _, worker = start()
    processes.wait_until(lambda: logged(settings, "is ready for the next run"), within_s=30)
    (warm,) = processes.named("--warm")
    os.kill(worker, signal.SIGKILL)
    processes.wait_until(lambda: warm not in processes.alive(), within_s=5)
    hear(process, "is back")


def test_a_killed_run_carries_its_exit_code_and_a_retry_of_it_is_not_cancelled_again(start, processes, hear):
    process, url, _ = start()
    job_id = start_run(url, "big")
    wait_for_state(url, job_id, "RUNNING")
    cancel(url, job_id)
    wait_for_state(url, job_id, "CANCELLED")
    retry(url, job_id)
    wait_for_state(url, job_id, "RUNNING")
    time.sleep(3)
    assert state_of(url, job_id) == "RUNNING", "what was told of the first attempt does not end the second"
    os.kill(process_of(url, job_id), signal.SIGKILL)
    wait_for_state(url, job_id, "CRASHED", within_s=15)
    run = httpx.get(f"{url}/flow_runs/{job_id}").json()
    assert exit_code_of(run["labels"], run["run_count"]) == -signal.SIGKILL
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")


def test_a_worker_that_is_replaced_still_tells_how_its_runs_end(start, processes, hear):
    process, url, worker = start()
    job_id = start_run(url, "big")
    wait_for_state(url, job_id, "RUNNING")
    # as the stack does after Prefect's server was away
    os.kill(worker, signal.SIGUSR1)
    time.sleep(1)
    os.kill(process_of(url, job_id), signal.SIGKILL)
    wait_for_state(url, job_id, "CRASHED", within_s=15)
    run = httpx.get(f"{url}/flow_runs/{job_id}").json()
    assert exit_code_of(run["labels"], run["run_count"]) == -signal.SIGKILL
    processes.wait_until(lambda: worker not in processes.alive(), within_s=10)
    os.kill(process.pid, signal.SIGTERM)
    hear(process, "done interrupted=True")
