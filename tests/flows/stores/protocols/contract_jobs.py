from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from store_documents import ANN, BOB, START, batch, citation, event, job, minutes, round_

from flows.errors import LanguageMismatch, StaleAttempt
from flows.knowledge import CachedEvidence, Counts, Evidence, QuotaUsage

LATER = START + minutes(10)


async def test_job_that_nobody_knows_is_none(store):
    assert await store.job(ANN) is None


async def test_job_that_was_put_comes_back_as_it_was(store):
    full = job(
        parameters={"minutes": 2.5, "words": ["a"], "nested": {"x": None}},
        counts=Counts(stored=3),
        errors=("one",),
        stages={"enrich": {"done": 2}},
    )
    await store.put_job(full)
    assert await store.job(ANN) == full
    await store.put_job(job(status="running", progress=7))
    assert await store.job(ANN) == job(status="running", progress=7)
    await store.begin_attempt(job())
    with pytest.raises(StaleAttempt):
        await store.put_job(full)


async def test_first_attempt_creates_the_document_and_runs(store):
    begun = await store.begin_attempt(job(name="a job"))
    assert (begun.name, begun.attempt, begun.status, begun.run_status) == ("a job", 1, "running", "running")
    assert await store.job(ANN) == begun


async def test_next_attempt_takes_the_stored_document_over(store):
    await store.put_job(job(progress=40, attempt=3, status="failed", end_reason="failed", finished_at=START))
    begun = await store.begin_attempt(job())
    assert (begun.progress, begun.attempt, begun.status) == (40, 4, "running")
    assert (begun.end_reason, begun.finished_at) == (None, None)
    assert await store.job(ANN) == begun


async def test_attempts_that_begin_at_once_have_numbers_of_their_own(store):
    begun = await asyncio.gather(*(store.begin_attempt(job()) for _ in range(10)))
    assert sorted(each.attempt for each in begun) == list(range(1, 11))


async def test_newer_attempt_may_save_without_beginning(store):
    await store.save_job(job(attempt=1))
    await store.save_job(job(attempt=2))
    with pytest.raises(StaleAttempt):
        await store.save_job(job(attempt=1))
    assert (await store.job(ANN)).attempt == 2


