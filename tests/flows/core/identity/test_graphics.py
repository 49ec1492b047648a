"""What is left of a word without marks, and when two such words are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from rule_values import texts

from flows.core.identity.doublets import DOUBLETS
from flows.core.identity.graphics import graphical_key, is_same_word
from flows.core.words import word_key

PARTS = {
    "setup": {"noun"},
    "set up": {"verb"},
    "cellphone": {"noun"},
    "cell phone": {"verb"},
    "commonsense": {"adjective"},
    "common sense": {"noun"},
    "well": {"adverb", "noun"},
    "fig": {"noun"},
    "am": {"noun"},
    "a.m.": {"adverb"},
}


def parts_of(key):
    return frozenset(PARTS.get(key, ()))


def share(*pairs):
    return lambda one, other: {one, other} in [set(pair) for pair in pairs]


def one_word(one, other, *pairs, language="en"):
    answers = {
        is_same_word(
            word_key(a), word_key(b), parts_of=parts_of, shares_meaning=share(*pairs), language=language
        )
        for a, b in ((one, other), (other, one))
    }
    assert len(answers) == 1, "the order must not matter"
    return answers.pop()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("cat", "cat"),
        ("Café", "cafe"),
        ("naïve", "naive"),
        ("ice-cream", "icecream"),
        ("Ice  Cream", "icecream"),
        ("ﬁsh", "fish"),
        ("œuvre", "oeuvre"),
        ("Æon", "aeon"),
        ("smørrebrød", "smorrebrod"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("ısı", "isi"),
        ("Hawaiʻi", "hawaii"),
        ("rock ’n’ roll", "rocknroll"),
        ("Ph.D.", "phd"),
        ("R&B", "randb"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "fullwidth"),
        ("Å", "a"),
        ("が", "が"),
        ("й", "й"),
        ("कि", "कि"),
        ("--", "--"),
    ],
)
def test_marks_and_spaces_are_left_out_of_latin_words_only(text, left):
    assert graphical_key(word_key(text)) == left


@given(texts)
def test_what_is_left_of_a_word_is_a_key_and_stays(text):
    left = graphical_key(word_key(text))
    assert graphical_key(left) == left
    assert bool(left) == bool(word_key(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("café", "cafe"),
        ("co-operate", "cooperate"),
        ("icecream", "ice cream"),
        ("ice-cream", "ice cream"),
        ("Hawai'i", "Hawaii"),
        ("o'clock", "oclock"),
        ("mother in law", "mother-in-law"),
        ("on-line", "online"),
        ("passer by", "passer-by"),
        ("résumé", "resumé"),
        ("cell phone", "cellphone"),
        ("re-enter", "reenter"),
        ("Ph.D.", "PhD"),
    ],
)
def test_spellings_of_one_word(one, other):
    assert one_word(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cat", "dog"),
        ("resume", "résumé"),
        ("rosé", "rose"),
        ("rosés", "roses"),
        ("co-op", "coop"),
        ("re-signed", "resigned"),
        ("set up", "setup"),
        ("set up", "set-up"),
        ("in to", "into"),
        ("every day", "everyday"),
        ("common sense", "commonsense"),
        ("we'll", "well"),
        ("fig.", "fig"),
        ("a.m.", "am"),
        ("black bird", "blackbird"),
        ("côte", "côté"),
    ],
)
def test_words_that_only_look_alike(one, other):
    assert not one_word(one, other)


def test_a_meaning_in_common_makes_one_word_of_what_rules_would_part():
    assert one_word("any more", "anymore", ("any more", "anymore"))
    assert one_word("a.m.", "am", ("a.m.", "am"))


def test_in_other_languages_an_accent_makes_another_word():
    assert one_word("schon", "schön")
    assert not one_word("schon", "schön", language="de")
    assert one_word("e-mail", "email", language="de")


def test_each_line_of_the_table_holds_words_that_look_alike_and_are_parted():
    for plain, words in DOUBLETS.items():
        assert {graphical_key(word_key(key)) for key in words} == {plain}
        assert all(word_key(key) == key for key in words)
        assert len(set(words.values())) > 1
        for one, number in words.items():
            for other, another in words.items():
                assert one_word(one, other) is (number == another), (one, other)


@pytest.mark.parametrize(
    ("key", "plain"),
    [("cаt", "cat"), ("раypal", "paypal"), ("νiking", "viking"), ("кот", "кот"), ("ναι", "ναι")],
)
def test_letters_of_other_scripts_that_look_latin_are_taken_for_them(key, plain):
    assert graphical_key(key) == plain
