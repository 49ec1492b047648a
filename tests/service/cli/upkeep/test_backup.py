"""`learn backup` and `learn restore`."""

from __future__ import annotations

import asyncio
import json

import pytest
from contract_bookkeeping import leave_behind

from flows.stores.sqlite import SqliteStore
from service.cli.app import main


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARN_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "knowledge.db"


def fill(path):
    async def filled():
        async with SqliteStore(path) as store:
            await leave_behind(store)

    asyncio.run(filled())


def test_a_backup_is_written_and_restored_elsewhere(path, tmp_path, monkeypatch, capsys):
    fill(path)
    file = str(tmp_path / "backup.db")
    assert main(["backup", file]) == 0
    assert f"Backed up to {file}: 60 words, 1 job" in capsys.readouterr().out
    assert main(["backup", file]) == 2
    assert "already exists" in capsys.readouterr().err
    assert main(["backup", file, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 60
    monkeypatch.setenv("LEARN_HOME", str(tmp_path / "another"))
    assert main(["restore", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == 1
    assert main(["restore", file]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["restore", file, "--force"]) == 0
    assert "60 words" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_another_store_is_told_to_be_copied(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LEARN_STORE", "memory://here")
    assert main([command, str(tmp_path / "backup.db")]) == 2
    assert "learn copy" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_the_store_itself_is_neither_its_backup_nor_its_source(command, path, capsys):
    fill(path)
    assert main([command, str(path), "--force"]) == 2
    assert "is the store itself" in capsys.readouterr().err


def test_a_store_that_is_not_there_has_no_backup(path, tmp_path, capsys):
    assert main(["backup", str(tmp_path / "backup.db")]) == 1
    assert "does not exist yet" in capsys.readouterr().err
    assert not (tmp_path / "backup.db").exists()
