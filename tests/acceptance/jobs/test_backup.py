"""A backup that is taken while a job runs, restored into another home, read there and gone on with."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing

import pytest
from house import House

pytestmark = [pytest.mark.acceptance, pytest.mark.scheduled, pytest.mark.timeout(600)]


def said(house, *arguments, within_s=60):
    """What a command that must work prints."""
    run = house.learn(*arguments)
    assert run.wait(within_s) == 0, run.text
    return run.text


def test_a_backup_under_load_is_restored_into_another_home_and_read_there(house, tmp_path, free_port):
    backup = tmp_path / "backup.db"
    job = house.learn("run", "big", "--minutes", "2", "--plain")
    house.store.learning(60, within_s=120)
    held = json.loads(said(house, "backup", str(backup), "--json"))
    assert job.process.poll() is None, "the job has ended before its backup was taken"
    at_backup = house.store.count()
    house.store.learning(at_backup + 20, within_s=100)
    job.send(signal.SIGINT)
    assert job.wait(30) == 130
    house.store.sound()

    other = House(tmp_path / "other", free_port)
    try:
        restored = json.loads(said(other, "restore", str(backup), "--json"))
        assert (restored["words"], restored["jobs"]) == (held["words"], held["jobs"])
        # words that are only defined count too
        assert 60 <= other.store.count() <= at_backup
        assert held["words"] >= other.store.count()
        assert held["jobs"] == 1
        with closing(sqlite3.connect(other.store.path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        # each entry of the backup reads as it does in the store that went on
        words = [key for (key,) in other.store.all("SELECT key FROM solidified_knowledge ORDER BY key")]
        assert len(words) == other.store.count()
        here, there = (said(each, "show", *words[:20], "--json").splitlines() for each in (house, other))
        assert there == here
        assert [json.loads(line)["key"] for line in there] == words[:20]
        found = json.loads(said(other, "search", words[0], "--json"))
        assert words[0] in [item["key"] for item in found["items"]]
        # and learning goes on there: nothing twice
        said(other, "run", "big", "--minutes", "3", "--max-entries", "20", "--plain", within_s=240)
        assert other.store.count() > len(words)
    finally:
        other.end()
    assert set(words) < {key for (key,) in other.store.all("SELECT key FROM solidified_knowledge")}
