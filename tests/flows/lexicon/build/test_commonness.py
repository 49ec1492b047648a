"""In which order a reader meets the words."""

from __future__ import annotations

import itertools
import re

import pytest

from flows.lexicon.build.commonness import COARSE, FUNCTION_WORDS, NUMBER_WORDS

EARLY = 10_000


@pytest.fixture(scope="module")
def first_200(lexicon):
    return [lemma.key for lemma in lexicon.lemmas(limit=200)]


def test_reader_begins_with_words_that_mean_something(first_200):
    assert not set(first_200) & FUNCTION_WORDS
    assert not set(first_200) & NUMBER_WORDS
    assert not set(first_200) & COARSE
    assert all(re.fullmatch(r"[a-z]{2,}", key) for key in first_200)


def test_reader_begins_with_the_words_of_everyday_life(first_200):
    assert {"time", "life", "world", "home", "family", "water", "music", "school", "friend", "work"} - set(
        first_200
    ) <= {"home"}


def test_most_early_words_are_things_deeds_and_qualities(lexicon, first_200):
    parts = [entry.senses[0].part_of_speech for entry in lexicon.lookup(first_200).values()]
    assert parts.count("adverb") <= 10
    assert all(parts.count(part) >= 20 for part in ("noun", "verb", "adjective"))


def test_forms_of_common_words_come_after_the_words_themselves(lexicon):
    rank = {
        key: lemma.rank
        for key, lemma in lexicon.find(
            ["year", "years", "hour", "hours", "find", "found", "lose", "lost"]
        ).items()
    }
    for base, form in (("year", "years"), ("hour", "hours"), ("find", "found"), ("lose", "lost")):
        assert rank[base] < rank[form]


def test_swear_words_and_slurs_stand_after_everything_presentable(lexicon):
    found = lexicon.find(COARSE)
    assert len(found) > 50
    assert all(lemma.rank > lexicon.presentable for lemma in found.values())


@pytest.mark.parametrize("key", ["kike", "whitey", "obscenity", "slur", "insult"])
def test_only_words_that_insult_are_kept_back_not_words_about_insults(lexicon, key):
    assert (lexicon.find([key])[key].rank > lexicon.presentable) is (key in {"kike", "whitey"})


def test_numerals_and_single_letters_stand_last(lexicon):
    last = [lemma.key for lemma in lexicon.lemmas(after_rank=lexicon.size - 200)]
    assert all(len(key) == 1 or re.search(r"\d", key) or re.fullmatch("[ivxlcdm]+", key) for key in last)
    early = [lemma.key for lemma in lexicon.lemmas(limit=EARLY)]
    assert not [key for key in early if len(key) < 2 or re.search(r"\d", key)]


def test_names_of_single_persons_come_late(lexicon):
    early = itertools.islice(
        lexicon.lookup([lemma.key for lemma in lexicon.lemmas(limit=2000)]).values(), 2000
    )
    named = [
        entry.key
        for entry in early
        if any(r.kind == "instance of" for r in entry.senses[0].relations)
        and entry.senses[0].category == "person"
    ]
    assert len(named) <= 10


def test_every_headword_has_a_rank_of_its_own(lexicon):
    ranks = [rank for (rank,) in lexicon.rows("SELECT rank FROM lemma ORDER BY rank")]
    assert ranks == list(range(1, lexicon.size + 1))
    assert lexicon.size > 147_000


@pytest.mark.parametrize(
    ("key", "part", "of"),
    [
        ("tiger", "noun", "feline"),
        ("whale", "noun", "mammal"),
        ("jazz", "noun", "music"),
        ("hammer", "noun", "tool"),
        ("pecan", "noun", "nut"),
        ("colour", "noun", "light"),
        ("walk", "verb", "feet"),
        ("eject", "verb", "expel"),
        ("happy", "adjective", "joy"),
        ("mars", "noun", "planet"),
        ("bat", "noun", "mouselike"),
    ],
)
def test_meaning_that_people_mean_stands_first(entry, key, part, of):
    first = entry(key).senses[0]
    assert first.part_of_speech == part
    assert of in first.gloss


def test_meaning_shared_with_a_swear_word_stands_last(entry):
    for key in ("jazz", "screw", "bang"):
        assert "fuck" in entry(key).senses[-1].words
