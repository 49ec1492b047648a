"""Jobs that ended badly are settled in the end, whatever the store has meanwhile."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from flows.core.ending import GONE, OVERDUE, RUN_DELETED, SILENT
from flows.errors import ConfigurationError, StoreFull, StoreUnavailable
from flows.knowledge import Job, PrefectState, Word, utc_now
from flows.stores import settling
from flows.stores.memory import MemoryStore
from flows.stores.settling import LONGEST_RETRY_S, LOOK_AGAIN_S, Settler, settle_ended

ANN = UUID(int=1)
REFUSALS = [StoreFull("no room"), StoreUnavailable("locked"), ConfigurationError("not writable")]


class Clock:
    def __init__(self, monkeypatch):
        self.now_s = 1000.0
        monkeypatch.setattr(settling.time, "monotonic", lambda: self.now_s)

    async def go_on(self, settler, seconds):
        for _ in range(round(seconds)):
            self.now_s += 1
            await settler.settle_due()


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
async def store():
    async with MemoryStore() as opened:
        yield opened


async def crash(store, job_id=ANN, *, created_at=None, name="Crashed", ended_at=None):
    """A job that died with a claim, and its row."""
    begun = await store.begin_attempt(Job(job_id=job_id, mode="big", created_at=created_at or utc_now()))
    word = Word(text=f"moss{job_id.int}", key=f"moss{job_id.int}")
    await store.claim([word], job_id=job_id, attempt=1, until=utc_now() + timedelta(hours=9))
    state = PrefectState(id=job_id, type="CRASHED", name=name, since=ended_at or utc_now())
    return (await store.project(begun.model_copy(update={"state": state, "is_settled": False}))).job


async def is_settled(store, job_id=ANN):
    return (await store.job(job_id)).is_settled and await store.claims(job_id) == ()


@pytest.mark.parametrize("error", REFUSALS)
async def test_a_store_that_refuses_for_an_hour_is_tried_until_it_takes_it(store, clock, monkeypatch, error):
    told = []
    settler = Settler(store, told.append)
    settler.note(await crash(store))
    release = store.release_all
    tries = []

    async def refused(job_id):
        tries.append(clock.now_s)
        raise error

    monkeypatch.setattr(store, "release_all", refused)
    await clock.go_on(settler, 3600)
    assert 60 <= len(tries) <= 80, "about once a minute"
    monkeypatch.setattr(store, "release_all", release)
    await clock.go_on(settler, LONGEST_RETRY_S)
    assert await is_settled(store)
    assert [row.is_settled for row in told] == [True]


async def test_one_job_that_cannot_be_settled_keeps_no_other_from_it(store, clock, monkeypatch):
    settler = Settler(store, lambda _: None)
    other = UUID(int=2)
    for job_id in (ANN, other):
        settler.note(await crash(store, job_id))
    rounds = store.rounds

    async def broken(job_id, **about):
        if job_id == ANN:
            raise RuntimeError("a document that nobody can read")
        return await rounds(job_id, **about)

    monkeypatch.setattr(store, "rounds", broken)
    await clock.go_on(settler, 10)
    assert await is_settled(store, other)
    assert not await is_settled(store)


async def test_jobs_of_which_nobody_told_are_found_page_by_page(store, clock, monkeypatch):
    monkeypatch.setattr(settling, "MAX_PAGE", 2)
    start = utc_now()
    ids = [UUID(int=number) for number in range(1, 8)]
    for job_id in ids:
        await crash(store, job_id, created_at=start + timedelta(seconds=job_id.int))
    pages = []
    jobs = store.jobs

    async def counted(**about):
        pages.append(about)
        return await jobs(**about)

    monkeypatch.setattr(store, "jobs", counted)
    settler = Settler(store, lambda _: None)
    await clock.go_on(settler, 10)
    assert [job_id.int for job_id in ids if await is_settled(store, job_id)] == [6, 7]
    await clock.go_on(settler, 3 * LOOK_AGAIN_S)
    assert [job_id.int for job_id in ids if await is_settled(store, job_id)] == [2, 3, 4, 5, 6, 7]
    await clock.go_on(settler, 2 * LOOK_AGAIN_S)
    assert await is_settled(store)
    assert all(about["limit"] == 2 for about in pages)
    # from the beginning again
    newest = UUID(int=9)
    await crash(store, newest, created_at=start + timedelta(seconds=9))
    await clock.go_on(settler, 5 * LOOK_AGAIN_S)
    assert await is_settled(store, newest)


async def test_a_store_that_cannot_be_read_is_read_again_later(store, clock, monkeypatch):
    await crash(store)
    settler = Settler(store, lambda _: None)
    jobs = store.jobs

    async def locked(**about):
        raise StoreUnavailable("locked")

    monkeypatch.setattr(store, "jobs", locked)
    with pytest.raises(StoreUnavailable):
        await settler.settle_due()
    monkeypatch.setattr(store, "jobs", jobs)
    await clock.go_on(settler, LOOK_AGAIN_S + 10)
    assert await is_settled(store)


async def test_a_process_has_a_moment_to_write_its_last(store, clock):
    settler = Settler(store, lambda _: None)
    settler.note(await crash(store))
    await clock.go_on(settler, 4)
    assert not await is_settled(store)
    await clock.go_on(settler, 2)
    assert await is_settled(store)


async def test_a_job_that_runs_again_is_left_alone(store, clock):
    settler = Settler(store, lambda _: None)
    row = await crash(store)
    settler.note(row)
    await store.begin_attempt(row.model_copy(update={"running_since": utc_now() + timedelta(seconds=1)}))
    await clock.go_on(settler, 10)
    assert len(await store.claims(ANN)) == 1


async def test_those_that_ended_badly_are_settled_at_once_but_those_that_just_did(store, monkeypatch):
    monkeypatch.setattr(settling, "MAX_PAGE", 2)
    long_ago = utc_now() - timedelta(minutes=1)
    for number in range(1, 6):
        await crash(store, UUID(int=number), ended_at=long_ago)
    await crash(store, UUID(int=6))
    # whose process is known to be gone
    await crash(store, UUID(int=7), name=GONE)
    # whose process may only have fallen silent
    for number, name in enumerate((OVERDUE, SILENT, RUN_DELETED), start=8):
        await crash(store, UUID(int=number), name=name)
    await settle_ended(store)
    settled = [number for number in range(1, 11) if await is_settled(store, UUID(int=number))]
    assert settled == [1, 2, 3, 4, 5, 7]


async def test_without_a_server_only_the_newest_jobs_are_read(store, monkeypatch):
    monkeypatch.setattr(settling, "MAX_PAGE", 2)
    monkeypatch.setattr(settling, "PAGES_AT_ONCE", 2)
    long_ago = utc_now() - timedelta(minutes=1)
    for number in range(1, 6):
        created_at = long_ago + timedelta(seconds=number)
        await crash(store, UUID(int=number), created_at=created_at, ended_at=long_ago)
    await settle_ended(store)
    settled = [number for number in range(1, 6) if await is_settled(store, UUID(int=number))]
    assert settled == [2, 3, 4, 5]


async def test_an_end_that_the_process_told_is_settled_for_good_though_prefect_never_says_so(store):
    begun = await store.begin_attempt(Job(job_id=ANN, mode="big", created_at=utc_now()))
    word = Word(text="moss", key="moss")
    await store.claim([word], job_id=ANN, attempt=1, until=utc_now() + timedelta(hours=9))
    ended = {"run_status": "failed", "finished_at": utc_now() - timedelta(minutes=1), "is_settled": False}
    await store.save_job(begun.model_copy(update=ended))
    await settle_ended(store)
    assert await is_settled(store)
