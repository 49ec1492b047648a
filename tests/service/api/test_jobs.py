from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from api_server import NOWHERE
from prefect.client.orchestration import get_client
from prefect.states import Cancelled, Completed, Crashed, Pending, Running, Scheduled
from store_documents import START, batch, job, round_

from flows.knowledge import Job, JobEvent, Word, utc_now
from service.orchestration.deployments import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    return serve(is_alone=False, starts_burst=500, total_starts_burst=500)


def put(job_id, *states):
    """Have Prefect believe that a run went through these states."""

    async def tell():
        async with get_client() as client:
            for state in states:
                await client.set_flow_run_state(job_id, state, force=True)

    asyncio.run(tell())


def started(served, **body):
    answer = (
        served.post("/jobs/start_big", json=body)
        if body.get("mode") is None
        else served.post("/jobs/start", json=body)
    )
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["job_id"])


def with_document(served, job_id, **changes):
    document = Job(
        **{"job_id": job_id, "mode": "big", "status": "running", "created_at": utc_now(), **changes}
    )
    return served.do(served.store.begin_attempt(document))


def shown(served, job_id, *, within_s=10, **expected):
    """The job, once it is as expected: what Prefect says reaches the row a moment later."""
    deadline = time.monotonic() + within_s
    while True:
        found = served.get(f"/jobs/{job_id}").json()
        if all(found.get(name) == value for name, value in expected.items()):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def problem(answer, status, field=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["detail"]
    if field:
        assert document["errors"][0]["field"] == field
    return document


def test_two_curl_calls_of_the_original_start_jobs(served):
    quick = served.post("/jobs/start", json={"mode": "quick"})
    assert quick.status_code == 202
    job_id = quick.json()["job_id"]
    assert quick.headers["location"] == f"/jobs/{job_id}"
    big = httpx.post(f"{served.url}/jobs/start_big")  # no body at all
    assert big.status_code == 202
    assert list(big.json()) == ["job_id"]
    assert UUID(big.json()["job_id"]) != UUID(job_id)
    assert 'learn_starts_total{mode="big"} 1.0' in served.get("/metrics").text


BAD_INPUT = [
    ("start", {"mode": "big"}, "mode"),
    ("start", {}, "mode"),
    ("start", {"mode": "quick", "words": ["ok", "x" * 61]}, "words.1"),
    ("start", {"mode": "quick", "words": ["see https://evil.example"]}, "words.0"),
    ("start", {"mode": "quick", "words": "moss"}, "words"),
    ("start", {"mode": "quick", "words": ["a"] * 501}, "words"),
    ("start", {"mode": "quick", "limit": 0}, "limit"),
    ("start", {"mode": "quick", "minutes": 1}, "minutes"),
    ("start_big", {"minutes": 11}, "minutes"),
    ("start_big", {"minutes": 0}, "minutes"),
    ("start_big", {"topic": "a\u0000b"}, "topic"),
    ("start_big", {"topic": "x" * 201}, "topic"),
    ("start_big", {"words_per_round": 1001}, "words_per_round"),
    ("start_big", {"nonsense": 1}, "nonsense"),
    ("start_big", {"max_entries": "5"}, "max_entries"),
    ("start_big", {"minutes": True}, "minutes"),
]


def test_bad_input_names_the_field(served):
    for path, body, field in BAD_INPUT:
        document = problem(served.post(f"/jobs/{path}", json=body), 422, field)
        assert field in document["detail"]


def test_what_is_no_body_of_ours_is_422(served):
    for body in (
        '{"minutes": NaN}',
        '{"minutes": Infinity}',
        "{",
        "[]",
        '"x"',
        "1",
        '{"topic": "\\ud800"}',
        "\xff",
    ):
        problem(
            served.post(
                "/jobs/start_big",
                content=body.encode("latin-1"),
                headers={"Content-Type": "application/json"},
            ),
            422,
        )


def test_same_key_starts_one_job_and_another_body_under_it_is_refused(served):
    key = {"Idempotency-Key": str(uuid4())}
    first = served.post("/jobs/start_big", json={"minutes": 1}, headers=key)
    assert served.post("/jobs/start_big", json={"minutes": 1}, headers=key).json() == first.json()
    document = problem(
        served.post("/jobs/start_big", json={"minutes": 2}, headers=key), 409, "Idempotency-Key"
    )
    assert first.json()["job_id"] in document["detail"]


def test_ten_at_the_same_instant_are_all_accepted_quickly(served):
    with ThreadPoolExecutor(10) as pool:
        began = time.monotonic()
        answers = list(pool.map(lambda _: httpx.post(f"{served.url}/jobs/start_big", timeout=30), range(10)))
        took_s = time.monotonic() - began
    assert [a.status_code for a in answers] == [202] * 10
    assert len({a.json()["job_id"] for a in answers}) == 10
    # Prefect's own client would sleep for 2, 4, 8 s behind a locked database
    assert took_s < 20


def test_job_that_no_worker_has_taken_is_shown_at_once(served):
    job_id = started(served, topic="moss", minutes=1)
    found = served.get(f"/jobs/{job_id}").json()
    assert {
        k: found[k] for k in ("job_id", "status", "mode", "progress", "total_tokens", "last_round", "errors")
    } == {
        "job_id": str(job_id),
        "status": "queued",
        "mode": "big",
        "progress": 0,
        "total_tokens": 0,
        "last_round": 0,
        "errors": [],
    }
    assert found["parameters"] == {"topic": "moss", "minutes": 1}
    assert found["prefect_url"].endswith(f"/runs/flow-run/{job_id}")
    assert "@" not in found["prefect_url"]
    assert found["confirmed_at"] is not None


def test_each_writer_tells_its_part_of_the_row(served):
    job_id = started(served)
    begun = with_document(served, job_id)
    deadline = utc_now() + timedelta(minutes=5)
    own = {"progress": 40, "total_tokens": 80, "deadline_at": deadline}
    served.do(served.store.save_job(begun.model_copy(update=own)))
    put(job_id, Running())
    found = shown(served, job_id, status="running", state_name="Running")
    assert (found["progress"], found["total_tokens"]) == (40, 80)
    assert 290 < found["remaining_seconds"] <= 300
    put(job_id, Crashed(message="the machine went away"))
    found = shown(served, job_id, status="failed")
    assert found["reason"] == {
        "code": "prefect",
        "params": {"state": "Crashed", "message": "the machine went away"},
    }
    assert "the machine went away" in found["errors"][-1]


def test_unknown_jobs_are_404_everywhere(served):
    nobody = uuid4()
    for method, path in [
        ("GET", ""),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("GET", "/rounds"),
        ("GET", "/rounds/1"),
        ("GET", "/events"),
    ]:
        problem(served.request(method, f"/jobs/{nobody}{path}"), 404)
    problem(served.get("/jobs/not-a-uuid"), 404)


def test_run_of_a_strangers_flow_is_no_job(served):
    async def make():
        async with get_client() as client:
            flow_id = await client.create_flow_from_name("somebody-else")
            from prefect import flow

            @flow(name="somebody-else")
            def other():
                return 1

            del flow_id
            return (await client.create_flow_run(other)).id

    problem(served.get(f"/jobs/{asyncio.run(make())}"), 404)


def test_drain_raises_the_flag_once_and_leaves_the_run_to_finish(served):
    job_id = started(served)
    with_document(served, job_id)
    put(job_id, Running())
    shown(served, job_id, status="running")
    for _ in range(2):
        answer = served.post(f"/jobs/{job_id}/cancel", json={"drain": True})
        assert (answer.status_code, answer.json()) == (202, {"job_id": str(job_id), "drain": True})
    shown(served, job_id, status="running", is_stopping=True)
    assert served.do(served.store.stop_requested(job_id))


def test_cancel_without_a_body_drains(served):
    job_id = started(served)
    put(job_id, Pending())
    shown(served, job_id, state_name="Pending")
    assert served.post(f"/jobs/{job_id}/cancel").json()["drain"] is True
    assert served.do(served.store.stop_requested(job_id))


def test_cancel_now_goes_to_prefect_and_asking_again_changes_nothing(served):
    job_id = started(served)
    put(job_id, Running())
    shown(served, job_id, status="running")
    for _ in range(2):
        assert served.post(f"/jobs/{job_id}/cancel", json={"drain": False}).status_code == 202
        assert served.get(f"/jobs/{job_id}").json()["status"] == "cancelling"
    # a drain comes too late to change that
    assert served.post(f"/jobs/{job_id}/cancel").status_code == 202
    assert not served.do(served.store.stop_requested(job_id))


def test_job_that_waits_is_cancelled_at_once_either_way(served):
    for body in ({"drain": True}, {"drain": False}):
        job_id = started(served)
        assert served.post(f"/jobs/{job_id}/cancel", json=body).status_code == 202
        assert served.get(f"/jobs/{job_id}").json()["status"] == "cancelled"


def test_ended_job_cannot_be_stopped(served):
    job_id = started(served)
    for state, status in ((Completed(), "completed"), (Crashed(), "failed"), (Cancelled(), "cancelled")):
        put(job_id, Running(), state)
        shown(served, job_id, status=status)
        document = problem(served.post(f"/jobs/{job_id}/cancel"), 409, "job_id")
        assert status in document["detail"]


def test_failed_job_goes_on_under_its_id_with_the_flag_down(served):
    job_id = started(served)
    problem(served.post(f"/jobs/{job_id}/retry"), 409)
    begun = with_document(served, job_id)
    ended = {"run_status": "failed", "end_reason": "failed", "finished_at": utc_now()}
    served.do(served.store.save_job(begun.model_copy(update=ended)))
    served.do(served.store.request_stop(job_id))
    put(job_id, Running(), Crashed())
    shown(served, job_id, status="failed", state_name="Crashed")
    answer = served.post(f"/jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()) == (202, {"job_id": str(job_id)})
    assert not served.do(served.store.stop_requested(job_id))
    found = served.get(f"/jobs/{job_id}").json()
    assert (found["status"], found["state_name"]) == ("queued", "AwaitingRetry"), "at once"
    put(job_id, Running(), Completed())
    shown(served, job_id, state_name="Completed")
    problem(served.post(f"/jobs/{job_id}/retry"), 409)


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
