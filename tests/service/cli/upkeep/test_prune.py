"""`learn prune`."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest
from contract_bookkeeping import details, leave_behind
from store_documents import ANN, START

from flows.stores.sqlite import SqliteStore
from service.cli.app import main


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARN_HOME", str(tmp_path))
    monkeypatch.setenv("LEARN_KEEP_DETAILS_DAYS", "14")
    return tmp_path / "knowledge.db"


@pytest.fixture
def days_later(monkeypatch):
    from datetime import timedelta

    def set_(days):
        monkeypatch.setattr(SqliteStore, "now", lambda _: START + timedelta(days=days))

    set_(15)
    return set_


def on(path, work):
    async def opened():
        async with SqliteStore(path) as store:
            return await work(store)

    return asyncio.run(opened())


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--yes", "--dry-run"]], ids=" ".join)
def test_without_yes_it_says_what_would_go_and_deletes_nothing(options, path, days_later, capsys):
    on(path, leave_behind)
    assert main(["prune", *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Would delete the details of 1 job, 0.0 MB.")
    assert "14 days" in said
    assert said.rstrip().endswith("Nothing has been deleted. To do it: learn prune --yes")
    assert on(path, details) == [3, 3, 30, True]
    assert main(["prune", "--json", *options]) == 0
    assert json.loads(capsys.readouterr().out)["dry_run"] is True
    assert on(path, details) == [3, 3, 30, True]


def test_where_nothing_may_go_it_asks_for_nothing(path, days_later, capsys):
    days_later(1)
    on(path, leave_behind)
    assert main(["prune"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Would delete nothing. Details are kept")
    assert said.rstrip().endswith("Nothing to do.")


def test_free_space_alone_is_worth_it(path, days_later, capsys):
    on(path, lambda store: leave_behind(store, rounds=60))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("DELETE FROM rounds")
        connection.execute("DELETE FROM batches")
        connection.execute("DELETE FROM job_log")
        connection.commit()
    assert main(["prune"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Would delete nothing and give 0.")
    assert said.rstrip().endswith("learn prune --yes")
    assert main(["prune", "--yes"]) == 0
    assert capsys.readouterr().out.startswith("Deleted nothing; 0.")
    assert main(["prune"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("Nothing to do.")


def test_old_details_then_old_jobs_go_and_knowledge_stays(path, days_later, capsys):
    on(path, leave_behind)
    assert main(["prune", "--yes", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["dry_run"], first["details"], first["jobs"]) == (False, 1, 0)
    assert first["rows"] == 36
    assert on(path, details) == [0, 0, 0, False]
    days_later(120)
    assert main(["prune", "-y"]) == 0
    captured = capsys.readouterr()
    assert "Deletes 1 whole job" in captured.err
    assert captured.out.startswith("Deleted 1 whole job")
    assert on(path, lambda store: store.job(ANN)) is None
    assert on(path, lambda store: store.stats()).known == 60
    assert main(["prune", "--yes"]) == 0
    assert "Deleted nothing" in capsys.readouterr().out


def test_settings_of_0_keep_everything(path, days_later, monkeypatch, capsys):
    for name in ("DETAILS_DAYS", "JOBS_DAYS", "MB"):
        monkeypatch.setenv(f"LEARN_KEEP_{name}", "0")
    days_later(4000)
    on(path, leave_behind)
    assert main(["prune", "--yes"]) == 0
    assert "Details are kept for ever; jobs for ever" in capsys.readouterr().out
    assert on(path, details) == [3, 3, 30, True]


async def test_learn_run_prunes_for_a_moment_at_its_end(path, monkeypatch):
    from datetime import timedelta

    from flows.settings import read_settings
    from service.cli import run as running

    monkeypatch.setattr(SqliteStore, "now", lambda _: START + timedelta(days=15))
    async with SqliteStore(path) as store:
        await leave_behind(store)
        await running._tidy(read_settings())
        assert await details(store) == [0, 0, 0, False]
        assert await store.job(ANN) is not None


async def test_a_store_that_cannot_be_opened_does_not_fail_the_command(path):
    from flows.settings import read_settings
    from service.cli import run as running

    path.write_text("no database" * 999)
    await running._tidy(read_settings())
    assert path.read_text() == "no database" * 999
