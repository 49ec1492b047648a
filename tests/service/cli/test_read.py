from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from rich.console import Console

from flows.knowledge import (
    Batch,
    Category,
    Citation,
    Definition,
    Entry,
    Outcome,
    Provenance,
    Relation,
    Sense,
    Word,
)
from flows.stores import open_store
from service.cli import app as cli
from service.cli.output.entry_page import entry_page, results_table
from service.exports.files import export_to

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOB_ID = UUID("11111111-2222-4333-8444-555555555555")
CITATION = Citation(
    source="wordnet",
    title="gravity",
    url="https://wordnet.princeton.edu/gravity",
    licence="WordNet 3.0 license",
    licence_url="https://wordnet.princeton.edu/license-and-commercial-use",
    retrieved_at=NOW,
    quote="(physics) the force of attraction between all masses",
)
PROVENANCE = Provenance(job_id=JOB_ID, round=3, model="wordnet-3.1", prompt_version="1", created_at=NOW)


def make_definition(word: str, text: str) -> Definition:
    return Definition(
        word=word,
        key=word.casefold(),
        text=text,
        part_of_speech="noun",
        support="supported",
        citations=(CITATION,),
        provenance=PROVENANCE,
    )


def make_entry(word: str, text: str, category: Category = Category.PHENOMENON) -> Entry:
    return Entry(
        word=word,
        key=word.casefold(),
        definition=text,
        related_concepts=("force", "weight", "orbit"),
        relations=(Relation(kind="kind of", word="attraction"), Relation(kind="kind of", word="force")),
        examples=(f"{word} holds the moon in its orbit",),
        category=category,
        part_of_speech="noun",
        senses=(
            Sense(
                part_of_speech="noun",
                gloss=text,
                examples=(f"{word} holds the moon in its orbit",),
                category=category,
            ),
            Sense(
                part_of_speech="noun",
                gloss="a manner that is serious and solemn",
                category=Category.ATTRIBUTE,
            ),
        ),
        support="supported",
        citations=(CITATION,),
        provenance=PROVENANCE,
        created_at=NOW,
        updated_at=NOW,
    )


ENTRIES = [
    make_entry("gravity", "the force of attraction between all masses in the universe"),
    make_entry("gravitation", "movement resulting from the attraction of masses"),
    make_entry(
        "Black hole", "a region of space from which nothing, not even light, escapes", Category.OBJECT
    ),
    make_entry("tiger", "a large striped cat of Asian forests", Category.ANIMAL),
]


async def fill(url: str) -> None:
    async with open_store(url) as store:
        words = [Word(text=e.word, key=e.key) for e in ENTRIES] + [Word(text="tide", key="tide")]
        await store.claim(words, job_id=JOB_ID, attempt=1, until=NOW + timedelta(days=36500))
        tide = make_definition("tide", "the regular rise and fall of the sea")
        outcomes = tuple(
            Outcome(word=w.text, key=w.key, stored="defined" if w.key == "tide" else "enriched")
            for w in words
        )
        batch = Batch(job_id=JOB_ID, round=1, number=1, attempt=1, outcomes=outcomes, created_at=NOW)
        await store.commit_batch(batch, entries=ENTRIES, definitions=[tide])


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"
    monkeypatch.setenv("LEARN_HOME", str(tmp_path))
    monkeypatch.setenv("LEARN_STORE", url)
    asyncio.run(fill(url))
    return url


Captured = pytest.CaptureFixture[str]


