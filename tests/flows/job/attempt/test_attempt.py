"""One attempt of a job from end to end: how it ends, what it leaves, and how the next one goes on."""

import asyncio
import re
from collections import Counter
from datetime import timedelta

import pytest

from flows.errors import (
    InvalidInput,
    LearningError,
    ModelUnavailable,
    QuotaExhausted,
    StaleAttempt,
    StoreUnavailable,
    UnknownTopic,
)
from flows.knowledge import Job, Verdict
from flows.lexicon.reader import Lexicon
from flows.sources.lexicon import LexiconSource
from tests.flows.job.heart import JOB, START
from tests.flows.job.parts import WORDS, Model, while_it_lasts
from tests.flows.job.virtual_time import at, now_s


async def test_a_target_is_reached_exactly(heart):
    job = await heart.run(Model(WORDS), max_entries=57, a_round=25)
    assert (job.status, job.end_reason, job.progress) == ("completed", "target reached", 100)
    assert job.counts.stored == 57 == (await heart.store.stats()).entries
    rounds, batches = await heart.rows()
    assert [len(r.accepted) for r in rounds] == [25, 25, 7]
    assert sum(len(b.outcomes) for b in batches) == 57
    assert await heart.store.claims(JOB) == ()
    assert heart.prefect.tags == {"learning", "mode:big"}


@pytest.mark.parametrize(("invents", "kind"), [(False, "lexicon"), (True, "language_model")])
async def test_a_row_says_what_kind_of_model_writes(heart, invents, kind):
    model = Model(WORDS)
    model.name, model.invents = "wordnet-of-my-own", invents
    job = await heart.run(model, max_entries=5, a_round=5)
    assert (job.model, job.model_kind) == ("wordnet-of-my-own", kind)


async def test_words_that_fail_are_made_up_for_until_the_target_is_reached(heart):
    bad = dict.fromkeys(WORDS[5:9])
    job = await heart.run(Model(WORDS, definitions=bad), max_entries=30, a_round=30)
    assert (job.end_reason, job.counts.stored, job.counts.failed) == ("target reached", 30, 4)
    rounds, _ = await heart.rows()
    assert [len(r.accepted) for r in rounds] == [30, 4]


async def test_at_the_time_limit_nothing_new_is_asked_and_the_job_ends_within_two_seconds(heart):
    model = Model(WORDS, takes_s={"define": 4, "enrich": 3})
    running = heart.start(model, minutes=1)
    await at(44, lambda: model.takes_s.update(define=60))
    job = await running
    assert (job.status, job.end_reason) == ("completed", "time limit")
    assert 60 <= now_s() <= 62
    assert 42 <= max(model.asked_at_s) < 60
    assert job.counts.stored == (await heart.store.stats()).entries > 0
    assert all(outcome.reason is None for outcome in await heart.outcomes())
    assert await heart.store.claims(JOB) == ()


async def test_row_and_lines_are_dated_by_the_stores_clock(heart):
    await heart.run(Model(WORDS, takes_s={"define": 4}), minutes=1)
    row = await heart.job()
    assert (row.started_at, row.deadline_at) == (START, START + timedelta(minutes=1))
    assert START < row.finished_at <= row.updated_at <= START + timedelta(seconds=62)
    lines = await heart.store.log(JOB)
    assert lines
    assert all(START <= line.occurred <= row.updated_at for line in lines)


async def test_a_prefect_that_hangs_makes_no_short_attempt_longer(heart):
    heart.prefect.takes_s = 60
    job = await heart.run(Model(WORDS, takes_s={"define": 1}), minutes=0.05)
    assert (job.status, job.end_reason) == ("completed", "time limit")
    assert now_s() < 3 + 2


async def test_what_is_being_stored_when_the_time_is_up_is_kept(heart):
    heart.store.takes_s["commit_batch"] = 0.5
    job = await heart.run(Model(WORDS, takes_s={"enrich": 5.8}), minutes=0.1, a_round=10)
    assert (job.end_reason, job.counts.stored) == ("time limit", 30)
    assert now_s() < 6 + 2


async def test_a_store_that_takes_too_long_at_the_end_does_not_hold_the_job_up(heart):
    heart.store.takes_s["commit_batch"] = 60
    job = await heart.run(Model(WORDS), minutes=0.1)
    assert (job.end_reason, job.counts.stored) == ("time limit", 0)
    assert now_s() <= 6 + 2


async def test_rounds_without_a_new_word_end_the_job(heart):
    job = await heart.run(Model(WORDS[:30]), a_round=20)
    assert (job.end_reason, job.counts.stored) == ("nothing new", 30)
    rounds, _ = await heart.rows()
    assert [len(r.accepted) for r in rounds] == [20, 10, 0, 0, 0]


