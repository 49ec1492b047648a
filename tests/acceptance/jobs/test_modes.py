"""Quick and deep jobs by the command line, and what Prefect knows of the deployments."""

from __future__ import annotations

import json

import pytest
from house import agrees, wait_for

pytestmark = pytest.mark.acceptance


def test_quick_defines_given_words_and_deep_takes_them_up(stack, own_store):
    given = ["lighthouse", "osmosis", "give up", "qwertzuiop"]
    quick = stack.learn("run", "quick", *given, "--json", store=own_store)
    assert quick.wait(60) == 0
    job = json.loads(quick.text)
    assert (job["status"], job["end_reason"], job["counts"]["stored"], job["counts"]["failed"]) == (
        "completed",
        "all done",
        3,
        1,
    )
    assert job["active_seconds"] < 30
    assert quick.store.all("SELECT key, depth FROM known_words ORDER BY key") == [
        ("give up", 1),
        ("lighthouse", 1),
        ("osmosis", 1),
    ]
    agrees(stack, job)

    deep = stack.learn("run", "deep", "--limit", "3", "--json", store=own_store)
    assert deep.wait(60) == 0
    job = json.loads(deep.text)
    assert (job["status"], job["counts"]["stored"]) == ("completed", 3)
    rows = deep.store.sound()
    assert {key: entry["depth"] for key, entry in rows.entries.items()} == {
        "give up": "deep",
        "lighthouse": "deep",
        "osmosis": "deep",
    }
    assert {c["origin"] for r, c in rows.accepted if r["job_id"] == job["job_id"]} == {"leftover"}
    assert rows.all("SELECT count(*) FROM frontier")[0][0] > 0
    rows.close()

    shown = stack.learn("show", "lighthouse", store=own_store)
    assert shown.wait(30) == 0
    assert rows.entries["lighthouse"]["definition"].split(";")[0][:40] in " ".join(shown.text.split())


def test_deployments_wait_for_a_person_and_a_third_big_run_waits_in_line(stack):
    deployments = {d["name"]: d for d in stack.prefect("deployments/filter", limit=10)}
    assert {s["active"] for d in deployments.values() for s in d["schedules"]} == {False}
    assert {
        d["name"]: (d["concurrency_options"]["collision_strategy"], d["global_concurrency_limit"]["limit"])
        for d in deployments.values()
    } == {
        "big": ("ENQUEUE", 2),
        "quick": ("ENQUEUE", 4),
        "deep": ("ENQUEUE", 2),
    }
    runs = [stack.start("big", minutes=0.15, max_entries=400) for _ in range(3)]
    # the third neither starts while two run nor is thrown away
    waiting = wait_for(
        lambda: [r for r in runs if stack.state(r)["name"] == "AwaitingConcurrencySlot"],
        40,
        "a run that waits in line",
    )
    assert len(waiting) == 1
    for job_id in runs:
        stack.state_type(job_id, "COMPLETED", within_s=90)
        agrees(stack, stack.store.job(job_id))
    first, second = (stack.store.job(job_id) for job_id in runs if job_id not in waiting)
    assert stack.store.job(waiting[0])["started_at"] > min(first["finished_at"], second["finished_at"])
    stack.store.sound().close()
