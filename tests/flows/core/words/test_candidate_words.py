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
        ("", Verdict.EMPTY, "Empty"),
        (" \u00a0\u200b ", Verdict.EMPTY, "Empty"),
        ("a" * (MAX_WORD_LENGTH + 1), Verdict.TOO_LONG, "Longer than 60 characters"),
        ("ﬃ" * 30, Verdict.TOO_LONG, "Longer than 60 characters"),
        ("one two three four five", Verdict.TOO_MANY_WORDS, "More than 4 words"),
        ("?!", Verdict.NO_LETTER, "No letters"),
        ("&", Verdict.NO_LETTER, "No letters"),
        ("42", Verdict.NUMBER, "A number"),
        ("-3.5 %", Verdict.NUMBER, "A number"),
        ("21st", Verdict.NUMBER, "A number"),
        ("2ND", Verdict.NUMBER, "A number"),
        ("0xff", Verdict.NUMBER, "A number"),
        ("1.5e10", Verdict.NUMBER, "A number"),
        ("½", Verdict.NUMBER, "A number"),
        ("cat (animal)", Verdict.MARKUP, "Contains brackets"),
        ("<b>cat", Verdict.MARKUP, "Contains brackets"),
        ("https://cat.example", Verdict.MARKUP, "Looks like an address"),
        ("WWW.cat", Verdict.MARKUP, "Looks like an address"),
        ("cat.com", Verdict.MARKUP, "Looks like an address"),
        ("me@home", Verdict.MARKUP, "Contains an at sign"),
        ("cat&amp;dog", Verdict.MARKUP, "Contains an HTML entity"),
        ("**cat**", Verdict.MARKUP, "Contains markup"),
        ("snake_case", Verdict.MARKUP, "Contains markup"),
        ("“cat”", Verdict.MARKUP, "Contains quotation marks"),
        ("'cat'", Verdict.MARKUP, "Contains quotation marks"),
        ("‘cat’", Verdict.MARKUP, "Contains quotation marks"),
        ("• cat", Verdict.MARKUP, "Starts like a list item"),
        ("- cat", Verdict.MARKUP, "Starts like a list item"),
        ("1. cat", Verdict.MARKUP, "Starts like a list item"),
        ("cat\ndog", Verdict.MARKUP, "Contains a line break"),
        ("cat\u2028dog", Verdict.MARKUP, "Contains a line break"),
        ("cat\u2029dog", Verdict.MARKUP, "Contains a line break"),
        ("cat\x85dog", Verdict.MARKUP, "Contains a line break"),
        ("cat\x0bdog", Verdict.MARKUP, "Contains a line break"),
        ("cat\x00dog", Verdict.MARKUP, "Contains control characters"),
        ("cat\u202edog", Verdict.MARKUP, "Contains control characters"),
        ("cat" + chr(0xD800), Verdict.MARKUP, "Contains an invalid character"),
        ("cat\ue000", Verdict.MARKUP, "Contains an invalid character"),
        ("cat\u0378", Verdict.MARKUP, "Contains an invalid character"),
        ("cat\ufffd", Verdict.MARKUP, "Contains an invalid character"),
        ("A cat.", Verdict.SENTENCE, "Ends like a sentence"),
        ("wait...", Verdict.SENTENCE, "Ends like a sentence"),
        ("really?", Verdict.SENTENCE, "Ends like a sentence"),
        ("cats,", Verdict.SENTENCE, "Ends like a sentence"),
        ("cat！", Verdict.SENTENCE, "Ends like a sentence"),
        ("Stop. Go", Verdict.SENTENCE, "Contains the end of a sentence"),
        ("Full stop. Go", Verdict.SENTENCE, "Contains the end of a sentence"),
        ("Stop! Go", Verdict.SENTENCE, "Contains the end of a sentence"),
        ("so? yes", Verdict.SENTENCE, "Contains the end of a sentence"),
        ("wait… what", Verdict.SENTENCE, "Contains the end of a sentence"),
        ("cat: an animal", Verdict.SENTENCE, "Contains an explanation"),
        ("cat - animal", Verdict.SENTENCE, "Contains an explanation"),
        ("cat — animal", Verdict.SENTENCE, "Contains an explanation"),
        ("cat ‐ animal", Verdict.SENTENCE, "Contains an explanation"),
        ("cat, dog", Verdict.SENTENCE, "A list"),
        ("cat，dog", Verdict.SENTENCE, "A list"),
        ("cat, sandy dog", Verdict.SENTENCE, "A list"),
        ("it is raining", Verdict.SENTENCE, "Reads like a sentence"),
        ("It's raining", Verdict.SENTENCE, "Reads like a sentence"),
        ("They can swim", Verdict.SENTENCE, "Reads like a sentence"),
        ("The cat is big", Verdict.SENTENCE, "Reads like a sentence"),
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
        == "words: “one two three four five” is not a valid word: more than 4 words. Use at most 4 words;"
        " separate entries with commas or lines."
    )
    with pytest.raises(InvalidInput, match="Spell the number out, for example “seven”"):
        parse_word("7")
