"""Runs of a stack that tests look at through Prefect's API."""

from __future__ import annotations

import time

import httpx


def state_of(url, job_id):
    return httpx.get(f"{url}/flow_runs/{job_id}").json()["state"]["type"]


def wait_for_state(url, job_id, *wanted, within_s=30, every_s=0.2):
    deadline = time.monotonic() + within_s
    while (found := state_of(url, job_id)) not in wanted:
        assert time.monotonic() < deadline, found
        time.sleep(every_s)


def start_run(url, mode, **given):
    """Have the worker run a deployment; the run's id."""
    found = httpx.get(f"{url}/deployments/name/{mode}-learning/{mode}").raise_for_status().json()["id"]
    return (
        httpx.post(
            f"{url}/deployments/{found}/create_flow_run", json={"state": {"type": "SCHEDULED"}, **given}
        )
        .raise_for_status()
        .json()["id"]
    )


def cancel(url, job_id):
    """Ask Prefect to cancel a run, as its UI does."""
    state = {"type": "CANCELLING", "name": "Cancelling"}
    httpx.post(f"{url}/flow_runs/{job_id}/set_state", json={"state": state}).raise_for_status()


def retry(url, job_id):
    """Have an ended run begin again, as Prefect's UI does."""
    state = {"type": "SCHEDULED", "name": "AwaitingRetry"}
    httpx.post(f"{url}/flow_runs/{job_id}/set_state", json={"state": state}).raise_for_status()


def told(url, job_id):
    """The process id that the worker has told Prefect of a run; None before."""
    pid = httpx.get(f"{url}/flow_runs/{job_id}").json()["infrastructure_pid"]
    return int(pid) if pid else None


def process_of(url, job_id, within_s=10):
    """The process id of a run, once the worker has told Prefect."""
    deadline = time.monotonic() + within_s
    while (pid := told(url, job_id)) is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return pid
