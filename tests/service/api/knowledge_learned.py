"""Entries put into the store."""

from __future__ import annotations

from datetime import timedelta

from store_documents import ANN, START, batch, job

from flows.knowledge import Word

UNTIL = START + timedelta(days=3650)


def learn(served, *entries, definitions=(), job_id=ANN):
    """Put entries and definitions into the store as a job does it."""

    async def write():
        store = served.store
        begun = await store.begin_attempt(job(job_id))
        known = [Word(text=e.word, key=e.key) for e in (*entries, *definitions)]
        await store.claim(known, job_id=job_id, attempt=begun.attempt, until=UNTIL)
        outcomes = [*((e.key, e.depth) for e in entries), *((d.key, "defined") for d in definitions)]
        row = batch(*outcomes, job_id=job_id, attempt=begun.attempt, number=begun.attempt)
        assert await store.commit_batch(row, entries=entries, definitions=definitions)

    served.do(write())
