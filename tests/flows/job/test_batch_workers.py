"""The work on batches: what each word comes to, how many run at once, and when one more is begun."""

import asyncio

import pytest

from flows.core.counting import LOST
from flows.errors import (
    LearningError,
    MalformedOutput,
    ModelUnavailable,
    QuotaExhausted,
    SourceUnavailable,
    StaleAttempt,
    StoreFull,
    StoreUnavailable,
)
from flows.sources.scripted import ScriptedSource
from tests.flows.job.heart import JOB
from tests.flows.job.parts import WORDS, Model, while_it_lasts
from tests.flows.job.virtual_time import now_s

A, B, C, D, E = (WORDS[10 * n : 10 * n + 10] for n in range(5))


def enriching(*labels, error=LearningError):
    """A fault of the stage, for these batches only (by number, one worker)."""
    return lambda stage, call: error if stage == "enrich" and call in labels else None


async def test_each_batch_goes_through_the_stages_and_is_recorded(heart):
    async with heart.workers() as workers:
        await workers.work_on(A, B)
        assert workers.tracker.job.counts.stored == 20
        assert workers.they.words_in_work == 0
    assert [begun.stage for begun in heart.stages.begun if begun.label == "1.1"] == [
        "research",
        "synthesize",
        "enrich",
    ]
    assert [batch.number for batch in await heart.store.batches(JOB)] == [1, 2]


async def test_a_failing_batch_gives_each_word_its_outcome_and_does_not_end_the_job(heart):
    heart.set(concurrency=1)
    heart.stages.fault = enriching(2, error=TimeoutError("it took 600 s"))
    async with heart.workers() as workers:
        await workers.work_on(A, B, C)
        counts = workers.tracker.job.counts
        assert (counts.stored, counts.defined) == (20, 10)
        assert workers.tracker.job.errors == ("Batch 1.02 (10 words) was given up: it took 600 s",)
        assert workers.stop.facts.begins_batches
    outcomes = {o.key: (o.stored, o.reason) for o in await heart.outcomes()}
    assert {outcomes[key] for key in B} == {("defined", "it took 600 s")}
    assert {outcomes[key] for key in A + C} == {("enriched", None)}


async def test_words_that_cannot_be_made_fail_alone(heart):
    async with heart.workers(Model(definitions={A[3]: None})) as workers:
        await workers.work_on(A)
    outcomes = {o.key: (o.stored, o.reason) for o in await heart.outcomes()}
    assert outcomes.pop(A[3]) == (None, "no answer")
    assert set(outcomes.values()) == {("enriched", None)}


async def test_three_batches_that_fail_in_a_row_end_the_job(heart):
    heart.set(concurrency=1)
    heart.stages.fault = enriching(1, 2, 3, error=MalformedOutput("no JSON"))
    async with heart.workers() as workers:
        with pytest.raises(ExceptionGroup) as raised:
            await workers.work_on(A, B, C, D)
    (error,) = raised.value.exceptions
    assert str(error) == "3 batches failed in a row. The last error: no JSON"
    assert not any(begun.label == "1.4" for begun in heart.stages.begun)


async def test_a_batch_that_succeeds_in_between_starts_the_count_anew(heart):
    heart.set(concurrency=1)
    heart.stages.fault = enriching(1, 2, 4, 5, error=MalformedOutput("no JSON"))
    async with heart.workers() as workers:
        await workers.work_on(A, B, C, D, E)
        assert workers.tracker.job.counts.stored == 10


async def test_a_model_that_is_away_for_longer_than_a_stage_tries_costs_the_batch(heart):
    def fault(method, call):
        return ModelUnavailable("502") if method == "enrich" and call <= 5 else None

    heart.set(concurrency=1)
    async with heart.workers(Model(fault=fault)) as workers:
        await workers.work_on(A, B)
        assert workers.tracker.job.counts.stored == 10
    assert now_s() == 1 + 2 + 4 + 8
    assert {o.reason for o in await heart.outcomes() if o.key in A} == {"502"}


