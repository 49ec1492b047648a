"""A flow's process is killed in mid-run: what Prefect's retry of the run finds, and what it does again."""

from __future__ import annotations

import os
import signal
import time

import pytest
from house import agrees, wait_for

pytestmark = pytest.mark.acceptance

BATCH_SIZE = 20
IN_FLIGHT = 4 * BATCH_SIZE
"""What a job works on at once: concurrency x batch size."""


def retry(house, job_id):
    """What `learn retry` does."""
    answer = house.prefect(
        f"flow_runs/{job_id}/set_state", state={"type": "SCHEDULED", "name": "AwaitingRetry"}
    )
    assert answer["status"] == "ACCEPT"


def test_killed_job_goes_on_where_it_stopped(stack):
    store = stack.store
    job_id = stack.start("big", minutes=0.4)
    wait_for(lambda: store.job(job_id).get("counts", {}).get("stored", 0) >= 100, 60, "100 words of the job")
    before_kill = store.job(job_id)
    os.kill(stack.pids("service.engine", job_id)[0], signal.SIGKILL)

    # the document is true meanwhile, and nobody is kept from the words
    stack.state_type(job_id, "CRASHED", within_s=10)
    wait_for(lambda: store.job(job_id)["status"] == "failed", 3, "the word of its end")
    wait_for(lambda: store.job(job_id)["is_settled"], 12, "its counts and claims in order")
    mended = store.job(job_id)
    assert (mended["end_reason"], mended["attempt"]) == ("failed", 1)
    assert mended["reason"] == {"code": "killed", "params": {"signal": 9}}
    assert store.all("SELECT count(*) FROM known_words WHERE claimed_by = ?", job_id) == [(0,)]
    first = store.batches(job_id)
    assert mended["counts"]["stored"] == sum(len(b["outcomes"]) for b in first)
    rounds_before = store.all("SELECT max(number) FROM rounds WHERE job_id = ?", job_id)[0][0]

    # what had been begun and not recorded is at most what was in flight, by Prefect's stage runs and by the
    # rows
    time.sleep(2)  # Prefect's recorder writes once a second
    begun = _batches_begun(stack, job_id)
    assert BATCH_SIZE * len(begun - {(b["round"], b["number"]) for b in first}) <= IN_FLIGHT
    assert store.all("SELECT count(*) FROM known_words WHERE depth = 1")[0][0] <= IN_FLIGHT

    retry(stack, job_id)
    wait_for(
        lambda: (job := store.job(job_id))["attempt"] == 2 and job["status"] == "running",
        40,
        "the second attempt",
    )
    stack.state_type(job_id, "COMPLETED", within_s=60)
    job = store.job(job_id)
    agrees(stack, job)
    assert (job["end_reason"], job["attempt"]) == ("time limit", 2)
    assert before_kill["active_seconds"] < job["active_seconds"] <= 24 + 2, (
        "the minutes went over instead of on"
    )

    rows = store.sound()
    second = [b for b in rows.of(job_id)[1] if b["attempt"] == 2]
    done_before, done_after = (
        {o["key"] for b in batches for o in b["outcomes"]} for batches in (first, second)
    )
    assert not done_before & done_after, "a word with a recorded outcome was done again"
    accepted = {c["key"] for r, c in rows.accepted if r["job_id"] == job_id and r["number"] <= rounds_before}
    assert accepted - done_before <= done_after, "a word was lost"
    assert len(begun & {(b["round"], b["number"]) for b in second}) * BATCH_SIZE <= IN_FLIGHT
    # on a busy machine the deadline cuts off what the second attempt has in flight: no more than that
    outcomes = [o for b in (*first, *second) for o in b["outcomes"]]
    cut = {o["key"] for o in outcomes if o["reason_code"] == "time_limit"}
    assert {o["stored"] for o in outcomes if o["key"] not in cut} == {"enriched"}
    only_defined = {key for (key,) in rows.all("SELECT key FROM known_words WHERE depth = 1")}
    assert len(only_defined | cut) <= IN_FLIGHT
    assert not accepted & (only_defined | cut), "what the killed attempt had begun was left half done"
    assert not only_defined & ((done_before | done_after) - cut)
    rows.close()


def _batches_begun(house, job_id):
    found = set()
    for offset in range(0, 2000, 200):
        page = house.prefect(
            "task_runs/filter", limit=200, offset=offset, flow_runs={"id": {"any_": [job_id]}}
        )
        for task in page:
            stage, _, number = task["name"].partition(" ")
            if stage in {"research", "synthesize", "enrich"}:
                round_, _, batch = number.split(" ")[0].partition(".")
                found.add((int(round_), int(batch)))
        if len(page) < 200:
            break
    return found
