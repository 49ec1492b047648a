"""What fails in a run, and what the run makes of it."""

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.sorting import FlowRunSort

from flows import big_learning, quick_learning
from flows.errors import LearningError, MalformedOutput, ModelUnavailable, StoreUnavailable
from flows.job import tracking
from flows.knowledge import Enrichment
from flows.models.scripted import ScriptedModel
from tests.runs.flow_runs import WORDS, rows

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


async def test_transient_errors_are_retried_and_lose_nothing(learning, store):
    def fault(method, call):
        return ModelUnavailable("away") if method in {"define", "enrich"} and call == 1 else None

    job = await learning(big_learning, ScriptedModel(WORDS[:40], fault=fault), max_entries=20)
    assert job.end_reason == "target reached"
    assert job.counts.stored == 20
    assert job.counts.failed == 0


async def test_malformed_output_is_asked_again_in_smaller_batches(learning, store):
    def fault(method, call):
        return MalformedOutput("not JSON") if method == "enrich" and call == 1 else None

    model = ScriptedModel(WORDS[:10], fault=fault)
    job = await learning(big_learning, model, max_entries=10)
    assert job.counts.stored == 10
    assert sorted(len(keys) for method, keys in model.asked if method == "enrich") == [5, 5, 10]


async def test_a_word_without_valid_enrichment_stays_defined_with_the_reason(learning, store):
    bad = Enrichment(related_concepts=("one",), examples=(), category="cognition")
    job = await learning(
        big_learning,
        ScriptedModel(WORDS[:10], enrichments={WORDS[3]: bad}),
        words_per_round=10,
        topic="endings",
    )
    assert (job.counts.stored, job.counts.defined, job.counts.failed) == (9, 1, 0)
    _, batches = await rows(store, job)
    outcome = next(o for b in batches for o in b.outcomes if o.key == WORDS[3])
    assert outcome.stored == "defined"
    assert "related" in outcome.reason
    assert [w.key for w in await store.left_defined(limit=10)] == [WORDS[3]]


async def test_a_word_that_the_model_leaves_out_is_given_up_and_released(learning, store):
    job = await learning(
        big_learning,
        ScriptedModel(WORDS[:10], definitions={WORDS[3]: None}),
        words_per_round=10,
        topic="endings",
    )
    assert (job.counts.stored, job.counts.failed) == (9, 1)
    assert WORDS[3] not in await store.known([WORDS[3]])
    assert await store.taken([WORDS[3]], job_id=job.job_id) == {}


async def test_words_whose_answers_stay_malformed_are_given_up_with_the_reason(learning, store):
    def fault(method, _call):
        return MalformedOutput("no JSON at all") if method == "define" else None

    job = await learning(
        big_learning, ScriptedModel(WORDS, fault=fault), words_per_round=20, max_entries=20, minutes=0.1
    )
    outcomes = [o for batch in await store.batches(job.job_id) for o in batch.outcomes]
    assert job.counts.failed == len(outcomes) > 0
    assert job.counts.stored == 0
    assert all(o.stored is None and "no JSON" in o.reason for o in outcomes)


async def test_a_store_that_is_busy_at_the_very_end_fails_no_job(learning, store, monkeypatch):
    async def busy(job_id):
        raise StoreUnavailable("another process holds its lock")

    monkeypatch.setattr(store, "clear_stop", busy)
    job = await learning(quick_learning, ScriptedModel(WORDS), words=["badum"])
    assert (job.status, job.counts.stored) == ("completed", 1)
    assert any("lock" in error for error in job.errors)


async def test_a_store_that_is_away_at_the_start_is_told_in_our_words(learning, store, monkeypatch):
    async def busy(job):
        raise StoreUnavailable("another process holds its lock")

    monkeypatch.setattr(store, "begin_attempt", busy)
    monkeypatch.setattr(tracking, "BEGIN_S", 1)
    with pytest.raises(StoreUnavailable, match="lock"):
        await learning(quick_learning, ScriptedModel(WORDS), words=["badum"])
    async with get_client() as client:
        (run,) = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(name=FlowRunFilterName(like_="badum")),
            limit=1,
            sort=FlowRunSort.START_TIME_DESC,
        )
    assert (run.state.name, run.state.message) == ("Failed", "another process holds its lock")


async def test_an_error_in_the_model_fails_the_job_and_is_told(learning, store):
    def fault(method, _call):
        return LearningError("the topic is impossible") if method == "propose" else None

    with pytest.raises(LearningError, match="impossible"):
        await learning(big_learning, ScriptedModel(WORDS, fault=fault))
    (job,) = (await store.jobs()).items
    assert (job.status, job.end_reason) == ("failed", "failed")
    assert any("impossible" in error for error in job.errors)
