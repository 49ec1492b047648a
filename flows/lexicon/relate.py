"""What surrounds a word: related concepts, named relations, examples that show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest

from flows.core.identity.inflection import regular_bases
from flows.core.identity.mentions import LemmasOf, mentions
from flows.core.identity.spelling import spelling_variants
from flows.core.words import form_problem, tokens
from flows.knowledge import Relation
from flows.lexicon.reader import HEARD_OF, Lemma, LexicalEntry, LexicalRelation, LexicalSense, key_of

MOST_CONCEPTS = 8
ENOUGH_CONCEPTS = 4
FEWEST_CONCEPTS = 1
MOST_RELATIONS = 20
MOST_EXAMPLES = 3

_EVERYDAY = 300
_FAMILIAR = 20_000
"""Words up to this weight are worth looking up for most readers."""
_FEW_RELATIONS = 6
_VAGUE = frozenset(
    "abstract entity|abstraction|act|artefact|artifact|attribute|be|change|cognition|entity|event|get|group|"
    "happen|happening|have|make|matter|measure|move|object|part|physical entity|property|"
    "psychological feature|quality|relation|state|thing|unit|whole".split("|")
)
"""Everything is a kind of these: true, but not worth looking up."""
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
    "about above according act after all also among and another any are as been being belonging both but can"
    " capable causing certain characteristic characterized composed concerning considered consisting"
    " containing done especially etc family for form from further genus had has have having how into"
    " involving its kind large less like made make makes many marked may more most much not often one only"
    " other out over own particular people person previously quality regarded relating resembling same"
    " several showing small some somebody someone something state such than that the their them there these"
    " they thing things this those through type used usually various very was were what when where which"
    " while who whose with within without you your".split()
)


def related_concepts(entry: LexicalEntry, presentable: int, glossary: Mapping[str, Lemma]) -> tuple[str, ...]:
    """1 to 8 words that a reader would look up next: familiar before rare, without duplicates or other
    spellings of the word itself.

    `glossary` holds the headwords in the entry's glosses, by the tokens that `gloss_words` returns. Words
    ranked above `presentable` are dropped.
    """
    first, others = entry.senses[0], entry.senses[1:3]
    own = list(_by_turns(first.relations, presentable))
    clear = [
        relation for relation in own if relation.kind != "kind of" or key_of(relation.text) not in _VAGUE
    ]
    more = [relation for sense in others for relation in _by_turns(sense.relations, presentable)]
    glossed = [lemma for token in gloss_words(first.gloss) if (lemma := glossary.get(token))]
    steps: tuple[tuple[Iterable[str], int], ...] = (
        ((r.text for r in clear if r.rank <= _FAMILIAR), MOST_CONCEPTS),
        ((r.text for r in clear if r.rank <= HEARD_OF or r.kind == "kind of"), ENOUGH_CONCEPTS + 1),
        (_telling(gloss_words(first.gloss), glossary), ENOUGH_CONCEPTS),
        ((r.text for r in (*clear, *own)), ENOUGH_CONCEPTS),
        ((r.text for r in more if r.rank <= _FAMILIAR), ENOUGH_CONCEPTS - 1),
        (_telling(gloss_words(entry.senses[1].gloss) if others else (), glossary), ENOUGH_CONCEPTS - 1),
        ((lemma.text for lemma in glossed), ENOUGH_CONCEPTS - 1),
        ((r.text for r in more), FEWEST_CONCEPTS),
    )
    concepts = _Concepts(entry.key)
    for texts, most in steps:
        concepts.take(texts, most)
    if not concepts.found:
        # "Economics" is all there is to say about "economic", and "fang" about "fanged": better than
        # nothing.
        relatives = (
            (relation.text for relation in own),
            (lemma.text for lemma in glossed),
            (first.category.value,),
        )
        concepts.take(chain.from_iterable(relatives), FEWEST_CONCEPTS, relatives=True)
    return tuple(concepts.found)


def gloss_words(gloss: str) -> list[str]:
    """The content words of a gloss as tokens, in order; without names, whose parts mean something else
    ("united", "states").
    """
    return [
        token
        for token in dict.fromkeys(tokens(gloss))
        if _PLAIN_WORD.fullmatch(token) and token in gloss and token not in _FUNCTION_WORDS
    ]


def relations(entry: LexicalEntry, presentable: int) -> tuple[Relation, ...]:
    """Named links of the common meaning, at most 20, each word once, familiar ones first within each kind;
    rare words only if there are few.
    """
    order = {kind: at for at, (kind, _) in enumerate(_GROUPS)}
    counts: dict[str, int] = {}
    found: dict[str, Relation] = {}
    for most, least_familiar in ((MOST_RELATIONS, HEARD_OF), (_FEW_RELATIONS, presentable)):
        for relation in sorted(entry.senses[0].relations, key=lambda r: order.get(r.kind, len(order))):
            key = key_of(relation.text)
            if key == entry.key or key in found or relation.rank > least_familiar or relation.kind == "usage":
                continue
            if (
                counts.get(relation.kind, 0) < _OF_A_KIND
                and len(found) < most
                and form_problem(relation.text) is None
            ):
                counts[relation.kind] = counts.get(relation.kind, 0) + 1
                found[key] = Relation(kind=relation.kind, word=relation.text)
    return tuple(sorted(found.values(), key=lambda relation: order.get(relation.kind, len(order))))


def fitting_examples(sense: LexicalSense, key: str, lemmas_of: LemmasOf) -> tuple[str, ...]:
    """The sense's examples that contain the word or an inflection of it, and more than that."""
    fitting = (
        example
        for example in sense.examples
        if len(tokens(example)) > len(tokens(key)) and mentions(example, key, lemmas_of)
    )
    return tuple(dict.fromkeys(fitting))


def _by_turns(relations: Sequence[LexicalRelation], presentable: int) -> Iterator[LexicalRelation]:
    """One relation of each kind in turn, so that a word with a hundred kinds shows its parts too."""
    groups = (
        [r for r in relations if r.kind == kind and r.rank <= presentable][:most] for kind, most in _GROUPS
    )
    return (relation for turn in zip_longest(*groups) for relation in turn if relation is not None)


def _telling(words: Iterable[str], glossary: Mapping[str, Lemma]) -> list[str]:
    """The headwords of a gloss that are neither very common nor very rare; rarer ones first, since they say
    more.
    """
    found = {glossary[word] for word in words if word in glossary}
    return [
        lemma.text
        for lemma in sorted(found, key=lambda lemma: -lemma.rank)
        if _EVERYDAY < lemma.rank <= HEARD_OF
    ]


class _Concepts:
    """Words for further reading, without duplicates and without other forms of the word itself."""

    def __init__(self, own: str) -> None:
        self.found: list[str] = []
        self._own = own
        self._taken = {own, *spelling_variants(own)}

    def take(self, texts: Iterable[str], most: int, *, relatives: bool = False) -> None:
        """Add texts up to `most` in all; inflections of the word itself only as `relatives`."""
        for text in texts:
            if len(self.found) >= most:
                return
            key = key_of(text)
            names = {key, _plain(key)}
            # "walking" tells a reader of "walk" nothing new, and "walks" is not worth looking up.
            is_relative = self._own in regular_bases(key) or key in regular_bases(self._own)
            if (relatives or not is_relative) and not self._taken & names and form_problem(text) is None:
                self._taken |= names
                self.found.append(text)


def _plain(key: str) -> str:
    """One key for "color" and "colour", "organize" and "organise", "health care" and "healthcare"."""
    return re.sub(r"[ -]", "", key.replace("our", "or").replace("is", "iz"))
