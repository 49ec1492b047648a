"""The same key with the same request is the same job; with any other request it starts nothing."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from uuid import uuid4

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterIdempotencyKey

from flows.errors import InvalidInput
from service.errors import Conflict
from service.orchestration.runs import Orchestrator
from tests.service.api.job_requests import problem
from tests.service.deploying import deploy

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


@pytest.fixture
def served(serve, stand_ins):
    asyncio.run(deploy(stand_ins))
    return serve(is_alone=False, starts_burst=500, total_starts_burst=500)


@pytest.fixture
def key():
    return str(uuid4())


@pytest.fixture
def start(served, key):
    """Starts a job with the test's one key: the answer."""
    headers = {"Idempotency-Key": key}

    def send(mode="big", **body):
        if mode == "big":
            return served.post("/jobs/start_big", json=body, headers=headers)
        return served.post("/jobs/start", json={"mode": mode, **body}, headers=headers)

    return send


def jobs_of(key):
    """The ids of the runs that Prefect has under a key, except cancelled ones."""

    async def read():
        async with get_client() as client:
            wanted = FlowRunFilter(idempotency_key=FlowRunFilterIdempotencyKey(any_=[key]))
            found = await client.read_flow_runs(flow_run_filter=wanted)
            return [str(run.id) for run in found if not run.state.is_cancelled()]

    return asyncio.run(read())


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        ({"minutes": 5, "topic": "moss"}, {}, ["minutes", "topic"]),
        ({"minutes": 5, "topic": "moss"}, {"minutes": 5}, ["topic"]),
        ({}, {"topic": "moss"}, ["topic"]),
        ({"minutes": 5}, {"minutes": 6}, ["minutes"]),
        ({"mode": "quick", "words": ["moss"]}, {"mode": "quick"}, ["words"]),
        ({"mode": "quick", "words": ["moss"]}, {"mode": "quick", "words": ["fern"]}, ["words"]),
    ],
)
def test_same_key_with_other_parameters_is_refused_and_starts_nothing(start, key, first, second, names):
    job_id = start(**first).json()["job_id"]
    document = problem(start(**second), 409, "Idempotency-Key")
    assert document["code"] == "conflict"
    assert [name for name in (job_id, *(f"`{n}`" for n in names)) if name not in document["detail"]] == []
    assert document["errors"][0]["remedy"]
    assert jobs_of(key) == [job_id]


@pytest.mark.parametrize(("first", "second"), [("big", "quick"), ("quick", "deep"), ("deep", "big")])
def test_same_key_for_another_kind_of_job_is_refused_and_starts_nothing(start, key, first, second):
    job_id = start(first).json()["job_id"]
    document = problem(start(second), 409, "Idempotency-Key")
    assert [part in document["detail"] for part in (job_id, first)] == [True, True]
    assert jobs_of(key) == [job_id]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"minutes": 10}),
        ({"minutes": 10.0}, {}),
        ({"minutes": 1}, {"minutes": 1.0, "topic": None}),
        ({"mode": "deep", "words": ["moss"]}, {"mode": "deep", "words": ["moss"], "topic": None}),
    ],
)
def test_same_request_is_the_same_job_once_defaults_are_filled_in(start, first, second):
    assert start(**first).json() == start(**second).json()


def test_only_requests_that_start_a_job_count_as_starts(served, start):
    def count():
        text = served.get("/metrics").text
        return sum(map(float, re.findall(r"^learn_starts_total{.*} (.*)$", text, re.MULTILINE)))

    assert [start().status_code for _ in range(3)] == [202] * 3
    assert start("quick").status_code == 409
    assert count() == 1
    assert served.post("/jobs/start_big").status_code == 202
    assert count() == 2


def test_of_many_requests_at_once_the_same_are_one_job_and_the_others_are_refused(start, key):
    bodies = [{"minutes": 5}, {"minutes": 6}, {"mode": "quick"}, {"mode": "deep"}] * 3
    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(pool.map(lambda body: start(**body), bodies))
    taken = [
        (a.json()["job_id"], str(b)) for a, b in zip(answers, bodies, strict=True) if a.status_code == 202
    ]
    assert (len(taken), len(set(taken))) == (3, 1)
    assert {a.status_code for a in answers} == {202, 409}
    assert jobs_of(key) == [taken[0][0]]


def test_a_key_is_remembered_when_the_server_starts_again(serve, stand_ins, key):
    asyncio.run(deploy(stand_ins))
    key = {"Idempotency-Key": key}
    first = serve(is_alone=False).post("/jobs/start_big", json={"minutes": 5}, headers=key)
    again = serve(is_alone=False)
    assert again.post("/jobs/start_big", json={"minutes": 5}, headers=key).json() == first.json()
    problem(again.post("/jobs/start_big", headers=key), 409, "Idempotency-Key")
    problem(again.post("/jobs/start", json={"mode": "quick"}, headers=key), 409, "Idempotency-Key")


