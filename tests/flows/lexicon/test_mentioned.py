"""Which texts mention a word in another spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.core.identity.mentions import mentions

PAIRS = [
    line.split("\t")
    for line in Path(__file__).with_name("mentioned_pairs.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def test_the_list_has_more_than_60_pairs_of_each_kind():
    kinds = [kind for kind, *_ in PAIRS]
    assert min(kinds.count("spelling"), kinds.count("other")) > 60


@pytest.mark.parametrize(("kind", "one", "other"), PAIRS)
def test_another_spelling_mentions_the_word_and_another_word_does_not(morphology, kind, one, other):
    for word, found in ((one, other), (other, one)):
        text = f"Look at the {found} there."
        assert mentions(text, word, morphology.lemma_candidates) is (kind == "spelling"), (text, word)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("They were maneuvering.", "manoeuvre"),
        ("They plowed on.", "plough"),
        ("Two skeptics laughed.", "sceptic"),
        ("Ten per cent of it", "percent"),
        ("Ten percent of it", "per cent"),
        ("A.I. is here", "AI"),
        ("AI is here", "A.I."),
        ("In the U.S. we", "US"),
        ("In the US, we", "U.S."),
        ("That is okay.", "OK"),
        ("That is OK.", "okay"),
        ("You are pulling my leg.", "pull someone's leg"),
        ("It got on Tom's nerves.", "get on someone's nerves"),
    ],
)
def test_forms_of_spellings_abbreviations_and_possessives_count(morphology, text, word):
    assert mentions(text, word, morphology.lemma_candidates)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("It was given to us.", "US"),
        ("It was given to us.", "U.S."),
        ("Every day we went", "everyday"),
        ("He may be there", "maybe"),
        ("A black bird sang", "blackbird"),
        ("It is a way in to it", "into"),
        ("Pull the leg", "pull someone's leg"),
    ],
)
def test_small_words_and_phrases_do_not(morphology, text, word):
    assert not mentions(text, word, morphology.lemma_candidates)