async def test_given_words_end_as_all_done(heart):
    job = await heart.run(Model(), words=WORDS[:35])
    assert (job.end_reason, job.counts.stored) == ("all done", 35)


async def test_a_used_up_quota_ends_the_job_in_good_order(heart):
    def fault(method, call):
        return QuotaExhausted("come back at 06:00") if method == "define" and call == 3 else None

    job = await heart.run(Model(WORDS, fault=fault, takes_s={"define": 1, "enrich": 1}), a_round=50)
    assert (job.status, job.end_reason) == ("completed", "quota used up")
    assert job.errors == ("come back at 06:00",)
    assert job.counts.stored == 20, "batches in work are finished"
    assert await heart.store.claims(JOB) == ()


async def test_a_quota_that_is_used_up_while_the_last_batches_wait_is_asked_no_more(heart):
    def fault(method, call):
        return QuotaExhausted("come back at 06:00") if method == "define" and call >= 2 else None

    heart.set(concurrency=1)
    model = Model(fault=fault)
    job = await heart.run(model, words=WORDS[:50], a_round=50)
    assert (job.end_reason, job.counts.stored) == ("quota used up", 10)
    assert model.calls["define"] == 2


async def test_an_error_of_the_model_fails_the_job_and_is_told(heart):
    def fault(method, _call):
        return LearningError("the topic is impossible") if method == "propose" else None

    error = await heart.run(Model(WORDS, fault=fault))
    assert isinstance(error, LearningError)
    job = await heart.job()
    assert (job.status, job.end_reason) == ("failed", "failed")
    assert job.errors == ("the topic is impossible",)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnknownTopic("topic", "no words near it"), "unknown_topic"),
        (InvalidInput("words", "is not a word"), "invalid_input"),
        (LearningError("anything else"), None),
    ],
)
async def test_a_job_that_its_own_parameters_end_says_so_by_a_code_until_it_begins_again(heart, error, code):
    await heart.run(Model(WORDS, fault=lambda method, _call: error if method == "propose" else None))
    job = await heart.job()
    assert (job.status, job.error_code, job.model) == ("failed", code, "scripted")
    assert (await heart.store.begin_attempt(job)).error_code is None


async def test_an_unforeseen_error_is_told_in_the_row_and_passed_on(heart):
    heart.stages.fault = lambda stage, _call: ZeroDivisionError("a bug") if stage == "enrich" else None
    with pytest.raises(ZeroDivisionError):
        await heart.run(Model(WORDS))
    job = await heart.job()
    assert (job.status, job.end_reason, job.errors) == ("failed", "failed", ("a bug",))
    assert await heart.store.claims(JOB) == ()


async def test_transient_errors_of_the_model_lose_nothing(heart):
    def fault(method, call):
        return ModelUnavailable("away") if method in {"define", "enrich"} and call % 3 == 1 else None

    job = await heart.run(Model(WORDS, fault=fault), max_entries=40)
    assert (job.end_reason, job.counts.stored, job.counts.failed) == ("target reached", 40, 0)


@pytest.mark.parametrize("begin_s", [0, 0.5, 3, 5.5, 9])
async def test_a_store_that_is_away_for_some_seconds_costs_nothing_but_time(heart, begin_s):
    heart.store.fault = while_it_lasts(begin_s, begin_s + 4, StoreUnavailable("busy"))
    job = await heart.run(Model(WORDS, takes_s={"define": 2, "enrich": 1}), max_entries=60)
    assert (job.status, job.end_reason, job.counts.stored) == ("completed", "target reached", 60)
    assert job.counts.failed == 0
    log = await heart.store.log(JOB, limit=200)
    assert [line.seq for line in log] == list(range(1, len(log) + 1))
    assert sum(len(line.words) for line in log if line.kind == "words.learned") == 60


async def test_a_store_that_is_away_at_the_very_end_fails_no_job(heart):
    away = while_it_lasts(0, 1e9, StoreUnavailable("busy"), "clear_stop", "release_all")
    heart.store.fault = away
    job = await heart.run(Model(), words=WORDS[:1])
    assert (job.status, job.counts.stored) == ("completed", 1)
    assert job.errors == (
        "busy",
        "Could not release claims; they will expire: busy",
        "Could not clear the job's stop flag: busy",
    )
    assert not job.is_settled, "nobody would release its claims before they expire"


async def test_an_attempt_whose_beginning_cannot_be_written_does_not_begin(heart):
    heart.store.fault = while_it_lasts(0, 1e9, StoreUnavailable("away"))
    with pytest.raises(StoreUnavailable):
        await heart.run(Model(WORDS))
    assert 30 <= now_s() < 35
    assert heart.stages.begun == []