async def test_of_two_servers_that_start_at_once_under_a_key_one_starts_a_job(stand_ins):
    await deploy(stand_ins)
    async with Orchestrator() as one, Orchestrator() as other:
        for _ in range(5):
            key = str(uuid4())

            async def start(server, mode, key=key):
                with suppress(Conflict):
                    return await server.start(mode, {}, idempotency_key=key)

            begun = await asyncio.gather(start(one, "big"), start(other, "quick"), start(one, "deep"))
            (job,) = [run for run in begun if run is not None]
            assert await asyncio.to_thread(jobs_of, key) == [str(job.job_id)]


async def test_of_two_servers_that_start_the_same_at_once_one_counts_it(stand_ins):
    await deploy(stand_ins)
    counted = []
    async with Orchestrator() as one, Orchestrator() as other:
        for _ in range(5):
            key = str(uuid4())
            await asyncio.gather(
                *(
                    server.start("big", {}, idempotency_key=key, on_start=lambda key=key: counted.append(key))
                    for server in (one, other)
                )
            )
    assert len(counted) == len(set(counted)) == 5


async def test_defaults_are_those_of_the_deployment(stand_ins, tmp_path):
    document = yaml.safe_load(stand_ins.read_text())
    for wanted in document["deployments"]:
        if wanted["name"] == "big":
            wanted["parameters"] = {"minutes": 4}
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump(document))
    await deploy(tmp_path / "prefect.yaml")
    key = str(uuid4())
    async with Orchestrator() as server:
        job = (await server.start("big", {}, idempotency_key=key)).job_id
        assert (await server.start("big", {"minutes": 4}, idempotency_key=key)).job_id == job
        with pytest.raises(Conflict, match="minutes"):
            await server.start("big", {"minutes": 10}, idempotency_key=key)
        await deploy(stand_ins)
        # the request is the same, whatever has become of the deployment
        assert (await server.start("big", {}, idempotency_key=key)).job_id == job


async def test_a_run_of_an_earlier_version_is_compared_by_its_parameters(stand_ins):
    ids = await deploy(stand_ins)
    key = str(uuid4())
    async with get_client() as client:
        run = await client.create_flow_run_from_deployment(
            ids["big"], parameters={"minutes": 5}, idempotency_key=key
        )
    async with Orchestrator() as server:
        assert (await server.start("big", {"minutes": 5}, idempotency_key=key)).job_id == run.id
        with pytest.raises(InvalidInput, match="minutes"):
            await server.start("big", {}, idempotency_key=key)


async def begin(ids, key, *modes):
    """Runs under one key that each another server has started, seeing none of the others."""
    async with get_client() as client:
        return [
            (await client.create_flow_run_from_deployment(ids[mode], idempotency_key=key)).id
            for mode in modes
        ]


@pytest.mark.parametrize("asked", ["quick", "big"])
async def test_the_next_request_under_a_key_cancels_all_jobs_but_the_first(stand_ins, asked):
    ids = await deploy(stand_ins)
    key = str(uuid4())
    first, *_ = await begin(ids, key, "quick", "deep", "big")
    async with Orchestrator() as server:
        with nullcontext() if asked == "quick" else pytest.raises(Conflict, match=str(first)):
            assert (await server.start(asked, {}, idempotency_key=key)).job_id == first
    assert await asyncio.to_thread(jobs_of, key) == [str(first)]


async def test_a_server_that_sees_the_others_jobs_only_after_its_own_cancels_all_but_the_first(
    stand_ins, monkeypatch
):
    ids = await deploy(stand_ins)
    key = str(uuid4())
    first, _ = await begin(ids, key, "quick", "deep")
    async with Orchestrator() as server:
        read, unseen = server.runs_of_key, [[]]

        async def runs_of_key(key):
            return unseen.pop() if unseen else await read(key)

        monkeypatch.setattr(server, "runs_of_key", runs_of_key)
        with pytest.raises(Conflict, match=str(first)):
            await server.start("big", {}, idempotency_key=key)
    assert await asyncio.to_thread(jobs_of, key) == [str(first)]


async def test_a_request_waits_for_those_under_its_own_key_only(stand_ins, monkeypatch):
    await deploy(stand_ins)
    slow, other = str(uuid4()), str(uuid4())
    async with Orchestrator() as server:
        read, may_go_on, looks = server.runs_of_key, asyncio.Event(), []

        async def runs_of_key(key):
            looks.append(key)
            if key == slow:
                await may_go_on.wait()
            return await read(key)

        monkeypatch.setattr(server, "runs_of_key", runs_of_key)
        waiting = [asyncio.create_task(server.start("big", {}, idempotency_key=slow)) for _ in range(2)]
        async with asyncio.timeout(10):
            await server.start("big", {}, idempotency_key=other)
            await server.start("big", {})
        assert looks.count(slow) == 1
        may_go_on.set()
        one, same = await asyncio.gather(*waiting)
        assert one.job_id == same.job_id
