"""The door as a whole: whatever a model and a wiki send becomes entries that every store and export takes, or
reasons.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from flows.core.entries import entry_problems
from flows.knowledge import (
    Deepening,
    DefinitionDraft,
    Enrichment,
    Job,
    Word,
    utc_now,
)
from flows.lexicon.reader import Lexicon
from flows.models.scripted import ScriptedModel
from flows.settings import Settings
from flows.sources.scripted import ScriptedSource
from flows.stages.batch import WordBatch
from flows.stages.deadline import Deadline
from flows.stages.resources import Resources
from flows.stages.stages import enrich_entries, research_words, synthesize_definitions
from flows.stores import open_store
from service.exports.formats import MEDIA_TYPES, encoded
from tests.thorough import amount

JOB = UUID(int=7)
WORDS = [Word(text=w, key=w) for w in ("cat", "dog", "swim")]
STRANGE = st.text(st.characters(exclude_categories=()), max_size=40)
GOOD = st.builds(
    "{} A cat, a dog or a swim, {} in the sense that is meant here. {}".format, STRANGE, STRANGE, STRANGE
)
TEXT = st.one_of(GOOD, GOOD, GOOD, STRANGE)
CATEGORIES = st.sampled_from(["animal", "noun.act", "plant"])
SAID = "A\udc80 cat\x00, a dog\u202e or a swim\x1b[31m, in\u2028the sense that is meant here."
TEXTS = st.lists(TEXT, min_size=1, max_size=4).map(tuple)


class Liar(ScriptedModel):
    """Answers with whatever it is given, past every check of its own."""

    def __init__(self, text, texts, category):
        super().__init__()
        self._given = text, texts, category

    async def define(self, batch):
        text, _, _ = self._given
        draft = DefinitionDraft.model_construct(text=text, part_of_speech="noun", is_contradicted=False)
        return await self._answer("define", {item.word.key: draft for item in batch})

    async def enrich(self, batch):
        _, texts, category = self._given
        draft = Enrichment.model_construct(
            related_concepts=(*texts, "pet", "animal", "water"),
            examples=texts,
            category=category,
            relations=(),
            senses=(),
        )
        return await self._answer("enrich", {definition.key: draft for definition in batch})

    async def deepen(self, batch):
        text, texts, _ = self._given
        draft = Deepening.model_construct(explanation=text * 9, applications=texts, misconceptions=texts)
        return await self._answer("deepen", {request.entry.key: draft for request in batch})


@pytest.fixture(scope="module")
def lexicon():
    with Lexicon() as opened:
        yield opened


@asynccontextmanager
async def resources_of(model, source, lexicon, folder):
    deadline = Deadline()
    async with open_store(f"sqlite:///{folder}/door.db", language="en") as store:
        yield Resources(
            settings=Settings(home=folder),
            store=store,
            model=model,
            sources=[source],
            lexicon=lexicon,
            deadline=deadline,
        )
    deadline.close()


@settings(max_examples=amount(30, thorough=400), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(text=TEXT, texts=TEXTS, category=st.one_of(CATEGORIES, CATEGORIES, CATEGORIES, STRANGE), page=TEXT)
@example(text=SAID, texts=(SAID,), category="animal", page=SAID)
async def test_any_text_becomes_an_entry_or_a_reason(  # noqa: PLR0917  what is drawn
    lexicon, tmp_path_factory, text, texts, category, page
):
    folder = tmp_path_factory.mktemp("door")
    source = ScriptedSource({word.key: page for word in WORDS})
    async with resources_of(Liar(text, texts, category), source, lexicon, folder) as resources:
        store = resources.store
        job = await store.begin_attempt(Job(job_id=JOB, mode="deep", created_at=utc_now()))
        await store.claim(WORDS, job_id=JOB, attempt=job.attempt, until=utc_now().replace(year=2999))
        work = WordBatch(
            job_id=JOB, attempt=job.attempt, round_number=1, number=1, words=WORDS, target="deep"
        )
        await research_words(work, resources)
        await synthesize_definitions(work, resources)
        await enrich_entries(work, resources)
        (batch,) = await store.batches(JOB)
        assert {outcome.key for outcome in batch.outcomes} == {word.key for word in WORDS}
        assert all(o.reason and o.reason_code for o in batch.outcomes if o.stored != "deep")
        entries = [entry async for entry in store.export()]
        event(f"{len(entries)} stored")
        assert len(entries) == len(WORDS) or text != SAID
        for entry in entries:
            assert entry_problems(entry, lemmas_of=resources.morphology.lemma_candidates) == ()
            assert all(
                part.isprintable() or "\u200c" in part or "\u200d" in part
                for part in (entry.definition, *entry.examples, *entry.related_concepts)
            )
            assert (await store.search(entry.word)).items
            assert all(c.quote.encode() for c in entry.citations if c.quote)
        for format_ in MEDIA_TYPES:
            assert b"".join([part async for part in encoded(store.export(), format_)])[:1] or not entries
