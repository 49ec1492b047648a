"""How a running job is told to stop, and what it still does then."""

import asyncio
import signal
from collections import Counter

import pytest

from tests.flows.job.heart import JOB
from tests.flows.job.parts import WORDS, Model
from tests.flows.job.virtual_time import at, now_s

SLOW = {"define": 2, "enrich": 1}


def tell(number):
    def send():
        # without the job's own handler it would end the whole test run
        assert callable(signal.getsignal(number)), "the job no longer listens"
        signal.raise_signal(number)

    return send


async def texts(heart):
    return [line.text for line in await heart.store.log(JOB, limit=200) if line.kind == "job.stopping"]


async def test_a_drain_lets_work_in_flight_finish_and_begins_nothing(heart):
    running = heart.start(Model(WORDS, takes_s=SLOW))
    await at(4.2, lambda: heart.store.request_stop(JOB))
    job = await running
    assert (job.status, job.end_reason) == ("completed", "stopped")
    assert job.counts.stored == 60, "three batches that were done, and three in flight"
    assert max(begun.at_s for begun in heart.stages.of("research")) < 4.2
    assert 6 <= now_s() <= 7
    assert len(await texts(heart)) == 1
    assert await heart.store.claims(JOB) == ()
    assert not await heart.store.stop_requested(JOB), "or the next attempt would stop at once"


async def test_a_drain_leaves_batches_that_wait_when_all_are_put_in(heart):
    heart.set(concurrency=1)
    running = heart.start(Model(takes_s=SLOW), words=WORDS[:30])
    await at(1, lambda: heart.store.request_stop(JOB))
    job = await running
    assert (job.end_reason, job.counts.stored) == ("stopped", 10)


async def test_a_drain_that_was_asked_for_before_the_job_began_is_obeyed(heart):
    await heart.store.request_stop(JOB)
    model = Model(WORDS, takes_s=SLOW)
    job = await heart.run(model)
    assert (job.end_reason, job.counts.stored) == ("stopped", 0)


async def test_a_cancellation_that_prefect_has_abandons_what_is_in_flight(heart):
    running = heart.start(Model(WORDS, takes_s={"define": 30}))
    await at(12, lambda: setattr(heart.prefect, "says", "CANCELLING"))
    job = await running
    assert (job.status, job.end_reason, job.counts.stored) == ("cancelled", "stopped", 0)
    assert now_s() <= 12 + 6, "it looks every five seconds"
    assert await heart.store.claims(JOB) == ()
    (text,) = await texts(heart)
    assert "cancelling" in text


async def test_prefect_is_asked_for_the_state_every_five_seconds(heart):
    await heart.run(Model(takes_s={"define": 22}), words=WORDS[:10])
    assert len(heart.prefect.asked_at_s) == 4
    gaps = [b - a for a, b in zip(heart.prefect.asked_at_s, heart.prefect.asked_at_s[1:], strict=False)]
    assert all(5 <= gap <= 6 for gap in gaps)


async def test_one_interrupt_finishes_what_is_in_flight(heart):
    running = heart.start(Model(WORDS, takes_s=SLOW))
    await at(4, tell(signal.SIGINT))
    job = await running
    assert (job.status, job.end_reason, job.counts.stored) == ("completed", "stopped", 60)
    assert now_s() == 6


async def test_an_interrupted_job_waits_for_eight_seconds_at_most(heart):
    running = heart.start(Model(WORDS, takes_s={"define": 60}))
    await at(4, tell(signal.SIGINT))
    job = await running
    assert (job.status, job.end_reason, job.counts.stored) == ("completed", "stopped", 0)
    assert 12 <= now_s() <= 13


async def test_a_second_interrupt_stops_at_once_and_is_no_cancellation(heart):
    running = heart.start(Model(WORDS, takes_s={"define": 60}))
    await at(4, tell(signal.SIGINT))
    await at(5, tell(signal.SIGINT))
    job = await running
    assert (job.status, job.end_reason) == ("completed", "stopped")
    assert now_s() == 5
    assert len(await texts(heart)) == 2


async def test_an_interrupt_after_a_stop_from_a_page_still_finishes_what_is_in_flight(heart):
    running = heart.start(Model(WORDS, takes_s=SLOW))
    await at(4.2, lambda: heart.store.request_stop(JOB))
    await at(5.5, tell(signal.SIGINT))
    job = await running
    assert (job.status, job.end_reason, job.counts.stored) == ("completed", "stopped", 60)
    assert len(await texts(heart)) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_termination_keeps_what_is_in_flight_and_leaves_the_rest_to_the_next_attempt(heart, number):
    model = Model(takes_s=SLOW)
    running = heart.start(model, words=WORDS[:100], a_round=50)
    await at(4, tell(number))
    job = await running
    assert job.end_reason == "stopped"
    assert job.counts.stored == 60
    assert now_s() == 6
    assert await heart.store.claims(JOB) == ()

    again = Model()
    job = await heart.run(again, words=WORDS[:100], a_round=50)
    assert (job.attempt, job.end_reason, job.counts.stored) == (2, "all done", 100)
    assert Counter(model.keys("enrich") + again.keys("enrich")) == Counter(WORDS[:100])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_job_whose_worker_is_stopped_says_so_and_a_retry_goes_on(heart, number):
    running = heart.start(Model(takes_s=SLOW), words=WORDS[:100], a_round=50, started_by="api")
    await at(4, tell(number))
    job = await running
    assert (job.status, job.end_reason, job.counts.stored) == ("failed", "worker stopped", 60)
    assert "worker was stopped" in job.errors[-1]
    assert await heart.store.claims(JOB) == ()

    job = await heart.run(Model(), words=WORDS[:100], a_round=50)
    assert (job.attempt, job.status, job.end_reason) == (2, "completed", "all done")
    assert job.counts.stored == 100


