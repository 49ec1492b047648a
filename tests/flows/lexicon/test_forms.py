"""Which words a form is told to be one of, and which texts mention a word by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.core.identity.irregular import has_regular_past, is_irregular
from flows.core.identity.mentions import mentions

PAIRS = [
    line.split("\t")
    for line in Path(__file__).with_name("form_pairs.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("kind", "form", "base"), PAIRS)
def test_only_true_forms_are_told(morphology, kind, form, base):
    assert (base in morphology.words_of(form)) is (kind == "form")


def test_the_list_has_more_than_60_pairs_of_each_kind():
    kinds = [kind for kind, *_ in PAIRS]
    assert min(kinds.count("form"), kinds.count("none")) > 60


@pytest.mark.parametrize(
    ("form", "base"),
    [
        pair.split(":")
        for pair in (
            "lenses:lens crosses:cross attaches:attach booties:booty busses:bus conning:con leaves:leaf"
            " axes:axis homies:homie"
        ).split()
    ],
)
def test_the_likeliest_word_is_the_irregular_or_the_commonest(morphology, form, base):
    assert morphology.words_of(form)[0] == base


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"Look, {form} today", word)
        for form, word in (
            pair.split(":")
            for pair in (
                "programmed:program enrolled:enrol interned:intern annexed:annex conned:con"
                " mechanics:mechanic bussed:bus whizzed:whiz routed:rout premiered:premier"
                " smelt:smell spelt:spell dove:dive"
                " bade:bid hotter:hot cooler:cool cleaner:clean flatter:flat fresher:fresh"
            ).split()
        )
    ],
)
def test_a_text_mentions_a_word_by_a_form_of_several_words(morphology, text, word):
    assert mentions(text, word, morphology.lemma_candidates)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"The {noun} stood", word)
        for noun, word in (
            pair.split(":")
            for pair in (
                "dresser:dress cracker:crack gardener:garden camper:camp archer:arch porter:port"
                " mariner:marine sneaker:sneak presenter:present primer:prime shutter:shut stoner:stone"
                " cutter:cut opener:open liter:lite acer:ace spreader:spread signer:sign"
                " foreigner:foreign planer:plane"
                " westerner:western buster:bust stretcher:stretch halter:halt loner:lone fiver:five"
                " setter:set"
                " topper:top"
            ).split()
        )
    ],
)
def test_a_noun_in_er_compares_nothing(morphology, text, word):
    assert not mentions(text, word, morphology.lemma_candidates)


@pytest.mark.parametrize("pair", ["overtook:overtake", "larvae:larva", "mice:mouse", "cagier:cagey"])
def test_irregular_forms_follow_a_rule(pair):
    assert is_irregular(*pair.split(":"))


@pytest.mark.parametrize("pair", ["ext:extension", "seventh:seven", "dang:ding", "found:compound"])
def test_abbreviations_and_relatives_are_no_irregular_forms(pair):
    assert not is_irregular(*pair.split(":"))


@pytest.mark.parametrize(
    ("verb", "has"),
    [
        ("sing", False),
        ("overtake", False),
        ("smell", True),
        ("target", True),
        ("relay", True),
        ("walk", True),
    ],
)
def test_a_strong_verb_has_no_regular_past(verb, has):
    assert has_regular_past(verb) is has
