"""What stands around a word: related concepts, named relations, examples that show it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest

from flows.core.words import tokens, word_key
from flows.knowledge import Relation
from flows.lexicon.morphology import mentions, regular_bases
from flows.lexicon.reader import LexicalEntry, LexicalRelation, LexicalSense, Lexicon

MOST_CONCEPTS = 8
ENOUGH_CONCEPTS = 4
MOST_RELATIONS = 20
MOST_EXAMPLES = 3

_COMMON = 40_000
_LEADS_NOWHERE = frozenset({"entity", "physical entity", "abstraction", "abstract entity", "psychological feature", "whole", "artefact", "artifact"})
_GROUPS: tuple[tuple[str, int], ...] = (
    ("kind of", 2),
    ("synonym", 2),
    ("instance of", 2),
    ("opposite", 1),
    ("kinds", 3),
    ("similar", 3),
    ("parts", 2),
    ("relates to", 2),
    ("about", 1),
    ("members", 2),
    ("part of", 1),
    ("member of", 1),
    ("made of", 2),
    ("found in", 1),
    ("entails", 1),
    ("causes", 1),
    ("attribute", 1),
    ("derived", 3),
    ("see also", 2),
    ("instances", 2),
    ("terms", 3),
    ("used in", 1),
)
_OF_A_KIND = 5
_PLAIN_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTION_WORDS = frozenset(
    "about above after all also among and another any are as been being both but can characterized especially for from had has have having "
    "how into its less like made make makes may more most not often one only other out over own quality relating same several small some "
    "something someone somebody such than that the their them there these they things this those through used usually very was were what "
    "when where which while who whose with within without you your genus family kind type form act state various certain large many much "
    "particular person people who thing".split()
)


def related_concepts(entry: LexicalEntry, lexicon: Lexicon, glossary: Mapping[str, str]) -> tuple[str, ...]:
    """1 to 8 words that a reader would look up next: common before rare, nothing twice, nothing that is the word itself.

    `glossary` holds the display forms of headwords that stand in the entry's glosses, as `gloss_words` asked for them.
    """
    taken = {entry.key}
    found: list[str] = []
    for relation in chain(*(_by_turns(sense.relations, lexicon.presentable) for sense in entry.senses[:3])):
        if len(found) >= (MOST_CONCEPTS if relation in entry.senses[0].relations else ENOUGH_CONCEPTS):
            continue
        _take(relation.text, entry.key, taken, found)
    for key in gloss_words(entry):
        if len(found) >= ENOUGH_CONCEPTS:
            break
        if key in glossary:
            _take(glossary[key], entry.key, taken, found)
    return tuple(found)


def gloss_words(entry: LexicalEntry) -> list[str]:
    """Keys of the content words in the glosses of the first senses, in their order."""
    return [
        token
        for sense in entry.senses[:3]
        for token in tokens(sense.gloss)
        if _PLAIN_WORD.fullmatch(token) and token not in _FUNCTION_WORDS and token != entry.key
    ]


def relations(entry: LexicalEntry, lexicon: Lexicon) -> tuple[Relation, ...]:
    """Named links of the first two senses, at most 20, the commonest first within each kind."""
    found: dict[tuple[str, str], Relation] = {}
    for sense in entry.senses[:2]:
        counts: dict[str, int] = {}
        order = {kind: at for at, (kind, _) in enumerate(_GROUPS)}
        for relation in sorted(sense.relations, key=lambda r: order.get(r.kind, len(order))):
            key = word_key(relation.text)
            if key == entry.key or relation.rank > lexicon.presentable or (relation.kind, key) in found or relation.kind == "usage":
                continue
            counts[relation.kind] = counts.get(relation.kind, 0) + 1
            if counts[relation.kind] <= _OF_A_KIND and len(found) < MOST_RELATIONS:
                found[relation.kind, key] = Relation(kind=relation.kind, word=relation.text)
    return tuple(found.values())


def fitting_examples(sense: LexicalSense, key: str, forms: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The sense's examples that contain the word or an inflection of it, and more than it."""
    return tuple(example for example in sense.examples if len(tokens(example)) > len(tokens(key)) and mentions(example, key, forms))


def best_examples(by_sense: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """At most three examples, those of the common sense before all others."""
    return tuple(dict.fromkeys(chain.from_iterable(by_sense)))[:MOST_EXAMPLES]


def _by_turns(relations: Sequence[LexicalRelation], presentable: int) -> Iterator[LexicalRelation]:
    """One relation of each kind in turn, so that a word with a hundred kinds shows its parts too; the rare words last."""
    usable = [r for r in relations if r.rank <= presentable and word_key(r.text) not in _LEADS_NOWHERE]
    for is_rare in (False, True):
        groups = ([r for r in usable if r.kind == kind and (r.rank > _COMMON) is is_rare][:most] for kind, most in _GROUPS)
        yield from (relation for turn in zip_longest(*groups) for relation in turn if relation is not None)


def _take(text: str, own: str, taken: set[str], found: list[str]) -> None:
    key = word_key(text)
    # "walking" says nothing new to a reader of "walk", and "walks" is no word to look up.
    if key not in taken and own not in regular_bases(key) and key not in regular_bases(own):
        taken.add(key)
        found.append(text)
