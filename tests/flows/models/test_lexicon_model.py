"""The lexicon in a language model's place."""

from __future__ import annotations

from uuid import UUID

import pytest

from flows.errors import StoreUnavailable, UnknownTopic
from flows.knowledge import Definition, Entry, ProposalRequest, Provenance, Word, WordEvidence, utc_now
from flows.knowledge.exchange import DeepeningRequest
from flows.lexicon.reader import Lexicon
from flows.models.lexicon import LexiconModel


@pytest.fixture(scope="module")
def lexicon():
    with Lexicon() as opened:
        yield opened


class Taken:
    """Keys that are taken, and how often somebody asked; may fail first."""

    def __init__(self, *keys):
        self.keys = set(keys)
        self.calls = 0
        self.failures = []

    async def __call__(self, keys):
        self.calls += 1
        if self.failures and self.failures.pop(0):
            raise StoreUnavailable("the store is away")
        return self.keys & set(keys)


@pytest.fixture
def taken():
    return Taken()


@pytest.fixture
def model(lexicon, taken):
    return LexiconModel(lexicon, taken=taken)


async def propose(model, count, **options):
    return (await model.propose(ProposalRequest(count=count, **options))).value


async def test_proposals_follow_commonness_and_never_repeat(model, lexicon):
    found = [*await propose(model, 150), *await propose(model, 1), *await propose(model, 1200)]
    assert found == [lemma.text for lemma in lexicon.lemmas(limit=1351)]


async def test_taken_and_avoided_words_are_passed_over(model, lexicon, taken):
    first, second, third, fourth = (lemma.key for lemma in lexicon.lemmas(limit=4))
    taken.keys = {first}
    assert await propose(model, 2, avoid=(second,)) == (third, fourth)


async def test_words_all_taken_are_passed_over_page_by_page(model, lexicon, taken):
    taken.keys = {lemma.key for lemma in lexicon.lemmas(limit=3500)}
    assert await propose(model, 1) == (lexicon.lemmas(after_rank=3500, limit=1)[0].text,)


@pytest.mark.parametrize("failures", [[True], [False, True]])
async def test_failed_proposal_loses_no_word(model, lexicon, taken, failures):
    taken.failures = list(failures)
    with pytest.raises(StoreUnavailable):
        await propose(model, 1500)
    assert await propose(model, 1500) == tuple(lemma.text for lemma in lexicon.lemmas(limit=1500))


async def test_every_presentable_lemma_of_acceptable_form_is_proposed_in_the_end(lexicon):
    model = LexiconModel(lexicon, taken=Taken())
    found = set(await propose(model, 1_000_000))
    assert 146_000 < len(found) <= lexicon.size
    assert await propose(model, 10) == ()
    assert not {word for word in found if len(word.split()) > 4}


async def test_topic_brings_its_neighbourhood_then_nothing(model):
    found = await propose(model, 100, topic="Astronomy")
    assert {"star", "planet", "comet"} <= set(found)
    rest = await propose(model, 100_000, topic="astronomy")
    assert not set(found) & set(rest)
    assert await propose(model, 5, topic="astronomy") == ()


async def test_word_offered_for_one_topic_is_not_offered_for_another(model):
    first = set(await propose(model, 100_000, topic="cooking"))
    assert "bake" in first
    assert not first & set(await propose(model, 100_000, topic="baking"))


async def test_unknown_topic_says_so_with_words_spelled_like_it_each_time(model):
    for _ in range(2):
        with pytest.raises(UnknownTopic, match="astronmy") as caught:
            await propose(model, 5, topic="astronmy")
        assert caught.value.field == "topic"
        assert "“astronomy”" in caught.value.remedy
    with pytest.raises(UnknownTopic, match="leave the topic out"):
        await propose(model, 5, topic="zzxyqqwz")


async def test_known_topic_whose_words_are_all_taken_is_not_unknown(lexicon):
    class All:
        async def __call__(self, keys):
            return keys

    assert (
        await LexiconModel(lexicon, taken=All()).propose(ProposalRequest(count=5, topic="astronomy"))
    ).value == ()


async def test_blank_topic_is_none(model, lexicon):
    assert await propose(model, 1, topic="  ") == (lexicon.lemmas(limit=1)[0].text,)


def word(text):
    return Word(text=text, key=text.casefold())


def definition_of(text, draft):
    provenance = Provenance(
        job_id=UUID(int=1), round=1, model="wordnet-3.1", prompt_version="1", created_at=utc_now()
    )
    return Definition(
        word=text,
        key=text.casefold(),
        text=draft.text,
        part_of_speech=draft.part_of_speech,
        support="model_only",
        provenance=provenance,
    )


async def test_definition_is_the_common_gloss_and_unknown_words_are_absent(model):
    answer = await model.define([WordEvidence(word=word("tiger")), WordEvidence(word=word("xyzzy"))])
    assert set(answer.value) == {"tiger"}
    assert answer.value["tiger"].part_of_speech == "noun"
    assert "feline" in answer.value["tiger"].text
    assert (answer.model, answer.usage.requests, answer.usage.tokens_out) == ("wordnet-3.1", 0, 0)


async def test_enrichment_lists_all_senses_with_their_own_examples(model):
    draft = (await model.define([WordEvidence(word=word("face"))])).value["face"]
    found = (await model.enrich([definition_of("face", draft)])).value["face"]
    assert found.category == "body"
    assert found.senses[0].gloss == draft.text
    assert len(found.senses) > 5
    assert 1 <= len(found.examples) <= 3
    assert found.examples == found.senses[0].examples[:3]
    assert {"eye", "mouth"} & set(found.related_concepts)
    assert 1 <= len(found.relations) <= 20


async def test_words_that_are_no_headwords_cannot_be_enriched(model):
    draft = (await model.define([WordEvidence(word=word("tiger"))])).value["tiger"]
    assert (await model.enrich([definition_of("xyzzy", draft)])).value == {}


async def test_deepening_explains_more_and_invents_no_misconception(model):
    draft = (await model.define([WordEvidence(word=word("bottle"))])).value["bottle"]
    definition = definition_of("bottle", draft)
    enrichment = (await model.enrich([definition])).value["bottle"]
    entry = Entry(
        word="bottle",
        key="bottle",
        definition=draft.text,
        related_concepts=enrichment.related_concepts,
        category=enrichment.category,
        part_of_speech="noun",
        support="model_only",
        provenance=definition.provenance,
        created_at=utc_now(),
        updated_at=utc_now(),
    )
    found = (await model.deepen([DeepeningRequest(entry=entry)])).value["bottle"]
    assert draft.text in found.explanation
    assert len(found.explanation) > len(draft.text)
    assert found.applications == ("Used for storing drinks or other liquids",)
    assert found.misconceptions == ()
