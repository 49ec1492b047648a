"""Regular forms by spelling alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from rule_values import plain_words

from flows.core.identity.inflection import comparative_bases, regular_bases, regular_forms


@pytest.mark.parametrize(
    ("base", "forms"),
    [
        ("selfie", "selfies selfied selfying selfie's"),
        ("vlog", "vlogs vlogged vlogging"),
        ("mimic", "mimics mimicked mimicking"),
        ("sync", "syncs synced syncing"),
        ("box", "boxes boxed boxing"),
        ("try", "tries tried trying"),
        ("play", "plays played playing"),
        ("lie", "lies lied lying"),
        ("hope", "hopes hoped hoping"),
        ("hop", "hops hopped hopping"),
        ("travel", "travelled traveled travelling"),
        ("visit", "visited visiting"),
        ("quiz", "quizzes quizzed"),
        ("wolf", "wolves"),
        ("knife", "knives"),
        ("hero", "heroes"),
        ("photo", "photos"),
        ("stomach", "stomachs"),
        ("dye", "dyeing"),
        ("see", "seeing"),
        ("fuel", "fuelled fueled"),
        ("ice cream", "ice creams"),
        ("co-operate", "co-operated"),
        ("dog", "dogs' dog's"),
    ],
)
def test_regular_forms_lead_back_to_their_word(base, forms):
    for form in forms.split() if " " not in base else [forms]:
        assert form in regular_forms(base)
        assert base in regular_bases(form)


@pytest.mark.parametrize(
    ("form", "other"),
    [
        ("coding", "cod"),
        ("hoping", "hop"),
        ("hopping", "hope"),
        ("staring", "star"),
        ("planed", "plan"),
        ("biting", "bit"),
        ("panicing", "panic"),
        ("trys", "try"),
        ("glass", "glas"),
        ("is", "i"),
        ("corner", "corn"),
        ("rated", "rat"),
    ],
)
def test_what_the_spelling_does_not_allow_is_no_form(form, other):
    assert form not in regular_forms(other)
    assert other not in regular_bases(form)


@given(plain_words)
def test_bases_are_exactly_the_words_of_which_it_is_a_form(word):
    assert all(word in regular_bases(form) for form in regular_forms(word))
    assert all(word in regular_forms(base) for base in regular_bases(word))
    assert word not in regular_forms(word) | regular_bases(word)


@pytest.mark.parametrize(
    ("form", "base"),
    [("bigger", "big"), ("nicest", "nice"), ("happier", "happy"), ("greener", "green"), ("freer", "free")],
)
def test_comparatives_have_their_spelling_too(form, base):
    assert base in comparative_bases(form)


@pytest.mark.parametrize(("form", "other"), [("biger", "big"), ("later", "lat"), ("happyer", "happy")])
def test_no_comparative_is_made_against_the_spelling(form, other):
    assert other not in comparative_bases(form)
