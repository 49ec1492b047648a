"""Commands that only read, on a store that cannot be written."""

from __future__ import annotations

import asyncio
import json

import pytest

from flows.errors import StoreFull, StoreReadOnly
from flows.stores import open_store
from service.cli import app as cli
from tests.service.cli.read_entries import fill
from tests.service.cli.unwritable import fill_up, read_only, small_disk, without_room


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "kept"
    place.mkdir()
    return place


@pytest.fixture
def own_disk(folder):
    with small_disk(folder):
        yield


@pytest.fixture
def file(folder, tmp_path, monkeypatch):
    path = folder / "knowledge.db"
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("LEARN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LEARN_STORE", f"sqlite:///{path}")
    asyncio.run(fill(f"sqlite:///{path}"))
    return path


def in_folder(file):
    return read_only(file.parent)


def on_full_disk(_):
    return without_room()


async def open_to_write(file):
    async with open_store(f"sqlite:///{file}"):
        pass


@pytest.fixture(params=[in_folder, read_only, on_full_disk])
def unwritable(request, file):
    """The store while it cannot be written."""
    before = file.read_bytes()
    with request.param(file):
        with pytest.raises((StoreReadOnly, StoreFull)):
            asyncio.run(open_to_write(file))
        yield file
    assert file.read_bytes() == before


@pytest.mark.usefixtures("unwritable")
@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["show", "gravity"], "the force of attraction"),
        (["search"], "gravitation"),
        (["search", "striped cat"], "tiger"),
        (["export", "-"], '"Black hole"'),
        (["estimate", "quick"], "words"),
        (["prune"], "Nothing to do."),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_only_reads_works_on_a_store_that_cannot_be_written(command, told, capsys):
    assert cli.main(command) == 0
    assert told in capsys.readouterr().out


@pytest.mark.usefixtures("unwritable")
def test_what_would_be_mended_in_a_store_that_cannot_be_written_is_told(capsys):
    assert cli.main(["mend"]) == 0
    assert "1 headword to be respelled. Nothing has been changed." in capsys.readouterr().err


@pytest.mark.parametrize("command", [["mend", "--yes"], ["prune", "--yes"]], ids=" ".join)
def test_what_writes_says_why_it_cannot(unwritable, command, capsys):
    assert cli.main(command) == 1
    assert str(unwritable.parent) in capsys.readouterr().err


def copied_and_backed_up(tmp_path, capsys):
    assert cli.main(["copy", "--to", f"sqlite:///{tmp_path / 'copy.db'}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 5
    assert cli.main(["backup", str(tmp_path / "backup.db"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["words"] == 5


@pytest.mark.parametrize("prevented", [in_folder, read_only])
def test_a_store_that_cannot_be_written_is_copied_and_backed_up(file, tmp_path, prevented, capsys):
    with prevented(file):
        copied_and_backed_up(tmp_path, capsys)


# the disk comes before the store on it
def test_a_store_whose_disk_is_full_is_copied_and_backed_up(own_disk, file, tmp_path, capsys):
    fill_up(file.parent)
    with pytest.raises(StoreFull):
        asyncio.run(open_to_write(file))
    before = file.read_bytes()
    copied_and_backed_up(tmp_path, capsys)
    assert file.read_bytes() == before