@pytest.mark.parametrize("error", [StaleAttempt("attempt 2 has taken over"), StoreFull("no room")])
async def test_what_makes_going_on_impossible_is_no_failure_of_a_batch(heart, error):
    heart.stages.fault = enriching(1, error=error)
    async with heart.workers() as workers:
        with pytest.raises(ExceptionGroup) as raised:
            await workers.work_on(A)
    assert raised.value.exceptions == (error,)
    assert await heart.store.batches(JOB) == ()


async def test_a_used_up_quota_begins_no_more_and_keeps_what_is_defined(heart):
    heart.set(concurrency=1)
    async with heart.workers(
        Model(
            fault=lambda method, call: QuotaExhausted("at 06:00") if (method, call) == ("enrich", 2) else None
        )
    ) as workers:
        await workers.work_on(A, B, C)
        assert workers.stop.reason == "quota used up"
        assert workers.tracker.job.counts.stored == 10
    assert set(await heart.store.known(A + B + C)) == set(A + B)


async def test_as_many_batches_at_once_as_the_settings_say(heart):
    async with heart.workers(Model(takes_s={"define": 1})) as workers:
        await workers.work_on(A, B, C, D, E)
    assert heart.stages.most_at_work == 3
    assert now_s() == 2


class Limited(Model):
    batches_at_once = 2
    quota_left = ()


async def test_no_more_batches_at_once_than_the_models_quota_can_work_on(heart):
    async with heart.workers(Limited(takes_s={"define": 1})) as workers:
        await workers.work_on(A, B, C, D, E)
    assert heart.stages.most_at_work == 2


async def test_a_batch_that_would_not_end_in_time_is_not_begun(heart):
    heart.set(concurrency=1)
    async with heart.workers(Model(takes_s={"define": 25}), minutes=1) as workers:
        await asyncio.wait_for(workers.work_on(A, B, C), 300)
        assert workers.stop.reason == "time limit"
        assert workers.tracker.job.counts.stored == 20
    assert now_s() == 50


async def test_where_recent_batches_were_slow_one_at_a_time_tries(heart):
    model = Model(takes_s={"define": 1})
    heart.set(concurrency=2)
    async with heart.workers(model, minutes=1) as workers:
        await workers.work_on(A)
        model.takes_s["define"] = 40
        await workers.work_on(B)
        model.takes_s["define"] = 1
        # 19 s are left, and one of two took 40 s
        await workers.work_on(C, D, E)
        assert workers.tracker.job.counts.stored == 50
    assert [b.at_s for b in heart.stages.of("research") if b.label.startswith("3.")] == [41, 42, 43]


async def test_a_source_that_is_away_is_told_of_once_and_gone_on_without(heart):
    heart.sources = [ScriptedSource({}, name="wiki", fault=lambda _: SourceUnavailable("503"))]
    async with heart.workers() as workers:
        await workers.work_on(A, B, C)
        assert workers.tracker.job.counts.stored == 30
        (error,) = workers.tracker.job.errors
    assert error.startswith("Research continues without wiki, which is unavailable: ")


async def test_the_frontier_of_a_round_is_written_once_when_its_last_batch_is_done(heart):
    async with heart.workers(Model(takes_s={"define": 1, "enrich": 1})) as workers:
        await workers.work_on(A, B, C, D)
    assert [write for write in heart.store.writes if write[1] == "add_to_frontier"] == [
        (4, "add_to_frontier")
    ]
    assert len(heart.told.latest) == 1
    assert (await heart.store.stats()).frontier == 3 * 40


async def test_a_frontier_that_cannot_be_written_is_a_problem_and_no_more(heart):
    heart.store.fault = while_it_lasts(0, 1e9, StoreUnavailable("busy"), "add_to_frontier")
    async with heart.workers() as workers:
        await workers.work_on(A)
        assert workers.tracker.job.counts.stored == 10
        assert workers.tracker.job.errors == ("Could not write the frontier of round 1: busy",)


async def test_a_frontier_that_is_away_for_a_moment_is_written_after_it(heart):
    heart.store.fault = while_it_lasts(0, 0.5, StoreUnavailable("busy"), "add_to_frontier")
    async with heart.workers() as workers:
        await workers.work_on(A)
        assert workers.tracker.job.errors == ()
    assert (await heart.store.stats()).frontier == 3 * 10


