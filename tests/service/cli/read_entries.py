"""Entries to be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from flows.knowledge import (
    Batch,
    Category,
    Citation,
    Definition,
    Entry,
    Outcome,
    Provenance,
    Relation,
    Sense,
    Word,
)
from flows.stores import open_store

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


JOB_ID = UUID("11111111-2222-4333-8444-555555555555")


CITATION = Citation(
    source="wordnet",
    title="gravity",
    url="https://wordnet.princeton.edu/gravity",
    licence="WordNet 3.0 license",
    licence_url="https://wordnet.princeton.edu/license-and-commercial-use",
    retrieved_at=NOW,
    quote="(physics) the force of attraction between all masses",
)


PROVENANCE = Provenance(job_id=JOB_ID, round=3, model="wordnet-3.1", prompt_version="1", created_at=NOW)


def make_definition(word: str, text: str) -> Definition:
    return Definition(
        word=word,
        key=word.casefold(),
        text=text,
        part_of_speech="noun",
        support="supported",
        citations=(CITATION,),
        provenance=PROVENANCE,
    )


def make_entry(word: str, text: str, category: Category = Category.PHENOMENON) -> Entry:
    return Entry(
        word=word,
        key=word.casefold(),
        definition=text,
        related_concepts=("force", "weight", "orbit"),
        relations=(Relation(kind="kind of", word="attraction"), Relation(kind="kind of", word="force")),
        examples=(f"{word} holds the moon in its orbit",),
        category=category,
        part_of_speech="noun",
        senses=(
            Sense(
                part_of_speech="noun",
                gloss=text,
                examples=(f"{word} holds the moon in its orbit",),
                category=category,
            ),
            Sense(
                part_of_speech="noun",
                gloss="a manner that is serious and solemn",
                category=Category.ATTRIBUTE,
            ),
        ),
        support="supported",
        citations=(CITATION,),
        provenance=PROVENANCE,
        created_at=NOW,
        updated_at=NOW,
    )


ENTRIES = [
    make_entry("gravity", "the force of attraction between all masses in the universe"),
    make_entry("gravitation", "movement resulting from the attraction of masses"),
    make_entry(
        "Black hole", "a region of space from which nothing, not even light, escapes", Category.OBJECT
    ),
    make_entry("tiger", "a large striped cat of Asian forests", Category.ANIMAL),
]


async def fill(url: str) -> None:
    async with open_store(url) as store:
        words = [Word(text=e.word, key=e.key) for e in ENTRIES] + [Word(text="tide", key="tide")]
        await store.claim(words, job_id=JOB_ID, attempt=1, until=NOW + timedelta(days=36500))
        tide = make_definition("tide", "the regular rise and fall of the sea")
        outcomes = tuple(
            Outcome(word=w.text, key=w.key, stored="defined" if w.key == "tide" else "enriched")
            for w in words
        )
        batch = Batch(job_id=JOB_ID, round=1, number=1, attempt=1, outcomes=outcomes, created_at=NOW)
        await store.commit_batch(batch, entries=ENTRIES, definitions=[tide])


Captured = pytest.CaptureFixture[str]
