"""Closed lists as others write them."""

import pytest

from flows.boundary.terms import category, headword, part_of_speech
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
        ("noun & verb", "noun"),
        ("plural noun", "noun"),
        ("(noun)", "noun"),
        ("pos: noun", "noun"),
        ("it's a noun", "noun"),
        ("n. pl.", "noun"),
        ("multi-word noun", "noun"),
        ("ｎｏｕｎ", "noun"),
        ("no\u00adun", "noun"),
        ("tr. v.", "verb"),
        ("v. t.", "verb"),
        ("PhrasalVerb", "verb"),
        ("uncountable", "noun"),
        ("intransitive", "verb"),
        ("attributive adjective", "adjective"),
        ("adverb of manner", "adverb"),
        ("noun phrase", "phrase"),
        ("idiomatic expression", "phrase"),
        ("saying", "phrase"),
        ("pronoun", None),
        ("interjection", None),
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
        ("Food & Drink", "food"),
        ("FoodAndDrink", "food"),
        ("zoology > animal", "animal"),
        ("a kind of animal", "animal"),
        ("musical instrument", "artifact"),
        ("plant life", "plant"),
        ("communication.n", "communication"),
        ("motion verb", "motion"),
        ("Music", "communication"),
        ("clothes", "artifact"),
        ("religion", "cognition"),
        ("wonderful", None),
        ("", None),
    ],
)
def test_categories(text, found):
    assert category(text) == found


def test_every_category_is_its_own_name():
    assert [category(str(one)) for one in Category] == list(Category)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("tide", "tide"),
        ("1. tide", "tide"),
        ("12) tide", "tide"),
        ("(3) tide", "tide"),
        ("- tide", "tide"),
        ("• **tide**", "tide"),
        ("`tide`,", "tide"),
        ("“spring tide”", "spring tide"),
        ("'tide'", "tide"),
        ("tide (noun)", "tide"),
        ("tide [n.]", "tide"),
        ("tide.", "tide"),
        ("tide: the rise and fall of the sea", "tide"),
        ("spring tide – a high tide", "spring tide"),
        ("1 - **tide**: the rise of the sea", "tide"),
        ("**tide:** the rise", "tide"),
        ("*tide* noun", "tide"),
        ("tide, n.", "tide"),
        ("tide / noun", "tide"),
        ("tide\tnoun", "tide"),
        ("tide (noun).", "tide"),
        ("“tide”: the sea", "tide"),
        ("「tide」", "tide"),
        ("tide -> the sea", "tide"),
        ("a) tide", "tide"),
        ("① tide", "tide"),
        ("1\ufe0f\u20e3 tide", "tide"),
        ("3.tide", "tide"),
        ("✅ tide", "tide"),
        ("tide 🌊", "tide"),
        ("[tide]", "tide"),
        ("<b>tide</b>", "tide"),
        ("tide /taɪd/", "tide"),
        ("tide [taɪd]", "tide"),
        ("Word: tide", "tide"),
        ("word = tide", "tide"),
        ("noun: tide", "tide"),
        ("tide¹", "tide"),
        ("spring_tide", "spring tide"),
        # what belongs to the word stays
        ("'hood", "'hood"),
        ("rock 'n' roll", "rock 'n' roll"),
        ("e.g.", "e.g."),
        ("a.m.", "a.m."),
        ("C++", "C++"),
        ("3D", "3D"),
        ("7-Eleven", "7-Eleven"),
        ("24/7", "24/7"),
        ("and/or", "and/or"),
        ("AT&T", "AT&T"),
        (".NET", ".NET"),
        ("CO₂", "CO₂"),
        ("etc.", "etc."),
        ("Mr.", "Mr."),
        ("**rock** 'n' roll", "rock** 'n' roll"),
        ("salt, pepper", "salt, pepper"),
        ("<tide>", "<tide>"),
        ("Mercury (planet)", "Mercury (planet)"),
        ("Blade Runner: 2049", "Blade Runner: 2049"),
        ("well-being", "well-being"),
        ('a "b"', 'a "b"'),
        ("This is how it goes.", "This is how it goes."),
        ("one two three four five: a list of words", "one two three four five: a list of words"),
        ("", ""),
        ("**", ""),
        ("...", "..."),
    ],
)
def test_a_headword_comes_out_of_its_dress(text, word):
    assert headword(text) == word
    assert headword(headword(text)) == headword(text)
