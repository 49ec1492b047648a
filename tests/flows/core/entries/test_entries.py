"""What makes an entry valid, how one is made, and what it still leaves to learn."""

from __future__ import annotations

import pytest
from rule_values import (
    LATER,
    START,
    citation,
    definition,
    enrichment,
    entry,
    lemmas_of,
    provenance,
)

from flows.core.entries import definition_problems, enriched_entry, entry_problems
from flows.knowledge import Category, Relation, Sense
from tests.flows.core.entries.entry_drafts import enriched, problems, words


def test_a_good_definition_and_a_good_entry_have_no_problems():
    assert definition_problems(definition()) == ()
    assert definition_problems(definition(support="supported", citations=(citation(),))) == ()
    assert problems() == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"text": "x" * 14}, "definition: must be 15 to 600 characters (is 14)"),
        ({"text": f"   {'x' * 14}   "}, "definition: must be 15 to 600 characters (is 14)"),
        ({"text": "x" * 601}, "definition: must be 15 to 600 characters (is 601)"),
        (
            {"word": "Abracadabra-Alakazam", "text": "Abracadabra-alakazam."},
            "definition: repeats the word itself",
        ),
        ({"word": "Abracadabra et al.", "text": "ABRACADABRA ET AL"}, "definition: repeats the word itself"),
        ({"key": "dog"}, "key: does not match the word"),
        ({"support": "supported"}, "citations: a supported claim needs at least one"),
    ],
)
def test_each_problem_of_a_definition_is_named_with_its_field(changes, problem):
    assert definition_problems(definition(**changes)) == (problem,)


@pytest.mark.parametrize("length", [15, 600])
def test_a_definition_has_15_to_600_characters(length):
    assert definition_problems(definition(text="x" * length)) == ()


def test_several_problems_are_named_at_once():
    assert definition_problems(definition("Cat", text="Cat", key="dog", support="supported")) == (
        "definition: must be 15 to 600 characters (is 3)",
        "key: does not match the word",
        "citations: a supported claim needs at least one",
    )


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"definition": "Too short"}, "definition: must be 15 to 600 characters (is 9)"),
        ({"key": "dog", "examples": ("A dog.",)}, "key: does not match the word"),
        ({"support": "supported"}, "citations: a supported claim needs at least one"),
        ({"related_concepts": words(2)}, "related_concepts: need 3 to 8, got 2"),
        ({"related_concepts": words(9)}, "related_concepts: need 3 to 8, got 9"),
        ({"related_concepts": ("pet", "CAT", "kitten")}, "related_concepts: includes the word itself"),
        ({"related_concepts": ("pet", "kitten", "Kitten")}, "related_concepts: contains a duplicate"),
        (
            {"related_concepts": ("pet", "kitten", "it is big")},
            "related_concepts: “it is big” is not a valid word",
        ),
        (
            {"related_concepts": ("pet", "kitten", "x" * 61)},
            f"related_concepts: “{'x' * 59}…” is not a valid word",
        ),
        ({"examples": ()}, "examples: need 1 to 3, got 0"),
        ({"examples": ("A cat.", "Two cats.", "The cat.", "My cat.")}, "examples: need 1 to 3, got 4"),
        ({"examples": ("A cat.", "A dog.")}, "examples: “A dog.” does not mention the word"),
        ({"examples": ("dog " * 20,)}, f"examples: “{('dog ' * 20)[:59]}…” does not mention the word"),
        ({"invents": False, "related_concepts": ()}, "related_concepts: need 1 to 8, got 0"),
        ({"invents": False, "related_concepts": words(9)}, "related_concepts: need 1 to 8, got 9"),
        ({"invents": False, "examples": ("a cat",) * 4}, "examples: need 0 to 3, got 4"),
    ],
)
def test_each_problem_of_an_entry_is_named_with_its_field(changes, problem):
    assert problems(**changes) == (problem,)


def test_a_model_s_rules_hold_unless_an_entry_is_said_to_be_a_lexicon_s():
    assert entry_problems(entry(examples=()), lemmas_of=lemmas_of) == ("examples: need 1 to 3, got 0",)
    found, wrong = enriched_entry(
        definition(), enrichment(examples=()), provenance=provenance(), now=LATER, lemmas_of=lemmas_of
    )
    assert (found, wrong) == (None, ("examples: need 1 to 3, got 0",))