async def test_a_batch_that_cannot_be_recorded_is_a_problem_and_its_words_stay_free(heart):
    heart.store.fault = while_it_lasts(0, 1e9, StoreUnavailable("full"), "commit_batch")
    async with heart.workers() as workers:
        await workers.work_on(A)
        assert workers.tracker.job.counts.stored == 0
        assert workers.tracker.job.errors[-1] == "Could not record batch 1.01 (10 words): full"
        assert workers.they.words_in_work == 0


async def test_what_was_stored_counts_although_its_worker_never_heard(heart):
    heart.set(concurrency=1)
    heard = asyncio.Event()
    commit = heart.store.commit_batch

    async def commit_and_hang(*args, **given):
        await commit(*args, **given)
        heard.set()
        await asyncio.Event().wait()

    heart.store.commit_batch = commit_and_hang
    async with heart.workers() as workers:
        working = asyncio.create_task(workers.work_on(A))
        await heard.wait()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert workers.tracker.job.counts.stored == 0
        await workers.they.count_unheard()
        assert workers.tracker.job.counts.stored == 10


async def test_definitions_of_an_earlier_attempt_are_neither_researched_nor_asked_for_again(heart):
    model = Model(fault=lambda method, _: MalformedOutput("no JSON") if method == "enrich" else None)
    async with heart.workers(model) as workers:
        await workers.work_on(A)
    heart.stages.begun.clear()
    again = Model()
    async with heart.workers(again, resumed={1}) as workers:
        await workers.work_on(A)
    assert {begun.stage for begun in heart.stages.begun} == {"synthesize", "enrich"}
    assert again.calls == {"enrich": 1}


async def test_words_that_another_job_has_taken_go_through_no_stage(heart):
    model = Model()
    async with heart.workers(model) as workers:
        work = workers.batch(A)
        work.lost = frozenset(A[:4])
        work.failed = dict.fromkeys(A[:4], LOST)
        await workers.they.open_round(1, [work])
        await workers.they.put(work)
        await workers.they.put(None)
        await workers.they.work()
        assert workers.tracker.job.stages["research"].done == 6
    assert set(model.keys("define")) == set(A[4:])
    assert {o.reason for o in await heart.outcomes() if o.key in A[:4]} == {"another job has taken it"}


class Listed(Model):
    """Answers at once, as the lexicon does: so many words a second."""

    def lists(self, key):
        return key in WORDS


async def sizes_of(heart, model, *, a_round=40, words=WORDS):
    await heart.run(model(words, takes_s={"define": 0.05, "enrich": 0.05}), a_round=a_round)
    rounds, batches = await heart.rows()
    assert sum(len(batch.outcomes) for batch in batches) == sum(len(r.accepted) for r in rounds) == len(words)
    return [round_.batch_size for round_ in rounds if round_.accepted]


async def test_where_work_is_fast_the_batches_of_later_rounds_grow_to_a_round(heart):
    words = [f"{word} {more}" for more in ("one", "two", "three") for word in WORDS]
    sizes = await sizes_of(heart, Listed, words=words)
    assert (sizes[0], sizes[-1]) == (10, 40)
    assert sizes == sorted(sizes)
    biggest = max((b for b in (await heart.rows())[1]), key=lambda b: len(b.outcomes))
    assert len(biggest.outcomes) == 40
    stages = [begun.stage for begun in heart.stages.begun if begun.label == f"{biggest.round}.1"]
    assert stages == ["research", "synthesize", "enrich"], "it stays three task runs"


async def test_the_batches_of_a_language_model_stay_as_they_are(heart):
    assert set(await sizes_of(heart, Model)) == {10}


async def test_a_large_batch_asks_for_few_words_at_a_time_and_tells_of_each(heart):
    told = []
    async with heart.workers(Listed()) as workers:
        count = workers.tracker._count

        def noted(stage, **given):
            count(stage, **given)
            told.append((stage, workers.tracker.job.stages[stage].done))

        workers.tracker._count = noted
        await workers.work_on(WORDS[:30])
        model = workers.resources.model
    assert [len(keys) for asked, keys in model.asked if asked == "define"] == [10, 10, 10]
    assert [done for stage, done in told if stage == "enrich" and done] == [10, 20, 30, 30]
