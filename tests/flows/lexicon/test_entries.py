"""Entries made by the lexicon's model, judged by the rules: a sample of all headwords, the same at
each run.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flows.core.entries import enriched_entry, entry_problems
from flows.core.evidence import backing, support_of
from flows.knowledge import Definition, Provenance, Word, WordEvidence
from flows.models.lexicon import LexiconModel
from flows.sources.lexicon import LexiconSource

NOW = datetime(2030, 1, 1, tzinfo=UTC)
PROVENANCE = Provenance(
    job_id=UUID(int=1),
    round=1,
    task_run_id=UUID(int=2),
    model="wordnet-3.1",
    prompt_version="1",
    created_at=NOW,
)


async def nobody_has(_keys):
    return ()


async def made(lexicon, morphology, words):
    """(definition, entry, problems) of each word, as the stages make them."""
    model, source = LexiconModel(lexicon, taken=nobody_has), LexiconSource(lexicon)
    evidence = await source.look_up(words)
    drafts = (
        await model.define([WordEvidence(word=word, evidence=evidence[word.key]) for word in words])
    ).value
    definitions = [
        Definition(
            word=word.text,
            key=word.key,
            text=drafts[word.key].text,
            part_of_speech=drafts[word.key].part_of_speech,
            support=support_of(drafts[word.key].text, evidence[word.key], is_contradicted=False),
            citations=backing(drafts[word.key].text, evidence[word.key]),
            provenance=PROVENANCE,
        )
        for word in words
    ]
    enrichments = (await model.enrich(definitions)).value
    return [
        (
            d,
            *enriched_entry(
                d,
                enrichments[d.key],
                provenance=PROVENANCE,
                now=NOW,
                lemmas_of=morphology.lemma_candidates,
                invents=False,
            ),
        )
        for d in definitions
    ]


@pytest.fixture(scope="module")
def sample(lexicon, morphology):
    ranks = sorted(random.Random("every entry is good reading").sample(range(1, lexicon.size + 1), 2000))
    lemmas = [lexicon.lemmas(after_rank=rank - 1, limit=1)[0] for rank in ranks]
    return asyncio.run(made(lexicon, morphology, [Word(text=lemma.text, key=lemma.key) for lemma in lemmas]))


async def test_every_entry_is_valid(sample, morphology):
    assert [(definition.word, problems) for definition, _, problems in sample if problems] == []
    for _, entry, _ in sample:
        assert entry_problems(entry, lemmas_of=morphology.lemma_candidates, invents=False) == ()


async def test_enrichment_loses_nothing_to_the_rules(lexicon, sample, morphology):
    """What the lexicon gives is already what the rules leave."""
    model = LexiconModel(lexicon, taken=nobody_has)
    enrichments = (await model.enrich([definition for definition, _, _ in sample])).value
    for definition, entry, _ in sample:
        assert entry.related_concepts == enrichments[definition.key].related_concepts
        assert entry.relations == enrichments[definition.key].relations
        assert entry.examples == enrichments[definition.key].examples


async def test_nearly_every_definition_is_backed_by_its_gloss(sample):
    unsupported = [definition.word for definition, _, _ in sample if definition.support != "supported"]
    assert len(unsupported) <= 0.002 * len(sample)
    assert all(definition.citations for definition, _, _ in sample if definition.support == "supported")


async def test_common_words_have_at_least_three_concepts_and_often_examples(lexicon, morphology):
    words = [Word(text=lemma.text, key=lemma.key) for lemma in lexicon.lemmas(limit=1000)]
    entries = [entry for _, entry, _ in await made(lexicon, morphology, words)]
    assert sum(len(entry.related_concepts) < 3 for entry in entries) <= 10
    assert sum(bool(entry.examples) for entry in entries) >= 650
    assert all(entry.senses[0].gloss and entry.senses[0].category == entry.category for entry in entries)
