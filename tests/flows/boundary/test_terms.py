"""Closed lists as others write them."""

import pytest

from flows.boundary.terms import category, part_of_speech
from flows.knowledge import Category


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Noun", "noun"),
        ("n.", "noun"),
        ("noun.animal", "noun"),
        ("proper noun", "noun"),
        ("noun, verb", "noun"),
        ("NOUN (countable)", "noun"),
        ("transitive verb", "verb"),
        ("adj.", "adjective"),
        ("Adjective Satellite", "adjective"),
        ("adv", "adverb"),
        ("idiom", "phrase"),
        ("thing", None),
        ("", None),
        ("preposition", None),
    ],
)
def test_parts_of_speech(text, part):
    assert part_of_speech(text) == part


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Animal", "animal"),
        ("noun.animal", "animal"),
        ("animals", "animal"),
        ("Emotion", "feeling"),
        ("natural phenomenon", "phenomenon"),
        ("food/drink", "food"),
        ("wonderful", None),
        ("", None),
    ],
)
def test_categories(text, found):
    assert category(text) == found


def test_every_category_is_its_own_name():
    assert [category(str(one)) for one in Category] == list(Category)
