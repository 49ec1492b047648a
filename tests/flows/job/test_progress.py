"""The job document and its log: written once a second, stored before it is told, and to its very end."""

import asyncio

import pytest

from flows.errors import LearningError, ModelUnavailable, StaleAttempt, StoreUnavailable
from flows.job.patience import patiently
from flows.job.progress import ERRORS_KEPT, reporting_to
from flows.knowledge import Batch, Candidate, Outcome, Round, Verdict
from tests.flows.job.heart import JOB, START
from tests.flows.job.parts import while_it_lasts
from tests.flows.job.virtual_time import now_s


def saves(heart):
    return [at_s for at_s, name in heart.store.writes if name == "save_job"]


def batch(number=1, *, stored=2, failed=0):
    outcomes = [Outcome(word=f"w{number}{n}", key=f"w{number}{n}", stored="enriched") for n in range(stored)]
    outcomes += [
        Outcome(word=f"x{number}{n}", key=f"x{number}{n}", stored=None, reason="no answer")
        for n in range(failed)
    ]
    return Batch(job_id=JOB, round=1, number=number, attempt=1, outcomes=tuple(outcomes), created_at=START)


def round_of(*verdicts, cell=None):
    return Round(
        job_id=JOB,
        number=1,
        attempt=1,
        candidates=tuple(
            Candidate(text=f"w{n}", key=f"w{n}", verdict=verdict, reason=verdict.value, cell=cell)
            for n, verdict in enumerate(verdicts)
        ),
        model="scripted",
        prompt_version="1",
        batch_size=10,
        created_at=START,
    )


async def test_the_document_is_written_once_a_second_at_most_and_only_when_there_is_news(heart):
    async with heart.tracker() as tracker:
        await asyncio.sleep(0.1)
        for n in range(1, 200):
            tracker.batch_done(batch(n))
            await asyncio.sleep(0.02)
        await asyncio.sleep(1.8)
        assert saves(heart) == [0, 1, 2, 3, 4, 5]
        assert (await heart.job()).counts.stored == 398


async def test_while_nothing_happens_each_percent_is_written_and_the_time_every_five_seconds(heart):
    async with heart.tracker():
        await asyncio.sleep(21.5)
    # a percent of ten minutes is six seconds
    assert saves(heart) == [0, 5, 6, 11, 12, 17, 18]
    assert (await heart.job()).active_seconds == 18


async def test_lines_are_stored_before_they_are_told_and_none_is_lost_while_the_store_is_away(heart):
    heart.store.fault = while_it_lasts(1, 4, StoreUnavailable("busy"), "save_job")
    async with heart.tracker() as tracker:
        for n in range(1, 6):
            tracker.batch_done(batch(n))
            await asyncio.sleep(1)
            assert tuple(heart.told.events) == await heart.store.log(JOB)
    log = await heart.store.log(JOB)
    assert [line.seq for line in log] == list(range(1, len(log) + 1))
    assert [word for line in log for word in line.words] == [f"w{n}{m}" for n in range(1, 6) for m in (0, 1)]
    assert saves(heart) == [0, 4]


async def test_an_error_that_passes_by_no_waiting_is_passed_on(heart):
    heart.store.fault = while_it_lasts(1.5, 9, StaleAttempt("attempt 2 has taken over"), "save_job")
    async with heart.tracker() as tracker:
        await asyncio.sleep(1.2)
        tracker.problem("so that there is something to write")
        with pytest.raises(StaleAttempt):
            await asyncio.wait_for(tracker.failure(), 3)
        assert now_s() == 2


async def test_at_every_tick_the_caller_looks_around(heart):
    ticks = []

    async def look(tracker):
        ticks.append(now_s())
        if len(ticks) == 2:
            raise StoreUnavailable("busy")

    async with heart.tracker(on_tick=look):
        await asyncio.sleep(3.5)
    assert ticks == [0, 1, 2, 3], "also after an error that passes"


async def test_the_end_is_written_patiently(heart):
    async with heart.tracker() as tracker:
        await asyncio.sleep(2)
        tracker.batch_done(batch())
        heart.store.fault = while_it_lasts(2, 22, StoreUnavailable("busy"), "save_job")
        job = await tracker.end("completed", "all done")
    assert 22 <= now_s() < 26
    row = await heart.job()
    assert (row.status, row.end_reason, row.progress) == ("completed", "all done", 100)
    assert row.active_seconds == job.active_seconds == 2, "the patience is not work"
    assert (await heart.store.log(JOB))[-1].text == "Completed (all done): 2 words learned in 2 s"


async def test_an_end_that_cannot_be_written_is_given_up_after_half_a_minute(heart):
    heart.store.fault = while_it_lasts(1, 1e9, StoreUnavailable("away"), "save_job")
    async with heart.tracker() as tracker:
        await asyncio.sleep(1)
        with pytest.raises(StoreUnavailable):
            await tracker.end("failed", "failed", "because")
    assert 31 <= now_s() < 35
    assert (await heart.job()).status == "running"


