"""Backups of a SQLite store: of one moment, whole, checked; put back whole or not at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing

import pytest
from contract_bookkeeping import leave_behind
from store_documents import ANN, BOB, START, definition

from flows.errors import (
    ConfigurationError,
    InvalidInput,
    LanguageMismatch,
    SchemaTooNew,
    StoreInUse,
    StoreUnavailable,
)
from flows.stores.sqlite import SqliteStore, backup
from flows.stores.sqlite.backup import back_up, check, restore_backup


def changed(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
async def file(path, tmp_path):
    """A backup of a store with 60 words, taken while the store is open."""
    async with SqliteStore(path) as store:
        await leave_behind(store)
        back_up(path, tmp_path / "backup.db")
    return tmp_path / "backup.db"


async def test_a_backup_restored_elsewhere_holds_everything(path, file, tmp_path):
    elsewhere = tmp_path / "new" / "place ?#%.db"
    assert restore_backup(file, elsewhere, language="en")[:2] == (60, 1)
    async with SqliteStore(path) as one, SqliteStore(elsewhere) as other:
        assert await one.stats() == await other.stats()
        assert await one.job(ANN) == await other.job(ANN)
        assert await one.rounds(ANN) == await other.rounds(ANN)
        assert await one.log(ANN) == await other.log(ANN)
        keys = [f"1 w{n:02}" for n in range(20)]
        assert await one.entries(keys) == await other.entries(keys)
        assert (await other.search("means")).items
        await other.save_definitions([definition("after")], job_id=BOB, attempt=1)
    assert oct(elsewhere.stat().st_mode)[-3:] == oct(file.stat().st_mode)[-3:] == "600"


async def test_a_backup_under_load_is_of_one_moment(path, tmp_path):
    is_over = False

    async def write(number):
        count = 0
        async with SqliteStore(path) as store:
            while not is_over:
                keys = [f"{number} {count} {n}" for n in range(5)]
                # in one commit: both or neither
                await store.save_definitions([definition(key) for key in keys], job_id=ANN, attempt=1)
                count += 1

    async with SqliteStore(path):
        writers = [asyncio.create_task(write(number)) for number in range(2)]
        held = []
        for number in range(5):
            await asyncio.sleep(0.05)
            held.append(await asyncio.to_thread(back_up, path, tmp_path / f"{number}.db"))
        is_over = True
        await asyncio.gather(*writers)
    words = [each.words for each in held]
    assert words == sorted(words)
    assert words[-1] > words[0]
    assert all(count % 5 == 0 for count in words), "no commit is cut in two"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.db", "1.db", "2.db", "3.db", "4.db", "store.db"]


@pytest.mark.parametrize("is_damaging", [False, True])
async def test_a_store_that_cannot_be_locked_and_is_written_meanwhile_makes_no_backup(
    path, file, tmp_path, monkeypatch, is_damaging
):
    before = file.read_bytes()
    # SQLite can then open the store only as one that nobody writes
    path.with_name(f"{path.name}-shm").symlink_to("nowhere")
    back_up(path, tmp_path / "whole.db")
    opened = backup._opened

    def write_meanwhile(place, uri=None):
        if place != path:
            os.truncate(path, path.stat().st_size + (-8192 if is_damaging else 0))
            os.utime(path, ns=(0, 0))
        return opened(place, uri)

    monkeypatch.setattr(backup, "_opened", write_meanwhile)
    with pytest.raises(StoreUnavailable, match="was written while it was read; try again"):
        back_up(path, file)
    assert file.read_bytes() == before
    assert check(tmp_path / "whole.db").words == 60


async def test_a_store_in_use_is_never_replaced(path, file):
    async with SqliteStore(path) as store:
        before = await store.stats()
        for may_replace in (False, True):
            with pytest.raises(StoreInUse, match="in use"):
                restore_backup(file, path, language="en", may_replace=may_replace)
        await store.save_definitions([definition("after")], job_id=BOB, attempt=1)
        assert (await store.stats()).known == before.known + 1


async def test_a_store_that_holds_something_is_replaced_on_request_only(path, file):
    async with SqliteStore(path) as store:
        await store.save_definitions([definition("later")], job_id=BOB, attempt=1)
    with pytest.raises(InvalidInput, match="already holds knowledge"):
        restore_backup(file, path, language="en")
    async with SqliteStore(path) as store:
        assert (await store.stats()).known == 61
    restore_backup(file, path, language="en", may_replace=True)
    async with SqliteStore(path) as store:
        assert (await store.stats()).known == 60
        assert await store.known(["later"]) == {}


async def test_an_empty_store_is_filled(file, tmp_path):
    async with SqliteStore(tmp_path / "empty.db"):
        pass
    restore_backup(file, tmp_path / "empty.db", language="en")
    assert check(tmp_path / "empty.db").words == 60


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda file: changed(file, "PRAGMA user_version = 99"), SchemaTooNew),
        (lambda file: changed(file, "PRAGMA application_id = 7"), ConfigurationError),
        (lambda file: changed(file, "UPDATE metadata SET value = 'de'"), LanguageMismatch),
        (lambda file: file.write_text("no database"), ConfigurationError),
        (lambda file: file.write_bytes(b""), ConfigurationError),
        (lambda file: file.unlink(), ConfigurationError),
        (lambda file: os.truncate(file, file.stat().st_size // 2), ConfigurationError),
        (lambda file: file.write_bytes(file.read_bytes()[:8192] + b"\xff" * 60_000), ConfigurationError),
    ],
    ids=["newer", "another program's", "language", "text", "empty", "missing", "cut", "overwritten"],
)
async def test_what_is_no_good_backup_changes_nothing(file, tmp_path, damage, error):
    damage(file)
    target = tmp_path / "target.db"
    with pytest.raises(error):
        restore_backup(file, target, language="en")
    assert not target.exists()
    async with SqliteStore(target) as store:
        await store.save_definitions([definition("mine", at=START)], job_id=BOB, attempt=1)
    with pytest.raises(error):
        restore_backup(file, target, language="en", may_replace=True)
    assert check(target).words == 1


async def test_a_newer_store_and_another_programs_file_are_not_replaced(file, tmp_path):
    newer, other = tmp_path / "newer.db", tmp_path / "other.db"
    async with SqliteStore(newer):
        pass
    changed(newer, "PRAGMA user_version = 99")
    changed(other, "CREATE TABLE mine (x)")
    before = newer.read_bytes(), other.read_bytes()
    for target, error in ((newer, SchemaTooNew), (other, ConfigurationError)):
        with pytest.raises(error):
            restore_backup(file, target, language="en", may_replace=True)
    with closing(sqlite3.connect(other)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("mine",)]
    assert len(before[0]) == newer.stat().st_size


async def test_a_store_that_is_no_store_is_not_backed_up(tmp_path):
    (tmp_path / "text.db").write_text("no database" * 999)
    changed(tmp_path / "other.db", "CREATE TABLE mine (x)")
    for name in ("none.db", "text.db", "other.db"):
        with pytest.raises(ConfigurationError):
            back_up(tmp_path / name, tmp_path / "backup.db")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.db", "text.db"]


async def test_a_damaged_store_makes_no_backup_and_keeps_the_last_one(path, file, tmp_path):
    async with SqliteStore(path) as store:
        keys = [f"x{n}" for n in range(200)]
        await store.save_definitions([definition(key) for key in keys], job_id=BOB, attempt=1)
    content = bytearray(path.read_bytes())
    content[40960:45056] = b"\xff" * 4096
    path.write_bytes(content)
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="damaged"):
        back_up(path, file)
    assert file.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir() if "part" in p.name) == []
