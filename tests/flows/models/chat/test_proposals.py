"""Lists of words, whole and cut, and what is said to somebody instead of one."""

import json

import pytest

from flows.models.chat.proposals import read_proposals

VALID = json.dumps({"words": ["bread", "cheese"]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{VALID}\n</think>", ("bread", "cheese")),
        (f"<think>{VALID}</think>", ("bread", "cheese")),
        ("<think>1. no\n2. way</think>\n1. bread\n2. cheese", ("bread", "cheese")),
        (json.dumps({"words": {"bread": ["noun"], "ice": ["noun", "verb"]}}), ("bread", "ice")),
        (json.dumps({"words": {"food": ["bread", "ice"], "drink": ["tea"]}}), ("bread", "ice", "tea")),
        (json.dumps({"words": ["bread, cheese"]}), ("bread", "cheese")),
        (json.dumps({"words": ["bread; cheese", "ice cream"]}), ("bread", "cheese", "ice cream")),
        (json.dumps({"words": ["bread\ncheese"]}), ("bread", "cheese")),
        (json.dumps({"words": ["lock, stock, and barrel"]}), ("lock, stock, and barrel",)),
        (json.dumps({"words": ["hook, line and sinker", "tea"]}), ("hook, line and sinker", "tea")),
        ("Sure, bread, cheese, rice", ("bread", "cheese", "rice")),
        ("yes\nno\nerror", ("yes", "no", "error")),
        ("bread\ncheese", ("bread", "cheese")),
    ],
)
def test_the_words_of_a_list_are_read(text, words):
    assert read_proposals(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1. bread\n2. cheese\n3. app", ("bread", "cheese")),
        ("1. bread\n2. cheese\n", ("bread", "cheese")),
        ("- bread\n- cheese\n- apple p", ("bread", "cheese")),
        ("bread, cheese, app", ("bread", "cheese")),
        ("bread\ncheese\napp", ("bread", "cheese")),
        ('{"words":["bread","cheese","app', ("bread", "cheese")),
        ('{"words":["bread","cheese"', ("bread", "cheese")),
    ],
)
def test_of_a_list_that_was_cut_no_half_word_is_kept(text, words):
    assert read_proposals(text, is_cut=True) == words


@pytest.mark.parametrize(
    "text",
    [
        "Service unavailable\nPlease retry later",
        "Yes, of course, here you go",
        "Internal Server Error\nTry again later",
        "Too many requests\nSlow down",
        "Rate limit exceeded\nTry tomorrow",
        "Sorry, I can't",
        "Your key is invalid\nAsk the owner",
        "Connection timed out\nUpstream failed",
        "Okay, sure, certainly",
    ],
)
def test_what_is_said_to_somebody_is_no_list(text):
    with pytest.raises(ValueError, match="no list"):
        read_proposals(text)
