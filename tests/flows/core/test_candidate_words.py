"""Which words can be learned, and why others cannot."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import example, given
from rule_values import texts

from flows.core.words import (
    MAX_WORD_LENGTH,
    MAX_WORD_PARTS,
    display_form,
    document_id,
    form_problem,
    parse_word,
    printable,
    word_key,
)
from flows.errors import InvalidInput
from flows.knowledge import Verdict, Word


@pytest.mark.parametrize(
    "text",
    [
        "cat",
        "ice cream",
        "rock 'n' roll",
        "jack-of-all-trades",
        "St. John's wort",
        "U.S.",
        "e.g.",
        "C-3PO",
        "X-ray",
        "X factor",
        "B2B",
        "naïve",
        "字",
        "می\u200cخواهم",
        "soft\u00adhyphen",
        "one two three four",
        "a" * MAX_WORD_LENGTH,
        "that is to say",
        "lock, stock, and barrel",
        "Lock, Stock, And Barrel",
        "it girl",
        "the who",
        "there there",
        "'tis",
        "AT&T",
        "24-hour",
        "dash-",
    ],
)
def test_words_and_phrases_can_be_candidates(text):
    assert form_problem(text) is None


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("", Verdict.EMPTY, "It is empty"),
        (" \u00a0\u200b ", Verdict.EMPTY, "It is empty"),
        ("a" * (MAX_WORD_LENGTH + 1), Verdict.TOO_LONG, "It has over 60 characters"),
        ("ﬃ" * 30, Verdict.TOO_LONG, "It has over 60 characters"),
        ("one two three four five", Verdict.TOO_MANY_WORDS, "It has over 4 words"),
        ("?!", Verdict.NO_LETTER, "It has no letter"),
        ("&", Verdict.NO_LETTER, "It has no letter"),
        ("42", Verdict.NUMBER, "It is a number"),
        ("-3.5 %", Verdict.NUMBER, "It is a number"),
        ("21st", Verdict.NUMBER, "It is a number"),
        ("2ND", Verdict.NUMBER, "It is a number"),
        ("0xff", Verdict.NUMBER, "It is a number"),
        ("1.5e10", Verdict.NUMBER, "It is a number"),
        ("½", Verdict.NUMBER, "It is a number"),
        ("cat (animal)", Verdict.MARKUP, "It holds brackets"),
        ("<b>cat", Verdict.MARKUP, "It holds brackets"),
        ("https://cat.example", Verdict.MARKUP, "It is an address"),
        ("WWW.cat", Verdict.MARKUP, "It is an address"),
        ("cat.com", Verdict.MARKUP, "It is an address"),
        ("me@home", Verdict.MARKUP, "It holds an at sign"),
        ("cat&amp;dog", Verdict.MARKUP, "It holds an HTML entity"),
        ("**cat**", Verdict.MARKUP, "It holds markup"),
        ("snake_case", Verdict.MARKUP, "It holds markup"),
        ("“cat”", Verdict.MARKUP, "It holds quotation marks"),
        ("'cat'", Verdict.MARKUP, "It holds quotation marks"),
        ("‘cat’", Verdict.MARKUP, "It holds quotation marks"),
        ("• cat", Verdict.MARKUP, "It begins like an item of a list"),
        ("- cat", Verdict.MARKUP, "It begins like an item of a list"),
        ("1. cat", Verdict.MARKUP, "It begins like an item of a list"),
        ("cat\ndog", Verdict.MARKUP, "It holds a line break"),
        ("cat\u2028dog", Verdict.MARKUP, "It holds a line break"),
        ("cat\u2029dog", Verdict.MARKUP, "It holds a line break"),
        ("cat\x85dog", Verdict.MARKUP, "It holds a line break"),
        ("cat\x0bdog", Verdict.MARKUP, "It holds a line break"),
        ("cat\x00dog", Verdict.MARKUP, "It holds control characters"),
        ("cat\u202edog", Verdict.MARKUP, "It holds control characters"),
        ("cat" + chr(0xD800), Verdict.MARKUP, "It holds a character that is none"),
        ("cat\ue000", Verdict.MARKUP, "It holds a character that is none"),
        ("cat\u0378", Verdict.MARKUP, "It holds a character that is none"),
        ("cat\ufffd", Verdict.MARKUP, "It holds a character that is none"),
        ("A cat.", Verdict.SENTENCE, "It ends like a sentence"),
        ("wait...", Verdict.SENTENCE, "It ends like a sentence"),
        ("really?", Verdict.SENTENCE, "It ends like a sentence"),
        ("cats,", Verdict.SENTENCE, "It ends like a sentence"),
        ("cat！", Verdict.SENTENCE, "It ends like a sentence"),
        ("Stop. Go", Verdict.SENTENCE, "It holds the end of a sentence"),
        ("Full stop. Go", Verdict.SENTENCE, "It holds the end of a sentence"),
        ("Stop! Go", Verdict.SENTENCE, "It holds the end of a sentence"),
        ("so? yes", Verdict.SENTENCE, "It holds the end of a sentence"),
        ("wait… what", Verdict.SENTENCE, "It holds the end of a sentence"),
        ("cat: an animal", Verdict.SENTENCE, "It explains itself"),
        ("cat - animal", Verdict.SENTENCE, "It explains itself"),
        ("cat — animal", Verdict.SENTENCE, "It explains itself"),
        ("cat ‐ animal", Verdict.SENTENCE, "It explains itself"),
        ("cat, dog", Verdict.SENTENCE, "It is a list"),
        ("cat，dog", Verdict.SENTENCE, "It is a list"),
        ("cat, sandy dog", Verdict.SENTENCE, "It is a list"),
        ("it is raining", Verdict.SENTENCE, "It reads like a sentence"),
        ("It's raining", Verdict.SENTENCE, "It reads like a sentence"),
        ("They can swim", Verdict.SENTENCE, "It reads like a sentence"),
        ("The cat is big", Verdict.SENTENCE, "It reads like a sentence"),
    ],
)
def test_what_cannot_be_a_word_is_refused_with_its_reason(text, verdict, reason):
    assert form_problem(text) == (verdict, reason)


def test_a_tab_inside_is_only_white_space():
    assert form_problem("ice\tcream") is None


@given(texts)
@example("a，b")
@example("a⁇ b")
@example("a ‐ b")
def test_what_is_a_word_is_one_in_its_display_form_and_as_its_key(text):
    if form_problem(text) is None:
        assert form_problem(display_form(text)) is None
        assert form_problem(word_key(text)) is None


@given(texts)
def test_every_word_is_within_the_limits_and_has_an_id(text):
    if form_problem(text) is None:
        word = parse_word(text)
        assert word == Word(text=display_form(text), key=word_key(text))
        assert 0 < len(word.text) <= MAX_WORD_LENGTH
        assert len(word.key.split()) <= MAX_WORD_PARTS
        assert unquote(document_id(word.key)) == word.key
        assert printable(word.text) == word.text
    else:
        with pytest.raises(InvalidInput, match=r"^words: “"):
            parse_word(text)


def test_a_refused_word_is_named_with_the_reason_and_the_way_out():
    with pytest.raises(InvalidInput) as raised:
        parse_word("one two three four five")
    assert (
        str(raised.value)
        == "words: “one two three four five” cannot be learned: it has over 4 words. Give at most 4 words;"
        " separate entries by commas or lines."
    )
    with pytest.raises(InvalidInput, match="Give a word with letters, such as “seven”"):
        parse_word("7")
