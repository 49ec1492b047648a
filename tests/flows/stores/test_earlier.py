"""A store that an earlier version wrote opens, tells what it told, and goes on.

`earlier/e61bb12.db.gz` was written by the last version with flat folders: `learn run quick tide ebb`, and a
big job that was killed at work.
"""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from flows.knowledge import Job, JobEvent, PrefectState, Word
from flows.stores import open_store
from flows.stores.settling import settle
from service.live.topic import LogPosition

HERE = Path(__file__).parent
KILLED = UUID(int=8)
OLD_CURSOR = "WyJldmVudHMiLDEsMSwxNzk1MDAwMDAwMDAwMDAwLCIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwYWEiXQ"
"""After the first line of its log, as a page of that version holds it."""
NOON = datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


@pytest.fixture
async def store(tmp_path):
    path = tmp_path / "knowledge.db"
    path.write_bytes(gzip.decompress((HERE / "earlier/e61bb12.db.gz").read_bytes()))
    async with open_store(f"sqlite:///{path}", language="en") as opened:
        yield opened


async def test_its_entries_jobs_and_logs_are_told_as_they_were(store):
    quick = next(job for job in (await store.jobs(limit=10)).items if job.mode == "quick")
    assert (quick.status, quick.end_reason, quick.counts.stored) == ("completed", "all done", 2)
    assert [line.kind for line in await store.log(quick.job_id)][::3] == ["job.started", "job.ended"]
    assert (await store.known(["tide", "ebb"])).keys() == {"tide", "ebb"}
    assert len(await store.rounds(quick.job_id)) == 1
    assert [entry.word for entry in (await store.search("tide")).items] == []
    assert (await store.stats()).known == 2


async def test_its_words_are_found_under_other_spellings(tmp_path):
    path = tmp_path / "knowledge.db"
    path.write_bytes(gzip.decompress((HERE / "earlier/e61bb12.db.gz").read_bytes()))
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.executemany(
            "INSERT INTO known_words (key, word, depth, learned_at) VALUES (?, ?, 1, 1)",
            [(key, key) for key in ("café", "ice-cream", "plain")],
        )
    async with open_store(f"sqlite:///{path}", language="en") as opened:
        found = await opened.spelled_alike(["cafe", "icecream", "plain", "tide"])
    assert found == {"cafe": ("café",), "icecream": ("ice-cream",)}


async def test_its_cursors_go_on_where_they_were(store):
    left = await store.log(KILLED, after=LogPosition.of(OLD_CURSOR))
    assert [(line.attempt, line.seq, line.text) for line in left] == [(1, 2, "1 word")]


async def test_a_job_that_died_in_it_is_ended_and_its_claims_are_freed(store):
    row = await store.job(KILLED)
    assert (row.status, row.run_status, row.state) == ("running", None, None)
    crashed = PrefectState(id=UUID(int=1), type="CRASHED", name="Crashed", since=NOON)
    seen = row.model_copy(update={"state": crashed, "is_settled": False})
    line = JobEvent(attempt=1, id=str(crashed.id), kind="state.crashed", text="Crashed", occurred=NOON)
    ended = (await store.project(seen, [line])).job
    assert (ended.status, ended.finished_at) == ("failed", NOON)
    assert [each.seq for each in await store.log(KILLED)] == [1, 2, 3]
    await settle(store, ended)
    assert await store.claims(KILLED) == ()


async def test_a_job_of_it_runs_again(store):
    given = Job(job_id=KILLED, mode="big", created_at=NOON, running_since=NOON)
    begun = await store.begin_attempt(given)
    assert (begun.status, begun.attempt, begun.counts.stored) == ("running", 2, 1)
    saved = await store.save_job(begun.model_copy(update={"total_tokens": 1}))
    assert saved.job.version > begun.version
    assert (await store.claim([Word(text="fern", key="fern")], job_id=KILLED, attempt=2, until=NOON)).new