async def test_a_fenced_attempt_stops_and_leaves_the_row_to_the_newer_one(heart):
    model = Model(WORDS, takes_s={"define": 2, "enrich": 2})
    running = heart.start(model)
    await at(7, lambda: heart.store.begin_attempt(Job(job_id=JOB, mode="big", created_at=START)))
    error = await running
    assert isinstance(error, StaleAttempt)
    assert now_s() < 10
    assert max(model.asked_at_s) <= 8.1
    job = await heart.job()
    assert (job.attempt, job.status) == (2, "running")
    assert {batch.attempt for batch in await heart.store.batches(JOB)} == {1}


@pytest.mark.parametrize("kill_s", [0.5 * n for n in range(1, 17)])
async def test_a_resumed_attempt_does_no_word_twice_and_forgets_none(heart, tmp_path, kill_s):
    model = Model(WORDS[:80], takes_s={"propose": 0.7, "define": 1.3, "enrich": 1.1})
    heart.store.takes_s["commit_batch"] = 0.2
    first = heart.start(model, candidates=40, a_round=40)
    left = await at(kill_s, lambda: heart.killed(tmp_path))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    recorded = {outcome.key for outcome in await left.outcomes()}
    defined = set(await left.store.known(list(WORDS)))

    # the model goes on where it was: what it proposed and nobody recorded is proposed by nobody again
    again = Model(WORDS[:80])
    job = await left.run(again, candidates=40, a_round=40)

    assert (job.attempt, job.status, job.end_reason) == (2, "completed", "nothing new")
    assert not recorded & {key for _, keys in again.asked for key in keys}
    assert not defined & set(again.keys("define")), "what was paid for is not paid for again"
    rounds, _ = await left.rows()
    accepted = [c.key for r in rounds for c in r.candidates if c.verdict is Verdict.ACCEPTED]
    outcomes = await left.outcomes()
    assert Counter(accepted) == Counter(outcome.key for outcome in outcomes) == Counter(WORDS[:80])
    assert all(outcome.stored == "enriched" for outcome in outcomes)
    assert (job.counts.stored, job.counts.failed, job.total_tokens) == (80, 0, 80)
    assert job.active_seconds > kill_s - 6, "the minutes go on, but for at most what a restart forgives"


async def test_a_resumed_attempt_has_the_remaining_minutes_only(heart, tmp_path):
    slow = {"define": 9}
    first = heart.start(Model(WORDS, takes_s=slow), minutes=1)
    left = await at(40, lambda: heart.killed(tmp_path))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    begun_s = now_s()
    job = await left.run(Model(WORDS, takes_s=slow), minutes=1)
    assert job.end_reason == "time limit"
    assert 18 <= now_s() - begun_s <= 20 + 6


async def test_prefect_that_is_away_ends_no_job(heart):
    heart.prefect.error = ConnectionError("refused")
    job = await heart.run(Model(), words=WORDS[:3])
    assert (job.status, job.counts.stored) == ("completed", 3)


async def test_prefect_that_does_not_answer_holds_the_job_up_for_five_seconds_at_most(heart):
    heart.prefect.takes_s = 1e6
    job = await heart.run(Model(), words=WORDS[:3])
    assert (job.status, job.counts.stored) == ("completed", 3)
    assert now_s() <= 5


async def test_who_is_told_hears_the_whole_log_and_a_summary_at_the_end(heart):
    job = await heart.run(Model(WORDS), max_entries=40)
    log = await heart.store.log(JOB, limit=200)
    assert tuple(heart.told.events) == log
    assert (log[0].kind, log[-1].kind) == ("job.started", "job.ended")
    ((told, newest),) = heart.told.summaries
    assert told == job
    assert len(newest) == 20
    assert not heart.told.is_open


async def test_every_moment_that_a_job_stores_is_by_the_stores_clock(heart):
    heart.sources = (LexiconSource(Lexicon(), clock=heart.store.now),)
    heart.target = "deep"
    away = ModelUnavailable("502 from upstream")
    model = Model(WORDS, fault=lambda asked, call: away if (asked, call) == ("define", 1) else None)
    job = await heart.run(model, a_round=10, max_entries=20)
    rounds, batches = await heart.rows()
    entries = (await heart.store.entries([o.key for o in await heart.outcomes()])).values()
    log = await heart.store.log(JOB)
    texts = [part.model_dump_json() for part in (job, *rounds, *batches, *entries, *log)]
    moments = [moment for text in texts for moment in re.findall(r"20\d\d-\d\d-\d\dT\d\d:", text)]
    assert len(entries) == 20
    assert len(job.troubles) == 1
    assert set(moments) == {"2030-01-01T12:"}
