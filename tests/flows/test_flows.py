"""The flows on a real Prefect server, with a scripted model and a real store."""

import asyncio
import time

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId
from prefect.flow_engine import run_flow
from prefect.utilities.callables import parameter_schema

from flows import big_learning, deep_learning, quick_learning
from flows.core.counting import stages_of
from flows.errors import (
    InvalidInput,
    LearningError,
    MalformedOutput,
    ModelUnavailable,
    QuotaExhausted,
    StoreUnavailable,
)
from flows.job.progress import reporting_to
from flows.job.resources import using
from flows.knowledge import Candidate, Enrichment, Job, Round, Verdict, utc_now
from flows.models.scripted import ScriptedModel
from flows.settings import Settings
from flows.sources.scripted import ScriptedSource
from flows.stores import open_store

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]

WORDS = [f"{a}{b}{c}um" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdgklmnprt"]


@pytest.fixture(params=["memory", "sqlite"])
async def store(request, tmp_path):
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'knowledge.db'}"
    async with open_store(url) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path, batch_size=10, concurrency=3)


@pytest.fixture
def learning(store, settings):
    """Run a flow on a scripted model and the store."""

    async def run(flow, model, *, sources=(), **parameters):
        with using(settings=settings, store=store, model=model, sources=sources):
            return await flow(**parameters)

    return run


async def rows(store, job):
    return await store.rounds(job.job_id, limit=200), await store.batches(job.job_id)


async def test_target_is_reached_exactly(learning, store):
    job = await learning(
        big_learning, ScriptedModel(WORDS), max_entries=57, words_per_round=25, candidates_per_round=100
    )
    assert (job.status, job.end_reason, job.progress) == ("completed", "target reached", 100)
    assert job.counts.stored == 57 == (await store.stats()).entries
    rounds, batches = await rows(store, job)
    assert [len(r.accepted) for r in rounds] == [25, 25, 7]
    assert sum(len(b.outcomes) for b in batches) == 57 == job.total_tokens
    assert await store.claims(job.job_id) == ()


async def test_hard_stop_completes_with_what_was_learned(learning, store):
    started = time.monotonic()
    job = await learning(big_learning, ScriptedModel(WORDS, latency_s=0.4), minutes=0.05)
    took = time.monotonic() - started
    assert (job.status, job.end_reason) == ("completed", "time limit")
    assert job.active_seconds <= 3 + 2
    assert took <= 3 + 2 + 2
    assert job.counts.stored == (await store.stats()).entries > 0
    # batches that were cut off have no outcome: their words are free for the next job
    _, batches = await rows(store, job)
    assert all(outcome.reason is None for batch in batches for outcome in batch.outcomes)
    assert job.counts.failed == 0 < job.counts.accepted - job.total_tokens
    assert await store.claims(job.job_id) == ()
    async with get_client() as client:
        state = (await client.read_flow_run(job.job_id)).state
    assert state.is_completed()
    assert "time limit" in state.message


async def test_three_rounds_without_a_new_word_end_the_job(learning, store):
    job = await learning(big_learning, ScriptedModel(WORDS[:30]), words_per_round=20, topic="endings")
    assert job.end_reason == "nothing new"
    assert job.counts.stored == 30
    rounds, _ = await rows(store, job)
    assert [len(r.accepted) for r in rounds] == [20, 10, 0, 0, 0]


async def test_every_candidate_has_a_verdict_and_a_reason(learning, store):
    await learning(quick_learning, ScriptedModel(), words=["babum"])
    proposed = ["babum", "Dadum", "dadum", "42", "<b>bold</b>", "one two three four five", ""]
    job = await learning(big_learning, ScriptedModel(proposed), candidates_per_round=7, max_entries=1)
    rounds, _ = await rows(store, job)
    verdicts = {c.text: c.verdict for c in rounds[0].candidates}
    assert len(rounds[0].candidates) == 7
    assert verdicts["babum"] is Verdict.KNOWN
    assert verdicts["Dadum"] is Verdict.ACCEPTED
    assert verdicts["dadum"] is Verdict.REPEATED
    assert verdicts["42"] is Verdict.NUMBER
    assert all(c.reason for c in rounds[0].candidates if c.verdict is not Verdict.ACCEPTED)


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


async def test_used_up_quota_ends_the_job_in_good_order(learning, store):
    def fault(method, call):
        return (
            QuotaExhausted("tokens per day are used up, come back at 06:00")
            if method == "define" and call == 3
            else None
        )

    job = await learning(big_learning, ScriptedModel(WORDS, fault=fault), words_per_round=50)
    assert (job.status, job.end_reason) == ("completed", "quota used up")
    assert any("06:00" in error for error in job.errors)
    assert await store.claims(job.job_id) == ()


