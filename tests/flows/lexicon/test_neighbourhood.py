"""Words near a topic."""

from __future__ import annotations

from itertools import islice

import pytest

from flows.lexicon.neighbourhood import LIMIT, neighbourhood, suggestions


def nearest(lexicon, topic, count):
    return [lemma.key for lemma in islice(neighbourhood(lexicon, topic), count)]


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("astronomy", {"star", "planet", "comet", "meteor", "astronomer", "supernova"}),
        ("cooking", {"bake", "roast", "simmer", "cuisine", "cook", "barbecue"}),
        ("chess", {"king", "queen", "bishop", "knight", "pawn", "checkmate"}),
        ("machine learning", {"learning"}),
        ("Climate change", {"climate"}),
        ("planets", {"mars", "venus", "saturn"}),
    ],
)
def test_topic_brings_its_own_words_first(lexicon, topic, expected):
    assert expected <= set(nearest(lexicon, topic, 250))


def test_neighbours_are_each_given_once_without_the_topic_itself_and_all_presentable(lexicon):
    found = list(neighbourhood(lexicon, "music"))
    keys = [lemma.key for lemma in found]
    assert len(set(keys)) == len(keys) > 500
    assert "music" not in keys
    assert all(lemma.rank <= lexicon.presentable for lemma in found)


def test_a_rare_meaning_of_the_topic_brings_nothing(lexicon):
    # chess is also a grass
    assert "bromus secalinus" not in nearest(lexicon, "chess", 300)


def test_topic_whose_words_are_slurs_offers_none(lexicon):
    found = nearest(lexicon, "disparagement", LIMIT)
    assert found
    assert not {"kike", "wop", "spic"} & set(found)


@pytest.mark.parametrize("topic", ["flurbish", "", "   ", "???", "the of", "zzxy qqwz"])
def test_nonsense_has_no_neighbours(lexicon, topic):
    assert nearest(lexicon, topic, 5) == []


def test_same_topic_brings_the_same_words_in_the_same_order(lexicon):
    assert nearest(lexicon, "astronomy", 500) == nearest(lexicon, "Astronomy ", 500)


@pytest.mark.parametrize(
    ("topic", "close"), [("astronmy", "astronomy"), ("coking", "cooking"), ("philosphy", "philosophy")]
)
def test_misspelled_topic_is_met_with_what_was_meant(lexicon, topic, close):
    assert close in suggestions(lexicon, topic)


@pytest.mark.parametrize("topic", ["", "a", "qq", "zzxyqqwz"])
def test_what_resembles_nothing_is_met_with_nothing(lexicon, topic):
    assert suggestions(lexicon, topic) == []
