"""Entries: when one is valid, how it is built from a definition, and which concepts it leaves to learn."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from flows.core.evasion import has_remains, is_evasive
from flows.core.identity.mentions import LemmasOf, mentions
from flows.core.words import display_form, form_problem, printable, word_key
from flows.knowledge import (
    Category,
    Citation,
    Deepening,
    Definition,
    Enrichment,
    Entry,
    Provenance,
    Relation,
    Word,
)

__all__ = [
    "deep_problems",
    "deepened_entry",
    "definition_problems",
    "enriched_entry",
    "entry_problems",
    "mentions",
    "unlearned",
]

T = TypeVar("T")

MIN_DEFINITION, MAX_DEFINITION = 15, 600
MIN_RELATED, MAX_RELATED = 3, 8
MIN_EXAMPLES, MAX_EXAMPLES = 1, 3
MIN_RELATED_OF_A_LEXICON, MIN_EXAMPLES_OF_A_LEXICON = 1, 0
MAX_EXPLANATION = 4000
MAX_POINTS = 8
"""Most applications, and most misconceptions, per entry."""


def definition_problems(definition: Definition) -> tuple[str, ...]:
    """Why a definition cannot be stored, each problem with its field; empty if it is valid."""
    return (*_text_problems(definition.text, definition.key), *_backing_problems(definition))


def entry_problems(entry: Entry, *, lemmas_of: LemmasOf, invents: bool = True) -> tuple[str, ...]:
    """Why an entry cannot be stored, each problem with its field; empty if it is valid.

    `invents` is False for entries of a lexicon, which may have fewer related concepts and examples.
    """
    fewest_related = MIN_RELATED if invents else MIN_RELATED_OF_A_LEXICON
    fewest_examples = MIN_EXAMPLES if invents else MIN_EXAMPLES_OF_A_LEXICON
    keys = [word_key(concept) for concept in entry.related_concepts]
    problems = [*_text_problems(entry.definition, entry.key), *_backing_problems(entry)]
    if not fewest_related <= len(keys) <= MAX_RELATED:
        problems.append(f"related_concepts: need {fewest_related} to {MAX_RELATED}, got {len(keys)}")
    if entry.key in keys:
        problems.append("related_concepts: includes the word itself")
    if len(set(keys)) < len(keys):
        problems.append("related_concepts: contains a duplicate")
    problems += [
        f"related_concepts: “{printable(concept, 60)}” is not a valid word"
        for concept in entry.related_concepts
        if form_problem(concept)
    ]
    if not fewest_examples <= len(entry.examples) <= MAX_EXAMPLES:
        problems.append(f"examples: need {fewest_examples} to {MAX_EXAMPLES}, got {len(entry.examples)}")
    word = entry.word if word_key(entry.word) == entry.key else entry.key
    problems += [
        f"examples: “{printable(example, 60)}” does not mention the word"
        for example in entry.examples
        if not mentions(example, word, lemmas_of)
    ]
    return tuple(problems)


def enriched_entry(
    definition: Definition,
    enrichment: Enrichment,
    *,
    provenance: Provenance,
    now: datetime,
    lemmas_of: LemmasOf,
    invents: bool = True,
    previous: Entry | None = None,
) -> tuple[Entry | None, tuple[str, ...]]:
    """A valid entry and no problems, or no entry and what is wrong with the enrichment.

    Surplus parts are dropped rather than asked for again: related concepts that are invalid, duplicates or
    the word itself, those past the eighth, examples that do not mention the word, and those past the third.
    An entry built on a `previous` one keeps its creation time and, if it was deep, its depth.
    """
    category = _category(enrichment.category)
    if category is None:
        return None, (
            f"category: “{printable(enrichment.category, 60)}” is not one of {', '.join(Category)}",
        )
    entry = Entry(
        word=definition.word,
        key=definition.key,
        definition=definition.text,
        related_concepts=_concepts(enrichment.related_concepts, definition.key),
        relations=_relations(enrichment.relations, definition.key),
        examples=_examples(enrichment.examples, definition.word, lemmas_of),
        category=category,
        part_of_speech=definition.part_of_speech,
        senses=enrichment.senses,
        support=definition.support,
        citations=definition.citations,
        provenance=provenance,
        created_at=now,
        updated_at=now,
    )
    if previous is not None:
        kept = ("depth", "explanation", "applications", "misconceptions", "created_at")
        entry = entry.model_copy(
            update={"revision": previous.revision + 1, **{name: getattr(previous, name) for name in kept}}
        )
    problems = entry_problems(entry, lemmas_of=lemmas_of, invents=invents)
    return (None, problems) if problems else (entry, ())


def deepened_entry(
    entry: Entry,
    deepening: Deepening,
    *,
    provenance: Provenance,
    citations: Sequence[Citation],
    now: datetime,
) -> Entry:
    """The entry at depth `deep`, as a new revision with the new citations added; see `deep_problems`."""
    return entry.model_copy(
        update={
            "depth": "deep",
            "revision": entry.revision + 1,
            "explanation": deepening.explanation.strip(),
            "applications": _points(deepening.applications),
            "misconceptions": _points(deepening.misconceptions),
            "citations": _distinct(
                (*entry.citations, *citations),
                lambda citation: (citation.source, citation.url, citation.revision),
            ),
            "provenance": provenance,
            "updated_at": now,
        }
    )


def deep_problems(entry: Entry) -> tuple[str, ...]:
    """Why an entry does not count as deep, each problem with its field; empty if it is valid."""
    problems = [] if entry.depth == "deep" else [f"depth: must be deep (is {entry.depth})"]
    explanation = entry.explanation or ""
    if len(explanation) < len(entry.definition):
        problems.append("explanation: is shorter than the definition")
    elif word_key(explanation) == word_key(entry.definition):
        problems.append("explanation: repeats the definition")
    elif is_evasive(explanation):
        problems.append("explanation: says that there is none, or repeats the task")
    if len(explanation) > MAX_EXPLANATION:
        problems.append(
            f"explanation: must be at most {MAX_EXPLANATION:,} characters (is {len(explanation):,})"
        )
    return tuple(problems)


def unlearned(entries: Iterable[Entry]) -> dict[Word, frozenset[str]]:
    """The concepts that entries mention, each with the keys of the mentioning entries; without invalid words
    and concepts that have an entry here.
    """
    learned, words, mentioned_by = set[str](), dict[str, Word](), dict[str, set[str]]()
    for entry in entries:
        learned.add(entry.key)
        for concept in entry.related_concepts:
            if form_problem(concept) is None:
                word = Word(text=display_form(concept), key=word_key(concept))
                words.setdefault(word.key, word)
                mentioned_by.setdefault(word.key, set()).add(entry.key)
    return {word: frozenset(mentioned_by[key]) for key, word in words.items() if key not in learned}


def _text_problems(text: str, key: str) -> list[str]:
    length = len(text.strip())
    problems = []
    if not MIN_DEFINITION <= length <= MAX_DEFINITION:
        problems.append(f"definition: must be {MIN_DEFINITION} to {MAX_DEFINITION} characters (is {length})")
    if word_key(text).strip(" .") == key.strip(" ."):
        problems.append("definition: repeats the word itself")
    if is_evasive(text):
        problems.append("definition: says that there is none, or repeats the task")
    if has_remains(text):
        problems.append("definition: contains signs of a template or of markup")
    return problems


def _backing_problems(claim: Definition | Entry) -> list[str]:
    problems = [] if claim.key == word_key(claim.word) else ["key: does not match the word"]
    return (
        [*problems, "citations: a supported claim needs at least one"]
        if claim.support == "supported" and not claim.citations
        else problems
    )


def _category(text: str) -> Category | None:
    name = word_key(text).rpartition(".")[2]
    return Category(name) if name in set(Category) else None


def _concepts(concepts: Iterable[str], key: str) -> tuple[str, ...]:
    usable = (
        display_form(concept)
        for concept in concepts
        if form_problem(concept) is None and word_key(concept) != key
    )
    return _distinct(usable, word_key)[:MAX_RELATED]


def _relations(relations: Iterable[Relation], key: str) -> tuple[Relation, ...]:
    usable = (
        Relation(kind=display_form(relation.kind), word=display_form(relation.word))
        for relation in relations
        if display_form(relation.kind)
        and form_problem(relation.word) is None
        and word_key(relation.word) != key
    )
    return _distinct(usable, lambda relation: (word_key(relation.kind), word_key(relation.word)))


def _examples(examples: Iterable[str], word: str, lemmas_of: LemmasOf) -> tuple[str, ...]:
    usable = (display_form(example) for example in examples if mentions(example, word, lemmas_of))
    return _distinct(usable, word_key)[:MAX_EXAMPLES]


def _points(points: Iterable[str]) -> tuple[str, ...]:
    return _distinct(filter(None, map(display_form, points)), word_key)[:MAX_POINTS]


def _distinct(items: Iterable[T], identity: Callable[[T], Hashable]) -> tuple[T, ...]:
    first: dict[Hashable, T] = {}
    for item in items:
        first.setdefault(identity(item), item)
    return tuple(first.values())
