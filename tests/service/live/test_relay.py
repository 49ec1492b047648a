"""The relay, with subscribers that come and leave at awkward moments, on a store alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from store_documents import ANN, BOB, job

from flows.core.status import line_of
from flows.knowledge import JobEvent, PrefectState, utc_now
from flows.stores.memory import MemoryStore
from service.errors import NotFound, PrefectUnavailable
from service.live.relay import Relay
from service.live.topic import LogPosition
from service.metrics import Metrics


class SlowStore(MemoryStore):
    """Tells of a job only when it may."""

    def __init__(self):
        super().__init__()
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def job(self, job_id):
        self.asked.set()
        await self.may_answer.wait()
        return await super().job(job_id)


async def nobody(job_id):
    return None


@asynccontextmanager
async def relaying(store, look_up=nobody):
    async with (
        store,
        Relay(
            store,
            Metrics(),
            run_pages="https://prefect.example/",
            confirmed_at=lambda row: row.confirmed_at,
            look_up=look_up,
        ) as relay,
    ):
        yield relay


def seen(job_id, kind, number):
    state = PrefectState(id=UUID(int=number), type=kind, name=kind.title(), since=utc_now())
    return job(job_id, state=state), [line_of(state, 0)]


async def project(store, relay, job_id, kind, number):
    saved = await store.project(*seen(job_id, kind, number))
    relay.take(saved)
    return saved


async def test_a_subscriber_on_its_way_in_is_told_all_though_another_leaves_meanwhile():
    async with relaying(store := SlowStore()) as relay, asyncio.timeout(10):
        await project(store, relay, ANN, "SCHEDULED", 1)
        await project(store, relay, BOB, "SCHEDULED", 2)
        leaving = relay.follow(BOB)
        await leaving.__aenter__()
        store.asked.clear()
        store.may_answer.clear()
        coming = relay.follow(ANN)
        entering = asyncio.create_task(coming.__aenter__())
        await store.asked.wait()
        await leaving.__aexit__(None, None, None)
        store.may_answer.set()
        subscriber = await entering
        assert (await anext(subscriber)).status == "queued"
        await project(store, relay, ANN, "RUNNING", 3)
        assert (await anext(subscriber)).status == "running"
        await coming.__aexit__(None, None, None)


async def test_those_who_follow_all_jobs_are_told_of_one_that_only_waits():
    async with (
        relaying(store := MemoryStore()) as relay,
        relay.follow_all() as subscriber,
        asyncio.timeout(10),
    ):
        await project(store, relay, ANN, "SCHEDULED", 1)
        frame = await anext(subscriber)
        assert (frame.job_id, frame.status, frame.state_name) == (ANN, "queued", "Scheduled")
        assert [event.kind for event in frame.events] == ["state.scheduled"]


async def test_a_line_that_another_server_has_written_is_read_from_the_log():
    async with relaying(store := MemoryStore()) as relay, asyncio.timeout(10):
        await project(store, relay, ANN, "SCHEDULED", 1)
        async with relay.follow(ANN) as subscriber:
            await anext(subscriber)
            await store.project(*seen(ANN, "PENDING", 2))
            await project(store, relay, ANN, "RUNNING", 3)
            frame = await anext(subscriber)
            assert [event.kind for event in frame.events] == ["state.pending", "state.running"]


async def test_the_end_of_a_job_is_the_end_of_its_frames():
    async with relaying(store := MemoryStore()) as relay, asyncio.timeout(10):
        await project(store, relay, ANN, "SCHEDULED", 1)
        async with relay.follow(ANN) as subscriber:
            await project(store, relay, ANN, "CANCELLED", 2)
            frames = [frame async for frame in subscriber]
        assert frames[-1].status == "cancelled"


async def test_a_job_that_has_ended_is_one_frame_and_the_end_at_once():
    async with relaying(store := MemoryStore()) as relay, asyncio.timeout(5):
        await project(store, relay, ANN, "SCHEDULED", 1)
        await project(store, relay, ANN, "CANCELLED", 2)
        for after in (None, LogPosition().cursor):
            async with relay.follow(ANN, after) as subscriber:
                frames = [frame async for frame in subscriber]
            assert [frame.status for frame in frames] == ["cancelled"]


async def test_a_topic_goes_on_after_an_error_that_nobody_expected(monkeypatch):
    async with relaying(store := MemoryStore()) as relay, asyncio.timeout(10):
        await project(store, relay, ANN, "SCHEDULED", 1)
        async with relay.follow(ANN) as subscriber:
            await anext(subscriber)
            log = store.log
            monkeypatch.setattr(store, "log", lambda *_, **__: 1 / 0)
            relay.refresh(ANN)
            await asyncio.sleep(0.05)
            monkeypatch.setattr(store, "log", log)
            await project(store, relay, ANN, "PENDING", 2)
            assert (await anext(subscriber)).state_name == "Pending"


async def test_a_run_without_a_row_is_looked_up_and_a_stranger_is_not_found():
    async def look_up(job_id):
        return (await store.project(*seen(ANN, "SCHEDULED", 1))).job if job_id == ANN else None

    store = MemoryStore()
    async with relaying(store, look_up) as relay, asyncio.timeout(10):
        async with relay.follow(ANN) as subscriber:
            assert (await anext(subscriber)).status == "queued"
        with pytest.raises(NotFound):
            await relay.follow(BOB).__aenter__()


async def test_a_job_that_only_prefect_could_tell_of_says_that_prefect_is_away():
    async def look_up(job_id):
        raise PrefectUnavailable("Prefect does not answer")

    async with relaying(MemoryStore(), look_up) as relay, asyncio.timeout(10):
        with pytest.raises(PrefectUnavailable):
            await relay.follow(ANN).__aenter__()


async def test_a_stop_that_was_asked_for_is_told_at_once():
    async with relaying(store := MemoryStore()) as relay, asyncio.timeout(5):
        await project(store, relay, ANN, "RUNNING", 1)
        async with relay.follow(ANN) as subscriber:
            assert (await anext(subscriber)).is_stopping is False
            await store.request_stop(ANN)
            relay.refresh(ANN)
            assert (await anext(subscriber)).is_stopping is True


async def test_a_run_that_ends_while_its_job_is_read_is_never_told_with_an_older_row():
    """The end is written between the reading of the row and that of the log."""

    class EndsBetween(MemoryStore):
        is_due = False

        async def log(self, job_id, **options):
            if self.is_due:
                self.is_due = False
                await end(self)
            return await super().log(job_id, **options)

    async def end(store):
        row = await store.job(ANN)
        changed = {"run_status": "completed", "end_reason": "all done", "finished_at": utc_now()}
        line = JobEvent(attempt=row.attempt, id="1.9", kind="job.ended", text="Completed", occurred=utc_now())
        await store.save_job(row.model_copy(update={**changed, "progress": 100}), [line])

    async with relaying(store := EndsBetween()) as relay, asyncio.timeout(10):
        begun = await store.begin_attempt(job(ANN))
        await store.save_job(begun.model_copy(update={"progress": 9}))
        async with relay.follow(ANN) as subscriber:
            assert (await anext(subscriber)).progress == 9
            store.is_due = True
            relay.refresh(ANN)
            frames = [frame async for frame in subscriber]
    assert [event.text for frame in frames for event in frame.events] == ["Completed"]
    assert all(frame.progress == 100 for frame in frames if frame.events)
    assert (frames[-1].status, frames[-1].progress) == ("completed", 100)
