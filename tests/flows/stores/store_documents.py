"""Small documents for tests of stores; the tests and the processes that they start import it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flows.knowledge import (
    Batch,
    Category,
    Citation,
    Definition,
    Entry,
    Job,
    JobEvent,
    Outcome,
    Provenance,
    Round,
    Verdict,
    Word,
)
from flows.knowledge import Candidate as _Candidate

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
ANN, BOB, EVE = (UUID(int=n) for n in (1, 2, 3))
"""Three jobs."""


def minutes(count):
    return timedelta(minutes=count)


def words(*keys):
    return [Word(text=key.title(), key=key) for key in keys]


def provenance(job_id=ANN, at=START):
    return Provenance(job_id=job_id, round=1, model="test-model", prompt_version="1", created_at=at)


def citation(quote="A quote."):
    return Citation(
        source="wikipedia",
        title="Title",
        url="https://example.org/",
        licence="CC BY-SA 4.0",
        licence_url="https://example.org/licence",
        retrieved_at=START,
        quote=quote,
    )


def definition(key, *, text=None, job_id=ANN, at=START):
    return Definition(
        word=key.title(),
        key=key,
        text=text or f"What {key} means.",
        part_of_speech="noun",
        support="supported",
        citations=(citation(),),
        provenance=provenance(job_id, at),
    )


def entry(key, *, job_id=ANN, at=START, **changes):
    values = {
        "word": key.title(),
        "key": key,
        "definition": f"What {key} means.",
        "related_concepts": ("one", "two", "three"),
        "examples": (f"An example with {key}.",),
        "category": Category.COGNITION,
        "part_of_speech": "noun",
        "support": "supported",
        "citations": (citation(),),
        "provenance": provenance(job_id, at),
        "created_at": at,
        "updated_at": at,
    }
    return Entry(**(values | changes))


def batch(*outcomes, job_id=ANN, round_=1, number=1, attempt=1):
    """A batch whose outcomes are keys, or (key, depth) or (key, None) for a word that was given up."""
    pairs = [(o, "enriched") if isinstance(o, str) else o for o in outcomes]
    return Batch(
        job_id=job_id,
        round=round_,
        number=number,
        attempt=attempt,
        outcomes=tuple(
            Outcome(word=key.title(), key=key, stored=depth, reason=None if depth else "no reason")
            for key, depth in pairs
        ),
        created_at=START,
    )


def round_(number=1, *, job_id=ANN, attempt=1, keys=("cat", "dog")):
    return Round(
        job_id=job_id,
        number=number,
        attempt=attempt,
        model="test-model",
        prompt_version="1",
        candidates=tuple(_Candidate(text=key, key=key, verdict=Verdict.ACCEPTED) for key in keys),
        batch_size=20,
        created_at=START,
    )


def job(job_id=ANN, **changes):
    return Job(**({"job_id": job_id, "mode": "big", "created_at": START} | changes))


def event(seq, *, attempt=1, text="Something happened."):
    return JobEvent(attempt=attempt, seq=seq, kind="word.learned", text=text, words=("cat",), occurred=START)
