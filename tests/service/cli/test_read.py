from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from flows.knowledge import (
    Entry,
)
from service.cli import app as cli
from service.cli.output.entry_page import entry_page, results_table
from tests.service.cli.read_entries import (
    ENTRIES,
    JOB_ID,
    Captured,
)


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

    @pytest.mark.parametrize("asked", ["tigering", "blacker hole", "tider", "tidest"])
    def test_what_only_ends_like_a_form_is_not_learned(self, asked: str, capsys: Captured):
        assert cli.main(["show", asked]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert f"{asked}: not learned yet" in said.err

    @pytest.mark.parametrize("asked", ["black-hole", "blackhole", "tíde"])
    def test_another_spelling_leads_to_the_word(self, asked: str, capsys: Captured):
        assert cli.main(["show", asked]) == 0
        said = capsys.readouterr()
        word = "tide" if asked == "tíde" else "Black hole"
        assert f"{asked} is another spelling of {word}" in said.err

    def test_an_unknown_word_says_what_is_near_and_how_to_learn_it(self, capsys: Captured):
        assert cli.main(["show", "gravid"]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert (
            said.err == "gravid: not learned yet. Similar: gravitation, gravity. To learn it: learn run quick"
            " gravid\n"
        )

    @pytest.mark.parametrize("word", ["gravitron", "smartphone", "blorptang", "quantum foam"])
    def test_a_word_that_the_lexicon_lacks_says_so_and_leads_into_no_circle(
        self, word: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ):
        for command in ("show", "search"):
            cli.main([command, word])
            said = capsys.readouterr().err
            assert "not in the offline lexicon (WordNet 3.1)" in said
            assert "GROQ_API_KEY" in said
            assert "learn run" not in said
        monkeypatch.setenv("GROQ_API_KEY", "gsk_of_a_test")
        cli.main(["show", word])
        assert "lexicon" not in (said := capsys.readouterr().err)
        assert "learn run quick" in said

    @pytest.mark.parametrize("word", ["x; rm -rf ~", "1984", "<b>bold</b>", "She went home. He stayed."])
    @pytest.mark.parametrize("key", ["", "gsk_of_a_test"])
    def test_what_no_job_would_take_is_not_offered(
        self, word: str, key: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("GROQ_API_KEY", key)
        for command in ("show", "search"):
            cli.main([command, word])
            said = capsys.readouterr().err
            assert "not a word that can be learned: " in said
            assert "learn run" not in said
            assert "GROQ_API_KEY" not in said

    @pytest.mark.parametrize("asked", ["tigering", "tídés", "mice"])
    def test_what_stands_for_a_word_is_told(self, asked: str, capsys: Captured):
        cli.main(["show", asked])
        said = capsys.readouterr().err
        other, told = {
            "tigering": ("learn show tiger", "treat it as a form of “tiger”"),
            "tídés": ("tide", "tídés is a form of tide"),
            "mice": ("learn run quick mouse", "a form of “mouse”, which is not learned yet"),
        }[asked]
        assert other in said
        assert told in said
        assert f"learn run quick {asked}" not in said

    def test_a_command_that_is_offered_survives_the_shell(self, capsys: Captured):
        assert cli.main(["show", "cat's cradle"]) == 1
        assert """learn run quick 'cat'"'"'s cradle'""" in capsys.readouterr().err

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

    @pytest.mark.parametrize(
        ("asked", "word", "relation"),
        [("tides", "tide", "a form of"), ("tigers", "tiger", "a form of")],
    )
    def test_a_form_finds_its_word(self, asked: str, word: str, relation: str, capsys: Captured):
        assert cli.main(["search", asked]) == 0
        said = capsys.readouterr()
        assert said.out.startswith(f"{word}\t")
        assert said.err == f"{asked} is {relation} {word}:\n"

    def test_a_word_that_only_marks_tell_apart_is_found(self, capsys: Captured):
        assert cli.main(["search", "tíde"]) == 0
        assert capsys.readouterr().out.startswith("tide\t")

    @pytest.mark.parametrize(
        ("asked", "offered"), [("naïve", "naive"), ("spoons", "spoon"), ("mice", "mouse"), ("went", "go")]
    )
    def test_what_the_lexicon_has_in_another_form_is_not_called_missing(
        self, asked: str, offered: str, capsys: Captured
    ):
        for command in ("show", "search"):
            cli.main([command, asked])
            said = capsys.readouterr().err
            assert "lexicon" not in said
            assert said.endswith(f"learn run quick {offered}\n")

    def test_json_is_a_page(self, capsys: Captured):
        assert cli.main(["search", "--category", "animal", "--json"]) == 0
        page = json.loads(capsys.readouterr().out)
        assert [item["key"] for item in page["items"]] == ["tiger"]
        assert page["cursor"] is None

    def test_by_job_and_depth(self, capsys: Captured):
        assert cli.main(["search", "--job", str(JOB_ID)]) == 0
        rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
        assert len(rows) == 5
        assert ["tide", "noun", "defined", "the regular rise and fall of the sea"] in rows
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
        assert sorted(seen) == ["black hole", "gravitation", "gravity", "tide", "tiger"]

    def test_more_is_said_with_the_cursor(self, capsys: Captured):
        assert cli.main(["search", "--limit", "1"]) == 0
        assert "More results: --cursor" in capsys.readouterr().err

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
            console = Console(
                width=width,
                force_terminal=True,
                color_system=None,
                file=open(os.devnull, "w"),  # noqa: SIM115, PTH123
            )
            with console.capture() as captured:
                console.print(results_table(Page(items=tuple(ENTRIES)), width))
            lines = captured.get().splitlines()
            assert len(lines) == 5
            assert max(map(len, lines)) <= width
            console.file.close()


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
    assert "must be text in UTF-8" in said.err
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
