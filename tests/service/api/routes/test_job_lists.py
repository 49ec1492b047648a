"""Lists of jobs, rounds and events, and what is left of them without Prefect."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from api_server import NOWHERE
from prefect.client.orchestration import get_client
from prefect.states import Crashed, Pending, Running, Scheduled
from store_documents import START, batch, job, round_

from flows.knowledge import JobEvent, Word, utc_now
from tests.service.api.job_requests import problem, put, shown, started, with_document
from tests.service.deploying import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    return serve(is_alone=False, starts_burst=500, total_starts_burst=500)


def test_list_holds_jobs_with_and_without_documents_once_newest_first(served):
    begun = utc_now()
    ids = [started(served, minutes=1) for _ in range(7)]
    for job_id in ids[::2]:
        with_document(served, job_id, created_at=utc_now())
    elsewhere = uuid4()
    done = {"mode": "quick", "status": "completed"}
    served.do(served.store.put_job(job(elsewhere, **done, created_at=begun + timedelta(hours=1))))
    old = uuid4()
    served.do(served.store.put_job(job(old, **done, created_at=START - timedelta(days=9000))))
    found, cursor, pages = [], None, 0
    while pages < 60:
        page = served.get(
            "/jobs", params={"limit": 3, "since": begun.isoformat(), **({"cursor": cursor} if cursor else {})}
        ).json()
        found += page["items"]
        cursor = page["cursor"]
        pages += 1
        if cursor is None:
            break
    listed = [UUID(item["job_id"]) for item in found]
    assert len(listed) == len(set(listed))
    assert listed[0] == elsewhere
    assert set(ids) | {elsewhere} == set(listed)
    assert [i["created_at"] for i in found] == sorted((i["created_at"] for i in found), reverse=True)
    assert {i["status"] for i in found if UUID(i["job_id"]) in ids} == {"queued"}


def test_list_is_filtered_by_the_status_that_prefect_says(served):
    begun = utc_now().isoformat()
    running, crashed, queued = (started(served) for _ in range(3))
    for job_id in (running, crashed):
        with_document(served, job_id)
    put(running, Running())
    put(crashed, Running(), Crashed())
    shown(served, running, status="running")
    shown(served, crashed, status="failed")

    def listed(**query):
        items = served.get("/jobs", params={"since": begun, "limit": 200, **query}).json()["items"]
        return {UUID(i["job_id"]) for i in items}

    assert listed(status="running") == {running}
    assert listed(status="failed") == {crashed}
    assert listed(status=["queued", "running"]) == {running, queued}
    assert listed(mode="deep") == set()
    assert listed(mode="big") == {running, crashed, queued}
    problem(served.get("/jobs?status=lost"), 422, "status.0")
    for moment in ("2030-01-01T00:00:00", "0.5", "1700000000", "today"):
        problem(served.get(f"/jobs?since={moment}"), 422, "since")
    problem(served.get("/jobs?cursor=nonsense"), 422, "cursor")
    problem(served.get("/jobs?limit=201"), 422, "limit")


def test_runs_of_a_schedule_that_are_not_due_are_no_jobs_yet(served):
    async def plan():
        async with get_client() as client:
            deployment = await client.read_deployment_by_name("big-learning/big")
            later = Scheduled(scheduled_time=utc_now() + timedelta(days=2))
            return (await client.create_flow_run_from_deployment(deployment.id, state=later)).id

    job_id = asyncio.run(plan())
    assert str(job_id) not in served.get("/jobs?limit=200").text
    problem(served.get(f"/jobs/{job_id}"), 404)


def test_rounds_are_listed_and_read_with_what_became_of_the_words(served):
    job_id = uuid4()
    served.do(served.store.begin_attempt(job(job_id)))
    for number in (1, 2, 3):
        served.do(served.store.save_round(round_(number, job_id=job_id)))
    served.do(
        served.store.claim(
            [Word(text="Cat", key="cat")], job_id=job_id, attempt=1, until=utc_now() + timedelta(minutes=5)
        )
    )
    served.do(served.store.commit_batch(batch(("cat", None), job_id=job_id)))
    first = served.get(f"/jobs/{job_id}/rounds?limit=2").json()
    assert [r["number"] for r in first["items"]] == [1, 2]
    assert first["items"][0]["verdicts"] == {"accepted": 2}
    rest = served.get(f"/jobs/{job_id}/rounds?limit=2&after={first['cursor']}").json()
    assert ([r["number"] for r in rest["items"]], rest["cursor"]) == ([3], None)
    whole = served.get(f"/jobs/{job_id}/rounds/1").json()
    assert [c["text"] for c in whole["candidates"]] == ["cat", "dog"]
    assert whole["results"][0]["outcomes"][0]["reason"] == "no reason"
    problem(served.get(f"/jobs/{job_id}/rounds/4"), 404, "number")
    problem(served.get(f"/jobs/{job_id}/rounds/0"), 422, "number")


def test_states_and_lines_are_one_log_and_each_comes_once(served):
    job_id = started(served)
    put(job_id, Pending(), Running())
    shown(served, job_id, state_name="Running")
    begun = with_document(served, job_id)
    served.do(served.store.save_job(begun, [line(n) for n in range(1, 6)]))
    put(job_id, Crashed())
    shown(served, job_id, status="failed")
    everything = served.get(f"/jobs/{job_id}/events").json()
    kinds = [e["kind"] for e in everything["items"]]
    assert kinds == [
        "state.scheduled",
        "state.pending",
        "state.running",
        *["words.learned"] * 5,
        "state.crashed",
    ]
    assert not everything["has_more"]
    one_by_one, after = [], None
    while True:
        part = served.get(
            f"/jobs/{job_id}/events", params={"limit": 2, **({"after": after} if after else {})}
        ).json()
        one_by_one += part["items"]
        after = part["cursor"]
        if not part["has_more"]:
            break
    assert one_by_one == everything["items"]
    assert served.get(f"/jobs/{job_id}/events?after={everything['cursor']}").json()["items"] == []
    served.do(served.store.save_job(begun, [line(6)]))
    later = served.get(f"/jobs/{job_id}/events?after={everything['cursor']}").json()["items"]
    assert [e["id"] for e in later] == [f"{begun.attempt}.6"]
    problem(served.get(f"/jobs/{job_id}/events?after=nonsense"), 422, "cursor")


def test_a_log_is_read_from_its_end(served):
    job_id = started(served)
    put(job_id, Pending(), Running())
    shown(served, job_id, state_name="Running")
    begun = with_document(served, job_id)
    served.do(served.store.save_job(begun, [line(n) for n in range(1, 6)]))

    def page(**fields):
        return served.get(f"/jobs/{job_id}/events", params=fields).json()

    everything = page()
    assert (everything["older"], everything["has_more"]) == (None, False)
    newest = page(newest=True, limit=3)
    assert newest["items"] == everything["items"][-3:]
    assert (newest["cursor"], newest["has_more"]) == (everything["cursor"], False)
    back, before = newest["items"], newest["older"]
    while before is not None:
        part = page(before=before, limit=2)
        assert part["has_more"]
        back, before = [*part["items"], *back], part["older"]
    assert back == everything["items"]
    # what comes after a page that was read from the end, and what came before one read from a position
    assert page(after=newest["cursor"])["items"] == []
    second = page(after=page(limit=1)["cursor"], limit=1)
    assert page(before=second["older"])["items"] == everything["items"][:1]
    served.do(served.store.save_job(begun, [line(6)]))
    assert [e["id"] for e in page(after=newest["cursor"])["items"]] == [f"{begun.attempt}.6"]
    assert [e["id"] for e in page(newest=True, after=newest["cursor"])["items"]] == [f"{begun.attempt}.6"]
    between = page(after=second["cursor"], before=newest["older"])
    assert between["items"] == everything["items"][2:-3]
    assert page(before=between["older"])["items"] == everything["items"][:2]
    problem(served.get(f"/jobs/{job_id}/events?before=nonsense"), 422, "cursor")
    problem(served.get(f"/jobs/{uuid4()}/events?newest=true"), 404, "job_id")


def line(number, attempt=1):
    return JobEvent(
        attempt=attempt, id=f"{attempt}.{number}", kind="words.learned", text="20 words", occurred=utc_now()
    )


def test_without_prefect_rows_are_read_and_nothing_is_started(served, monkeypatch):
    job_id = started(served)
    put(job_id, Pending(), Running())
    shown(served, job_id, status="running")
    begun = with_document(served, job_id)
    served.do(served.store.save_job(begun, [line(1)]))
    monkeypatch.setattr(served.resources.orchestrator._api._client._client, "base_url", NOWHERE)
    for path, body in [("/jobs/start_big", None), ("/jobs/start", {"mode": "quick"})]:
        answer = served.post(path, json=body) if body else served.post(path)
        document = problem(answer, 503)
        assert int(answer.headers["retry-after"]) == document["retry_after_s"]
    found = served.get(f"/jobs/{job_id}").json()
    assert found["status"] == "running"
    deadline = time.monotonic() + 15
    while (listed := served.get("/jobs").json())["is_complete"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert str(job_id) in [i["job_id"] for i in listed["items"]]
    confirmed = served.get(f"/jobs/{job_id}").json()["confirmed_at"]
    events = served.get(f"/jobs/{job_id}/events").json()
    assert (events["is_complete"], events["items"][-1]["id"]) == (False, "1.1")
    assert served.get("/health/ready").json()["prefect"] == "unreachable"
    problem(served.get(f"/jobs/{uuid4()}"), 503)
    # the flag is in the store
    assert served.post(f"/jobs/{job_id}/cancel").status_code == 202
    problem(served.post(f"/jobs/{job_id}/cancel", json={"drain": False}), 503)
    assert served.get(f"/jobs/{job_id}").json()["confirmed_at"] == confirmed, "it says how old it is"
    monkeypatch.undo()
    while (
        served.get("/health/ready").json()["prefect"] != "ok" or not served.get("/jobs").json()["is_complete"]
    ):
        assert time.monotonic() < deadline + 15
        time.sleep(0.1)
    assert served.get(f"/jobs/{job_id}").json()["confirmed_at"] > confirmed


def test_missing_deployment_names_the_way_out(served):
    async def remove():
        async with get_client() as client:
            await client.delete_deployment((await client.read_deployment_by_name("deep-learning/deep")).id)

    assert started(served, mode="deep")
    asyncio.run(remove())
    for _ in range(2):
        assert "learn up" in problem(served.post("/jobs/start", json={"mode": "deep"}), 500)["detail"]
