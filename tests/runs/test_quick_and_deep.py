"""Quick and deep learning on a real Prefect server."""

import asyncio

import pytest
from prefect.exceptions import ParameterTypeError

from flows import big_learning, deep_learning, quick_learning
from flows.errors import InvalidInput
from flows.models.scripted import ScriptedModel
from flows.sources.scripted import ScriptedSource
from tests.runs.flow_runs import WORDS

pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("prefect_api")]


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


@pytest.mark.parametrize("flow", [quick_learning, deep_learning], ids=["quick", "deep"])
async def test_one_text_is_not_taken_for_a_list_of_letters(learning, flow):
    with pytest.raises(ParameterTypeError, match="words: Input should be a valid list"):
        await learning(flow, ScriptedModel(), words="moss")


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
