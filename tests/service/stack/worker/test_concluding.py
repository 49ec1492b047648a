"""What the worker tells Prefect of a run whose process has ended."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager
from types import SimpleNamespace
from uuid import uuid4

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from service.orchestration.runs import Orchestrator
from service.stack.worker import process_worker
from service.stack.worker.process_worker import LearningWorker
from tests.service.deploying import deploy


class Killed:
    """A run's process that was killed."""

    is_cancelled = False

    async def wait(self):
        return -signal.SIGKILL


@asynccontextmanager
async def worker_with(client):
    worker = LearningWorker(work_pool_name="learning")
    worker._client = client
    yield worker


def run_of(client, job_id=None):
    return SimpleNamespace(id=job_id or uuid4(), name="a run", state=None)


@pytest.mark.prefect
async def test_a_run_that_was_deleted_is_not_waited_for(prefect_api, stand_ins):
    await deploy(stand_ins)
    async with Orchestrator() as orchestrator, get_client() as client, worker_with(client) as worker:
        job_id = (await orchestrator.start("quick", {})).job_id
        run = await client.read_flow_run(job_id)
        await client.delete_flow_run(job_id)
        async with asyncio.timeout(5):
            assert await worker._conclude(run, Killed()) == 0


@pytest.mark.parametrize("call", ["update_flow_run_labels", "set_flow_run_state"])
async def test_one_that_is_deleted_in_that_moment_is_not_either(monkeypatch, call):
    monkeypatch.setattr(process_worker, "AGAIN_S", 0.01)
    is_deleted = False

    async def read(job_id):
        if is_deleted:
            raise ObjectNotFound(None)
        state = SimpleNamespace(
            type="RUNNING", name="Running", is_cancelling=lambda: False, is_crashed=lambda: False
        )
        return SimpleNamespace(state=state, labels={}, run_count=1)

    async def refuse(*_, **__):
        nonlocal is_deleted
        is_deleted = True
        raise httpx.HTTPStatusError("404", request=None, response=None)

    async def accept(*_, **__):
        pass

    calls = {"update_flow_run_labels": accept, "set_flow_run_state": accept, call: refuse}
    async with worker_with(SimpleNamespace(read_flow_run=read, **calls)) as worker, asyncio.timeout(5):
        monkeypatch.setattr(worker, "get_flow_run_logger", lambda _: process_worker_log())
        assert await worker._conclude(run_of(worker), Killed()) == 0
    assert is_deleted


async def test_while_prefect_is_away_it_waits(monkeypatch):
    monkeypatch.setattr(process_worker, "AGAIN_S", 0.01)
    asked = 0

    async def read(job_id):
        nonlocal asked
        asked += 1
        if asked <= 5:
            raise httpx.ConnectError("refused")
        raise ObjectNotFound(None)

    async with worker_with(SimpleNamespace(read_flow_run=read)) as worker, asyncio.timeout(5):
        monkeypatch.setattr(worker, "get_flow_run_logger", lambda _: process_worker_log())
        assert await worker._conclude(run_of(worker), Killed()) == 0
    assert asked == 6


async def test_who_took_a_run_is_not_said_to_a_prefect_that_is_away(monkeypatch):
    said = []

    async def refuse(*_):
        raise httpx.ConnectError("refused")

    async with worker_with(SimpleNamespace(update_flow_run_labels=refuse)) as worker:
        monkeypatch.setattr(worker, "get_flow_run_logger", lambda _: process_worker_log(said.append))
        run = SimpleNamespace(id=uuid4(), state=SimpleNamespace(id=uuid4()))
        await worker._tell_taken(run)
    assert len(said) == 1


def process_worker_log(say=lambda _: None):
    return SimpleNamespace(debug=lambda text, *about: say(text % about))
