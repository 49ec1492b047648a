"""One job, six doors: through each it has the same document, the same history and the same frames."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import nbformat
import pytest
from conftest import a_free_port
from house import wait_for
from nbclient import NotebookClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from service.live.topic import LogPosition

pytestmark = pytest.mark.acceptance

WORDS = 15
PREFECT = str(Path(sys.executable).with_name("prefect"))
ONE_TIME = {
    "job_id",
    "created_at",
    "started_at",
    "finished_at",
    "deadline_at",
    "updated_at",
    "active_seconds",
    "name",
    "prefect_url",
    "sent_at",
}

STARTED_BY = {
    "by_the_form": "prefect",
    "by_prefects_own_command": "prefect",
    "by_the_command_line": "api",
    "by_http": "api",
    "by_a_notebook": "process",
    "by_a_due_schedule": "schedule",
}


def by_the_form(house, _facade):
    """What Prefect's UI sends when its form is filled in."""
    return house.start("big", max_entries=WORDS, minutes=1)


@contextmanager
def a_schedule(house):
    """One that is due soon; Prefect looks at schedules once a minute."""
    deployment = house.prefect("deployments/name/big-learning/big")["id"]
    due = (datetime.now(UTC) + timedelta(seconds=70)).isoformat()
    schedule = {
        "schedule": {"interval": 86_400, "anchor_date": due},
        "active": True,
        "parameters": {"max_entries": WORDS, "minutes": 1},
    }
    made = house.ask_prefect("POST", f"deployments/{deployment}/schedules", [schedule]).json()
    yield
    house.ask_prefect("DELETE", f"deployments/{deployment}/schedules/{made[0]['id']}")


def by_a_due_schedule(house, _facade):
    def run():
        found = house.prefect(
            "flow_runs/filter",
            flow_runs={"tags": {"all_": ["learning"]}},
            limit=50,
            sort="EXPECTED_START_TIME_ASC",
        )
        return next((r["id"] for r in found if r["auto_scheduled"] and r["state_type"] != "SCHEDULED"), None)

    return wait_for(run, 120, "the scheduled run")


def by_prefects_own_command(house, _facade):
    """`prefect deployment run` with the variables that `learn env` prints."""
    told = house.learn("env", "--json")
    assert told.wait(30) == 0, told.text
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("LEARN_", "PREFECT_"))}
    command = [
        PREFECT,
        "deployment",
        "run",
        "big-learning/big",
        "-p",
        f"max_entries={WORDS}",
        "-p",
        "minutes=1",
    ]
    done = subprocess.run(
        [*command], env=plain | json.loads(told.text), capture_output=True, text=True, timeout=90, check=True
    )
    return re.search(r"UUID: ([0-9a-f-]{36})", done.stdout)[1]


def by_the_command_line(house, facade):
    run = house.learn(
        "start", "big", "--max-entries", str(WORDS), "--minutes", "1", "--json", LEARN_URL=facade
    )
    assert run.wait(30) == 0, run.text
    return json.loads(run.text)["job_id"]


def by_http(_house, facade):
    answer = httpx.post(f"{facade}/jobs/start_big", json={"max_entries": WORDS, "minutes": 1}, timeout=20)
    return answer.raise_for_status().json()["job_id"]


def by_a_notebook(house, _facade):
    code = (
        f"from flows import big_learning\njob = await big_learning(max_entries={WORDS},"
        " minutes=1)\nprint(job.job_id)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    # no PREFECT_API_URL, no password: the flow finds both by itself
    home = {"LEARN_HOME": str(house.home), "PREFECT_HOME": str(house.home.parent / "own-prefect")}
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=False)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
            patch.delenv(name, raising=False)
        for name, value in home.items():
            patch.setenv(name, value)
        client.execute()
    return notebook.cells[0].outputs[-1]["text"].split()[-1]