async def test_an_attempt_goes_on_with_the_time_and_the_number_of_those_before(heart):
    async with heart.tracker() as tracker:
        await asyncio.sleep(7)
        await tracker.end("failed", "failed")
    async with heart.tracker() as tracker:
        await asyncio.sleep(2)
        assert (tracker.job.attempt, tracker.active_s) == (2, 9)
        assert tracker.job.progress == 1
    log = await heart.store.log(JOB)
    assert [line.kind for line in log if line.kind != "job.problem"] == [
        "job.started",
        "job.ended",
        "job.resumed",
    ]


async def test_a_stage_counts_words_while_it_works_on_the_others(heart):
    async with heart.tracker() as tracker:

        def counts():
            now = tracker.job.stages["enrich"]
            return now.in_flight, now.done

        with tracker.stage("enrich", 10) as stage:
            stage.so_far(4)
            assert counts() == (6, 4)
            stage.so_far(3)
            assert counts() == (6, 4), "a retry begins anew, and takes nothing back"
            stage.so_far(9)
            stage.done = 8
        assert counts() == (0, 8), "the stage has the last word"
        failing = tracker.stage("enrich", 10)
        failing.__enter__().so_far(99)
        assert counts() == (0, 18)
        assert not failing.__exit__(LearningError, LearningError("cut off"), None)
        assert counts() == (0, 8)


async def test_stages_count_what_is_in_work_and_what_was_done(heart):
    async with heart.tracker() as tracker:
        with tracker.stage("research", 10):
            assert (tracker.job.stages["research"].in_flight, tracker.job.stages["research"].done) == (10, 0)
        with pytest.raises(LearningError), tracker.stage("research", 5):
            raise LearningError("cut off")
        assert (tracker.job.stages["research"].in_flight, tracker.job.stages["research"].done) == (0, 10)
        with tracker.stage("enrich", 5):
            job = await tracker.end("failed", "failed")
        assert job.stages["enrich"].in_flight == 0, "nothing is in work when a job has ended"


async def test_a_round_is_told_with_its_rejections(heart):
    async with heart.tracker() as tracker:
        tracker.round_proposed(round_of(Verdict.ACCEPTED, Verdict.KNOWN, Verdict.POSTPONED, Verdict.NUMBER))
        assert tracker.job.counts.accepted == 1
        assert tracker.job.stages["propose"].done == 4
        assert tracker.job.forecast is None, "no language model was asked by kinds"
        await asyncio.sleep(1)
    texts = [line.text for line in await heart.store.log(JOB)][1:]
    assert texts == [
        "Round 1: 4 candidates, 1 accepted, 1 postponed, 2 rejected",
        f"2 rejected in round 1: w1 ({Verdict.KNOWN.value}); w3 ({Verdict.NUMBER.value})",
    ]


async def test_a_forecast_says_how_much_of_what_a_model_says_is_new(heart):
    async with heart.tracker() as tracker:
        tracker.round_proposed(
            round_of(Verdict.ACCEPTED, Verdict.KNOWN, Verdict.KNOWN, Verdict.KNOWN, cell="a")
        )
        assert tracker.job.forecast.new_share == 0.25


async def test_words_that_were_given_up_are_told_with_their_reason(heart):
    async with heart.tracker() as tracker:
        tracker.batch_done(batch(stored=1, failed=2))
        await asyncio.sleep(1)
    assert [line.text for line in await heart.store.log(JOB)][1:] == [
        "1 word learned in batch 1.01",
        "2 words given up in batch 1.01: x10 (no answer); x11 (no answer)",
    ]


async def test_only_the_latest_errors_stay_in_the_document(heart):
    async with heart.tracker() as tracker:
        for n in range(ERRORS_KEPT + 5):
            tracker.problem(f"error {n}")
        assert tracker.job.errors == tuple(f"error {n}" for n in range(5, ERRORS_KEPT + 5))


async def test_who_watches_hears_the_document_and_the_lines(heart):
    heard = []
    with reporting_to(lambda job, lines: heard.append((job.counts.stored, [line.kind for line in lines]))):
        async with heart.tracker() as tracker:
            await asyncio.sleep(0.5)
            tracker.batch_done(batch())
            await asyncio.sleep(1)
    assert heard == [(0, ["job.started"]), (2, ["words.learned"])]


async def test_a_call_is_tried_again_after_transient_errors_until_its_time_is_up():
    calls = []

    async def call():
        calls.append(now_s())
        raise ModelUnavailable("away")

    with pytest.raises(ModelUnavailable):
        await patiently(call, for_s=10)
    assert 10 <= now_s() < 13.1
    assert len(calls) >= 4


async def test_other_errors_are_raised_at_once():
    async def call():
        raise StaleAttempt("attempt 2 has taken over")

    with pytest.raises(StaleAttempt):
        await patiently(call, for_s=10)
    assert now_s() == 0
