"""Inflections: from the form to the word, and whether a text mentions a word."""

from __future__ import annotations

import pytest

from flows.core.identity.inflection import regular_bases
from flows.core.identity.mentions import mentions


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("leopards", "leopard"),
        ("mice", "mouse"),
        ("children", "child"),
        ("wolves", "wolf"),
        ("cities", "city"),
        ("went", "go"),
        ("took off", "take off"),
        ("running", None),
        ("swam", "swim"),
        ("shopped", "shop"),
        ("biggest", "big"),
        ("mothers-in-law", "mother-in-law"),
        ("ice creams", "ice cream"),
        ("gave up", "give up"),
    ],
)
def test_form_leads_to_its_headword(morphology, form, base):
    found = morphology.base_forms(form)
    assert found[:1] == ((base,) if base else ())


@pytest.mark.parametrize(
    "key", ["left", "glasses", "news", "tiger", "building", "physics", "xyzzy", "", "s", "'s"]
)
def test_headwords_and_unknown_words_have_no_base_form(morphology, key):
    assert morphology.base_forms(key) == ()


def test_many_keys_are_answered_at_once_and_those_without_a_base_are_absent(morphology):
    assert morphology.base_forms_of(["mice", "tiger", "went", "xyzzy"]) == {
        "mice": ("mouse",),
        "went": ("go",),
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("the mice ran", "mouse"),
        ("He thought of it", "think"),
        ("she was happier", "happy"),
        ("It took off at once", "take off"),
        ("the boat's sails", "boat"),
        ("Two Oxen were seen", "ox"),
        ("leaves fell", "leaf"),
        ("he bit the dog", "bite"),
        ("They mimicked him", "mimic"),
        ("We cooperated.", "co-operate"),
        ("They were coding all night.", "code"),
        ("two selfies", "selfie"),
        ("She vlogged", "vlog"),
        ("a bigger dog", "big"),
        ("cooler weather", "cool"),
        ("it was built; building it took years", "build"),
        ("the sales fell", "sale"),
        ("two cafés", "cafe"),
    ],
)
def test_text_mentions_a_word_by_any_of_its_forms(morphology, text, key):
    assert mentions(text, key, morphology.lemma_candidates)
    assert mentions(text, key, morphology.lemmas_in([text]))


@pytest.mark.parametrize(
    ("text", "key"),
    [("a category of things", "cat"), ("the ringing bells", "ring up"), ("", "cat"), ("seeds", "see")]
    + [
        (f"Look, the {token} of all", word)
        for token, word in (
            pair.split(":")
            for pair in (
                "coding:cod corner:corn number:numb tower:tow master:mast letter:let matter:mat offer:off"
                " flower:flow seed:see bed:be news:new species:specie evening:even morning:morn herring:her"
                " hoping:hop staring:star planed:plan singed:sing rosé:rose forest:fore slang:sling"
            ).split()
        )
    ],
)
def test_text_without_the_word_does_not_mention_it(morphology, text, key):
    assert not mentions(text, key, morphology.lemmas_in([text]))


def test_one_lookup_for_many_texts_answers_as_one_for_each_token(morphology):
    texts = ["The children's mice went", "wolves ran swiftly"]
    lemmas_of = morphology.lemmas_in(texts)
    for token in ("the", "children's", "children", "mice", "went", "wolves", "ran", "swiftly"):
        assert lemmas_of(token) == morphology.lemma_candidates(token)


def test_tokens_of_a_gloss_lead_to_the_commonest_headword(morphology):
    found = morphology.headwords(["mice", "having", "arranging", "tiger", "xyzzy"])
    assert {token: lemma.key for token, lemma in found.items()} == {
        "mice": "mouse",
        "having": "have",
        "arranging": "arrange",
        "tiger": "tiger",
    }


@pytest.mark.parametrize(
    ("a", "b", "are"), [("colour", "color", True), ("tiger", "lion", False), ("colour", "xyzzy", False)]
)
def test_spelling_variants_share_a_meaning(morphology, a, b, are):
    assert morphology.are_variants(a, b) is are
    assert morphology.are_variants(b, a) is are


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("boxes", "box"),
        ("tried", "try"),
        ("lying", "lie"),
        ("hoping", "hope"),
        ("hopping", "hop"),
        ("dog's", "dog"),
    ],
)
def test_regular_endings_are_taken_off(form, base):
    assert base in regular_bases(form)


@pytest.mark.parametrize("form", ["glass", "is", "as", "a", ""])
def test_what_only_looks_like_an_ending_stays(form):
    assert not regular_bases(form) & {"glas", "i", "a", ""}