@pytest.mark.usefixtures("store_url")
class TestShow:
    def test_an_entry_reads_like_a_dictionary(self, capsys: Captured):
        assert cli.main(["show", "gravity"]) == 0
        text = capsys.readouterr().out
        lines = text.splitlines()
        assert lines[0] == "gravity  noun · phenomenon"
        order = [
            "force of attraction",
            "Senses",
            "1 n.",
            "2 n.",
            "Related",
            "force, weight, orbit",
            "kind of",
            "Sources",
            "WordNet 3.0 license",
            "Learned",
            "Job",
        ]
        places = [text.index(part) for part in order]
        assert places == sorted(places)
        assert "round 3" in text
        assert "wordnet-3.1" in text
        assert max(map(len, lines)) <= 84

    def test_a_word_is_found_in_any_spelling_of_its_key(self, capsys: Captured):
        assert cli.main(["show", "  BLACK   hole "]) == 0
        assert capsys.readouterr().out.startswith("Black hole")

    def test_a_defined_word_shows_its_definition(self, capsys: Captured):
        assert cli.main(["show", "tide"]) == 0
        text = capsys.readouterr().out
        assert "the regular rise and fall of the sea" in text
        assert "defined" in text

    def test_an_inflected_form_leads_to_its_base(self, capsys: Captured):
        assert cli.main(["show", "tigers"]) == 0
        said = capsys.readouterr()
        assert "tigers is a form of tiger" in said.err
        assert said.out.startswith("tiger")

    def test_an_unknown_word_says_what_is_near_and_how_to_learn_it(self, capsys: Captured):
        assert cli.main(["show", "gravitron"]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert (
            said.err
            == "gravitron: not learned yet. Near it: gravitation, gravity. To learn it: learn run quick"
            " gravitron\n"
        )

    def test_a_command_that_is_offered_survives_the_shell(self, capsys: Captured):
        assert cli.main(["show", "x; rm -rf ~"]) == 1
        assert "learn run quick 'x; rm -rf ~'" in capsys.readouterr().err

    def test_json_is_one_document_a_word(self, capsys: Captured):
        assert cli.main(["show", "gravity", "tide", "nothing", "--json"]) == 1
        said = capsys.readouterr()
        first, second = map(json.loads, said.out.splitlines())
        assert Entry.model_validate(first).key == "gravity"
        assert second["definition"]["key"] == "tide"
        assert "nothing: not learned yet" in said.err


@pytest.mark.usefixtures("store_url")
class TestSearch:
    def test_a_pipe_gets_fields_between_tabs(self, capsys: Captured):
        assert cli.main(["search", "grav"]) == 0
        rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        assert sorted(row[0] for row in rows) == ["gravitation", "gravity"]
        assert all(len(row) == 4 for row in rows)

    def test_json_is_a_page(self, capsys: Captured):
        assert cli.main(["search", "--category", "animal", "--json"]) == 0
        page = json.loads(capsys.readouterr().out)
        assert [item["key"] for item in page["items"]] == ["tiger"]
        assert page["cursor"] is None

    def test_by_job_and_depth(self, capsys: Captured):
        assert cli.main(["search", "--job", str(JOB_ID)]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 4
        assert cli.main(["search", "--depth", "deep"]) == 0
        said = capsys.readouterr()
        assert said.out == ""
        assert "No entry found" in said.err

    def test_the_cursor_leads_through_all(self, capsys: Captured):
        seen: list[str] = []
        cursor: list[str] = []
        for _ in range(10):
            assert cli.main(["search", "--limit", "1", "--json", *cursor]) == 0
            page = json.loads(capsys.readouterr().out)
            seen += [item["key"] for item in page["items"]]
            if page["cursor"] is None:
                break
            cursor = ["--cursor", page["cursor"]]
        assert sorted(seen) == ["black hole", "gravitation", "gravity", "tiger"]

    def test_more_is_said_with_the_cursor(self, capsys: Captured):
        assert cli.main(["search", "--limit", "1"]) == 0
        assert "There are more: --cursor" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--limit", "0"],
            ["--limit", "201"],
            ["--cursor", "nonsense"],
            ["--depth", "deep", "--category", "animal"],
        ],
    )
    def test_what_the_store_refuses_is_wrong_usage(self, arguments: list[str], capsys: Captured):
        assert cli.main(["search", *arguments]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1

    def test_the_table_fits_the_terminal(self):
        from flows.knowledge import Page

        for width in (30, 60, 80, 160):
            console = Console(width=width, force_terminal=True, color_system=None, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
            with console.capture() as captured:
                console.print(results_table(Page(items=tuple(ENTRIES)), width))
            lines = captured.get().splitlines()
            assert len(lines) == 5
            assert max(map(len, lines)) <= width
            console.file.close()


@pytest.mark.usefixtures("store_url")
class TestExport:
    def test_each_line_is_an_entry_with_its_licence(self, tmp_path: Path, capsys: Captured):
        target = tmp_path / "out.jsonl"
        assert cli.main(["export", str(target)]) == 0
        entries = [Entry.model_validate_json(line) for line in target.read_text().splitlines()]
        assert [e.key for e in entries] == ["black hole", "gravitation", "gravity", "tiger"]
        assert all(e.citations[0].licence for e in entries)
        assert "4 entries exported" in capsys.readouterr().err
        assert stat.S_IMODE(target.stat().st_mode) & 0o400

    def test_the_output_holds_entries_only(self, capfdbinary: pytest.CaptureFixture[bytes]):
        assert cli.main(["export", "-"]) == 0
        assert len([json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]) == 4

    def test_a_file_is_replaced_only_by_force(self, tmp_path: Path, capsys: Captured):
        target = tmp_path / "out.jsonl"
        target.write_text("precious")
        assert cli.main(["export", str(target)]) == 2
        assert "--force" in capsys.readouterr().err
        assert target.read_text() == "precious"
        assert cli.main(["export", str(target), "--force", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"entries": 4}
        assert len(target.read_text().splitlines()) == 4

    @pytest.mark.parametrize("name", ["missing/out.jsonl", "."])
    def test_no_place_is_one_line(self, name: str, tmp_path: Path, capsys: Captured):
        assert cli.main(["export", str(tmp_path / name)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


@contextmanager
def room_for(file_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


async def test_a_disk_without_room_leaves_no_half_file(tmp_path: Path):
    async def entries() -> AsyncIterator[Entry]:
        for entry in ENTRIES:
            yield entry

    with pytest.raises(OSError, match="File too large"), room_for(1000):
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


def test_a_deep_entry_shows_what_deep_learning_added():
    deep = ENTRIES[0].model_copy(
        update={
            "explanation": "Long story.",
            "applications": ("launching rockets",),
            "misconceptions": ("there is none in orbit",),
            "depth": "deep",
            "revision": 2,
        }
    )
    console = Console(width=80, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    with console.capture() as captured:
        console.print(entry_page(deep))
    console.file.close()
    text = captured.get()
    for part in ("Long story.", "launching rockets", "there is none in orbit", "deep, revision 2"):
        assert part in text


@pytest.mark.parametrize("command", ["show", "search"])
def test_bytes_that_are_no_text_are_refused_in_one_line(
    command: str, store_url: str, capsys: pytest.CaptureFixture[str]
):
    assert cli.main([command, "ti\udcff"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "no UTF-8 text" in said.err
    assert len(said.err.splitlines()) == 1


def test_an_empty_word_is_refused_by_name(store_url: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["show", " "]) == 2
    assert capsys.readouterr().err.startswith("learn: WORD: ")


def test_a_store_that_cannot_be_opened_is_one_line(tmp_path: Path):
    (tmp_path / "loop.db").symlink_to(tmp_path / "loop.db")
    environment = {
        **os.environ,
        "LEARN_HOME": str(tmp_path),
        "LEARN_STORE": f"sqlite:///{tmp_path / 'loop.db'}",
    }
    command = [sys.executable, "-m", "service.cli", "show", "tide"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)
    assert ended.returncode == 1
    assert "unable to open" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
