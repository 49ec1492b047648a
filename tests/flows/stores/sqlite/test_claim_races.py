"""Two jobs that claim one word in two spellings at the same moment, on one SQLite file."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from datetime import UTC, datetime, timedelta

import pytest
from store_documents import ANN, BOB, words

from flows.core.identity.relatives import Rivals
from flows.stores.sqlite import SqliteStore

PAIRS = 60
TIMEOUT_S = 60
FORMS = {ANN: ("word {}é", "thing{}s"), BOB: ("word-{}e", "thing{}")}
"""The spelling and the form that each job claims."""


def claim_all(path, job_id, barrier):
    """Claim every word one by one, both jobs at the same moment."""

    async def work():
        async with SqliteStore(path) as store:
            until = datetime.now(UTC) + timedelta(minutes=5)
            for number in range(PAIRS):
                keys = [form.format(number) for form in FORMS[job_id]]
                barrier.wait(TIMEOUT_S)
                await store.claim(words(*keys), job_id=job_id, attempt=1, until=until, rivals=Rivals())

    asyncio.run(work())


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_exactly_one_of_two_jobs_gets_each_word(tmp_path, kind):
    path = tmp_path / "store.db"

    async def held():
        async with SqliteStore(path) as store:
            return [{word.key for word in await store.claims(job_id)} for job_id in (ANN, BOB)]

    asyncio.run(held())  # creates the file
    spawn = multiprocessing.get_context("spawn")
    make, barrier = (
        (threading.Thread, threading.Barrier(2)) if kind == "threads" else (spawn.Process, spawn.Barrier(2))
    )
    both = [make(target=claim_all, args=(path, job_id, barrier), daemon=True) for job_id in (ANN, BOB)]
    for one in both:
        one.start()
    for one in both:
        one.join(TIMEOUT_S)
    anns, bobs = asyncio.run(held())
    for of_ann, of_bob in zip(FORMS[ANN], FORMS[BOB], strict=True):
        for number in range(PAIRS):
            assert (of_ann.format(number) in anns) + (of_bob.format(number) in bobs) == 1
