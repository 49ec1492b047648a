"""The lexicon's file, made of a small WordNet."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from flows.lexicon.build.importer import build
from flows.lexicon.build.wndb import MalformedWordNet


def test_same_input_gives_the_same_bytes(wordnet_folder, small_file, tmp_path):
    again = tmp_path / "deep" / "again.sqlite"
    build(wordnet_folder, again, stamp="made for tests")
    assert again.read_bytes() == small_file.read_bytes()


def test_file_says_what_it_was_made_of(small_file):
    with sqlite3.connect(small_file) as connection:
        meta = dict(connection.execute("SELECT name, value FROM meta"))
    connection.close()
    assert (meta["wordnet"], meta["stamp"], meta["lemmas"]) == ("3.1", "made for tests", "11")


def test_broken_wordnet_leaves_the_old_file_and_no_draft(wordnet_folder, small_file, tmp_path):
    folder = shutil.copytree(wordnet_folder, tmp_path / "broken")
    (folder / "data.adv").write_text("nonsense\n")
    target = tmp_path / "lexicon.sqlite"
    shutil.copy(small_file, target)
    with pytest.raises(MalformedWordNet):
        build(folder, target)
    assert target.read_bytes() == small_file.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"broken", "lexicon.sqlite"}


def test_slurs_stand_last_and_outside_what_is_presentable(small):
    keys = [lemma.key for lemma in small.lemmas()]
    assert keys[-1] == "cur"
    assert small.presentable == len(keys) - 1


def test_senses_of_all_parts_of_speech_stand_in_order_of_their_counts(small):
    senses = small.lookup(["dog"])["dog"].senses
    assert [(sense.part_of_speech, sense.tags) for sense in senses] == [("noun", 42), ("verb", 2)]


def test_links_between_words_and_between_meanings_are_both_there(small):
    relations = {
        (relation.kind, relation.text) for relation in small.lookup(["dog"])["dog"].senses[0].relations
    }
    assert relations == {("synonym", "domestic dog"), ("kind of", "being"), ("parts", "tail")}
    assert {(r.kind, r.text) for r in small.lookup(["tame"])["tame"].senses[0].relations} == {
        ("opposite", "wild")
    }


def test_proper_names_keep_their_capitals_in_the_display_form_alone(small):
    assert small.find(["rover"])["rover"].text == "Rover"


def test_forms_lead_to_the_headwords_that_there_are(small):
    assert small.bases(["dogs", "dogged", "cats", "mice"]) == {
        "dogs": {"dog"},
        "dogged": {"dog"},
        "cats": {"cat"},
    }


def test_spellings_of_one_word_are_noted_both_ways(lexicon):
    assert "gray" in lexicon.spellings["grey"]
    assert "grey" in lexicon.spellings["gray"]
    assert "story" in lexicon.spellings["storey"]


def test_what_is_no_form_is_not_in_the_file(lexicon):
    wrong = {"ext": "extension", "skies": "ski", "seventh": "seven", "trivia": "trivium", "via": "viaduct"}
    found = lexicon.bases([*wrong, "bacteria", "bade", "children", "cagiest"])
    assert not any(base in found.get(form, ()) for form, base in wrong.items())
    assert [found[form] for form in ("bacteria", "bade", "children", "cagiest")] == [
        {"bacterium"},
        {"bid"},
        {"child"},
        {"cagey"},
    ]