@pytest.mark.parametrize("prefect", ["CANCELLING", "CANCELLED"])
async def test_a_worker_that_ends_a_cancelled_run_cancels_it(heart, prefect):
    running = heart.start(Model(WORDS, takes_s=SLOW), started_by="dashboard")
    await asyncio.sleep(1)
    heart.prefect.says = prefect
    await at(2, tell(signal.SIGTERM))
    job = await running
    assert (job.status, job.end_reason) == ("cancelled", "stopped")


async def test_a_person_who_stopped_a_job_before_its_worker_was_stopped_had_it_stopped(heart):
    running = heart.start(Model(takes_s=SLOW), words=WORDS[:100], a_round=50, started_by="api")
    await asyncio.sleep(1)
    await heart.store.request_stop(JOB)
    await at(2, tell(signal.SIGTERM))
    job = await running
    assert (job.status, job.end_reason) == ("completed", "stopped")


@pytest.mark.parametrize("prefect", ["CRASHED", "FAILED"])
async def test_a_run_that_prefect_ended_by_itself_is_no_persons_cancel(heart, prefect):
    running = heart.start(Model(WORDS, takes_s=SLOW))
    await asyncio.sleep(1)
    heart.prefect.says = prefect
    job = await running
    assert (job.status, job.end_reason) == ("failed", "failed")


async def test_termination_of_a_run_that_prefect_is_cancelling_stops_at_once(heart):
    running = heart.start(Model(WORDS, takes_s={"define": 60}))
    await asyncio.sleep(1)
    heart.prefect.says = "CANCELLING"
    await at(2, tell(signal.SIGTERM))
    job = await running
    assert (job.status, job.end_reason) == ("cancelled", "stopped")
    assert now_s() == 2


async def test_termination_while_prefect_does_not_answer_waits_a_moment_for_it(heart):
    running = heart.start(Model(WORDS, takes_s={"define": 60}))
    await asyncio.sleep(1)
    heart.prefect.takes_s = 1e6
    await at(2, tell(signal.SIGTERM))
    job = await running
    assert (job.status, job.end_reason) == ("completed", "stopped")
    assert 2 + 1.5 + 8 <= now_s() <= 2 + 1.5 + 8 + 1 + 2


@pytest.mark.parametrize("times", [1, 2])
async def test_a_signal_before_the_work_begins_is_not_lost(heart, times):
    heart.prefect.takes_s = 3
    model = Model(WORDS, takes_s=SLOW)
    running = heart.start(model)
    for second in range(times):
        await at(1 + second / 2, tell(signal.SIGINT))
    job = await running
    assert (job.end_reason, job.counts.stored) == ("stopped", 0)
    assert heart.stages.of("research") == []


async def test_other_handlers_of_signals_come_back(heart):
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    await heart.run(Model(), words=WORDS[:1])
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_worker_that_is_stopped_signals_more_than_once_and_that_is_nobodys_wish(heart, number):
    """The worker, its process group and the lifeline all tell a run to end when a stack is killed."""
    running = heart.start(Model(takes_s=SLOW), words=WORDS[:100], a_round=50, started_by="api")
    for moment_s in (4, 4.2, 5.1):
        await at(moment_s, tell(number))
    job = await running
    assert (job.status, job.end_reason) == ("failed", "worker stopped")


@pytest.mark.parametrize("answers_at_s", [6, 9])
async def test_a_person_who_stops_a_job_now_is_told_so_though_prefect_answers_late(heart, answers_at_s):
    """The worker's signal comes first; a busy server says only later that a person wanted it."""
    running = heart.start(Model(takes_s=SLOW), words=WORDS[:100], a_round=50, started_by="api")

    def cancel():
        heart.prefect.says, heart.prefect.takes_s = "CANCELLING", 1e6
        tell(signal.SIGTERM)()

    await at(4, cancel)
    await at(answers_at_s, lambda: setattr(heart.prefect, "takes_s", 0))
    job = await running
    assert (job.status, job.end_reason) == ("cancelled", "stopped")


async def test_a_worker_that_is_stopped_where_prefect_is_away_waits_for_its_answer_a_few_seconds(heart):
    running = heart.start(Model(takes_s=SLOW), words=WORDS[:100], a_round=50, started_by="api")

    def stop():
        heart.prefect.takes_s = 1e6
        tell(signal.SIGTERM)()

    await at(4, stop)
    job = await running
    assert (job.status, job.end_reason) == ("failed", "worker stopped")
    assert now_s() <= 4 + 8 + 6 + 2
