"""LearningClient against a real facade on a real socket; what needs Prefect has a real one."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pandas as pd
import pytest
from api_server import TOKEN
from own_facade import OwnFacade, ToldJob, kinds, texts
from prefect.states import Cancelled, Completed
from store_documents import ANN, START, batch, definition, entry, event, job, words

from flows.errors import InvalidInput
from flows.knowledge import Category, Counts, Entry, Job, utc_now
from flows.settings import Settings
from flows.stores import open_store
from service.client import LearningClient
from service.errors import AccessRefused, Conflict, FacadeUnavailable, NotFound, TooMany, UnexpectedAnswer
from service.orchestration.deployments import deploy
from service.stack.prefect_server import ensure_server

prefect = pytest.mark.prefect


@pytest.fixture
def served(serve):
    return serve()


@pytest.fixture
async def client(served):
    async with LearningClient(served.url) as client:
        yield client


def learn(served, *entries, definitions=(), job_id=ANN):
    async def write():
        begun = await served.store.begin_attempt(job(job_id))
        keys = [e.key for e in (*entries, *definitions)]
        await served.store.claim(
            words(*keys), job_id=job_id, attempt=begun.attempt, until=START + timedelta(days=9999)
        )
        outcomes = [*((e.key, e.depth) for e in entries), *((d.key, "defined") for d in definitions)]
        assert await served.store.commit_batch(
            batch(*outcomes, job_id=job_id, attempt=begun.attempt, number=begun.attempt),
            entries=entries,
            definitions=definitions,
        )

    served.do(write())


def at(minute):
    return START + timedelta(minutes=minute)


async def test_entries_come_typed_over_all_parts_and_as_a_table(served, client):
    learn(
        served,
        *(entry(f"moss {n:03}", at=at(n), category=Category.PLANT) for n in range(230)),
        definitions=[definition("fern")],
    )
    found = await client.knowledge(category="plant", limit=None)
    assert [e.key for e in found] == [f"moss {n:03}" for n in reversed(range(230))]
    assert isinstance(found[0], Entry)
    assert found.cursor is None
    some = await client.knowledge(limit=205)
    assert len(some) == 205
    rest = await client.knowledge(cursor=some.cursor, limit=None)
    assert [e.key for e in rest] == [f"moss {n:03}" for n in reversed(range(25))]
    frame = found.to_pandas()
    assert list(frame["key"]) == [e.key for e in found]
    assert set(Entry.model_fields) <= set(frame.columns)
    assert [e.key for e in await client.search("moss 007")] == ["moss 007"]
    assert await client.knowledge(category=Category.ANIMAL) == []
    assert "230" in found._repr_html_()


async def test_words_of_any_shape_are_found(served, client):
    learn(
        served,
        entry("and/or"),
        entry("naïve"),
        entry("50%?"),
        entry("a #1"),
        definitions=[definition("fern")],
    )
    for key in ("and/or", "naïve", "50%?", "a #1"):
        assert (await client.entry(key)).key == key
    assert (await client.entry("fern")).depth == "defined"
    graph = await client.graph("and/or")
    assert graph.nodes[0].key == "and/or"
    assert {f.key for f in await client.frontier(limit=1000)} <= {"one", "two", "three"}
    assert (await client.stats()).entries == 4
    assert (await client.health()).store == "ok"
    with pytest.raises(NotFound) as refused:
        await client.entry("../jobs")
    assert refused.value.field == "word"


async def test_jobs_rounds_and_events_are_typed(served, client):
    served.do(served.store.begin_attempt(job(ANN, counts=Counts(stored=3))))
    for part in range(4):
        served.do(served.store.append_log(ANN, [event(part * 100 + n) for n in range(1, 101)]))
    found = await client.job(str(ANN))
    assert (found.job_id, found.counts.stored) == (ANN, 3)
    assert [j.job_id for j in await client.jobs()] == [ANN]
    events = await client.events(ANN)
    assert [e.id for e in events] == [f"1.{n}" for n in range(1, 401)]
    assert events.is_complete is False  # there is no Prefect to tell of states
    assert await client.events(ANN, after=events.cursor) == []
    assert await client.rounds(ANN) == []
    with pytest.raises(NotFound):
        await client.round(ANN, 1)
    assert (await client.estimate("big", minutes=1)).minutes <= 1


@pytest.mark.parametrize("format_", ["jsonl", "csv", "parquet"])
async def test_an_export_is_whole_or_not_there(served, client, tmp_path, format_):
    learn(served, *(entry(f"moss {n}") for n in range(700)))
    file = tmp_path / f"all.{format_}"
    assert await client.export(file, format_) == file.stat().st_size
    if format_ == "jsonl":
        found = [json.loads(line)["key"] for line in file.read_text().splitlines()]
    elif format_ == "csv":
        with file.open(newline="") as lines:
            found = [row["key"] for row in csv.DictReader(lines)]
    else:
        found = list(pd.read_parquet(file)["key"])
    assert sorted(found) == sorted(f"moss {n}" for n in range(700))
    with pytest.raises(InvalidInput, match="there already"):
        await client.export(file, format_)
    assert await client.export(file, format_, may_overwrite=True) == file.stat().st_size


async def test_an_export_that_is_cut_short_leaves_no_file(tmp_path):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nword,key\r\n"
    async with answering(head) as url, LearningClient(url) as client:
        with pytest.raises(FacadeUnavailable):
            await client.export(tmp_path / "all.csv", "csv")
    assert list(tmp_path.iterdir()) == []


async def test_errors_are_ours_and_name_the_field(served, client):
    with pytest.raises(InvalidInput) as refused:
        await client.start_big(minutes=11)
    assert refused.value.field == "minutes"
    with pytest.raises(InvalidInput, match="words"):
        await client.start("quick", ["<b>"])
    with pytest.raises(InvalidInput, match="job_id"):
        await client.job("../health")
    with pytest.raises(FacadeUnavailable, match="Prefect") as unavailable:
        await client.start_big(minutes=1)
    assert unavailable.value.retry_after_s >= 1
    served.do(served.store.begin_attempt(job(ANN)))
    served.do(served.store.put_job(job(ANN, attempt=1, status="completed", finished_at=START)))
    with pytest.raises(Conflict, match="completed"):
        await client.cancel(ANN)


async def test_the_token_comes_from_the_argument_or_the_environment(serve, monkeypatch):
    served = serve(token=TOKEN)
    for token in (None, "another-token-of-sixteen"):
        async with LearningClient(served.url, token=token) as client:
            with pytest.raises(AccessRefused, match="LEARN_API_TOKEN"):
                await client.jobs()
            with pytest.raises(AccessRefused):
                await anext(client.watch(uuid4()))
    async with LearningClient(served.url, token=TOKEN) as client:
        assert await client.jobs() == []
    monkeypatch.setenv("LEARN_API_TOKEN", TOKEN)
    monkeypatch.setenv("LEARN_URL", served.url)
    async with LearningClient() as client:
        assert await client.jobs() == []
        with pytest.raises(NotFound):
            await client.entry("moss")


async def test_a_flood_of_starts_is_told_when_there_is_room(serve):
    served = serve(starts_burst=1, starts_per_minute=1)
    async with LearningClient(served.url) as client:
        with pytest.raises(FacadeUnavailable):
            await client.start_big()
        with pytest.raises(TooMany) as refused:
            await client.start_big()
    assert 1 <= refused.value.retry_after_s <= 60


@asynccontextmanager
async def listening(handle):
    """A server whose connections are all gone at the end."""
    open_ = set()

    async def handled(reader, writer):
        open_.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(handled, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)


@asynccontextmanager
async def answering(*answers):
    """A server that says these bytes, one a connection and the last one ever after, and hangs up; without any
    it never answers.
    """
    left = list(answers)

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if left:
            writer.write(left.pop(0) if len(left) > 1 else left[0])
            await writer.drain()
        else:
            await reader.read()

    async with listening(answer) as url:
        yield url


async def test_nobody_there_or_silent_is_said_in_time(free_port):
    async with LearningClient(f"http://127.0.0.1:{free_port}") as client:
        with pytest.raises(FacadeUnavailable, match=rf"{free_port}.*learn up"):
            await client.jobs()
        with pytest.raises(FacadeUnavailable, match="learn up"):
            await anext(client.watch(uuid4()))
    async with answering() as url, LearningClient(url, timeout_s=0.3) as client:
        with pytest.raises(FacadeUnavailable, match="in time"):
            await client.jobs()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>", UnexpectedAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", UnexpectedAnswer),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
            UnexpectedAnswer,
        ),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", UnexpectedAnswer),
        (b"HTTP/1.1 502 Bad Gateway\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", FacadeUnavailable),
        (b"nonsense\r\n\r\n", FacadeUnavailable),
    ],
)
async def test_what_is_no_facade_is_told_apart(answer, kind):
    async with answering(answer) as url, LearningClient(url) as client:
        with pytest.raises(kind):
            await client.jobs()


async def test_a_broken_connection_is_tried_again():
    good = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"items":[]}'
    async with answering(b"", good) as url, LearningClient(url) as client:
        assert await client.schedules() == []


async def test_a_newer_facade_may_say_more():
    body = b'{"items":[],"mood":"good"}'
    good = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    async with answering(good) as url, LearningClient(url) as client:
        assert await client.schedules() == []


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://x", "http://", "http://u:p@x", "http://x:y", "http://x/?token=1"]
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidInput):
        LearningClient(url)


def test_the_sync_shell_does_the_same(served):
    learn(served, entry("moss"))
    with LearningClient.sync(served.url) as client:
        assert [e.key for e in client.knowledge()] == ["moss"]
        assert client.url == served.url
        assert {"watch", "start_big", "knowledge"} <= set(dir(client))
        with pytest.raises(NotFound):
            client.entry("fern")
        watching = client.watch(ANN)
        assert next(watching).job_id == ANN
        with pytest.raises(AttributeError):
            client.fly()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.jobs()
    assert not [t for t in threading.enumerate() if t.name == "learning client"]


async def test_the_sync_shell_works_inside_a_running_loop(served):
    learn(served, entry("moss"))

    def cell():
        with LearningClient.sync(served.url) as client:
            return client.entry("moss").key

    assert await asyncio.to_thread(cell) == "moss"


def test_it_loads_neither_prefect_nor_the_facade():
    code = "import sys, service.client.client, service.client.sync; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    ).stdout.split()
    assert not {
        "prefect",
        "fastapi",
        "starlette",
        "typer",
        "aiosqlite",
        "pandas",
        "flows.big",
        "service.api.app",
    } & set(loaded)


# ---- watching, with a real Prefect


@pytest.fixture
async def store(tmp_path, prefect_api, stand_ins):
    await deploy(stand_ins)
    async with open_store(f"sqlite:///{tmp_path / 'knowledge.db'}", language="en") as store:
        yield store


@pytest.fixture
def facade(tmp_path, free_port, prefect_api):
    found = OwnFacade(tmp_path, free_port, f"sqlite:///{tmp_path / 'knowledge.db'}")
    yield found.start()
    found.stop()


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
    assert states == ["state.scheduled", "state.pending", "state.running"]
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
        with pytest.raises(FacadeUnavailable, match="the job goes on"):
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
        facade.stop()
        await told.do("three")
        await told.end()
        facade.start()
        is_true_history(await following.end(), told)
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