async def test_the_drain_flag_stops_after_what_is_in_flight(learning, store):
    stopping = []

    def watch(job, _events):
        if job.counts.stored and not stopping:
            stopping.append(asyncio.ensure_future(store.request_stop(job.job_id)))

    with reporting_to(watch):
        job = await learning(big_learning, ScriptedModel(WORDS, latency_s=0.2), minutes=0.5)
    assert (job.status, job.end_reason) == ("completed", "stopped")
    assert job.active_seconds < 10
    assert job.counts.stored == (await store.stats()).entries


async def test_a_store_that_is_busy_at_the_very_end_fails_no_job(learning, store, monkeypatch):
    async def busy(job_id):
        raise StoreUnavailable("another process holds its lock")

    monkeypatch.setattr(store, "clear_stop", busy)
    job = await learning(quick_learning, ScriptedModel(WORDS), words=["badum"])
    assert (job.status, job.counts.stored) == ("completed", 1)
    assert any("lock" in error for error in job.errors)


async def test_candidates_that_wait_for_the_next_round_are_counted_once(learning):
    job = await learning(
        big_learning, ScriptedModel(WORDS), max_entries=90, candidates_per_round=60, words_per_round=20
    )
    assert job.counts.rounds > 3
    assert job.stages["propose"].done == job.counts.proposed


def done(job):
    return {stage: count.done for stage, count in job.stages.items()}


@pytest.mark.parametrize(
    ("flow", "parameters"),
    [
        (big_learning, {"max_entries": 45}),
        (quick_learning, {"words": WORDS[:25]}),
        (deep_learning, {"words": WORDS[:15]}),
    ],
    ids=["big", "quick", "deep"],
)
async def test_the_stages_of_an_undisturbed_run_are_what_its_rows_say(learning, store, flow, parameters):
    job = await learning(flow, ScriptedModel(WORDS), **parameters)
    _, batches = await rows(store, job)
    assert job.stages == stages_of(job, batches)
    stages = {"research", "synthesize"} if flow is quick_learning else {"research", "synthesize", "enrich"}
    assert {stage: n for stage, n in done(job).items() if stage != "propose"} == dict.fromkeys(
        stages, job.total_tokens
    )


async def test_a_stage_that_the_time_cut_off_is_not_counted_as_done(learning, store):
    class Slow(ScriptedModel):
        async def enrich(self, batch):
            await asyncio.sleep(30)
            return await super().enrich(batch)

    job = await learning(big_learning, Slow(WORDS), minutes=0.03)
    assert (job.end_reason, job.counts.stored) == ("time limit", 0)
    assert done(job)["synthesize"] == 30
    assert done(job)["enrich"] == 0


async def test_of_a_job_that_goes_on_the_stages_count_neither_words_that_another_has_taken_nor_any_twice(
    store, settings, learning
):
    await learning(big_learning, ScriptedModel(WORDS[:13]), max_entries=13)
    # what an attempt before has defined and not recorded
    await learning(quick_learning, ScriptedModel(), words=WORDS[20:30])
    async with get_client() as client:
        run = await client.create_flow_run(big_learning, parameters={"max_entries": 17})
    begun = await store.begin_attempt(Job(job_id=run.id, mode="big", created_at=utc_now()))
    candidates = tuple(Candidate(text=word, key=word, verdict=Verdict.ACCEPTED) for word in WORDS[:30])
    given = {
        "attempt": begun.attempt,
        "model": "scripted",
        "prompt_version": "1",
        "batch_size": 10,
        "created_at": utc_now(),
    }
    await store.save_round(Round(job_id=run.id, number=1, candidates=candidates, **given))
    with using(settings=settings, store=store, model=ScriptedModel(WORDS), sources=()):
        job = await run_flow(big_learning, flow_run=run, parameters={"max_entries": 17}, return_type="result")
    _, batches = await rows(store, job)
    assert (job.attempt, job.counts.stored, job.counts.failed) == (2, 17, 13)
    assert done(job) == {"propose": 30, "research": 17, "synthesize": 17, "enrich": 17}
    assert job.stages == stages_of(job, batches)


async def test_an_error_in_the_model_fails_the_job_and_is_told(learning, store):
    def fault(method, _call):
        return LearningError("the topic is impossible") if method == "propose" else None

    with pytest.raises(LearningError, match="impossible"):
        await learning(big_learning, ScriptedModel(WORDS, fault=fault))
    (job,) = (await store.jobs()).items
    assert (job.status, job.end_reason) == ("failed", "failed")
    assert any("impossible" in error for error in job.errors)


