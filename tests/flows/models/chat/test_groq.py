"""What is sent to Groq and what is made of its answers, on a real socket."""

import pytest
from groq_words import PROPOSE, WORDS, WRITE, batch, definitions

from flows.knowledge import Category, DeepeningRequest, ProposalRequest
from flows.models.base import Budgeted, Paced
from flows.models.chat.model import MOST_PROPOSED
from flows.settings import PRICES
from tests.world.chat.limits import Limits


async def test_words_are_defined_from_their_evidence_in_one_request(groq, world):
    answer = await groq.define(
        batch(lighthouse="A lighthouse is a tower with a strong light that guides ships.")
    )
    assert set(answer.value) == set(WORDS)
    assert all(len(draft.text) >= 15 for draft in answer.value.values())
    assert (answer.model, answer.prompt_version) == (WRITE, "define-1")
    assert answer.request_id.startswith("req_")
    (record,) = world.log("chat")
    assert (record["task"], tuple(record["words"])) == ("define", WORDS)


async def test_the_bill_is_what_groq_says_and_cached_tokens_are_cheaper(groq, world):
    first = (await groq.define(batch())).usage
    second = (await groq.define(batch(WORDS[:3]))).usage
    records = world.log("chat")
    assert [(u.tokens_in, u.tokens_out, u.tokens_cached) for u in (first, second)] == [
        (r["tokens_in"], r["tokens_out"], r["tokens_cached"]) for r in records
    ]
    assert second.tokens_cached > 0
    price = PRICES[WRITE]
    fresh = second.tokens_in - second.tokens_cached
    expected = (
        fresh * price.tokens_in
        + second.tokens_cached * price.tokens_cached
        + second.tokens_out * price.tokens_out
    ) / 1_000_000
    assert second.cost_usd == pytest.approx(expected)


async def test_the_static_text_stands_first_so_that_it_is_cached(groq, world):
    for words in (WORDS[:4], WORDS[4:8]):
        await groq.enrich(definitions(words))
    assert [r["tokens_cached"] > 0 for r in world.log("chat")] == [False, True]


async def test_definitions_are_enriched(groq):
    answer = await groq.enrich(definitions())
    assert set(answer.value) == set(WORDS)
    assert all(
        enrichment.category in set(Category) and enrichment.related_concepts
        for enrichment in answer.value.values()
    )


async def test_proposals_go_to_the_model_for_proposing_at_most_a_hundred_at_a_time(groq, world):
    answer = await groq.propose(ProposalRequest(count=1_000, topic="music", avoid=("violin",)))
    assert answer.model == PROPOSE
    assert 0 < len(answer.value) <= MOST_PROPOSED
    assert len(set(answer.value)) == len(answer.value)


async def test_requests_wait_for_the_minutes_tokens_instead_of_provoking_a_refusal(groq_at, make_world):
    world = make_world(limits={WRITE: Limits(rpm=None, tpm=60_000, rpd=10_000, tpd=None)}, level=0.02)
    groq = await groq_at(world, tokens_per_minute=60_000)
    for _ in range(4):
        await groq.define(batch())
    refused = [r for r in world.log("chat") if r["status"] == 429]
    assert len(refused) <= 1
    assert sum(r["status"] == 200 for r in world.log("chat")) == 4


async def test_a_model_without_strict_schemas_is_asked_all_the_same(groq_at, world):
    groq = await groq_at(world, write_models="qwen/qwen3.8-27b")
    answer = await groq.define(batch())
    assert (answer.model, set(answer.value)) == ("qwen/qwen3.8-27b", set(WORDS))


async def test_entries_are_deepened(groq, world):
    from flows.core import entries as rules
    from flows.knowledge import utc_now

    made = await groq.enrich(definitions(WORDS[:3]))
    entries = []
    for definition in definitions(WORDS[:3]):
        entry, problems = rules.enriched_entry(
            definition,
            made.value[definition.key],
            provenance=definition.provenance,
            now=utc_now(),
            lemmas_of=lambda token: (token,),
            invents=False,
        )
        assert not problems
        entries.append(entry)
    answer = await groq.deepen([DeepeningRequest(entry=entry) for entry in entries])
    assert set(answer.value) == set(WORDS[:3])
    assert all(deepening.explanation for deepening in answer.value.values())


async def test_more_batches_are_worth_having_at_work_the_larger_the_plan(groq_at, make_world):
    free, developer = make_world(), make_world(plan="developer")
    slow = await groq_at(free)
    fast = await groq_at(developer)
    await fast.define(batch())
    assert isinstance(fast, Paced)
    assert isinstance(fast, Budgeted)
    assert (slow.batches_at_once, fast.batches_at_once) == (3, 12)


async def test_what_is_left_of_the_quota_is_told_once_the_account_has_answered(groq_at, make_world):
    groq = await groq_at(make_world())
    assert groq.quota_left == ()
    await groq.define(batch())
    left = {one.bound: one for one in groq.quota_left}
    assert {one.model for one in left.values()} == {WRITE}
    assert set(left) == {"tokens_per_minute", "requests_per_day"}
    assert left["requests_per_day"].left == left["requests_per_day"].limit - 1
    assert 0 < left["tokens_per_minute"].left < left["tokens_per_minute"].limit
