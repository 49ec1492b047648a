"""What stands around a word."""

from __future__ import annotations

import pytest

from flows.core.words import word_key
from flows.lexicon import relate


@pytest.fixture
def concepts(lexicon, morphology, entry):
    def of(key):
        found = entry(key)
        glossary = morphology.headwords(
            {word for sense in found.senses[:2] for word in relate.gloss_words(sense.gloss)}
        )
        return relate.related_concepts(found, lexicon.presentable, glossary)

    return of


@pytest.mark.parametrize(
    ("key", "some"),
    [
        ("beverage", {"coffee", "tea", "milk"}),
        ("chess", {"board game"}),
        ("dangerous", {"safe", "danger"}),
        ("college", {"student", "faculty"}),
        ("lawyer", {"attorney", "law"}),
        ("brazilian", {"Brazil"}),
        ("face", {"eye", "mouth"}),
    ],
)
def test_concepts_are_what_a_reader_would_look_up_next(concepts, key, some):
    assert some & set(concepts(key))


def test_concepts_of_common_words_are_familiar(lexicon, concepts):
    ranks = []
    for lemma in lexicon.lemmas(limit=300):
        ranks += [
            found.rank for found in lexicon.find(word_key(text) for text in concepts(lemma.key)).values()
        ]
    assert sum(rank > 60_000 for rank in ranks) / len(ranks) < 0.02
    assert sorted(ranks)[len(ranks) // 2] < 5_000


def test_concepts_are_distinct_words_other_than_the_word_and_its_spellings(concepts):
    for key in ("colour", "synchronize", "organize", "paean", "theatre", "walk"):
        keys = [word_key(text) for text in concepts(key)]
        assert len(set(keys)) == len(keys)
        assert not {key, "color", "synchronise", "organise", "pean", "theater", "walking"} & set(keys)


@pytest.mark.parametrize("key", ["macroeconomic", "fanged", "hereof", "least of all", "squared"])
def test_word_with_hardly_a_relative_has_one_concept(concepts, key):
    assert concepts(key)


def test_vague_wider_terms_give_way_to_telling_ones(concepts):
    assert not {"whole", "physical entity", "abstraction", "artifact", "change", "be"} & set(
        concepts("hammer") + concepts("increase") + concepts("seem")
    )


def test_no_concept_is_a_slur(lexicon, concepts):
    for key in ("person", "homosexual", "jew", "german", "woman", "buttocks"):
        found = lexicon.find(word_key(text) for text in concepts(key))
        assert all(lemma.rank <= lexicon.presentable for lemma in found.values())


def test_relations_name_each_word_once_the_telling_kinds_first(entry, lexicon):
    found = relate.relations(entry("tiger"), lexicon.presentable)
    assert ("kind of", "big cat") in {(relation.kind, relation.word) for relation in found}
    for key in ("cut", "need", "house", "person"):
        found = relate.relations(entry(key), lexicon.presentable)
        words = [word_key(relation.word) for relation in found]
        assert 1 <= len(words) == len(set(words)) <= 20
        assert key not in words


def test_relations_are_those_of_the_meaning_shown(entry, lexicon):
    assert "Danish krone" not in {
        relation.word for relation in relate.relations(entry("ore"), lexicon.presentable)
    }


def test_examples_show_the_meaning_that_is_defined(entry, morphology):
    def fitting(key):
        return [
            relate.fitting_examples(sense, key, morphology.lemma_candidates) for sense in entry(key).senses
        ]

    assert fitting("face")[0][0] == "he washed his face"
    assert fitting("tank")[0] == ()
    assert ("tank animal refuse",) in fitting("tank")


def test_example_that_is_nothing_but_the_word_shows_nothing(entry, morphology):
    sense = entry("tiger").senses[0]
    lone = type(sense)(
        **{name: getattr(sense, name) for name in sense.__slots__} | {"examples": ("Tigers!", "two tigers")}
    )
    assert relate.fitting_examples(lone, "tiger", morphology.lemma_candidates) == ("two tigers",)
