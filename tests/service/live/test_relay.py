"""The relay, with watchers that come and leave at awkward moments."""

from __future__ import annotations

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.states import Running

from flows.stores import open_store
from service.live.relay import Relay
from service.metrics import Metrics
from service.orchestration.deployments import deploy
from service.orchestration.runs import Orchestrator

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


class SlowOrchestrator(Orchestrator):
    """Tells of a run only when it may."""

    def __init__(self):
        super().__init__()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def run(self, job_id):
        self.asked.set()
        await self.may_answer.wait()
        return await super().run(job_id)


async def test_a_watcher_on_its_way_in_is_told_all_though_another_leaves_meanwhile(stand_ins):
    await deploy(stand_ins)
    async with (
        open_store("memory://") as store,
        SlowOrchestrator() as orchestrator,
        Relay(store, orchestrator, Metrics()) as relay,
    ):
        one, other = [(await orchestrator.start("big")).job_id for _ in range(2)]
        leaving = relay.watch(other)
        await leaving.__aenter__()
        orchestrator.asked.clear()
        orchestrator.may_answer.clear()
        coming = relay.watch(one)
        entering = asyncio.create_task(coming.__aenter__())
        await orchestrator.asked.wait()
        await leaving.__aexit__(None, None, None)
        orchestrator.may_answer.set()
        watcher = await entering
        async with asyncio.timeout(20):
            assert (await anext(watcher)).status == "queued"
            async with get_client() as client:
                await client.set_flow_run_state(one, Running(), force=True)
            assert (await anext(watcher)).status == "running"
        await coming.__aexit__(None, None, None)


async def test_those_who_watch_all_jobs_are_told_of_one_that_only_waits(stand_ins):
    await deploy(stand_ins)
    async with (
        open_store("memory://") as store,
        Orchestrator() as orchestrator,
        Relay(store, orchestrator, Metrics()) as relay,
        relay.watch_all() as watcher,
        asyncio.timeout(30),
    ):
        while not relay.is_live:
            await asyncio.sleep(0.05)
        job_id = (await orchestrator.start("big")).job_id
        # Prefect itself has nothing more to say for 15 s, when it calls the run late
        async with asyncio.timeout(10):
            frame = await anext(frame async for frame in watcher if frame.job_id == job_id)
        assert (frame.status, frame.state_name) == ("queued", "Scheduled")
