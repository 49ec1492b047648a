"""Which stored words are one word, which of them stays, and what is then known of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from flows.core.identity.graphics import graphical_key, unaccented
from flows.core.identity.relatives import WordFacts
from flows.core.words import word_key
from flows.knowledge import DEPTHS, Alias, Entry, LearnedWord, Merge, Support, Verdict

_SUPPORTS: tuple[Support, ...] = ("model_only", "conflict", "supported")
"""The better one last."""
FEWEST_CONCEPTS = 3
"""What an entry of a language model has at least."""

Place = tuple[int, datetime, str]
"""What decides between two spellings: the lexicon's rank (words that it lacks come last), when the word was
learned, its key. The smaller one stays.
"""


class Likeness(StrEnum):
    """Why two words are one: how the word that goes differs from the one that stays."""

    INFLECTION = "inflection"
    ACCENTS = "accents"
    SPACING = "spacing"
    MARKS = "marks"
    SPELLING = "spelling"


class Double(NamedTuple):
    """A stored word that is another spelling or a form of the one that stays."""

    key: str
    into: str
    relation: Verdict


class StoredWords(Protocol):
    """The words of a store by name; an alias represents its word."""

    def places(self, keys: Collection[str]) -> Mapping[str, tuple[str, Place]]:
        """The key and the place of the word, for each of these keys that is stored."""
        ...

    def alike(self, graphical_keys: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The stored keys with these graphical keys, by graphical key, sorted."""
        ...


@dataclass(frozen=True)
class Doubles:
    """Finds doubles among stored words, by the same rules that reject a proposed word. Of two headwords of
    the lexicon, one goes only if `mean_the_same`, since a merge cannot be undone.
    """

    facts: WordFacts
    stored: StoredWords
    mean_the_same: Callable[[str, str], bool]

    def of(self, key: str) -> list[Double]:
        """The double that a stored word is, if it is one, and the words that are doubles of it. Those do not
        all look like doubles from their own side, since not every spelling rule is reversible.
        """
        rivals = self._rivals(key)
        if not rivals:
            return []
        found = [double] if (double := self._double(key, rivals)) else []
        own = self._place(key)
        for other, verdict in rivals.items():
            if verdict is Verdict.SPELLING_VARIANT and own < self._place(other):
                theirs = self._rivals(other)
                if key not in theirs and self._double(other, theirs) is None:
                    root, _ = self._root(key, Verdict.SPELLING_VARIANT)
                    found.append(Double(other, root, verdict))
        return found

    def _double(self, key: str, rivals: Mapping[str, Verdict]) -> Double | None:
        winner = self._winner(key, rivals)
        if winner is None:
            return None
        root, relation = self._root(key, Verdict.SPELLING_VARIANT)
        return None if root == key else Double(key, root, relation)

    def _root(self, key: str, relation: Verdict) -> tuple[str, Verdict]:
        """The word at the end of a chain of better words, and how the first word relates to it. Words that
        are forms of each other make a cycle, in which the best word stays.
        """
        path = [key]
        while winner := self._winner(path[-1], self._rivals(path[-1])):
            other, verdict = winner
            if other in path:
                circle = path[path.index(other) :]
                best = min(circle, key=self._place)
                return best, relation
            relation = verdict if verdict is Verdict.INFLECTION else relation
            path.append(other)
        return path[-1], relation

    def _winner(self, key: str, rivals: Mapping[str, Verdict]) -> tuple[str, Verdict] | None:
        """The word that replaces another: the likeliest base form, otherwise the best other spelling."""
        base = next((other for other, verdict in rivals.items() if verdict is Verdict.INFLECTION), None)
        if base is not None:
            return base, Verdict.INFLECTION
        better = [other for other in rivals if self._place(other) < self._place(key)]
        return (min(better, key=self._place), Verdict.SPELLING_VARIANT) if better else None

    def _rivals(self, key: str) -> dict[str, Verdict]:
        guesses = self.stored.places(self.facts.guesses(key))
        relatives = self.facts.among(guesses).relatives(key)
        graphical = {graphical_key(each) for each in (key, *relatives)}
        alike = self.facts.spelled_alike(key, relatives, self.stored.alike(graphical))
        found: dict[str, Verdict] = {}
        named = {each: verdict for each, verdict in relatives.items() if each in guesses} | alike
        places = self.stored.places(named)
        for each, verdict in named.items():
            if each in places and (word := places[each][0]) != key and self._may_merge(key, each, verdict):
                found.setdefault(word, verdict)
        return found

    def _may_merge(self, key: str, other: str, verdict: Verdict) -> bool:
        if verdict is Verdict.INFLECTION or not (self.facts.parts_of(key) and self.facts.parts_of(other)):
            return True
        return self.mean_the_same(key, other)

    def _place(self, key: str) -> Place:
        return self.stored.places([key])[key][1]


