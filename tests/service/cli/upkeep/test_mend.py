"""`learn mend` on a store that e61bb12 wrote, with 28 words of which 8 are doubles and two are spelled
oddly.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from store_documents import ANN, batch, entry, words

from flows.core.words import word_key
from flows.knowledge import utc_now
from flows.stores import open_store
from flows.stores.sqlite import mending as sqlite_mending
from service.cli import app as cli
from tests.service.cli.read_entries import Captured

EARLIER = Path(__file__).parents[3] / "flows/stores/earlier/e61bb12-doubles.db.gz"
LINES = [
    "ﬁsh → fish: as the lexicon writes it",
    "TABLE → table: as the lexicon writes it",
    "café → cafe: the same word with accents",
    "colour → color: another spelling of it",
    "e-mail → email: the same word with another hyphen or space",
    "façade → facade: the same word with accents",
    "leaves → leaf: a form of it",
    "machine-learning → Machine Learning: the same word with another hyphen or space",
    "selfies → selfie: a form of it",
    "vlogs → vlog: a form of it",
]
STAY = ["bit", "bite", "chalets", "glass", "glasses", "iphone", "naïve", "paris", "resume", "résumé"]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = tmp_path / "knowledge.db"
    path.write_bytes(gzip.decompress(EARLIER.read_bytes()))
    found = f"sqlite:///{path}"
    monkeypatch.setenv("LEARN_HOME", str(tmp_path))
    monkeypatch.setenv("LEARN_STORE", found)
    monkeypatch.setenv("COLUMNS", "200")
    return found


async def _held(url: str) -> dict[str, object]:
    async with open_store(url, language="en") as store:
        return {
            "words": [word async for word in store.all_words()],
            "aliases": [alias async for alias in store.all_aliases()],
            "frontier": [row async for row in store.all_frontier()],
            "stats": await store.stats(),
            "rounds": await store.rounds(UUID(int=7)),
            "batches": await store.batches(UUID(int=7)),
        }


def held(url: str) -> dict[str, object]:
    return asyncio.run(_held(url))


def timeless(contents: dict[str, object]) -> str:
    """The contents without the time of the mend."""
    return json.dumps(
        {
            kind: [
                row.model_dump(mode="json", exclude={"entry": {"updated_at"}})
                for row in (rows if isinstance(rows, (list, tuple)) else [rows])
            ]
            for kind, rows in contents.items()
        },
        sort_keys=True,
    )


class TestMend:
    def test_it_says_first_what_it_would_do(self, url: str, capsys: Captured):
        before = held(url)
        assert cli.main(["mend"]) == 0
        said = capsys.readouterr()
        assert said.out.splitlines() == LINES
        assert said.err.splitlines() == [
            (
                "2 headwords to be respelled, 8 doubles to be merged. Nothing has been changed."
                " To do it: learn mend --yes"
            )
        ]
        assert held(url) == before

    def test_it_does_what_it_said_and_then_finds_nothing(self, url: str, capsys: Captured):
        before = held(url)
        assert cli.main(["mend", "--yes"]) == 0
        said = capsys.readouterr()
        assert said.out.splitlines() == LINES
        assert "2 headwords written as the lexicon does, 8 doubles merged." in said.err
        after = held(url)
        assert (after["stats"].known, after["stats"].entries) == (20, 18)
        assert [row.key for row in after["aliases"]] == [word_key(line.split(" → ")[0]) for line in LINES[2:]]
        known = {word.definition.key: word for word in before["words"]}
        kept = {word.definition.key: word for word in after["words"]}
        assert {key: kept[key] for key in STAY} == {key: known[key] for key in STAY}
        # what jobs did stays as it was told
        assert (after["rounds"], after["batches"]) == (before["rounds"], before["batches"])
        mentioning = {key for row in after["frontier"] for key in row.mentioned_by}
        assert mentioning <= set(kept)
        assert cli.main(["mend"]) == cli.main(["mend", "--yes"]) == 0
        assert capsys.readouterr() == ("", "Nothing to mend.\n" * 2)
        assert held(url) == after

    def test_merged_words_are_shown_found_and_exported_under_their_word(self, url: str, capsys: Captured):
        cli.main(["mend", "--yes"])
        capsys.readouterr()
        assert cli.main(["show", "café", "vlogs"]) == 0
        said = capsys.readouterr()
        assert said.err.splitlines() == ["café is another spelling of cafe:", "vlogs is a form of vlog:"]
        assert "Also\n  café" in "\n".join(line.rstrip() for line in said.out.splitlines())
        for asked, word in (
            ("colour", "color"),
            ("e-mail", "email"),
            ("FAÇADE", "facade"),
            ("vlogs", "vlog"),
        ):
            assert cli.main(["search", asked]) == 0
            assert capsys.readouterr().out.startswith(f"{word}\t")
        assert cli.main(["export", "-"]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {row["word"]: row["aliases"] for row in rows if row["aliases"]} == {
            "cafe": ["café"],
            "color": ["colour"],
            "email": ["e-mail"],
            "facade": ["façade"],
            "leaf": ["leaves"],
            "Machine Learning": ["machine-learning"],
            "selfie": ["selfies"],
            "vlog": ["vlogs"],
        }

    def test_json_has_a_line_for_each_and_the_totals(self, url: str, capsys: Captured):
        assert cli.main(["mend", "--json"]) == 0
        *lines, last = map(json.loads, capsys.readouterr().out.splitlines())
        assert len(lines) == len(LINES)
        assert lines[2] == {
            "kind": "merged",
            "outcome": "planned",
            "count": 1,
            "word": "café",
            "into": "cafe",
            "reason": "accents",
        }
        assert last == {"is_dry_run": True, "totals": {"planned": {"respelled": 2, "merged": 8}}}

    def test_words_that_a_job_works_on_are_left_and_told(self, url: str, capsys: Captured):
        async def claim() -> None:
            async with open_store(url, language="en") as store:
                until = utc_now() + timedelta(minutes=5)
                claimed = await store.claim(words("selfie"), job_id=ANN, attempt=1, until=until, below="deep")
                assert claimed.new == ("selfie",)

        asyncio.run(claim())
        for given_, code in ((["mend"], 0), (["mend", "--yes"], 1)):
            assert cli.main(given_) == code
            said = capsys.readouterr()
            assert "selfies → selfie: a form of it (left as it is: a job is working on it)" in said.out
            assert "1 word was left because a job is using it" in said.err
        assert [alias.key for alias in held(url)["aliases"]].count("selfies") == 0

    def test_the_full_text_index_is_what_a_new_one_would_be(self, url: str):
        cli.main(["mend", "--yes"])
        columns = "word, definition, related_concepts, examples, explanation, facets"
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as raw:
            raw.executescript(
                "CREATE VIRTUAL TABLE temp.found USING fts5vocab(main, entry_search, instance);"
                f"CREATE VIRTUAL TABLE temp.anew USING fts5({columns},"
                " tokenize = 'unicode61 remove_diacritics 2');"
                "CREATE VIRTUAL TABLE temp.wanted USING fts5vocab(temp, anew, instance);"
            )
            raw.execute(f"INSERT INTO anew (rowid, {columns}) SELECT id, {columns} FROM entry_texts")
            found = raw.execute("SELECT * FROM found").fetchall()
            wanted = raw.execute("SELECT * FROM wanted").fetchall()
        assert found == wanted
        assert {term for term, *_ in found} >= {"selfies", "colour"}

    @pytest.mark.parametrize("fails_at", range(4))
    def test_a_failure_in_the_middle_leaves_whole_words(
        self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path, fails_at: int
    ):
        clean = tmp_path / "clean.db"
        clean.write_bytes(gzip.decompress(EARLIER.read_bytes()))
        keep, count = sqlite_mending._keep, iter(range(99))

        async def failing(*given_: object) -> None:
            await keep(*given_)
            if next(count) == fails_at:
                raise sqlite3.OperationalError("disk I/O error")

        with monkeypatch.context() as patched:
            patched.setattr(sqlite_mending, "_keep", failing)
            assert cli.main(["mend", "--yes"]) == 1
        halfway = held(url)
        assert len(halfway["aliases"]) == max(0, fails_at - 2)
        assert halfway["stats"].known == 28 - len(halfway["aliases"])
        assert cli.main(["mend", "--yes"]) == 0
        monkeypatch.setenv("LEARN_STORE", f"sqlite:///{clean}")
        assert cli.main(["mend", "--yes"]) == 0
        assert timeless(held(url)) == timeless(held(f"sqlite:///{clean}"))
        capsys.readouterr()


def test_a_killed_run_is_taken_up(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'knowledge.db'}"

    async def fill() -> None:
        async with open_store(url, language="en") as store:
            keys = [key for n in range(200) for key in (f"zorblat{n}k", f"zorblat{n}ks")]
            await store.commit_batch(batch(*keys), entries=[entry(key) for key in keys])

    asyncio.run(fill())
    environment = os.environ | {"LEARN_HOME": str(tmp_path), "LEARN_STORE": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "service.cli", "mend", "--yes"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Zorblat")
        running.send_signal(signal.SIGKILL)
    left = held(url)
    count = len(left["aliases"])
    assert 0 < count < 200
    assert left["stats"].known == left["stats"].entries == 400 - count
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert f"{200 - count} doubles merged" in done.stderr
    assert (held(url)["stats"].known, len(held(url)["aliases"])) == (200, 200)
