from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.states import Crashed, Running

from flows.knowledge import utc_now
from tests.service.api.job_requests import problem, put, shown, started, with_document
from tests.service.deploying import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    return serve(is_alone=False, starts_burst=500, total_starts_burst=500)


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
