"""Headwords as the lexicon writes them."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("proposed", "headword"),
    [
        ("TABLE", "table"),
        ("Horse", "horse"),
        ("ﬁsh", "fish"),
        ("PARIS", "Paris"),
        ("paris", "Paris"),
        ("nato", "NATO"),
        ("Ice Cream", "ice cream"),
        ("TABLES", "tables"),
        ("MACHINE LEARNING", "machine learning"),
        ("monday", "Monday"),
    ],
)
def test_a_headword_is_written_as_in_the_lexicon(morphology, proposed, headword):
    assert morphology.written([proposed]) == {proposed: headword}


@pytest.mark.parametrize(
    "proposed",
    ["table", "Paris", "NATO", "iPhone", "china", "China", "turkey", "CRISPR", "Selfie", "IPHONES", "", "42"],
)
def test_other_words_stay_as_they_are(morphology, proposed):
    assert morphology.written([proposed]) == {}


def test_marks_are_taken_off_only_where_the_lexicon_must_know_the_word(morphology):
    texts = ["naïve", "Café", "résumé", "rosé", "co-operate", "smørrebrød"]
    assert morphology.written(texts) == {}
    assert morphology.written(texts, folds_marks=True) == {
        "naïve": "naive",
        "Café": "cafe",
        "co-operate": "cooperate",
    }


@pytest.mark.parametrize(
    ("proposed", "word"),
    [
        pair.split(":")
        for pair in "ate:eat led:lead fed:feed lent:lend sat:sit drew:draw alps:Alps mars:Mars".split()
    ],
)
def test_a_small_form_is_no_name_or_acronym(morphology, proposed, word):
    assert morphology.written([proposed], reduces_forms=True) == {proposed: word}
    kept = word if word.istitle() else proposed
    assert morphology.written([proposed]).get(proposed, proposed) == kept


@pytest.mark.parametrize(
    "word", ["us", "it", "who", "me", "he", "in", "as", "or", "am", "LED", "Ate", "US", "IT"]
)
def test_pronouns_and_what_is_written_as_a_name_stay(morphology, word):
    assert morphology.written([word]) == {}
