"""What deepening adds to an entry, what is left to learn, and what holds of every entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_values import (
    LATER,
    citation,
    definition,
    enrichment,
    entry,
    lemmas_of,
    no_lemmas,
    plain_words,
    provenance,
    texts,
)

from flows.core.entries import deep_problems, deepened_entry, definition_problems, entry_problems, unlearned
from flows.core.words import form_problem, word_key
from flows.knowledge import Deepening, Word
from tests.flows.core.entries.entry_drafts import concepts, enriched, problems, words


def deepened(of=None, citations=(), **changes):
    values = {
        "explanation": "A cat is a small animal with soft fur that people keep at home.",
        "applications": (),
        "misconceptions": (),
    }
    return deepened_entry(
        of or entry(),
        Deepening(**(values | changes)),
        provenance=provenance("deep-model"),
        citations=citations,
        now=LATER,
    )


def test_deepening_makes_a_new_revision_and_changes_nothing_else():
    before = entry(revision=2)
    found = deepened(
        before,
        explanation=f"  {'Explained. ' * 5} ",
        applications=(" Catch  mice. ", "catch mice.", " ", "Purr."),
        misconceptions=("No.",),
    )
    assert found == before.model_copy(
        update={
            "depth": "deep",
            "revision": 3,
            "explanation": ("Explained. " * 5).strip(),
            "applications": ("Catch mice.", "Purr."),
            "misconceptions": ("No.",),
            "provenance": provenance("deep-model"),
            "updated_at": LATER,
        }
    )
    assert deep_problems(found) == ()


def test_deepening_keeps_eight_points_and_adds_only_new_citations():
    found = deepened(applications=words(9), misconceptions=words(10))
    assert (found.applications, found.misconceptions) == (words(8), words(8))
    before = entry(citations=(citation(1), citation(2)))
    new = (
        citation(2, quote="Other."),
        citation(3),
        citation(1, revision="5"),
        citation(1, source="wiktionary"),
    )
    assert deepened(before, citations=new).citations == (
        citation(1),
        citation(2),
        citation(3),
        citation(1, revision="5"),
        citation(1, source="wiktionary"),
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"depth": "enriched", "explanation": "x" * 100}, "depth: must be deep (is enriched)"),
        ({"explanation": None}, "explanation: is shorter than the definition"),
        ({"explanation": "Short."}, "explanation: is shorter than the definition"),
        (
            {"explanation": "A SMALL animal that people keep at home."},
            "explanation: repeats the definition",
        ),
        (
            {"explanation": "A  small animal that people keep at home."},
            "explanation: repeats the definition",
        ),
        ({"explanation": "x" * 4001}, "explanation: must be at most 4,000 characters (is 4,001)"),
    ],
)
def test_each_problem_of_depth_is_named_with_its_field(changes, problem):
    assert deep_problems(entry(**({"depth": "deep"} | changes))) == (problem,)


def test_an_explanation_has_at_least_the_definition_s_length_and_at_most_4000():
    length = len(entry().definition)
    assert deep_problems(entry(depth="deep", explanation="x" * length)) == ()
    assert deep_problems(entry(depth="deep", explanation="x" * 4000)) == ()
    assert deep_problems(entry(explanation="x")) == (
        "depth: must be deep (is enriched)",
        "explanation: is shorter than the definition",
    )


def test_unlearned_concepts_are_named_with_those_that_mention_them():
    entries = [
        entry("Cat", related_concepts=("Ice  Cream", "dog", "it is big")),
        entry("Dog", related_concepts=("cat", "ice cream", "bone")),
    ]
    assert unlearned(entries) == {
        Word(text="Ice Cream", key="ice cream"): frozenset({"cat", "dog"}),
        Word(text="bone", key="bone"): frozenset({"dog"}),
    }
    assert unlearned([]) == {}


@given(st.lists(st.tuples(plain_words, st.lists(plain_words | texts, max_size=4)), max_size=6))
def test_what_is_unlearned_is_a_word_and_no_entry_here(pairs):
    entries = [entry(word, related_concepts=tuple(concepts)) for word, concepts in pairs]
    found = unlearned(entries)
    assert len({word.key for word in found}) == len(found)
    for word, by in found.items():
        assert form_problem(word.text) is None
        assert word.key == word_key(word.text)
        assert word.key not in {e.key for e in entries}
        assert by == {e.key for e in entries if word.key in map(word_key, e.related_concepts)} != frozenset()


sentences = st.lists(
    st.sampled_from(["A cat.", "a  cat.", "Two cats!", "A dog.", "My cat."]) | texts, max_size=6
).map(tuple)


@given(
    concepts,
    sentences,
    st.sampled_from(["animal", "noun.food", "beast", ""]),
    st.booleans(),
    texts | st.just("A small animal at home."),
)
def test_enriching_makes_a_valid_entry_or_says_why_not(related, examples, category, invents, text):
    found, wrong = enriched(
        enrichment(related_concepts=related, examples=examples, category=category),
        of=definition(text=text),
        invents=invents,
    )
    assert (found is None) == bool(wrong)
    if found:
        assert entry_problems(found, lemmas_of=lemmas_of, invents=invents) == ()
        assert definition_problems(definition(text=text)) == ()


@given(
    concepts,
    st.lists(st.sampled_from(["A cat.", "Two cats!", "A category.", "A dog.", ""]), max_size=5).map(tuple),
    st.booleans(),
)
def test_an_entry_is_valid_exactly_when_it_keeps_the_rules(related, examples, invents):
    keys = [word_key(concept) for concept in related]
    keeps = (
        (3 if invents else 1) <= len(keys) <= 8
        and len(set(keys)) == len(keys)
        and "cat" not in keys
        and all(form_problem(concept) is None for concept in related)
        and (1 if invents else 0) <= len(examples) <= 3
        and {"A cat.", "Two cats!"}.issuperset(examples)
    )
    valid = not problems(related_concepts=related, examples=examples, invents=invents)
    assert valid == keeps


@given(st.lists(texts, max_size=12).map(tuple), st.lists(texts, max_size=12).map(tuple), st.text(max_size=80))
def test_deepening_any_answer_keeps_the_entry_and_its_points_short(applications, misconceptions, explanation):
    before = entry(citations=(citation(),))
    found = deepened(
        before,
        applications=applications,
        misconceptions=misconceptions,
        explanation=explanation,
        citations=(citation(),),
    )
    assert len(found.applications) <= 8
    assert all(point.strip() == point != "" for point in (*found.applications, *found.misconceptions))
    assert found.citations == before.citations
    assert not entry_problems(found, lemmas_of=no_lemmas)
