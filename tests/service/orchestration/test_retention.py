"""Pruning a store with its jobs, and Prefect's runs of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import pytest
from contract_bookkeeping import details, leave_behind
from store_documents import ANN, BOB, EVE, START, minutes

from flows.knowledge import utc_now
from flows.stores.memory import MemoryStore
from flows.stores.retention import RetentionLimits
from flows.stores.sqlite import SqliteStore
from service.orchestration.retention import books_of, plan, prune_prefect, prune_store, used_bytes

LIMITS = RetentionLimits(details=timedelta(days=14), jobs=timedelta(days=90))
FRESH = START + minutes(20)


@pytest.fixture
async def store():
    async with MemoryStore() as opened:
        yield opened


async def test_old_details_go_with_the_time_and_old_jobs_with_prefects_runs(store):
    await leave_behind(store, ANN)
    await leave_behind(store, BOB, prefix="b", finished_at=START + timedelta(days=80))
    await leave_behind(store, EVE, prefix="e", status="running", run_status="running", finished_at=None)
    known = (await store.stats()).known
    deleted = []

    async def delete_run(job_id):
        deleted.append(job_id)

    async def pruned(days):
        now = START + timedelta(days=days)
        planned = await plan(store, LIMITS, now=now)
        done = await prune_store(store, LIMITS, now=now, for_s=60, delete_run=delete_run)
        assert (planned.details, planned.jobs) == (done.details, done.jobs), "the dry run tells the truth"
        return done.details, done.jobs, done.is_done

    assert await pruned(1) == (0, 0, True)
    assert await pruned(15) == (1, 0, True)
    assert (await details(store, ANN), deleted) == ([0, 0, 0, False], [])
    assert await pruned(16) == (0, 0, True), "what is gone is not pruned again"
    assert await pruned(99) == (1, 1, True)
    assert deleted == [ANN]
    assert {job.job_id for job in (await store.jobs()).items} == {BOB, EVE}
    assert await details(store, EVE) == [3, 3, 30, True]
    assert (await store.stats()).known == known


async def test_a_run_that_prefect_does_not_delete_keeps_its_row(store):
    await leave_behind(store)

    async def refuse(_job_id):
        raise ConnectionError("Prefect is away")

    with pytest.raises(ConnectionError):
        await prune_store(store, LIMITS, now=START + timedelta(days=100), for_s=60, delete_run=refuse)
    assert await store.job(ANN) is not None
    done = await prune_store(store, LIMITS, now=START + timedelta(days=100), for_s=60)
    assert (done.jobs, await store.job(ANN)) == (1, None)


async def test_a_pass_that_has_no_time_goes_on_with_the_next(store):
    await leave_behind(store, rounds=600)
    now, passes = START + timedelta(days=20), 1
    while not (await prune_store(store, LIMITS, now=now, for_s=0)).is_done:
        passes += 1
    assert passes > 2
    assert await details(store) == [0, 0, 0, False]


async def test_by_size_the_oldest_go_first_and_the_file_shrinks(tmp_path):
    path = tmp_path / "store.db"
    async with SqliteStore(path) as store:
        for number in range(1, 6):
            await leave_behind(
                store, UUID(int=number), prefix=f"{number} ", rounds=30, finished_at=START + minutes(number)
            )
        sizes = {each.job_id.int: each.details_bytes for each in await books_of(store)}
        before = used_bytes(path)
        limits = RetentionLimits(most_bytes=sizes[4] + sizes[5])
        done = await prune_store(store, limits, now=FRESH, for_s=60)
        assert (done.details, done.jobs, done.bytes) == (3, 0, sizes[1] + sizes[2] + sizes[3])
        assert {each.job_id.int for each in await books_of(store) if each.details_bytes} == {4, 5}
        assert used_bytes(path) < before
        assert done.given_back > 0
        assert (await store.space()).free == 0
        assert (await store.stats()).known == 5 * 30 * 20


async def test_a_file_of_an_earlier_version_is_rewritten_on_request(tmp_path):
    path = tmp_path / "store.db"
    async with SqliteStore(path) as store:
        await leave_behind(store, rounds=60)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
    async with SqliteStore(path) as store:
        await prune_store(store, LIMITS, now=START + timedelta(days=20), for_s=60)
        assert (await store.space()).free > 0, "its free pages cannot be given back one by one"
        assert await store.compact(pages=None) > 0
        assert (await store.space()).free == 0
        assert (await store.stats()).known == 60 * 20
        await leave_behind(store, BOB, prefix="b", rounds=60)
        await prune_store(store, LIMITS, now=START + timedelta(days=20), for_s=60)
        assert (await store.space()).free == 0, "from then on they are"


def test_a_database_that_is_not_there_has_no_bytes(tmp_path):
    assert used_bytes(tmp_path / "none.db") == 0
    (tmp_path / "text.db").write_text("no database " * 1000)
    assert used_bytes(tmp_path / "text.db") == 0


async def test_prefects_oldest_runs_go_when_its_database_is_too_large(prefect_api, tmp_path):
    from prefect import flow
    from prefect.client.orchestration import get_client
    from prefect.states import Completed, Failed

    with closing(sqlite3.connect(tmp_path / "full.db")) as connection:
        connection.execute("CREATE TABLE rows (x)")
        connection.execute("INSERT INTO rows VALUES (zeroblob(100000))")
        connection.commit()

    @flow(name="kept or not")
    def nothing():
        """Nothing."""

    async with get_client() as client:
        runs = {}
        for name, tags, state in (
            ("ours", ["learning"], Completed()),
            ("failed", ["learning"], Failed()),
            ("another's", [], Completed()),
        ):
            run = await client.create_flow_run(nothing, tags=tags)
            await client.set_flow_run_state(run.id, state, force=True)
            runs[name] = run.id

        async def left():
            there = {run.id for run in await client.read_flow_runs()}
            return {name for name, id_ in runs.items() if id_ in there}

        later = utc_now() + timedelta(hours=2)
        database = tmp_path / "full.db"
        assert await prune_prefect(database, most_bytes=10**9, for_s=9, now=later) == 0
        assert await prune_prefect(database, most_bytes=10, for_s=9, now=utc_now()) == 0, "it has just ended"
        assert await prune_prefect(database, most_bytes=None, for_s=9, now=later) == 0
        assert await left() == {"ours", "failed", "another's"}
        # the server has runs of other tests, too
        assert await prune_prefect(database, most_bytes=10, for_s=9, now=later) > 0
        while "ours" in await left():
            assert await prune_prefect(database, most_bytes=10, for_s=9, now=later) > 0
        assert await left() == {"failed", "another's"}


async def test_nightly_jobs_leave_sizes_that_stay_flat(tmp_path):
    """Clock driven: a job each night, pruned after each; only knowledge grows."""
    limits = RetentionLimits(details=timedelta(days=4), jobs=timedelta(days=10))
    rows, details_kept = [], []
    async with SqliteStore(tmp_path / "store.db") as store:
        for night in range(30):
            now = START + timedelta(days=night)
            status = "failed" if night % 7 == 6 else "completed"
            await leave_behind(
                store,
                UUID(int=night + 1),
                prefix=f"{night} ",
                rounds=2,
                status=status,
                run_status=status,
                created_at=now,
                finished_at=now + minutes(10),
            )
            await prune_store(store, limits, now=now + minutes(20), for_s=60)
            books = await books_of(store)
            rows.append(len(books))
            details_kept.append(sum(job.details_bytes for job in books))
            assert (await store.space()).free == 0
        assert (await store.stats()).known == 30 * 2 * 20
    assert rows[12:] == [10] * 18
    assert max(details_kept[12:]) <= max(details_kept[5:12]) * 1.1