@contextmanager
def watching(facade):
    """All frames of all jobs, while the block runs."""
    found = []
    with connect(f"{facade.replace('http', 'ws')}/ws/jobs", open_timeout=20) as socket:

        def listen():
            with suppress(ConnectionClosed):
                found.extend(map(json.loads, socket))

        listening = threading.Thread(target=listen)
        listening.start()
        try:
            yield found
        finally:
            socket.close()
            listening.join(20)


def frames(facade, job_id):
    """All frames of an ended job, from its beginning."""
    found = []
    with connect(
        f"{facade.replace('http', 'ws')}/ws/jobs/{job_id}?after={LogPosition().cursor}", open_timeout=20
    ) as socket:
        while True:
            try:
                found.append(json.loads(socket.recv(timeout=20)))
            except ConnectionClosed:
                assert socket.close_code == 1000
                return found


def history(facade, job_id):
    found, cursor = [], None
    while True:
        part = (
            httpx.get(
                f"{facade}/jobs/{job_id}/events", params={"after": cursor} if cursor else {}, timeout=20
            )
            .raise_for_status()
            .json()
        )
        found += part["items"]
        cursor = part["cursor"]
        if not part["has_more"]:
            return found


def seen(facade, job_id):
    """What a reader sees of an ended job, without what differs by time."""

    def has_ended():
        job = httpx.get(f"{facade}/jobs/{job_id}", timeout=20).json()
        return job.get("state_name") == "Completed" and job  # it may be a problem for a moment

    ended = wait_for(has_ended, 90, "the end")
    events = history(facade, job_id)
    told = frames(facade, job_id)
    assert [e["id"] for frame in told for e in frame["events"]] == [e["id"] for e in events]
    assert {k: told[-1][k] for k in ended if k not in ONE_TIME} == {
        k: v for k, v in ended.items() if k not in ONE_TIME
    }
    # what is rejected depends on what the jobs before have learned
    own = [e["kind"] for e in events if not e["kind"].startswith("state.") and e["kind"] != "word.rejected"]
    return {
        "document": {
            k: ended[k]
            for k in (
                "mode",
                "status",
                "progress",
                "total_tokens",
                "counts",
                "end_reason",
                "errors",
                "attempt",
            )
        },
        "fields": sorted(ended),
        "frame": sorted(told[-1]),
        "kinds": [kind for at, kind in enumerate(own) if kind != own[at - 1] or not at],
        "states": [e["kind"] for e in events if e["kind"] in {"state.running", "state.completed"}],
    }


@pytest.mark.scheduled
def test_a_job_is_the_same_by_whatever_door_it_came(house):
    port = a_free_port()
    facade = f"http://127.0.0.1:{port}"
    up = house.learn("up", "--plain", LEARN_PORT=str(port))
    up.hear("Serving", within_s=90)
    doors = (
        by_the_form,
        by_prefects_own_command,
        by_the_command_line,
        by_http,
        by_a_notebook,
        by_a_due_schedule,
    )
    with watching(facade) as live:
        with a_schedule(house):
            jobs = {door.__name__: door(house, facade) for door in doors}
        found = {name: seen(facade, job_id) for name, job_id in jobs.items()}
    for name, job_id in jobs.items():
        told = [frame for frame in live if frame["job_id"] == job_id]
        assert [f for f in told if f["status"] == "running" and f["live"]], f"{name}: nothing while it ran"
        assert told[-1]["status"] == "completed", name
    assert all(one["document"].pop("counts")["stored"] == WORDS for one in found.values())
    for name, one in found.items():
        assert one == found["by_http"], f"{name}: {json.dumps(one)} instead of {json.dumps(found['by_http'])}"
    told = {
        name: httpx.get(f"{facade}/jobs/{job_id}", timeout=20).json()["started_by"]
        for name, job_id in jobs.items()
    }
    assert told == STARTED_BY
    listed = httpx.get(f"{facade}/jobs", timeout=20).json()["items"]
    assert {job["job_id"] for job in listed} >= set(jobs.values())
    up.send(signal.SIGINT)
    assert up.wait(15) == 0
    house.empty(within_s=2)
    house.store.sound()