def likeness(one: str, other: str, relation: Verdict) -> Likeness:
    """How a word differs from the one that stays, judged by their keys."""
    if relation is Verdict.INFLECTION:
        return Likeness.INFLECTION
    if graphical_key(one) != graphical_key(other):
        return Likeness.SPELLING
    if unaccented(one) == unaccented(other):
        return Likeness.ACCENTS
    if one.translate(_SPACING) == other.translate(_SPACING):
        return Likeness.SPACING
    return Likeness.MARKS


_SPACING = str.maketrans("", "", " -")


def merge(stays: LearnedWord, goes: LearnedWord, *, relation: Verdict, word: str, at: datetime) -> Merge:
    """The merge of a word into another: the better of both entries, under the key of the word that stays and
    spelled as given, with the other spelling as an alias.
    """
    key, other = stays.definition.key, goes.definition.key
    # what is worth as much stays where it is
    best, rest = (stays, goes) if _worth(stays) >= _worth(goes) else (goes, stays)
    names = {word_key(each): each for each in (*stays.definition.aliases, *goes.definition.aliases)}
    names[other] = goes.definition.word
    aliases = tuple(names[each] for each in sorted(names) if each != key)
    kept = _renamed(best, rest, key=key, word=word, aliases=aliases, at=at)
    learned_at = min(stays.learned_at, goes.learned_at)
    return Merge(
        seen=(stays, goes),
        kept=kept.model_copy(update={"learned_at": learned_at}),
        aliases=(Alias(word=goes.definition.word, key=other, of=key, relation=relation),),
    )


def respelled(stored: LearnedWord, word: str, at: datetime) -> Merge:
    """The change of a headword's spelling; its key stays."""
    kept = _renamed(
        stored, None, key=stored.definition.key, word=word, aliases=stored.definition.aliases, at=at
    )
    return Merge(seen=(stored,), kept=kept)


def _worth(word: LearnedWord) -> tuple[int, ...]:
    """How good an entry is: by depth, then support, then number of sources."""
    definition = word.definition
    return (
        DEPTHS.index(word.depth),
        word.entry is not None,
        _SUPPORTS.index(definition.support),
        len(definition.citations),
        word.entry.revision if word.entry else 0,
    )


def _renamed(
    best: LearnedWord,
    rest: LearnedWord | None,
    *,
    key: str,
    word: str,
    aliases: Sequence[str],
    at: datetime,
) -> LearnedWord:
    changes = {"key": key, "word": word, "aliases": tuple(aliases)}
    entry = best.entry
    if entry is not None:
        others = (rest.entry,) if rest is not None and rest.entry is not None else ()
        revision = max(each.revision for each in (entry, *others)) + 1
        own = {key, *map(word_key, aliases)}
        concepts = _concepts(entry, others, own)
        relations = tuple(r for r in entry.relations if word_key(r.word) not in own)
        entry = entry.model_copy(
            update=changes
            | {
                "related_concepts": concepts,
                "relations": relations,
                "revision": revision,
                "updated_at": max(at, entry.updated_at),
            }
        )
    definition = best.definition.model_copy(update=changes)
    return best.model_copy(update={"definition": definition, "entry": entry})


def _concepts(entry: Entry, others: Iterable[Entry], own: Collection[str]) -> tuple[str, ...]:
    """The related concepts without the word itself; if too few are left, also those of the other entry."""
    kept = {word_key(concept): concept for concept in reversed(entry.related_concepts)}
    kept = {each: kept[each] for each in reversed(kept) if each not in own}
    wanted = min(FEWEST_CONCEPTS, len(entry.related_concepts))
    for concept in (concept for other in others for concept in other.related_concepts):
        if len(kept) < wanted and word_key(concept) not in own:
            kept.setdefault(word_key(concept), concept)
    return tuple(kept.values())
