from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Crashed, Running

from flows.knowledge import Job, Word, utc_now
from flows.settings import Settings
from flows.stores import open_store
from service.orchestration import mender
from service.orchestration import runs as orchestrator
from service.orchestration.deployments import deploy
from service.orchestration.runs import RunState


def state(kind="CRASHED", *, age_s=60.0, message="the machine went away"):
    status = {
        "CRASHED": "failed",
        "FAILED": "failed",
        "CANCELLED": "cancelled",
        "COMPLETED": "completed",
        "RUNNING": "running",
    }[kind]
    return RunState(
        status=status,
        type=kind,
        name=kind.title(),
        message=message,
        since=utc_now() - timedelta(seconds=age_s),
    )


@pytest.fixture
async def store():
    async with open_store("memory://") as opened:
        yield opened


@pytest.fixture
async def job(store):
    begun = await store.begin_attempt(Job(job_id=uuid4(), mode="big", status="running", created_at=utc_now()))
    await store.claim(
        [Word(text="moss", key="moss")],
        job_id=begun.job_id,
        attempt=begun.attempt,
        until=utc_now() + timedelta(hours=1),
    )
    return begun


@pytest.mark.parametrize(
    ("kind", "status"),
    [("CRASHED", "failed"), ("FAILED", "failed"), ("CANCELLED", "cancelled"), ("COMPLETED", "completed")],
)
async def test_end_in_prefect_becomes_the_end_of_the_document(store, job, kind, status):
    assert await mender.mend(store, {job.job_id: state(kind)}) == [job.job_id]
    mended = await store.job(job.job_id)
    assert mended.status == status
    assert mended.finished_at is not None
    assert any("the machine went away" in e for e in mended.errors) == (status == "failed")
    assert await store.claims(job.job_id) == ()
    assert await mender.mend(store, {job.job_id: state(kind)}) == []


async def test_a_killed_process_is_told_in_our_words(store, job):
    killed = (
        "Process exited with status code: -9. Process exited due to a SIGKILL signal. Typically caused by the"
        " operating system."
    )
    await mender.mend(store, {job.job_id: state(message=killed)})
    assert (await store.job(job.job_id)).errors == ("The run crashed: Its process was killed (signal 9)",)


async def test_running_and_just_ended_runs_are_left_alone(store, job):
    assert await mender.mend(store, {job.job_id: state("RUNNING")}) == []
    assert await mender.mend(store, {job.job_id: state(age_s=1)}) == []
    assert (await store.job(job.job_id)).status == "running"


async def test_all_open_jobs_are_found(store):
    wanted = set()
    for number in range(205):
        status = "completed" if number % 5 == 0 else "running"
        begun = await store.begin_attempt(
            Job(job_id=uuid4(), mode="big", status=status, created_at=utc_now() + timedelta(seconds=number))
        )
        if status == "running":
            wanted.add(begun.job_id)
    assert {job.job_id for job in await mender.unfinished(store)} == wanted


@pytest.mark.prefect
async def test_loop_mends_what_prefect_says(prefect_api, stand_ins, tmp_path, monkeypatch):
    monkeypatch.setattr(mender, "EVERY_S", 0.1)
    monkeypatch.setattr(mender, "GRACE", timedelta(0))
    settings = Settings(home=tmp_path)
    await deploy(stand_ins)
    job_id = await orchestrator.start("big", {})
    async with open_store(settings.store) as store:
        await store.begin_attempt(Job(job_id=job_id, mode="big", status="running", created_at=utc_now()))
        said = []
        loop = asyncio.create_task(mender.keep_mending(settings, say=said.append))
        try:
            async with get_client() as client:
                for next_state in (Running(), Crashed(message="gone")):
                    await client.set_flow_run_state(job_id, next_state, force=True)
            async with asyncio.timeout(20):
                while (await store.job(job_id)).status != "failed":
                    await asyncio.sleep(0.1)
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)
    assert any(str(job_id) in line for line in said)


@pytest.mark.prefect
async def test_run_that_should_long_be_over_is_called_crashed(prefect_api, stand_ins, store, monkeypatch):
    monkeypatch.setattr(mender, "GRACE", timedelta(0))
    await deploy(stand_ins)
    late, healthy = [await orchestrator.start("big", {}) for _ in range(2)]
    async with get_client() as client:
        for job_id in (late, healthy):
            await client.set_flow_run_state(job_id, Running(), force=True)
            due = utc_now() + timedelta(minutes=1)
            await store.begin_attempt(
                Job(job_id=job_id, mode="big", status="running", created_at=utc_now(), deadline_at=due)
            )
    assert await mender.compare(store) == []
    now = utc_now()
    monkeypatch.setattr(mender, "utc_now", lambda: now + timedelta(minutes=4))
    job = await store.job(healthy)
    await store.save_job(job.model_copy(update={"deadline_at": now + timedelta(minutes=5)}))
    assert await mender.compare(store) == []
    assert (await orchestrator.run_state(late)).type == "CRASHED"
    assert (await orchestrator.run_state(healthy)).type == "RUNNING"
    assert await mender.compare(store) == [late]
    mended = await store.job(late)
    assert mended.status == "failed"
    assert "without a word" in mended.errors[-1]
