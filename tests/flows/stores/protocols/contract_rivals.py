"""Claims on words that are one word with another: of two jobs only one gets it, whatever the spelling."""

from __future__ import annotations

import asyncio

import pytest
from store_documents import ANN, BOB, START, definition, minutes, words

from flows.core.identity.relatives import Rivals, WordFacts
from flows.knowledge import Alias, ClaimResult, Verdict

LATER = START + minutes(10)
LISTED = {"resume": "noun", "take off": "verb", "takeoff": "noun", "glass": "noun", "glasses": "noun"}
FACTS = WordFacts(
    base_forms=lambda key: (key,) if key in LISTED else (),
    parts_of=lambda key: frozenset(filter(None, (LISTED.get(key),))),
)
RIVALS = Rivals(facts=FACTS)
ONE_WORD = [
    ("café", "cafe"),
    ("ice cream", "ice-cream"),
    ("ice-cream", "icecream"),
    ("façade", "facade"),
    ("selfies", "selfie"),
    ("cafés", "cafe"),
    ("vlogged", "vlog"),
    ("naïvetés", "naivete"),
]
TWO_WORDS = [
    ("résumé", "resume"),
    ("rosé", "rose"),
    ("takeoff", "take off"),
    ("cat", "dog"),
    ("glasses", "glass"),
    ("corner", "corn"),
]


async def claim(store, *keys, job_id, rivals=RIVALS):
    return await store.claim(words(*keys), job_id=job_id, attempt=1, until=LATER, rivals=rivals)


@pytest.mark.parametrize(("one", "other"), [*ONE_WORD, *(pair[::-1] for pair in ONE_WORD)])
async def test_a_claim_refuses_another_spelling_or_form(store, one, other):
    assert (await claim(store, one, job_id=ANN)).new == (one,)
    refused = await claim(store, other, "tide", job_id=BOB)
    assert refused == ClaimResult(new=("tide",), elsewhere=(other,), variants={other: one})
    assert [word.key for word in await store.claims(BOB)] == ["tide"]


@pytest.mark.parametrize(("one", "other"), ONE_WORD + TWO_WORDS)
async def test_of_two_claims_at_once_exactly_one_is_kept_of_one_word_and_both_of_two(store, one, other):
    found = await asyncio.gather(claim(store, one, job_id=ANN), claim(store, other, job_id=BOB))
    assert sum(len(each.new) for each in found) == (1 if (one, other) in ONE_WORD else 2)
    kept = [word.key for job_id in (ANN, BOB) for word in await store.claims(job_id)]
    assert kept == [key for each in found for key in each.new]


@pytest.mark.parametrize(("one", "other"), [*TWO_WORDS, *(pair[::-1] for pair in TWO_WORDS)])
async def test_true_pairs_are_both_possible(store, one, other):
    assert (await claim(store, one, job_id=ANN)).new == (one,)
    assert (await claim(store, other, job_id=BOB)).new == (other,)


async def test_what_is_known_refuses_its_forms_and_spellings_and_not_its_base(store):
    await store.save_definitions([definition("café"), definition("selfies")], job_id=ANN, attempt=1)
    assert await claim(store, "cafe", "cafés", "selfie", job_id=BOB) == ClaimResult(
        new=("selfie",), known=("cafe", "cafés"), variants={"cafe": "café", "cafés": "café"}
    )


async def test_a_claim_that_is_over_refuses_nothing(store, clock):
    await claim(store, "café", job_id=ANN)
    clock.now = LATER
    later = LATER + minutes(1)
    found = await store.claim(words("cafe"), job_id=BOB, attempt=1, until=later, rivals=RIVALS)
    assert found.new == ("cafe",)
    await store.release(["cafe"], job_id=BOB, attempt=1)
    found = await store.claim(words("cafés"), job_id=ANN, attempt=1, until=later, rivals=RIVALS)
    assert found.new == ("cafés",)


async def test_a_job_is_no_rival_of_itself_and_a_known_word_is_worked_on(store):
    await claim(store, "café", job_id=ANN)
    assert (await claim(store, "cafe", job_id=ANN)).new == ("cafe",)
    await store.save_definitions([definition("tide"), definition("tides")], job_id=ANN, attempt=1)
    found = await store.claim(
        words("tides"), job_id=BOB, attempt=1, until=LATER, below="enriched", rivals=RIVALS
    )
    assert found.new == ("tides",)


async def test_without_rivals_every_key_is_its_own(store):
    await claim(store, "café", job_id=ANN)
    assert (await claim(store, "cafe", job_id=BOB, rivals=None)).new == ("cafe",)


@pytest.mark.parametrize(("one", "other"), ONE_WORD)
async def test_a_claim_refuses_another_spelling_or_form_of_an_alias(store, one, other):
    await store.save_definitions([definition("zebra")], job_id=BOB, attempt=1)
    relation = Verdict.SPELLING_VARIANT
    await store.put_aliases([Alias(word=other.title(), key=other, of="zebra", relation=relation)])
    refused = await claim(store, one, "tide", job_id=ANN)
    assert refused == ClaimResult(new=("tide",), known=(one,), variants={one: other})