async def test_jobs_come_newest_first(store):
    for number in range(6):
        await store.save_job(job(UUID(int=9 - number), created_at=START + minutes(number // 2)))
    newest = [UUID(int=n) for n in (4, 5, 6, 7, 8, 9)]
    assert [each.job_id for each in (await store.jobs()).items] == newest
    for limit in (1, 2, 4, 6):
        found, cursor = [], None
        while True:
            page = await store.jobs(cursor=cursor, limit=limit)
            found += [each.job_id for each in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert found == newest


async def test_jobs_are_filtered(store):
    await store.save_job(job(ANN, status="running"))
    await store.save_job(job(BOB, status="completed", mode="deep", created_at=LATER))

    async def found(**filters):
        return [each.job_id for each in (await store.jobs(**filters)).items]

    assert await found(statuses=["running"]) == [ANN]
    assert await found(statuses={"running", "completed"}) == [BOB, ANN]
    assert await found(statuses=("failed",)) == []
    assert await found(mode="deep") == [BOB]
    assert await found(mode="quick") == []
    assert await found(since=LATER) == [BOB]
    assert await found(since=START, mode="big", statuses=["running"]) == [ANN]


async def test_log_is_kept_in_order_and_read_from_a_place(store):
    await store.append_log(ANN, [event(1, attempt=2), event(2, attempt=2)])
    await store.append_log(ANN, [event(2), event(1), event(3)])
    await store.append_log(BOB, [event(1)])
    await store.append_log(ANN, [])
    log = await store.log(ANN)
    assert [(e.attempt, e.seq) for e in log] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    assert await store.log(ANN, after=(1, 2)) == log[2:]
    assert await store.log(ANN, after=(1, 99)) == log[3:]
    assert await store.log(ANN, after=(1, 1), limit=2) == log[1:3]
    assert await store.log(ANN, after=(9, 9)) == ()
    assert await store.log(UUID(int=77)) == ()


async def test_log_is_read_from_its_end(store):
    await store.append_log(ANN, [event(n) for n in range(1, 4)])
    await store.append_log(ANN, [event(1, attempt=2), event(2, attempt=2)])
    await store.append_log(BOB, [event(1)])
    log = await store.log(ANN)
    assert await store.log_end(ANN) == log
    assert await store.log_end(ANN, limit=2) == log[3:]
    assert await store.log_end(ANN, before=(2, 1)) == log[:3]
    assert await store.log_end(ANN, before=(2, 1), limit=2) == log[1:3]
    assert await store.log_end(ANN, before=(1, 99), limit=1) == log[2:3]
    assert await store.log_end(ANN, before=(2**63 - 1, 0), limit=1) == log[4:]
    assert await store.log_end(ANN, before=(1, 1)) == ()
    assert await store.log_end(UUID(int=77)) == ()


async def test_number_in_the_log_never_means_two_things(store):
    await store.append_log(ANN, [event(1, text="first")])
    await store.append_log(ANN, [event(1, text="second"), event(2, text="third"), event(2, text="fourth")])
    assert [e.text for e in await store.log(ANN)] == ["first", "third"]


async def test_log_of_an_older_attempt_is_still_taken(store):
    await store.begin_attempt(job())
    await store.begin_attempt(job())
    await store.append_log(ANN, [event(1, attempt=1)])
    assert len(await store.log(ANN)) == 1


async def test_stop_flag_goes_up_and_down(store):
    assert await store.stop_requested(ANN) is False
    await store.clear_stop(ANN)
    for _ in range(2):
        await store.request_stop(ANN)
        assert await store.stop_requested(ANN) is True
        assert await store.stop_requested(BOB) is False
    await store.clear_stop(ANN)
    assert await store.stop_requested(ANN) is False


async def test_stop_flag_outlives_the_writing_of_the_job(store):
    await store.request_stop(ANN)
    await store.begin_attempt(job())
    await store.save_job(job(attempt=1, status="running"))
    assert await store.stop_requested(ANN) is True


async def test_round_is_stored_once(store):
    first = round_()
    assert await store.save_round(first) is True
    assert await store.save_round(first) is False
    assert await store.save_round(round_(keys=("other",))) is False
    assert await store.round(ANN, 1) == first
    assert await store.round(ANN, 2) is None
    assert await store.round(BOB, 1) is None


async def test_round_of_an_older_attempt_is_refused(store):
    await store.begin_attempt(job())
    await store.begin_attempt(job())
    with pytest.raises(StaleAttempt):
        await store.save_round(round_(attempt=1))
    assert await store.rounds(ANN) == ()


async def test_rounds_are_read_in_order_past_a_number(store):
    for number in (3, 1, 2, 10):
        await store.save_round(round_(number))
    await store.save_round(round_(5, job_id=BOB))
    assert [r.number for r in await store.rounds(ANN)] == [1, 2, 3, 10]
    assert [r.number for r in await store.rounds(ANN, after=2)] == [3, 10]
    assert [r.number for r in await store.rounds(ANN, after=1, limit=2)] == [2, 3]


async def test_batches_are_read_by_round_and_number(store):
    for place in ((2, 1), (1, 2), (1, 1), (1, 10)):
        await store.commit_batch(batch("cat", round_=place[0], number=place[1]))
    await store.commit_batch(batch("cat", job_id=BOB))
    assert [(b.round, b.number) for b in await store.batches(ANN)] == [(1, 1), (1, 2), (1, 10), (2, 1)]
    assert [(b.round, b.number) for b in await store.batches(ANN, 1)] == [(1, 1), (1, 2), (1, 10)]
    assert await store.batches(ANN, 3) == ()


async def test_one_usage_is_remembered_for_each_window_of_a_model(store):
    def usage(model="m", window="minute", requests=1):
        return QuotaUsage(model=model, window=window, started_at=START, requests=requests)

    await store.save_quota_usage([usage(), usage(window="day", requests=5), usage(model="other")])
    await store.save_quota_usage(iter([usage(requests=2)]))
    await store.save_quota_usage([])
    assert sorted(await store.quota_usage("m"), key=lambda u: u.window) == [
        usage(window="day", requests=5),
        usage(requests=2),
    ]
    assert await store.quota_usage("nobody") == ()


async def test_evidence_is_remembered_until_it_expires(store, clock):
    def cached(key, *, expires_at=LATER, source="wikipedia", evidence=()):
        return CachedEvidence(
            source=source, key=key, evidence=evidence, fetched_at=START, expires_at=expires_at
        )

    found = cached("cat", evidence=(Evidence(source="wikipedia", text="An animal.", citation=citation()),))
    await store.save_evidence(
        [found, cached("dog"), cached("cat", source="other"), cached("emu", expires_at=START + minutes(1))]
    )
    assert await store.cached_evidence("wikipedia", ["cat", "dog", "fox"]) == {
        "cat": found,
        "dog": cached("dog"),
    }
    assert list(await store.cached_evidence("wikipedia", {"emu"})) == ["emu"]
    clock.now = START + minutes(1)
    assert await store.cached_evidence("wikipedia", ["emu"]) == {}
    await store.save_evidence([cached("cat")])
    assert await store.cached_evidence("wikipedia", ["cat", "emu"]) == {"cat": cached("cat")}
    assert len(await store.cached_evidence("other", ["cat"])) == 1
    clock.now = START
    assert await store.cached_evidence("wikipedia", ["emu"]) == {}, "dropped, not only hidden"


async def test_a_store_goes_by_the_clock_that_it_was_given(store, clock):
    assert store.now() == START
    clock.now = LATER
    assert store.now() == LATER


async def test_what_is_stored_outlives_the_store(make_store):
    async with make_store() as store:
        await store.put_job(job())
    async with make_store() as store:
        assert await store.job(ANN) == job()


async def test_two_stores_on_one_place_see_each_other(make_store):
    async with make_store() as one, make_store() as two:
        await one.put_job(job())
        assert await two.job(ANN) == job()
        await two.save_job(job(progress=3))
        assert (await one.job(ANN)).progress == 3


async def test_store_of_another_language_is_refused(make_store):
    async with make_store(language="en"):
        pass
    with pytest.raises(LanguageMismatch, match="LEARN_LANGUAGE"):
        async with make_store(language="de"):
            pass
    async with make_store(language="en"):
        pass
