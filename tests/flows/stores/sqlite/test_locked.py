"""A file that another process, or another user, holds."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flows.errors import ConfigurationError, StoreUnavailable
from flows.job.resources import open_job_store, using
from flows.knowledge import Job
from flows.settings import Settings
from flows.stores.sqlite.store import SqliteStore

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def test_who_holds_the_store_is_named_and_readers_go_on(tmp_path):
    path = tmp_path / "knowledge.db"
    job = Job(job_id=UUID(int=1), mode="big", created_at=START)
    async with SqliteStore(path, clock=lambda: START, busy_timeout_s=0.05) as store:
        await store.begin_attempt(job)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match=r"Another process has locked knowledge\.db"):
                await store.begin_attempt(job)
            assert (await store.job(job.job_id)).attempt == 1
            other.execute("ROLLBACK")
        assert (await store.begin_attempt(job)).attempt == 2


async def test_a_store_in_use_is_opened_without_waiting_for_who_writes(tmp_path):
    path = tmp_path / "knowledge.db"
    async with SqliteStore(path, clock=lambda: START):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with SqliteStore(path, clock=lambda: START, busy_timeout_s=0.05) as store:
            assert (await store.stats()).entries == 0
        other.execute("ROLLBACK")


async def test_a_reader_sees_what_a_process_writes_that_had_just_opened_the_file(tmp_path):
    path = tmp_path / "knowledge.db"
    async with SqliteStore(path, clock=lambda: START):
        pass
    async with SqliteStore(path, clock=lambda: START) as writer:
        assert path.with_name("knowledge.db-wal").stat().st_size == 0
        async with SqliteStore(path, clock=lambda: START, is_read_only=True) as reader:
            await writer.begin_attempt(Job(job_id=UUID(int=1), mode="big", created_at=START))
            assert (await reader.job(UUID(int=1))).attempt == 1


async def test_a_locked_store_is_not_read_as_one_that_nobody_changes(tmp_path):
    path = tmp_path / "knowledge.db"
    async with SqliteStore(path, clock=lambda: START):
        pass
    path.with_name("knowledge.db-wal").touch()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with closing(other), pytest.raises(StoreUnavailable, match="Another process has locked"):
        async with SqliteStore(path, clock=lambda: START, is_read_only=True, busy_timeout_s=0.05):
            pass


async def commits(path):
    async with SqliteStore(path, clock=lambda: START) as writer:
        await writer.begin_attempt(Job(job_id=UUID(int=2), mode="big", created_at=START))
        yield


async def commits_and_closes(path):
    async for _ in commits(path):
        pass
    yield


async def overwrites(path):
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 200_000)
    yield


@pytest.mark.parametrize("write", [commits, commits_and_closes, overwrites])
async def test_a_read_of_a_file_at_rest_that_is_written_meanwhile_says_to_try_again(tmp_path, write):
    path = tmp_path / "knowledge.db"
    async with SqliteStore(path, clock=lambda: START) as store:
        await store.begin_attempt(Job(job_id=UUID(int=1), mode="big", created_at=START))
    async with SqliteStore(path, clock=lambda: START, is_read_only=True) as reader:
        assert (await reader.jobs(limit=1)).items
        async for _ in write(path):
            for read in (reader.stats, reader.space, lambda: reader.jobs(limit=1)):
                with pytest.raises(StoreUnavailable, match="was written while it was read; try again"):
                    await read()


async def test_a_file_at_rest_is_read_beside_an_empty_log_and_its_damage_is_told(tmp_path):
    path = tmp_path / "knowledge.db"
    async with SqliteStore(path, clock=lambda: START):
        pass
    async with SqliteStore(path, clock=lambda: START, is_read_only=True) as reader:
        path.with_name("knowledge.db-wal").touch()
        assert not (await reader.jobs(limit=1)).items
    path.with_name("knowledge.db-wal").unlink()
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 200_000)
    with pytest.raises(ConfigurationError, match="not a valid SQLite database"):
        async with SqliteStore(path, clock=lambda: START, is_read_only=True) as reader:
            await reader.jobs(limit=1)


@pytest.mark.parametrize("is_ours", [False, True], ids=["new file", "file of ours"])
async def test_a_store_that_others_hold_while_it_opens_is_waited_for(tmp_path, is_ours):
    path = tmp_path / "knowledge.db"
    if is_ours:
        async with SqliteStore(path, clock=lambda: START):
            pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match="Another process has locked"):
        async with SqliteStore(path, clock=lambda: START, busy_timeout_s=0.05):
            pass
    asyncio.get_running_loop().call_later(0.4, other.close)
    async with SqliteStore(path, clock=lambda: START, busy_timeout_s=30) as store:
        assert await store.jobs(limit=1)


async def test_a_job_waits_for_a_store_that_others_hold(tmp_path):
    path = tmp_path / "knowledge.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    # longer than one attempt to open it takes
    asyncio.get_running_loop().call_later(6, other.close)
    with using(settings=Settings(home=tmp_path, store=f"sqlite:///{path}")):
        async with open_job_store() as store:
            assert await store.jobs(limit=1)
