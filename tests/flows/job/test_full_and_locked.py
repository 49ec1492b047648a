"""A disk that is full for a while, and a store that others hold."""

import pytest

from flows.errors import StoreFull, StoreUnavailable
from flows.job.patience import WaitingStore
from tests.flows.job.heart import JOB
from tests.flows.job.parts import WORDS, Model, while_it_lasts
from tests.flows.job.virtual_time import now_s

FULL = StoreFull("knowledge.db: disk or disk quota full")


@pytest.mark.parametrize("begin_s", [0.5, 3, 5.5, 9])
@pytest.mark.parametrize("lasts_s", [4, 60])
async def test_a_disk_that_is_full_for_a_while_costs_nothing_but_time(heart, begin_s, lasts_s):
    heart.store.fault = while_it_lasts(begin_s, begin_s + lasts_s, FULL)
    job = await heart.run(Model(WORDS, takes_s={"define": 2, "enrich": 1}), max_entries=60)
    assert (job.status, job.end_reason, job.counts.stored) == ("completed", "target reached", 60)
    assert job.counts.failed == 0
    log = await heart.store.log(JOB, limit=200)
    assert [line.seq for line in log] == list(range(1, len(log) + 1))
    assert sum(len(line.words) for line in log if line.kind == "words.learned") == 60


async def test_a_job_is_told_once_that_the_disk_is_full(heart):
    heart.store.fault = while_it_lasts(3, 40, FULL, "claim", "save_round", "commit_batch", "save_definitions")
    job = await heart.run(Model(WORDS, takes_s={"define": 2}), max_entries=40)
    assert job.errors == (str(FULL),)


async def test_a_disk_that_stays_full_is_waited_for_until_the_time_is_up_and_no_longer(heart):
    heart.store.fault = while_it_lasts(
        3, 1e9, FULL, "claim", "save_round", "commit_batch", "save_definitions"
    )
    job = await heart.run(Model(WORDS, takes_s={"define": 2}), minutes=1)
    assert (job.status, job.end_reason) == ("completed", "time limit")
    assert str(FULL) in job.errors
    assert 60 <= now_s() < 65


@pytest.mark.parametrize("begin_s", [0.5, 3, 20])
async def test_a_disk_that_nothing_fits_on_holds_the_end_up_for_half_a_minute_in_all(heart, begin_s):
    heart.store.fault = while_it_lasts(begin_s, 1e9, FULL)
    ended = await heart.run(Model(WORDS, takes_s={"define": 2}), minutes=1)
    assert isinstance(ended, StoreFull)
    assert 60 <= now_s() <= 60 + 35


@pytest.mark.parametrize("error", [FULL, StoreUnavailable("Another process has locked knowledge.db")])
@pytest.mark.parametrize("methods", [("save_job",), ("release_all", "clear_stop", "save_job")])
async def test_a_target_that_was_reached_is_held_up_no_longer(heart, error, methods):
    heart.store.fault = while_it_lasts(0.5, 1e9, error, *methods)
    ended = await heart.run(Model(WORDS, takes_s={"define": 2}), max_entries=40)
    assert ended is error
    assert 4 + 30 <= now_s() <= 4 + 35


async def test_claims_that_stay_are_no_work_of_the_job(heart):
    heart.store.fault = while_it_lasts(0.5, 1e9, FULL, "release_all")
    job = await heart.run(Model(WORDS, takes_s={"define": 2}), max_entries=40)
    assert (job.status, job.end_reason, job.is_settled) == ("completed", "target reached", False)
    assert job.active_seconds < 5
    assert now_s() <= 4 + 10


async def test_a_disk_that_has_room_again_at_the_end_holds_the_end(heart):
    heart.store.fault = while_it_lasts(0.5, 20, FULL, "save_job", "release_all", "clear_stop")
    job = await heart.run(Model(), words=WORDS[:1])
    assert (job.status, job.counts.stored) == ("completed", 1)
    assert (await heart.job()).status == "completed"


async def test_only_a_full_store_is_waited_for(heart):
    told = []
    heart.store.fault = while_it_lasts(0, 1e9, StoreUnavailable("Another process has locked knowledge.db"))
    waiting = WaitingStore.of(heart.store, has_time=lambda: True, tell=told.append)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await waiting.clear_stop(JOB)
    assert now_s() == 0
    assert told == ["Another process has locked knowledge.db"]
    heart.store.fault = lambda _method: None
    await waiting.clear_stop(JOB)
    assert waiting.url == heart.store.url
    assert waiting.now() == heart.store.now()
