"""A file that another process, or another user, holds."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest

from flows.errors import StoreUnavailable
from flows.knowledge import Job
from flows.stores.sqlite.store import SqliteStore

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


async def test_who_holds_the_store_is_named_and_readers_go_on(tmp_path):
    path = tmp_path / "knowledge.db"
    job = Job(job_id=UUID(int=1), mode="big", created_at=START)
    async with SqliteStore(path, clock=lambda: START, busy_timeout_s=0.05) as store:
        await store.begin_attempt(job)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable, match=r"Another process holds knowledge\.db"):
                await store.begin_attempt(job)
            assert (await store.job(job.job_id)).attempt == 1
            other.execute("ROLLBACK")
        assert (await store.begin_attempt(job)).attempt == 2


async def test_a_store_is_opened_while_another_process_writes(tmp_path):
    path = tmp_path / "knowledge.db"
    job = Job(job_id=UUID(int=1), mode="big", created_at=START)
    async with SqliteStore(path, clock=lambda: START) as store:
        await store.begin_attempt(job)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with SqliteStore(path, clock=lambda: START, busy_timeout_s=0.3) as second:
                assert (await second.job(job.job_id)).attempt == 1
            other.execute("ROLLBACK")


async def test_a_store_in_which_another_process_recovers_its_log_is_waited_for(tmp_path):
    """As after a kill: the first to open it holds it alone for a moment."""
    path = tmp_path / "knowledge.db"
    async with SqliteStore(path, clock=lambda: START):
        pass
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        opening = asyncio.create_task(_open(path))
        await asyncio.sleep(0.5)
        assert not opening.done()
        other.execute("ROLLBACK")
    assert await opening == "opened"


async def _open(path):
    async with SqliteStore(path, clock=lambda: START, busy_timeout_s=30):
        return "opened"
