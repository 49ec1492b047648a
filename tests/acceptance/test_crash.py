"""A flow's process is killed in mid-run: what Prefect's retry of the run finds, and what it does again."""

from __future__ import annotations

import os
import signal
import time

import pytest
from house import agrees, wait_for

pytestmark = pytest.mark.acceptance

IN_FLIGHT = 4 * 20
"""Concurrency x batch size."""


def retry(house, job_id):
    """What `learn retry` does."""
    answer = house.prefect(f"flow_runs/{job_id}/set_state", state={"type": "SCHEDULED", "name": "AwaitingRetry"})
    assert answer["status"] == "ACCEPT"


def test_killed_job_goes_on_where_it_stopped(stack):
    store = stack.store
    known_before = store.count()
    job_id = stack.start("big", minutes=0.25)
    stack.state_type(job_id, "RUNNING", within_s=30)
    wait_for(lambda: store.job(job_id).get("counts", {}).get("stored", 0) >= 300, 20, "300 words of the job")
    (engine,) = stack.pids("service.engine", job_id)
    before_kill = store.job(job_id)
    os.kill(engine, signal.SIGKILL)
    stack.state_type(job_id, "CRASHED", within_s=10)
    wait_for(lambda: store.job(job_id)["status"] == "failed", 12, "the mended document")
    mended = store.job(job_id)
    assert (mended["end_reason"], mended["attempt"]) == ("failed", 1)
    assert "crashed" in mended["errors"][-1].lower()
    assert store.all("SELECT count(*) FROM known_words WHERE claimed_by = ?", job_id) == [(0,)]
    first = {o["key"] for b in store.batches(job_id) for o in b["outcomes"]}
    rounds_before = store.all("SELECT max(number) FROM rounds WHERE job_id = ?", job_id)[0][0]

    retry(stack, job_id)
    wait_for(lambda: (job := store.job(job_id))["attempt"] == 2 and job["status"] == "running", 40, "the second attempt")
    stack.state_type(job_id, "COMPLETED", within_s=40)
    job = store.job(job_id)
    agrees(stack, job)
    assert (job["end_reason"], job["attempt"]) == ("time limit", 2)
    assert before_kill["active_seconds"] < job["active_seconds"] <= 15 + 2, "the minutes went over instead of on"

    rows = store.sound()
    _, batches = rows.of(job_id)
    again = [o["key"] for b in batches if b["attempt"] == 2 for o in b["outcomes"] if o["key"] in first]
    assert not again, "a word with a recorded outcome was done again"
    # what the first attempt had accepted and not recorded was all taken up by the second
    left = {c["key"] for r, c in rows.accepted if r["job_id"] == job_id and r["number"] <= rounds_before} - first
    done = {o["key"] for b in batches if b["attempt"] == 2 and b["round"] <= rounds_before for o in b["outcomes"]}
    assert left == done
    assert {o["stored"] for b in batches for o in b["outcomes"]} == {"enriched"}
    assert len(rows.entries) - known_before >= job["counts"]["stored"]
    rows.close()


def test_only_words_in_flight_were_worked_on_twice(stack):
    """Words that the killed process had begun are known by the stage runs that Prefect saw; at most batch size x concurrency."""
    store = stack.store
    job_id = stack.start("big", minutes=0.2)
    wait_for(lambda: store.job(job_id).get("counts", {}).get("stored", 0) >= 200, 40, "200 words of the job")
    os.kill(stack.pids("service.engine", job_id)[0], signal.SIGKILL)
    stack.state_type(job_id, "CRASHED", within_s=10)
    time.sleep(2)  # Prefect's recorder writes once a second
    begun = _batches_begun(stack, job_id)
    recorded = {(b["round"], b["number"]) for b in store.batches(job_id)}
    assert 20 * len(begun - recorded) <= IN_FLIGHT
    defined = store.all("SELECT count(*) FROM known_words WHERE depth = 1")[0][0]
    assert defined <= IN_FLIGHT
    retry(stack, job_id)
    stack.state_type(job_id, "COMPLETED", within_s=40)
    assert store.all("SELECT count(*) FROM known_words WHERE depth = 1") == [(0,)]
    twice = begun & {(b["round"], b["number"]) for b in store.batches(job_id) if b["attempt"] == 2}
    assert len(twice) <= IN_FLIGHT // 20
    store.sound().close()


def _batches_begun(house, job_id):
    found = set()
    for offset in range(0, 2000, 200):
        page = house.prefect("task_runs/filter", limit=200, offset=offset, flow_runs={"id": {"any_": [job_id]}})
        for task in page:
            stage, _, number = task["name"].partition(" ")
            if stage in {"research", "synthesize", "enrich"}:
                round_, _, batch = number.split(" ")[0].partition(".")
                found.add((int(round_), int(batch)))
        if len(page) < 200:
            break
    return found