@pytest.mark.parametrize(
    "changes",
    [
        {"related_concepts": words(3)},
        {"related_concepts": words(8)},
        {"examples": ("A cat.", "Two cats.", "The cat.")},
        {"invents": False, "related_concepts": words(1), "examples": ()},
        {"support": "supported", "citations": (citation(),)},
        {"support": "conflict"},
    ],
)
def test_entries_within_the_bounds_are_valid(changes):
    assert problems(**changes) == ()


def test_enriching_takes_over_the_definition_and_what_is_new():
    senses = (Sense(part_of_speech="noun", gloss="An animal."),)
    source = definition(support="supported", citations=(citation(),), part_of_speech="phrase")
    found, wrong = enriched(
        enrichment(senses=senses, relations=(Relation(kind="kind of", word="animal"),)), of=source
    )
    assert wrong == ()
    assert found == entry(
        related_concepts=("animal", "pet", "kitten"),
        relations=(Relation(kind="kind of", word="animal"),),
        examples=("The cat sat on the mat.",),
        category=Category.ANIMAL,
        part_of_speech="phrase",
        senses=senses,
        support="supported",
        citations=(citation(),),
        provenance=provenance("other-model"),
        created_at=LATER,
        updated_at=LATER,
    )


def test_what_is_too_much_is_left_out():
    concepts = (" Pet ", "cat", "CAT", "it is big", "pet", "42", *words(9))
    examples = ("A dog.", "A  cat.", "a cat.", "Cats purr.", "The cat.", "Our cat.")
    relations = (
        Relation(kind=" kind  of ", word=" Animal"),
        Relation(kind="Kind of", word="animal"),
        Relation(kind="kind of", word="pet"),
        Relation(kind=" ", word="pet"),
        Relation(kind="kind of", word="cat"),
        Relation(kind="kind of", word="it is big"),
    )
    found, _ = enriched(enrichment(related_concepts=concepts, examples=examples, relations=relations))
    assert found.related_concepts == ("Pet", *words(7))
    assert found.examples == ("A cat.", "Cats purr.", "The cat.")
    assert found.relations == (Relation(kind="kind of", word="Animal"), Relation(kind="kind of", word="pet"))


def test_what_is_wrong_is_named_and_makes_no_entry():
    assert enriched(enrichment(related_concepts=("pet", "cat", "kitten"))) == (
        None,
        ("related_concepts: need 3 to 8, got 2",),
    )
    assert enriched(enrichment(examples=("A dog.",))) == (None, ("examples: need 1 to 3, got 0",))
    found, wrong = enriched(enrichment(related_concepts=("pet",), examples=()), invents=False)
    assert (found.related_concepts, found.examples, wrong) == (("pet",), (), ())


@pytest.mark.parametrize("text", ["animal", " Animal ", "noun.animal", "NOUN.ANIMAL"])
def test_a_category_is_read_with_or_without_its_part_of_speech(text):
    assert enriched(enrichment(category=text))[0].category is Category.ANIMAL


def test_a_category_that_is_none_is_named_with_those_there_are():
    found, wrong = enriched(enrichment(category="beast"))
    assert found is None
    assert wrong == (f"category: “beast” is not one of {', '.join(Category)}",)
    assert enriched(enrichment(category="b" * 61))[1][0].startswith(
        f"category: “{'b' * 59}…” is not one of act, animal, "
    )
    assert enriched(enrichment(category="animal.noun"))[0] is None


def test_an_entry_that_goes_on_keeps_its_birth_and_its_depth():
    before = entry(
        depth="deep",
        revision=3,
        explanation="Long ago, people kept small animals at home.",
        applications=("Mice.",),
        misconceptions=("Nine lives.",),
    )
    found, _ = enriched(previous=before)
    assert (found.revision, found.depth, found.explanation) == (4, "deep", before.explanation)
    assert (found.applications, found.misconceptions) == (("Mice.",), ("Nine lives.",))
    assert (found.created_at, found.updated_at) == (START, LATER)
    assert found.examples == ("The cat sat on the mat.",)
    assert enriched()[0].revision == 1
