"""Other spellings that a word may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_values import texts

from flows.core.identity.spelling import differ_by_rule, spelling_variants
from flows.core.words import word_key

BOTH_WAYS = [
    ("colour", "color"),
    ("organisation", "organization"),
    ("organise", "organize"),
    ("organising", "organizing"),
    ("analyse", "analyze"),
    ("analysing", "analyzing"),
    ("paediatrics", "pediatrics"),
    ("foetus", "fetus"),
    ("defence", "defense"),
    ("catalogue", "catalog"),
    ("programme", "program"),
    ("mould", "mold"),
    ("connexion", "connection"),
    ("judgement", "judgment"),
    ("sulphur", "sulfur"),
    ("sceptic", "skeptic"),
    ("disc", "disk"),
    ("aluminium", "aluminum"),
    ("grey", "gray"),
    ("tyre", "tire"),
    ("plough", "plow"),
    ("rock and roll", "rock & roll"),
    ("centre", "center"),
    ("metres", "meters"),
    ("centred", "centered"),
    ("centring", "centering"),
    ("practice", "practise"),
    ("ageing", "aging"),
    ("storey", "story"),
    ("cheque", "check"),
    ("axe", "ax"),
    ("travelled", "traveled"),
    ("skillful", "skilful"),
    ("waggon", "wagon"),
    ("co-operate", "cooperate"),
    ("ice cream", "ice-cream"),
    ("icecream", "ice cream"),
    ("cosy", "cozy"),
    ("dyke", "dike"),
    ("mollusc", "mollusk"),
    ("moustache", "mustache"),
    ("moult", "molt"),
    ("yoghurt", "yogurt"),
    ("sheikh", "sheik"),
    ("hootch", "hooch"),
    ("likeable", "likable"),
    ("barbecue", "barbeque"),
    ("aeroplane", "airplane"),
    ("hiccough", "hiccup"),
    ("pyjama", "pajama"),
    ("jewellery", "jewelry"),
    ("adviser", "advisor"),
    ("verandah", "veranda"),
    ("omelette", "omelet"),
]


@pytest.mark.parametrize(
    ("one", "other", "is_by_rule"),
    [
        ("honourable", "honorable", True),
        ("organised", "organized", True),
        ("instalment", "installment", True),
        ("scepticism", "skepticism", True),
        ("plough", "plow", True),
        ("prise", "prize", False),
        ("mile", "mil", False),
        ("canvass", "canvas", False),
        ("cosy", "cozy", False),
    ],
)
def test_british_and_american_differ_by_rule(one, other, is_by_rule):
    assert differ_by_rule(one, other) is differ_by_rule(other, one) is is_by_rule


@pytest.mark.parametrize(("one", "other"), BOTH_WAYS)
def test_known_pairs_are_guessed_from_both_sides(one, other):
    assert other in spelling_variants(one)
    assert one in spelling_variants(other)


@pytest.mark.parametrize(
    ("key", "guess"),
    [
        ("café", "cafe"),
        ("naïve", "naive"),
        ("encyclopaedise", "encyclopedize"),
        ("colourisation", "colorization"),
        ("jack-of-all-trades", "jack of all trades"),
        ("jack-of-all-trades", "jackofalltrades"),
        ("day to-day", "day-to-day"),
    ],
)
def test_accents_go_and_changes_add_up(key, guess):
    assert guess in spelling_variants(key)


@pytest.mark.parametrize(
    ("key", "all_guesses"),
    [
        ("cab", {"cabe", "kab"}),
        ("is", {"ise", "iss", "iz", "ys"}),
        ("or", {"ore", "our", "oar"}),
        ("bat", {"bate", "batt", "batte"}),
        ("gag", {"gage", "gagg", "gagh", "ghag"}),
        ("gab", {"gabe", "ghab"}),
        ("gg", {"gge", "ggh", "ghg"}),
        ("batt", {"b att", "b-att", "ba tt", "ba-tt", "bat", "bat t", "bat-t", "batte", "battte"}),
        ("b-t", {"b t", "b-te", "b-tt", "bt", "b-tte"}),
        ("b t", {"b te", "b tt", "b-t", "bt", "b tte"}),
        ("b2b2", {"b2b2e"}),
        ("é", {"e"}),
        ("한", set()),
        ("", set()),
    ],
)
def test_all_guesses_of_small_keys(key, all_guesses):
    assert spelling_variants(key) == all_guesses


def test_solid_words_of_four_to_twenty_letters_are_split():
    assert not any(" " in guess for guess in spelling_variants("cab"))
    assert {"c ave", "cav e", "c-ave", "ca ve"} <= spelling_variants("cave")
    assert "b" * 19 + " b" in spelling_variants("b" * 20)
    assert not any(" " in guess or "-" in guess for guess in spelling_variants("b" * 21))


def test_two_changes_inside_a_word_are_tried_together():
    assert "hemoglobinize" in spelling_variants("haemoglobinise")


@given(st.text("abeorusizyglmnpt -", min_size=1, max_size=20) | texts.map(word_key))
def test_guesses_are_others_few_and_the_same_each_time(key):
    guesses = spelling_variants(key)
    assert key not in guesses
    assert guesses == spelling_variants(key)
    assert len(guesses) <= 40 * (len(key) + 2) ** 2


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12))
def test_a_space_or_hyphen_can_always_be_taken_away(word):
    for at in range(1, len(word)):
        for joint in " -":
            assert word in spelling_variants(word[:at] + joint + word[at:])
