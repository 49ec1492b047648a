"""Whether a text mentions a word or an inflection of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_values import lemmas_of, no_lemmas, plain_words, texts

from flows.core.identity.mentions import MAX_GAP, mentions
from flows.core.words import word_key


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The cat sat.", "cat"),
        ("CATS everywhere", "Cat"),
        ("A cat's paw", "cat"),
        ("The cats' food", "cat"),
        ("The children's room", "child"),
        ("He took off.", "take off"),
        ("She turned the old lamp off.", "turned off"),
        ("It took the crew four hours off", "take off"),
        ("Ice-cream melts", "ice cream"),
        ("An ice cream melts", "ice-cream"),
        ("He lost his temper.", "lose one's temper"),
        ("They lost Tom's temper.", "lose one's temper"),
        ("He found himself", "find oneself"),
        ("Learn C++ today", "C++"),
        ("He is 5'11\" tall", "5'11\""),
        ("我喜欢猫咪", "猫"),
        ("แมวกินปลา", "ปลา"),
        ("“Café” culture", "café"),
        ("कि शब्द", "कि"),
        ("कि a कि", "a"),
    ],
)
def test_words_inflections_and_phrases_are_found(text, word):
    assert mentions(text, word, lemmas_of)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("A category of things", "cat"),
        ("The tomcat sat.", "cat"),
        ("He off took", "take off"),
        ("He took a b c d e off", "take off"),
        ("He took the hat", "take off"),
        ("He took off", "take in"),
        ("Ice and cream", "ice cream"),
        ("Only ice", "ice cream"),
        ("He lost her a temper", "lose one's temper"),
        ("He lost the temper", "lose one's temper"),
        ("He found him", "find oneself"),
        ("He lost himself temper", "lose one's temper"),
        ("", "cat"),
        ("The cat", ""),
        ("The cat", "\u200b"),
        ("What is this?", "++"),
        ("cats", "cat's"),
        ("कि", "क"),
        ("कित", "त"),
    ],
)
def test_other_words_are_not(text, word):
    assert not mentions(text, word, lemmas_of)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("We cooperated.", "co-operate"),
        ("We co-operated.", "cooperate"),
        ("an icecream", "ice cream"),
        ("a café", "cafe"),
        ("a cafe", "café"),
        ("his whole œuvre", "oeuvre"),
    ],
)
def test_other_spellings_of_the_word_are_found(text, word):
    assert mentions(text, word, lambda token: {"cooperated": ("cooperate",)}.get(token, ()))


@pytest.mark.parametrize(
    ("text", "word"),
    [("a rosé", "rose"), ("a rose", "rosé"), ("The takeoff", "take off"), ("into it", "in to")],
)
def test_words_that_only_look_like_it_are_not(text, word):
    assert not mentions(text, word, no_lemmas)


def test_a_phrasal_verb_may_have_four_words_within():
    inside = ["a"] * MAX_GAP
    assert mentions(" ".join(["took", *inside, "off"]), "take off", lemmas_of)
    assert not mentions(" ".join(["took", *inside, "a", "off"]), "take off", lemmas_of)


def test_an_inflection_needs_a_lexicon():
    assert not mentions("Two cats", "cat", no_lemmas)
    assert mentions("Two cats", "cat", lemmas_of)
    assert mentions("That's it", "be", {"that's": ("be",), "that": (), "it": ()}.get)


def test_a_possessive_mentions_its_word_without_a_lexicon():
    assert mentions("An ice-man's hat", "ice man", no_lemmas)


def test_every_beginning_of_a_phrase_is_tried():
    assert mentions("ice and then ice-cream", "ice cream", no_lemmas)
    assert mentions("He took a long, long, long look, then took off", "take off", lemmas_of)


def test_words_without_tokens_are_only_found_as_they_stand():
    assert mentions("a ++ b", "++", no_lemmas)
    assert not mentions("a + + b", "++", no_lemmas)


@given(plain_words, plain_words, plain_words)
def test_a_text_mentions_each_of_its_words_and_each_phrase_of_it(one, two, three):
    text = f"{one} {two}, {three}!"
    assert mentions(text, two, no_lemmas)
    assert mentions(text, f"{one} {two}", no_lemmas)
    assert mentions(text.upper(), three, no_lemmas)


@given(st.lists(plain_words, max_size=5), plain_words)
def test_without_a_lexicon_a_word_is_mentioned_only_where_it_stands_whole(text, word):
    assert mentions(" ".join(text), word, no_lemmas) == (word in text)


@given(texts, texts)
def test_mention_depends_on_keys_alone(text, word):
    assert mentions(text, word, no_lemmas) == mentions(word_key(text), word_key(word), no_lemmas)


@given(texts)
def test_every_text_mentions_itself_if_it_is_anything(text):
    assert mentions(text, text, no_lemmas) == bool(word_key(text))