async def test_quick_learning_defines_given_words_with_their_evidence(learning, store):
    source = ScriptedSource({"babum": "Something that the script calls by the name babum, a plain thing."})
    job = await learning(quick_learning, ScriptedModel(), sources=[source], words=["babum", "dadum", "babum"])
    assert (job.status, job.end_reason, job.counts.stored) == ("completed", "all done", 2)
    known = await store.known(["babum", "dadum"])
    assert {k: w.depth for k, w in known.items()} == {"babum": "defined", "dadum": "defined"}
    assert known["babum"].definition.support == "supported"
    assert known["babum"].definition.citations[0].quote
    assert known["dadum"].definition.support == "model_only"
    assert (await store.stats()).entries == 0


async def test_quick_learning_without_words_takes_the_head_of_the_frontier(learning, store):
    await learning(big_learning, ScriptedModel(WORDS[:10]), max_entries=10)
    head = [w.key for w in (await store.frontier(limit=5)).items]
    job = await learning(quick_learning, ScriptedModel(), limit=5)
    assert job.counts.stored == 5
    assert set(await store.known(head)) == set(head)


async def test_a_word_that_cannot_be_one_is_refused_by_name(learning):
    with pytest.raises(InvalidInput, match="words"):
        await learning(quick_learning, ScriptedModel(), words=["<script>"])


async def test_deep_learning_takes_up_what_was_left_defined(learning, store):
    await learning(quick_learning, ScriptedModel(), words=["babum", "dadum"])
    model = ScriptedModel()
    job = await learning(deep_learning, model, limit=2)
    assert (job.end_reason, job.counts.stored) == ("target reached", 2)
    entry = await store.entry("babum")
    assert entry.depth == "deep"
    assert len(entry.explanation) > len(entry.definition)
    assert "define" not in model.calls


async def test_deep_learning_deepens_an_existing_entry_and_asks_only_for_what_is_missing(learning, store):
    await learning(big_learning, ScriptedModel(WORDS[:1]), max_entries=1)
    before = await store.entry(WORDS[0])
    model = ScriptedModel()
    source = ScriptedSource({WORDS[0]: before.definition})
    job = await learning(deep_learning, model, sources=[source], words=[WORDS[0]])
    assert job.counts.stored == 1
    after = await store.entry(WORDS[0])
    assert (after.depth, after.revision) == ("deep", before.revision + 1)
    assert after.created_at == before.created_at
    assert len(after.citations) > len(before.citations)
    assert model.calls == {"deepen": 1}


async def test_what_was_enriched_is_kept_when_the_time_is_up_before_it_is_deep(learning, store):
    class Slow(ScriptedModel):
        async def deepen(self, batch):
            await asyncio.sleep(30)
            return await super().deepen(batch)

    job = await learning(deep_learning, Slow(), words=["babum"], minutes=0.03)
    assert job.end_reason == "time limit"
    assert (await store.entry("babum")).depth == "enriched"
    (batch,) = await store.batches(job.job_id)
    assert [(o.stored, o.reason) for o in batch.outcomes] == [("enriched", "the time was up")]
    assert job.usage.requests == batch.usage.requests == 2


async def test_the_log_is_numbered_without_holes_and_the_watcher_sees_all_of_it(learning, store):
    seen = []
    with reporting_to(lambda _job, events: seen.extend(events)):
        job = await learning(big_learning, ScriptedModel(WORDS), max_entries=40)
    log = await store.log(job.job_id, limit=200)
    assert [e.seq for e in log] == list(range(1, len(log) + 1))
    assert tuple(seen) == log
    assert (log[0].kind, log[-1].kind) == ("job.started", "job.ended")
    assert sum(len(e.words) for e in log if e.kind == "words.learned") == 40


async def test_the_run_carries_name_tags_and_artifacts(learning, store):
    job = await learning(big_learning, ScriptedModel(WORDS), max_entries=20, topic="testing")
    async with get_client() as client:
        run = await client.read_flow_run(job.job_id)
        artifacts = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[job.job_id])), limit=50
        )
    assert run.name.startswith("big-learning · testing · 20")
    assert {"learning", "mode:big"} <= set(run.tags)
    assert {"progress", "table", "markdown"} <= {a.type for a in artifacts}


@pytest.mark.parametrize("flow", [big_learning, quick_learning, deep_learning])
def test_every_parameter_is_described_in_prefects_form(flow):
    properties = parameter_schema(flow).properties
    assert all(field["description"] for field in properties.values())
