"""`learn export`: a whole file or none."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.knowledge import (
    Entry,
)
from service.cli import app as cli
from service.exports.files import export_to
from service.schemas import EntryView
from tests.service.cli.read_entries import (
    ENTRIES,
    Captured,
)
from tests.service.cli.unwritable import without_room


@pytest.mark.usefixtures("store_url")
class TestExport:
    def test_each_line_is_an_entry_with_its_licence(self, tmp_path: Path, capsys: Captured):
        target = tmp_path / "out.jsonl"
        assert cli.main(["export", str(target)]) == 0
        lines = target.read_text().splitlines()
        entries = [EntryView.model_validate_json(line) for line in lines]
        assert [e.key for e in entries] == ["black hole", "gravitation", "gravity", "tide", "tiger"]
        assert [e.depth for e in entries if e.key == "tide"] == ["defined"]
        assert [Entry.model_validate_json(line) for line in lines if '"tide"' not in line] == sorted(
            ENTRIES, key=lambda e: e.key
        )
        assert all(e.citations[0].licence for e in entries)
        assert "5 entries exported" in capsys.readouterr().err
        assert stat.S_IMODE(target.stat().st_mode) & 0o400

    def test_the_ending_of_the_file_chooses_the_format(self, tmp_path: Path, capsys: Captured):
        assert cli.main(["export", str(tmp_path / "out.csv")]) == 0
        rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig"), newline="")))
        assert [row["key"] for row in rows] == ["black hole", "gravitation", "gravity", "tide", "tiger"]
        assert "5 entries exported" in (said := capsys.readouterr().err)
        assert said.endswith("as CSV\n")
        assert cli.main(["export", str(tmp_path / "OUT.PARQUET")]) == 0
        assert (tmp_path / "OUT.PARQUET").read_bytes().startswith(b"PAR1")
        assert cli.main(["export", str(tmp_path / "out.csv"), "--force", "--format", "jsonl"]) == 0
        assert json.loads((tmp_path / "out.csv").read_text().splitlines()[0])["key"] == "black hole"

    def test_the_output_holds_entries_only(self, capfdbinary: pytest.CaptureFixture[bytes]):
        assert cli.main(["export", "-"]) == 0
        assert len([json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]) == 5

    def test_a_file_is_replaced_only_by_force(self, tmp_path: Path, capsys: Captured):
        target = tmp_path / "out.jsonl"
        target.write_text("precious")
        assert cli.main(["export", str(target)]) == 2
        assert "--force" in capsys.readouterr().err
        assert target.read_text() == "precious"
        assert cli.main(["export", str(target), "--force", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"entries": 5}
        assert len(target.read_text().splitlines()) == 5

    @pytest.mark.parametrize("name", ["missing/out.jsonl", "."])
    def test_no_place_is_one_line(self, name: str, tmp_path: Path, capsys: Captured):
        assert cli.main(["export", str(tmp_path / name)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


async def test_a_disk_without_room_leaves_no_half_file(tmp_path: Path):
    async def entries() -> AsyncIterator[Entry]:
        for entry in ENTRIES:
            yield entry

    with pytest.raises(OSError, match="File too large"), without_room():
        await export_to(entries(), str(tmp_path / "out.jsonl"), may_overwrite=False)
    assert os.listdir(tmp_path) == []  # noqa: PTH208  nothing is left, hidden or not


async def test_an_export_that_breaks_off_keeps_the_file_that_was_there(tmp_path: Path):
    async def broken() -> AsyncIterator[Entry]:
        yield ENTRIES[0]
        raise RuntimeError("the store went away")

    target = tmp_path / "out.jsonl"
    target.write_text("precious")
    with pytest.raises(RuntimeError):
        await export_to(broken(), str(target), may_overwrite=True)
    assert target.read_text() == "precious"
    assert os.listdir(tmp_path) == ["out.jsonl"]  # noqa: PTH208  nothing beside it, hidden or not
