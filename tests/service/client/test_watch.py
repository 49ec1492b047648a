"""A job followed to its end, whatever breaks on the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from own_facade import ToldJob, kinds, texts
from prefect.states import Cancelled, Completed

from flows.knowledge import Job, utc_now
from flows.settings import Settings
from service.client import LearningClient
from service.errors import Conflict, FacadeUnavailable
from service.live.topic import LogPosition
from service.stack.prefect_server import ensure_server
from tests.service.client.client_parts import listening, prefect


@pytest.fixture
def served(serve):
    return serve()


@pytest.fixture
async def client(served):
    async with LearningClient(served.url) as client:
        yield client


class Following:
    """A watch in a task of its own."""

    def __init__(self, client, job_id, **options):
        self.frames = []
        self._came = asyncio.Event()
        self.task = asyncio.create_task(self._follow(client, job_id, options))

    async def _follow(self, client, job_id, options):
        async for frame in client.watch(job_id, **options):
            self.frames.append(frame)
            self._came.set()

    async def until(self, condition, within_s=60):
        async with asyncio.timeout(within_s):
            while not condition(self.frames):
                assert not self.task.done() or self.task.exception() is None, self.task.exception()
                self._came.clear()
                await self._came.wait()

    async def heard(self, text):
        await self.until(lambda frames: text in texts(frames))

    async def end(self, within_s=60):
        async with asyncio.timeout(within_s):
            await self.task
        return self.frames


def is_true_history(frames, told):
    """Each line once and in order, each state once, and the end as it was."""
    assert texts(frames) == told.told
    states = [kind for kind in kinds(frames) if kind.startswith("state.")]
    assert states == ["state.scheduled", "state.pending", "state.running"], [
        (frame.sent_at, frame.status, LogPosition.of(frame.cursor), frame.live, kinds([frame]))
        for frame in frames
    ]
    ids = [e.id for frame in frames for e in frame.events]
    assert len(ids) == len(set(ids))
    assert (frames[-1].status, frames[-1].end_reason, frames[-1].progress) == ("completed", "all done", 100)


@prefect
async def test_a_job_is_started_watched_and_cancelled(facade, store):
    async with LearningClient(facade.url) as client:
        started = await client.start_big(minutes=1, topic="moss", idempotency_key="once")
        assert (
            await client.start_big(minutes=1, topic="moss", idempotency_key="once")
        ).job_id == started.job_id
        assert (await client.job(started.job_id)).status == "queued"
        following = Following(client, started.job_id)
        await following.until(len)
        assert following.frames[0].status == "queued"
        await client.cancel(started.job_id, now=True)
        told = ToldJob(store, started.job_id)
        await told.put(Cancelled())
        assert (await following.end())[-1].status == "cancelled"
        assert (await client.job(started.job_id)).status == "cancelled"
        with pytest.raises(Conflict):
            await client.cancel(started.job_id)
        assert (await client.retry(started.job_id)).job_id == started.job_id
        assert (await client.job(started.job_id)).status == "queued"
        await told.put(Cancelled())
        paused = [await client.pause_schedule(s.id) for s in await client.schedules()]
        assert all(not s.is_active for s in paused)


@prefect
async def test_a_watch_survives_a_facade_that_is_killed_and_started_again(facade, store):
    told = await ToldJob.start(store)
    async with LearningClient(facade.url) as client:
        following = Following(client, told.job_id, from_start=True)
        await following.until(len)
        await told.begin()
        await told.do("one", "two")
        await following.heard("two")
        await told.seen()
        facade.stop(signal.SIGKILL)
        await told.do("three", is_told=False)
        await told.do("four")
        facade.start()
        await following.heard("four")
        facade.stop(signal.SIGTERM)
        await told.do("five")
        facade.start()
        await told.do("six")
        await told.end()
        is_true_history(await following.end(), told)


@prefect
async def test_what_ended_while_the_facade_was_away_is_told_when_it_is_back(facade, store):
    told = await (await ToldJob.start(store)).begin()
    async with LearningClient(facade.url) as client:
        following = Following(client, told.job_id, from_start=True)
        await following.until(len)
        await told.seen()
        facade.stop()
        await told.do(*(f"line {n}" for n in range(700)))
        await told.end()
        facade.start()
        is_true_history(await following.end(), told)
        again = [frame async for frame in client.watch(told.job_id, from_start=True)]
        is_true_history(again, told)
        assert [f.status async for f in client.watch(told.job_id)] == ["completed"]


@prefect
async def test_a_watch_survives_prefect_that_is_killed_and_started_again(facade, store, prefect_api):
    home = Path(os.environ["PREFECT_HOME"])
    told = await (await ToldJob.start(store)).begin()
    async with LearningClient(facade.url) as client:
        following = Following(client, told.job_id, from_start=True)
        await told.do("before")
        await following.heard("before")
        await told.seen()
        os.kill(json.loads((home / "server.json").read_text())["pid"], signal.SIGKILL)
        await following.until(lambda frames: not frames[-1].live)
        await told.do("without Prefect")
        await following.heard("without Prefect")
        await ensure_server(Settings(home=home.parent, prefect_port=urlsplit(prefect_api).port), say=print)
        await following.until(lambda frames: frames[-1].live)
        await told.do("after")
        await told.end()
        is_true_history(await following.end(), told)


@prefect
async def test_prefects_word_of_the_end_comes_after_the_documents_and_is_told(facade, store):
    told = await ToldJob.start(store)
    async with LearningClient(facade.url) as client:
        following = Following(client, told.job_id, from_start=True)
        await following.until(len)
        await told.begin()
        await told.seen()
        await told.do(
            "ended", run_status="completed", end_reason="all done", progress=100, finished_at=utc_now()
        )
        await following.until(lambda frames: frames[-1].status == "completed")
        await asyncio.sleep(2)
        await told.put(Completed())
        is_true_history(await following.end(), told)


@prefect
async def test_an_end_that_prefect_never_hears_of_is_an_end(facade, store):
    told = await (await ToldJob.start(store)).begin()
    await told.do("ended", run_status="failed", end_reason="failed", finished_at=utc_now())
    async with LearningClient(facade.url) as client:
        async with asyncio.timeout(20):
            frames = [frame async for frame in client.watch(told.job_id)]
    assert frames[-1].status == "failed"


@prefect
async def test_patience_ends_when_the_facade_stays_away(facade, store):
    told = await (await ToldJob.start(store)).begin()
    async with LearningClient(facade.url) as client:
        following = Following(client, told.job_id, patience_s=1.0)
        await following.until(len)
        facade.stop()
        with pytest.raises(FacadeUnavailable, match="The job keeps running"):
            await following.end()


@asynccontextmanager
async def proxy(port, *, refusal):
    """Passes connections on, but for those that want to become WebSockets: these are refused, or never
    answered without a refusal.
    """

    async def pipe(reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def handle(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if b"upgrade: websocket" in head.lower():
            writer.write(refusal)
            await writer.drain()
            return
        from_facade, to_facade = await asyncio.open_connection("127.0.0.1", port)
        try:
            to_facade.write(head)
            await asyncio.gather(pipe(reader, to_facade), pipe(from_facade, writer), return_exceptions=True)
        finally:
            to_facade.close()
            with suppress(OSError):
                await to_facade.wait_closed()

    async with listening(handle) as url:
        yield url


@prefect
@pytest.mark.parametrize(
    "refusal",
    [b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", b""],
    ids=["refused", "hung up"],
)
async def test_behind_a_proxy_without_websockets_it_polls(facade, store, refusal):
    told = await (await ToldJob.start(store)).begin()
    async with proxy(urlsplit(facade.url).port, refusal=refusal) as url, LearningClient(url) as client:
        following = Following(client, told.job_id, from_start=True)
        await following.until(len)
        await told.do("one", "two")
        await following.heard("two")
        await told.seen()
        facade.stop()
        await told.do("three")
        await told.end()
        facade.start()
        is_true_history(await following.end(), told)
        await told.seen("COMPLETED", is_settled=True)
        assert [f.status async for f in client.watch(told.job_id)] == ["completed"]


@prefect
async def test_a_watch_that_is_left_closes_its_connection(facade, store):
    told = await (await ToldJob.start(store)).begin()
    async with LearningClient(facade.url) as client:
        frames = client.watch(told.job_id)
        assert (await anext(frames)).status == "running"
        await frames.aclose()
    with socket.create_connection(("127.0.0.1", urlsplit(facade.url).port)):
        pass
    assert isinstance(told.job, Job)
    assert isinstance(told.job_id, UUID)
