"""One watch over a job while everything around it is killed, one after the other."""

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


def events_of(facade, job_id):
    found, cursor = [], None
    while True:
        part = {}
        while not part.get("is_complete"):
            # without Prefect, which was killed a moment ago, it says that states are missing
            part = (
                httpx.get(
                    f"{facade}/jobs/{job_id}/events", params={"after": cursor} if cursor else {}, timeout=20
                )
                .raise_for_status()
                .json()
            )
        found += [event["id"] for event in part["items"]]
        cursor = part["cursor"]
        if not part["has_more"]:
            return found


def is_up(url):
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.scheduled
def test_a_watch_sees_each_event_once_and_the_true_end_whatever_is_killed(house):
    port = a_free_port()
    facade = f"http://127.0.0.1:{port}"
    up = house.learn("up", "--plain", LEARN_PORT=str(port))
    up.hear("Serving", within_s=90)
    started = house.learn("start", "big", "--minutes", "1", "--json", LEARN_URL=facade)
    assert started.wait(30) == 0, started.text
    job_id = json.loads(started.text)["job_id"]
    watch = house.learn("watch", job_id, "--json", LEARN_URL=facade)
    house.store.learning(20)
    for part, answers in {
        "service.stack.web_server": f"{facade}/health/live",
        "service.stack.prefect_server": f"{house.api}/health",
        "service.worker": None,
    }.items():
        before = house.store.count()
        # after a new server there are two workers: the one of before goes on with its run
        pid = min(house.pids(part))
        os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda part=part, pid=pid: {pid} - {*house.pids(part)} and house.pids(part), 40, f"another {part}"
        )
        if answers:
            wait_for(lambda answers=answers: is_up(answers), 60, answers)
        wait_for(
            lambda before=before: (
                house.store.count() > before or house.store.job(job_id)["status"] != "running"
            ),
            60,
            "more words",
        )
        time.sleep(2)
    assert watch.wait(180) == 0, watch.text[-2000:]
    frames = [json.loads(line) for line in watch.text.splitlines() if line.startswith("{")]
    told = [event["id"] for frame in frames for event in frame["events"]]
    assert len(told) == len(set(told))
    assert frames[-1]["status"] == "completed"
    known = events_of(facade, job_id)
    assert [one for one in told if one in known] == [one for one in known if one in told]
    assert set(told) <= set(known)
    # the watch began after the job; from its first event on nothing is missing
    assert set(known[known.index(told[0]) :]) == set(told)
    assert (
        frames[-1]["counts"]["stored"] == house.store.count() == house.store.job(job_id)["counts"]["stored"]
    )
    up.send(signal.SIGINT)
    assert up.wait(15) == 0
    house.empty(within_s=3)
    house.store.sound()
