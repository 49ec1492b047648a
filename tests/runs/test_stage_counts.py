"""What a job counts of its stages."""

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

from flows import big_learning, deep_learning, quick_learning
from flows.core.counting import stages_of
from flows.job.resources import using
from flows.knowledge import Candidate, Job, Round, Verdict, utc_now
from flows.models.scripted import ScriptedModel
from tests.runs.flow_runs import WORDS, done, rows

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


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

    job = await learning(big_learning, Slow(WORDS), minutes=0.08)
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
