"""Definitions and longer texts put together from glosses."""

from __future__ import annotations

import pytest

from flows.core.words import word_key
from flows.lexicon import compose
from tests.thorough import amount


def test_gloss_that_defines_is_the_definition(entry):
    assert compose.definition(entry("tiger")) == entry("tiger").senses[0].gloss


@pytest.mark.parametrize("key", ["take", "tiny", "maybe", "recent", "person", "shut"])
def test_short_gloss_is_completed_by_what_wordnet_links(entry, key):
    gloss, text = entry(key).senses[0].gloss, compose.definition(entry(key))
    assert text.startswith(f"{gloss}; ")
    assert len(gloss) < compose.SHORTEST <= len(text)


def test_definition_of_every_headword_has_15_to_600_characters_and_is_not_the_word(lexicon):
    rank, count, step = 0, 0, amount(5, thorough=1)
    while page := lexicon.lemmas(after_rank=rank, limit=2000):
        rank = page[-1].rank
        for key, entry in lexicon.lookup([lemma.key for lemma in page[::step]]).items():
            text = compose.definition(entry)
            assert 15 <= len(text) <= 600, key
            assert word_key(text) != key
            assert text == text.strip(" ;,")
            count += 1
    assert abs(count - lexicon.size / step) < 1


def test_explanation_says_what_the_word_is_how_it_stands_and_what_else_it_means(entry, lexicon):
    text = compose.explanation(entry("tiger"), lexicon.presentable)
    assert text.startswith("As a noun, “tiger” means: large feline")
    assert "It is a kind of big cat." in text
    assert "it can also mean: a fierce or audacious person." in text


def test_explanation_counts_the_further_meanings_of_each_part_of_speech(entry, lexicon):
    text = compose.explanation(entry("walk"), lexicon.presentable)
    assert "Ways to do so include to march" in text
    assert "As a noun, it can also mean: (1) the act of traveling by foot. (2)" in text
    assert "As a verb, it can also mean: (1) accompany or escort. (2)" in text


@pytest.mark.parametrize("key", ["break", "run", "set", "cut", "line"])
def test_explanation_of_a_word_with_many_meanings_ends_with_a_whole_sentence(entry, lexicon, key):
    text = compose.explanation(entry(key), lexicon.presentable)
    assert 1000 < len(text) <= 2000
    assert text.endswith(".")


def test_explanation_names_no_slur(entry, lexicon):
    for key in ("person", "german", "jew", "mexican", "homosexual"):
        text = compose.explanation(entry(key), lexicon.presentable).split("it can also mean")[0]
        assert not {"Kraut", "kike", "spic", "faggot", "hymie", "Boche"} & set(text.replace(",", " ").split())


def test_uses_are_taken_from_the_gloss_or_left_out(entry):
    assert compose.applications(entry("bottle")) == ("Used for storing drinks or other liquids",)
    assert compose.applications(entry("tiger")) == ()
    assert compose.applications(entry("walk")) == ()


def test_cut_text_ends_between_words():
    text = compose._cut("word " * 200)
    assert len(text) <= compose.LONGEST
    assert text.endswith("word…")
