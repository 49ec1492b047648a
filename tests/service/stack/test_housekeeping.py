"""Prefect's database gives its free space back while its server is down; the stack prunes by itself."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta

import pytest
from contract_bookkeeping import details, leave_behind
from store_documents import ANN, BOB, START

from flows.settings import Settings
from flows.stores.sqlite import SqliteStore
from service.stack import housekeeping
from service.stack.environment import BULK_EVENTS, server_environment
from service.stack.housekeeping import WORTH_BYTES, give_back, keep_house


def database(path, *, full=2 * WORTH_BYTES, kept=1000, way="NONE"):
    """A database of which most was deleted."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA auto_vacuum = {way}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE rows (x)")
        connection.executemany("INSERT INTO rows VALUES (zeroblob(?))", [(100_000,)] * (full // 100_000))
        connection.execute("INSERT INTO rows VALUES (zeroblob(?))", (kept,))
        connection.commit()
        connection.execute("DELETE FROM rows WHERE length(x) = 100000")
        connection.commit()
    return path


@pytest.mark.parametrize("way", ["NONE", "INCREMENTAL"])
def test_free_space_is_given_back(tmp_path, way):
    path = database(tmp_path / "prefect.db", way=way)
    before = path.stat().st_size
    given = give_back(path)
    assert given > WORTH_BYTES
    assert path.stat().st_size == before - given
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*), sum(length(x)) FROM rows").fetchone() == (1, 1000)
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert give_back(path) == 0, "there is nothing more"


@pytest.mark.parametrize(
    "made",
    [
        lambda path: path,
        lambda path: path.write_text("no database " * 999),
        lambda path: database(path, full=1_000_000),
        lambda path: database(path, kept=8 * WORTH_BYTES),
    ],
    ids=["missing", "no database", "little", "a small share"],
)
def test_what_is_not_worth_it_is_left_alone(tmp_path, made):
    path = tmp_path / "prefect.db"
    made(path)
    before = path.stat().st_size if path.exists() else None
    assert give_back(path) == 0
    assert (path.stat().st_size if path.exists() else None) == before


def test_a_database_in_use_is_left_alone(tmp_path):
    path = database(tmp_path / "prefect.db")
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert give_back(path) == 0


async def test_the_stack_prunes_by_itself_at_its_start_and_after_a_job(tmp_path, monkeypatch):
    monkeypatch.setattr(housekeeping, "FIRST_S", 0.0)
    monkeypatch.setattr(housekeeping, "EVERY_S", 0.05)
    monkeypatch.setattr(SqliteStore, "now", lambda _: START + timedelta(days=20))
    settings = Settings(home=tmp_path)

    async def pruned(job_id):
        async with asyncio.timeout(20):
            while await details(store, job_id) != [0, 0, 0, False]:
                await asyncio.sleep(0.05)

    said = []
    async with SqliteStore(tmp_path / "knowledge.db") as store:
        await leave_behind(store)
        keeping = asyncio.create_task(keep_house(settings, is_embedded=False, say=said.append))
        await pruned(ANN)
        await leave_behind(store, BOB, prefix="again ")
        await pruned(BOB)
        assert (await store.stats()).known == 2 * 3 * 20
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
    assert said == []


def test_prefect_keeps_what_the_settings_say(tmp_path):
    environment = server_environment(Settings(home=tmp_path, keep_jobs_days=3))
    assert environment["PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD"] == str(3 * 24 * 3600)
    assert environment["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"] == "events,flow_runs"
    for_ever = server_environment(Settings(home=tmp_path, keep_jobs_days=0))
    assert for_ever["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"] == "events"


async def test_prefects_server_understands_how_long_events_are_kept(prefect_api, prefect_auth):
    import httpx

    async with httpx.AsyncClient(auth=prefect_auth) as client:
        server = (await client.get(f"{prefect_api}/admin/settings")).json()["server"]
    kept = server["services"]["db_vacuum"]["event_retention_overrides"]
    assert kept.keys() == set(BULK_EVENTS)
    assert {str(value) for value in kept.values()} <= {"3600", "3600.0", "PT1H", "PT3600S"}
